"""What a description describes, looked up while it is written: a warning and never a refusal.

What AWS's pages describe may be wrong, and curators quote it as it is.
"""

from __future__ import annotations

from difflib import get_close_matches

from policyhub.catalog.prose.grants import nearest_actions
from policyhub.catalog.reference.in_memory import get_reference


def warning_about(pattern: str) -> str:
    """Say that the reference lists no such action or service, and which are near; "" if it does."""
    pattern, reference = pattern.strip(), get_reference()
    prefix, colon, _ = pattern.partition(":")
    if not pattern:
        return ""
    if prefix.lower() not in reference.services:
        near = get_close_matches(prefix.lower(), list(reference.services), 3)
        return _sentence("service", prefix, near)
    if not colon or reference.expand(pattern):
        return ""
    return _sentence("action", pattern, nearest_actions(pattern, reference)[:3])


def _sentence(what: str, name: str, near: list[str]) -> str:
    said = f"The reference lists no {what} `{name}`"
    if not near:
        return f"{said}."
    return f"{said}; did you mean {' or '.join(f'`{each}`' for each in near)}?"
