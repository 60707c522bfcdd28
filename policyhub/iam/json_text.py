"""Places in JSON text: where an element stands, found without recursion."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A value's place: its first line and column from 1, its offsets as a slice."""

    line: int
    column: int
    start: int
    end: int


def locate(text: str, path: str) -> Span | None:
    """Return the place of the value at `path`, or None where there is none."""
    raise NotImplementedError


def statement_spans(text: str) -> tuple[Span, ...]:
    """Return the places of the statements, in order; a single statement object is one."""
    raise NotImplementedError
