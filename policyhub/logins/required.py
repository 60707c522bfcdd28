"""Where reading needs an account: how a request without one is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from policyhub.failures import Failure, answer_with, wants_json


class LoginRequired(LoginRequiredMiddleware):
    """Redirects a reader to the log-in page, and answers in their own shape those it can't help.

    htmx would follow a redirect and put the log-in page into a list; a program would take it
    for data; a form that is sent would lose what was typed.
    """

    # Django's type says that nothing but its own redirect is answered.
    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponse:
        """Answer a request that has no account, such as after a session's end."""
        login_url = resolve_url(self.get_login_url(view_func))
        htmx = HtmxDetails(request)
        is_read = request.method in {"GET", "HEAD"}
        if not is_read or (wants_json(request) and not htmx):
            return answer_with(request, _logged_out(login_url, is_read=is_read))
        page = (htmx.current_url_abs_path if htmx else None) or request.get_full_path()
        redirect = redirect_to_login(page, login_url, self.get_redirect_field_name(view_func))
        response = HttpResponseClientRedirect(redirect.url) if htmx else redirect
        add_never_cache_headers(response)
        return response


def _logged_out(login_url: str, *, is_read: bool) -> Failure:
    how = "" if is_read else " in another tab, go back to the form, and send it again"
    program = " A program reads with a personal token of `/account/tokens/`." if is_read else ""
    sentence = f"Policyhub needs an account here: log in at `{login_url}`{how}.{program}"
    return Failure(403, "logged-out", "You are not logged in", sentence)
