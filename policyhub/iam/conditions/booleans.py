"""The Boolean operator; it has no negated twin, `Bool` with `false` serves."""

from __future__ import annotations

from policyhub.iam.conditions.operator import IS, Operator

OPERATORS = (Operator("Bool", "Bool", IS, IS),)
