"""Sign-in by OpenID Connect: the provider, and the account of whom it names.

Authlib speaks the protocol (code flow with PKCE, state and nonce) and checks the ID token:
signature, issuer, audience, time. What is ours is whose account that is. An account is found by
what the provider calls it, never by a name or an address that both happen to have.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group, User

from policyhub.catalog.one_writer import writing
from policyhub.logins.models import ProviderAccount
from policyhub.logins.roles import ROLES, Role

SECONDS = 10
_DISCOVERY = "/.well-known/openid-configuration"
_IN_NO_NAME = re.compile(r"[^\w.@+-]+")
_LONGEST_NAME = 140


class WrongProviderError(Exception):
    """What a provider says of itself or of somebody can't be right; a sentence."""


def has_provider() -> bool:
    """Whether accounts may be those of a provider."""
    return bool(settings.OIDC_ISSUER)


def provider_name() -> str:
    """What the log-in page calls it; "" where there is none."""
    return settings.OIDC_NAME or urlsplit(settings.OIDC_ISSUER).hostname or settings.OIDC_ISSUER


@cache
def provider() -> Any:
    """Authlib's client of the provider, which asks for its addresses once."""
    from authlib.integrations.django_client import OAuth

    return OAuth().register(
        "provider",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        server_metadata_url=settings.OIDC_ISSUER + _DISCOVERY,
        client_kwargs={
            "scope": settings.OIDC_SCOPES,
            "code_challenge_method": "S256",
            "timeout": SECONDS,
        },
    )


def claims_of(token: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the provider says of somebody: its ID token, and what its user-info address adds.

    Raises `WrongProviderError` where the two are about different people, or the provider is
    another one than was configured.
    """
    issuer = str(provider().load_server_metadata().get("issuer", ""))
    if issuer.rstrip("/") != settings.OIDC_ISSUER:
        raise WrongProviderError(
            f"the provider calls itself `{issuer}`, and POLICYHUB_OIDC_ISSUER is "
            f"`{settings.OIDC_ISSUER}`: set it to the provider's own spelling"
        )
    claims = token.get("userinfo") or {}
    if not claims.get("sub"):
        raise WrongProviderError("the provider sent no ID token: it must give the scope `openid`")
    if not provider().server_metadata.get("userinfo_endpoint"):
        return dict(claims)
    more = provider().userinfo(token=token)
    if more.get("sub") != claims["sub"]:
        raise WrongProviderError("the provider's two answers are about different accounts")
    return {**more, **claims}


def account_of(claims: Mapping[str, Any]) -> User:
    """The account of whom the claims are about, made at the first log-in; its role is renewed."""
    known = {"issuer": settings.OIDC_ISSUER, "subject": str(claims["sub"])}
    with writing():
        found = ProviderAccount.objects.select_related("user").filter(**known).first()
        user = found.user if found else _new_account(known, claims)
        if settings.OIDC_ROLES:
            _give_role(user, role_of(claims.get("groups")))
    return user


def role_of(groups: object) -> Role:
    """The highest role that the groups of a claim give; the least one where none does."""
    listed = [groups] if isinstance(groups, str) else groups
    given = set(listed) if isinstance(listed, Collection) else set()
    may = [role for role in ROLES.values() if settings.OIDC_ROLES.get(role.name) in given]
    return may[-1] if may else next(iter(ROLES.values()))


def _new_account(known: Mapping[str, str], claims: Mapping[str, Any]) -> User:
    user = User(username=_free_name(claims), email=str(claims.get("email") or "")[:254])
    user.set_unusable_password()
    user.save()
    ProviderAccount.objects.create(user=user, **known)
    _give_role(user, next(iter(ROLES.values())))
    return user


def _free_name(claims: Mapping[str, Any]) -> str:
    """The name that the provider prefers, numbered where another account has it."""
    preferred = claims.get("preferred_username") or claims.get("email") or claims["sub"]
    name = _IN_NO_NAME.sub("-", str(preferred))[:_LONGEST_NAME].strip("-") or "account"
    taken = {
        each.lower()
        for each in User.objects.filter(username__istartswith=name).values_list(
            "username", flat=True
        )
    }
    numbered = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in numbered if each.lower() not in taken)


def _give_role(user: User, role: Role) -> None:
    """Put an account into the group of its role, and out of the others'."""
    groups = [each.group for each in ROLES.values()]
    user.groups.remove(*Group.objects.filter(name__in=groups).exclude(name=role.group))
    user.groups.add(Group.objects.get(name=role.group))
    if user.is_staff != role.is_staff and not user.is_superuser:
        user.is_staff = role.is_staff
        user.save(update_fields=["is_staff"])
