"""`Null`, which asks whether a key is in the request: "true" means that it is absent."""

from __future__ import annotations

from policyhub.iam.language.conditions.booleans import (
    around_boolean,
    is_boolean,
    same_as_any_boolean,
)
from policyhub.iam.language.conditions.operator import IS, Operator

# What it tests is not the key's value but "true" for an absent key and "false" for a present.
NULL = Operator(
    "Null",
    "Null",
    IS,
    IS,
    same_as_any_boolean,
    around_boolean,
    can_match=is_boolean,
    takes="`true` or `false`",
)

OPERATORS = (NULL,)

# What each value of Null asks for; the values ignore case.
PRESENCE = {"true": "absent", "false": "present"}
