"""Requests that a copy must still allow: lines as `manage.py simulate --jsonl` takes them."""

from __future__ import annotations

import json
from typing import Any

MOST_REQUESTS = 5_000


class UnusableRequestsError(ValueError):
    """A text that is not a list of requests; the message says where and why."""


def read_requests(text: str) -> tuple[Any, ...]:
    """The requests of lines of JSON; blank lines are passed over. Raises `UnusableRequestsError`.

    What a request says is read where it is decided (`proving`).
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UnusableRequestsError(f"line {number} is not JSON: {error}") from error
        if not isinstance(value, dict) or "action" not in value:
            raise UnusableRequestsError(
                f'line {number} is not a request: write it as {{"action": "ecs:RunTask", '
                '"resource": "arn:..."}'
            )
        found.append(value)
    if len(found) > MOST_REQUESTS:
        raise UnusableRequestsError(f"{len(found):,} requests: give at most {MOST_REQUESTS:,}")
    return tuple(found)
