"""The page of one's personal tokens: make, name and end them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from policyhub.catalog.one_writer import unwritable, writing
from policyhub.failures import failure_answer
from policyhub.http import json_answer
from policyhub.logins.models import PersonalToken
from policyhub.logins.tokens import make_token

MOST = 50


class TokenForm(forms.Form):
    """What a new token is for."""

    name = forms.CharField(max_length=100)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List one's tokens, and make one: the answer to that is the only place that shows it."""
    if request.method != "POST":
        return _page(request)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, 400, refusal="Name the token: at most 100 characters.")
    if _own_tokens(request).count() >= MOST:
        return _page(request, 400, refusal=f"You have {MOST} tokens: end one first.")
    try:
        with writing():
            made = make_token(request.user, form.cleaned_data["name"])
    except OperationalError as error:
        return _page(request, 503, refusal=unwritable(error))
    return _page(request, made=made, name=form.cleaned_data["name"])


@never_cache
@require_safe
def tokens_json(request: HttpRequest) -> HttpResponse:
    """One's tokens as data, without what they are."""
    if not request.user.is_authenticated:
        return failure_answer(request, 403, "forbidden", "This needs an account: log in first.")
    results = [
        {"token": each.pk, "name": each.name, "madeAt": each.made_at}
        for each in _own_tokens(request)
    ]
    return json_answer({"count": len(results), "next": None, "results": results})


@login_required
@never_cache
@require_POST
def end_token(request: HttpRequest) -> HttpResponse:
    """End one of one's tokens; one that is none, or another's, is left alone."""
    text = request.POST.get("token", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    try:
        with writing():
            _own_tokens(request).filter(pk=number).delete()
    except OperationalError as error:
        return _page(request, 503, refusal=unwritable(error))
    return redirect("logins:tokens")


def _own_tokens(request: HttpRequest) -> Any:
    return PersonalToken.objects.filter(user=request.user.pk)


def _page(request: HttpRequest, status: int = 200, **told: str) -> HttpResponse:
    context = {
        "title": "Personal tokens",
        "tokens": _own_tokens(request),
        "json_url": reverse("logins:tokens_json"),
        **told,
    }
    return render(request, "logins/tokens.html", context, status=status)
