"""Headers that every answer has, regardless of the middleware or page that gave it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from policyhub.http import Answering

# What a page could request from a browser and none of ours does. There is no word for "everything":
# https://github.com/w3c/webappsec-permissions-policy/blob/main/features.md lists the features,
# of which those are named that browsers know. `clipboard-write` is left out: pages copy.
_UNUSED_FEATURES = (
    "accelerometer", "autoplay", "camera", "clipboard-read", "display-capture", "encrypted-media",
    "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts",
    "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
    "publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock", "serial",
    "storage-access", "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip

ON_EVERY_ANSWER = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _UNUSED_FEATURES),
    "X-Content-Type-Options": "nosniff",
}


def isolate(get_response: Answering) -> Answering:
    """Middleware, the outermost: no other site may use an answer, no page may use a device."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in ON_EVERY_ANSWER.items():
            response.headers.setdefault(name, value)
        return response

    return answer
