"""Who may see the pages for curators, and how others are answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.cache import add_never_cache_headers

from policyhub.failures import failure_answer, wants_json

MAY_EDIT = "catalog.change_policy"
NOT_A_CURATOR = "This needs an account that may edit prose: ask an administrator to make you one."


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """Something begun that waits for a curator on a page of its own; `left` of `of` to decide."""

    name: str
    url: str
    left: int
    of: int


_asked_for_work: list[Callable[[], Iterable[WaitingWork]]] = []


def register_work(find: Callable[[], Iterable[WaitingWork]]) -> None:
    """Have the desk list what `find` finds, at each look."""
    _asked_for_work.append(find)


def waiting_work() -> list[WaitingWork]:
    """Everything that waits for a curator elsewhere."""
    return [each for find in _asked_for_work for each in find()]


def for_curators(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make a view that only those see who may edit; nobody's cache keeps its answers."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.has_perm(MAY_EDIT):
            response: HttpResponseBase = view(request, *args, **kwargs)
        elif request.user.is_authenticated or wants_json(request) or request.method == "POST":
            response = failure_answer(request, 403, "forbidden", NOT_A_CURATOR)
        else:
            response = redirect_to_login(request.get_full_path(), resolve_url("login"))
        add_never_cache_headers(response)
        return response

    return checked
