"""A request's body as JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from policyhub.simulate.lines import DuplicateKeyError, read_json

MOST_BYTES = 5 * 1024 * 1024


class RefusedError(Exception):
    """A body that can't be used; `problems` as JSON has them."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.problems = [{"code": code, "path": "", "message": message}]
        self.status = status


def read_body(request: HttpRequest) -> Any:
    """The body as JSON. Raises `RefusedError`."""
    text = request.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        message = f"more than {MOST_BYTES:,} bytes: leave out documents that don't matter"
        raise RefusedError("too-large", message, status=413)
    try:
        return read_json(text)
    except DuplicateKeyError as error:
        raise RefusedError("duplicate-key", str(error)) from error
    except RecursionError as error:
        raise RefusedError("not-json", "lists and objects are nested too deep") from error
    except ValueError as error:
        raise RefusedError("not-json", f"the body is not JSON: {error}") from error
