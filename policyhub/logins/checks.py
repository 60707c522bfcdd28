"""System checks of the settings for sign-in by OpenID Connect."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

from policyhub.logins.roles import ROLES

_ALONE = {"localhost", "127.0.0.1", "::1"}


def check_provider(**_: Any) -> list[CheckMessage]:
    """Whether what is set makes a provider that can be asked."""
    if not settings.OIDC_ISSUER:
        return []
    return [Error(text, hint=hint, id=id) for id, text, hint in _faults()]


def _faults() -> Iterator[tuple[str, str, str]]:
    place = urlsplit(settings.OIDC_ISSUER)
    if place.scheme != "https" and not (place.scheme == "http" and place.hostname in _ALONE):
        yield (
            "logins.E001",
            f"POLICYHUB_OIDC_ISSUER is `{settings.OIDC_ISSUER}`, which is no https address",
            "give the issuer as the provider spells it, such as https://login.example.com",
        )
    if not settings.OIDC_CLIENT_ID:
        yield (
            "logins.E002",
            "POLICYHUB_OIDC_ISSUER is set, and POLICYHUB_OIDC_CLIENT_ID is not",
            "register Policyhub at the provider, and give the client's id and secret",
        )
    if "openid" not in settings.OIDC_SCOPES.split():
        yield (
            "logins.E003",
            "POLICYHUB_OIDC_SCOPES lacks `openid`",
            "without it a provider does not say who somebody is",
        )
    for name in sorted(set(settings.OIDC_ROLES) - set(ROLES)):
        yield (
            "logins.E004",
            f"POLICYHUB_OIDC_ROLES names the role `{name}`, which there is not",
            f"roles are {', '.join(ROLES)}: curator=editors,administrator=security",
        )
    if not (find_spec("authlib") and find_spec("requests")):
        yield (
            "logins.E005",
            "POLICYHUB_OIDC_ISSUER needs the package authlib",
            "start with `uv run --extra oidc manage.py start`",
        )
