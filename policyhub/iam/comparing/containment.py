"""Whether a statement allows nothing that other statements don't, seen by their wording alone.

Where that is seen no request has to be sought. What is not seen may be so all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from policyhub.iam.language.elements import Effect, Statement
from policyhub.iam.language.patterns import covers

_EVERY_RESOURCE = "*"

# An operator and a key in lower case, and the values.
WrittenCondition = tuple[str, str, frozenset[str]]


class Saying(NamedTuple):
    """What a statement says besides its actions, regardless of the order of writing.

    `version` is that of the policy language where it has variables, else "".
    """

    effect: Effect
    not_resource: bool
    resources: frozenset[str]
    conditions: frozenset[WrittenCondition]
    version: str

    def is_bounded_by(self, other: Saying) -> bool:
        """Whether each condition of the other one is a condition of this one."""
        is_one_language = not (self.version and other.version) or self.version == other.version
        return is_one_language and other.conditions <= self.conditions


def saying_of(statement: Statement, version: str) -> Saying:
    """What a statement says in a version of the policy language."""
    conditions = frozenset(
        (each.operator.lower(), each.key.lower(), frozenset(each.values))
        for each in statement.conditions
    )
    texts = (*statement.resources, *(text for each in statement.conditions for text in each.values))
    with_variables = version if any("${" in text for text in texts) else ""
    return Saying(
        statement.effect,
        statement.not_resource,
        frozenset(statement.resources),
        conditions,
        with_variables,
    )


def unlisted(one: Saying, others: Iterable[Saying]) -> frozenset[str] | None:
    """The resource patterns of a statement that no other with as few conditions lists.

    None where others are about all its resources, whatever these are.
    """
    left = one.resources
    for other in others:
        if not one.is_bounded_by(other):
            continue
        if _EVERY_RESOURCE in other.resources and not other.not_resource:
            return None
        if one.not_resource:
            if other.not_resource and other.resources <= one.resources:
                return None
        elif not other.not_resource:
            left = left - other.resources
    return left if left or one.not_resource else None


def are_covered(one: Saying, patterns: Iterable[str], others: Sequence[Saying]) -> bool:
    """Whether each resource pattern is covered by one of another with as few conditions."""
    if one.not_resource:
        return False
    wide = [
        pattern
        for other in others
        if not other.not_resource and one.is_bounded_by(other)
        for pattern in other.resources
        if "*" in pattern and "${" not in pattern
    ]
    return all(
        "${" not in pattern and any(covers(each, pattern) for each in wide) for pattern in patterns
    )
