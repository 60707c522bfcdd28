"""The binary operator: values are base64."""

from __future__ import annotations

from policyhub.iam.conditions.operator import Operator, any_of

_IS_BINARY = any_of("is the base64 value")

OPERATORS = (Operator("BinaryEquals", "Binary", _IS_BINARY, _IS_BINARY),)
