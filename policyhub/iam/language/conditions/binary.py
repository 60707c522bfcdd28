"""The binary operator: values are base64."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence

from policyhub.iam.language.conditions.operator import Operator, Test, one_value_suffices


def equal_to_any_bytes(values: Sequence[str]) -> Test:
    """Test base64 for the same bytes; what is not base64 equals nothing."""
    expected = {each for each in map(_decode, values) if each is not None}
    return lambda value: _decode(value) in expected


def _decode(text: str) -> bytes | None:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def is_base64(text: str) -> bool:
    """Whether the text is base64."""
    return _decode(text) is not None


def around_bytes(value: str) -> tuple[str, ...]:
    """The value, and other bytes."""
    return value, b64encode(b"other").decode("ascii")


_IS_BINARY = one_value_suffices("is the base64 value")

OPERATORS = (
    Operator(
        "BinaryEquals",
        "Binary",
        _IS_BINARY,
        _IS_BINARY,
        equal_to_any_bytes,
        around_bytes,
        can_match=is_base64,
        takes="base64",
    ),
)
