"""Programs that read with a personal token, where reading needs an account."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse

from policyhub.failures import failure_answer
from policyhub.http import Answering
from policyhub.logins.models import PersonalToken

BEGINS = "policyhub_"
# What programs read; pages and forms are for people, who log in.
_READ_BY_PROGRAMS = (".json", ".csv", ".atom", ".rss")
_AWS = "/aws/"
UNKNOWN = (
    "The personal token is not known here, or it was ended: make a new one at `/account/tokens/`."
)


def make_token(user: Any, name: str) -> str:
    """Make a token of an account; what is returned can't be had again."""
    token = BEGINS + secrets.token_urlsafe(32)
    PersonalToken.objects.create(user=user, name=name, digest=token_digest(token))
    return token


def token_digest(token: str) -> str:
    """What is stored of a token. It has 256 random bits: no salt and no delay are needed."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class ReadWithToken:
    """Middleware that lets a token of an active account read what programs read."""

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take the token's account for the request's, or say that there is none."""
        token = _sent_token(request)
        if not token:
            return self.get_response(request)
        known = PersonalToken.objects.filter(digest=token_digest(token), user__is_active=True)
        found = known.select_related("user").first()
        if found is None:
            return failure_answer(request, 403, "unknown-token", UNKNOWN)
        request.user = found.user
        return self.get_response(request)


def _sent_token(request: HttpRequest) -> str:
    """The token in a request that a program makes, "" where there is none.

    AWS's clients sign what they send and have one field for a text of ours: the session token.
    """
    if request.path_info == _AWS:
        return _if_ours(request.headers.get("X-Amz-Security-Token", ""))
    if not request.path_info.endswith(_READ_BY_PROGRAMS):
        return ""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _if_ours(rest.strip())
    return _if_ours(_password(rest)) if scheme.lower() == "basic" else ""


def _if_ours(text: str) -> str:
    return text if text.startswith(BEGINS) else ""


def _password(encoded: str) -> str:
    """The password of HTTP's Basic scheme, as readers of feeds send it; the name is anyone's."""
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return text.partition(":")[2]
