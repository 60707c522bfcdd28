"""`Null`, which asks whether a key is in the request: "true" means that it is absent."""

from __future__ import annotations

from policyhub.iam.conditions.operator import IS, Operator

NULL = Operator("Null", "Null", IS, IS)

OPERATORS = (NULL,)

# What each value of Null asks for; the values are written in any case.
PRESENCE = {"true": "absent", "false": "present"}
