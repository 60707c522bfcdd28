"""What rooms have built before the first request; apart, so that rooms are begun without it."""

from __future__ import annotations

from collections.abc import Callable

_builds: list[Callable[[], object]] = []


def build_before_serving(build: Callable[[], object]) -> None:
    """Have the server call `build` before it forks its workers: a room's own index."""
    _builds.append(build)


def build_what_rooms_need() -> None:
    """Build now what the rooms want built."""
    for build in _builds:
        build()
