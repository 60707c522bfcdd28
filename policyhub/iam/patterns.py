"""Wildcard patterns: `*` is any text, `?` any one character, the rest literal."""

from __future__ import annotations


class WildcardPattern:
    """A compiled pattern; obtained from `compile_pattern`."""

    __slots__ = ("is_literal", "literal_prefix", "text")

    def __init__(self, text: str, ignore_case: bool = False) -> None:
        self.text = text

    def matches(self, value: str) -> bool:
        """Say whether the pattern covers the whole value."""
        raise NotImplementedError


def compile_pattern(pattern: str, ignore_case: bool = False) -> WildcardPattern:
    """Return the compiled pattern, cached."""
    raise NotImplementedError


def covers(outer: str, inner: str, ignore_case: bool = False) -> bool:
    """True only if every text that `inner` matches, `outer` matches too."""
    raise NotImplementedError


def split_action(pattern: str) -> tuple[str, str]:
    """Return the service prefix in lower case and the name; `*` alone is (`*`, `*`)."""
    raise NotImplementedError
