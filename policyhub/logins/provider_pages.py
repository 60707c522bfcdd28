"""The two addresses of a sign-in by OpenID Connect: where it begins, and where one comes back."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from policyhub.catalog.one_writer import unwritable
from policyhub.failures import failure_answer
from policyhub.logins.provider import (
    WrongProviderError,
    account_of,
    claims_of,
    has_provider,
    provider,
    provider_name,
)

NEXT = "provider-next"
BACKEND = "django.contrib.auth.backends.ModelBackend"
AGAIN = "Begin again at `/login/`."
_log = logging.getLogger(__name__)


@login_not_required
@never_cache
@require_safe
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Send the browser to the provider; `next` is where it goes afterwards."""
    _require_provider()
    request.session[NEXT] = request.GET.get("next", "")
    try:
        back = request.build_absolute_uri(reverse("logins:signed_in"))
        answer: HttpResponseBase = provider().authorize_redirect(request, back)
    except _failures() as error:
        return _failed(request, error)
    return answer


@login_not_required
@never_cache
@require_safe
def signed_in(request: HttpRequest) -> HttpResponseBase:
    """Log in whom the provider names."""
    _require_provider()
    try:
        user = account_of(claims_of(provider().authorize_access_token(request)))
    except OperationalError as error:
        return failure_answer(request, 503, "busy", unwritable(error))
    except _failures() as error:
        return _failed(request, error)
    if not user.is_active:
        return failure_answer(
            request, 403, "forbidden", "This account is switched off: ask an administrator."
        )
    wanted = request.session.pop(NEXT, "")
    login(request, user, backend=BACKEND)
    return redirect(wanted if _is_ours(request, wanted) else resolve_url("browse:overview"))


def _is_ours(request: HttpRequest, address: str) -> bool:
    """Whether an address leads nowhere else."""
    return url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )


def _require_provider() -> None:
    if not has_provider():
        raise Http404("no provider is configured: `POLICYHUB_OIDC_ISSUER` names one")


def _failures() -> tuple[type[Exception], ...]:
    """What can go wrong at a provider's; RuntimeError is Authlib's for what metadata lack."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    ours = WrongProviderError, ValueError, RuntimeError
    return AuthlibBaseError, JoseError, RequestException, *ours


def _failed(request: HttpRequest, error: Exception) -> HttpResponseBase:
    """Say that nobody was logged in: by the provider's fault, or because it refused."""
    from requests import RequestException

    _log.warning("a sign-in by OpenID Connect failed: %s", _in_a_line(error))
    if isinstance(error, RequestException):
        sentence = f"{provider_name()} does not answer: nobody was logged in. {AGAIN}"
        return failure_answer(request, 503, "provider-unreachable", sentence)
    reason = str(error) if isinstance(error, WrongProviderError) else _code(error)
    sentence = f"{provider_name()} did not confirm who you are ({reason}). {AGAIN}"
    return failure_answer(request, 403, "not-signed-in", sentence)


def _code(error: Any) -> str:
    """The protocol's short name for an error: what a provider writes besides is not shown."""
    return str(getattr(error, "error", "") or type(error).__name__)[:60]


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
