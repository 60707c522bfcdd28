"""Which action patterns a policy allows all of what a statement does, seen by wording alone.

What is not seen to be covered may be so all the same: then requests are sought.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyhub.iam.budget import Budget
from policyhub.iam.comparing.compared_policy import service_of_pattern
from policyhub.iam.comparing.containment import Saying, are_covered, saying_of, unlisted
from policyhub.iam.language.elements import PolicyDocument, Statement
from policyhub.iam.language.patterns import compile_pattern, covers

_WILDCARDS = frozenset("*?")


class CoveredActions:
    """The Allow statements of a policy by their action patterns, in lower case."""

    def __init__(self, policy: PolicyDocument, budget: Budget) -> None:
        self._budget = budget
        self._sayings: list[Saying] = []
        self._literal: dict[str, list[int]] = {}
        # By service, "" for any: patterns with wildcards.
        self._wild: dict[str, list[tuple[str, int]]] = {}
        self._excepting: list[tuple[frozenset[str], int]] = []
        self._known: dict[tuple[Saying, tuple[int, ...]], bool] = {}
        for each in policy.statements:
            if each.effect == "Allow":
                self._add(each, len(self._sayings))
                self._sayings.append(saying_of(each, policy.version))

    def _add(self, statement: Statement, place: int) -> None:
        patterns = [*map(str.lower, statement.actions)]
        self._budget.spend(len(patterns))
        if statement.not_action:
            self._excepting.append((frozenset(patterns), place))
            return
        for pattern in patterns:
            if _is_literal(pattern):
                self._literal.setdefault(pattern, []).append(place)
            else:
                of_service = self._wild.setdefault(service_of_pattern(pattern), [])
                of_service.append((pattern, place))

    def covers(self, saying: Saying, pattern: str) -> bool:
        """Whether all that a statement allows of the actions of a pattern is allowed here too."""
        return self._allow(saying, self._about_all_of(pattern))

    def covers_all_but(self, saying: Saying, patterns: frozenset[str]) -> bool:
        """The same of all actions but those of some patterns."""
        every = (place for pattern, place in self._wild.get("", ()) if pattern in ("*", "*:*"))
        fewer = (place for excepted, place in self._excepting if excepted <= patterns)
        return self._allow(saying, {*every, *fewer})

    def _allow(self, saying: Saying, places: set[int]) -> bool:
        if not places:
            return False
        key = saying, tuple(sorted(places))
        if key not in self._known:
            others = [self._sayings[each] for each in key[1]]
            left = unlisted(saying, others)
            self._known[key] = left is None or are_covered(saying, left, others)
        return self._known[key]

    def _about_all_of(self, pattern: str) -> set[int]:
        """The places of the statements that are about every action of a pattern."""
        service = service_of_pattern(pattern)
        wild = [*self._wild.get("", ()), *(self._wild.get(service, ()) if service else ())]
        self._budget.spend(1 + len(wild) + len(self._excepting))
        found = set(self._literal.get(pattern, ()))
        if _is_literal(pattern):
            found.update(place for each, place in wild if compile_pattern(each).matches(pattern))
        else:
            found.update(place for each, place in wild if covers(each, pattern))
        found.update(self._not_excepting(pattern))
        return found

    def _not_excepting(self, pattern: str) -> Iterator[int]:
        for excepted, place in self._excepting:
            self._budget.spend(len(excepted))
            if all(_are_apart(each, pattern) for each in excepted):
                yield place


def _is_literal(pattern: str) -> bool:
    return not _WILDCARDS & set(pattern)


def _are_apart(one: str, other: str) -> bool:
    """Whether it is seen that no action is of both patterns."""
    if _is_literal(other):
        return not compile_pattern(one).matches(other)
    services = {service_of_pattern(one), service_of_pattern(other)}
    return len(services) == 2 and "" not in services
