"""The application asked as a server asks it, without a connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import unquote
from wsgiref.util import setup_testing_defaults

from django.core.handlers.wsgi import WSGIHandler


def ask(application: WSGIHandler, address: str, reached_by: Mapping[str, str]) -> None:
    """Ask for a path, percent-encoded, and its query; `reached_by` is of the WSGI environment."""
    path, _, query = address.partition("?")
    # As PEP 3333 has it: the bytes of the path, each as a character.
    path = unquote(path, "latin-1")
    environ: dict[str, Any] = {**reached_by, "PATH_INFO": path, "QUERY_STRING": query}
    setup_testing_defaults(environ)
    with closing(application(environ, _ignore)) as answer:
        b"".join(answer)


def _ignore(*_: object) -> Callable[[bytes], object]:
    return len
