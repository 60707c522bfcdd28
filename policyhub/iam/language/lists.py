"""Lists in a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def first_few(items: Sequence[str], most: int) -> str:
    """At most `most` of the items, and how many more there are: `a, b and 3 more`."""
    shown, more = ", ".join(items[:most]), len(items) - most
    return f"{shown} and {more:,} more" if more > 0 else shown
