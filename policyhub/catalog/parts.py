"""Rows by the hundred: a long series cut into parts, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_parts(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the rows in lists of `size`, the last one shorter."""
    iterator = iter(rows)
    while part := list(islice(iterator, size)):
        yield part
