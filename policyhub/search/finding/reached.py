"""What statements reach: the access levels and services that `level:` and `service:` keep."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from policyhub.catalog.access_levels import LEVELS, Level
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.deciding.statements import ActionList
from policyhub.iam.language.patterns import compile_pattern, covers, split_action
from policyhub.iam.reading.document import Statement

_WILDCARDS = ("*", "?")


class Reached:
    """Finds what statements reach, each pattern expanded once."""

    def __init__(self, reference: Reference) -> None:
        self.services = _Services(reference)
        self._reference = reference
        self._known: dict[str, frozenset[Level]] = {}

    def levels(self, statement: Statement) -> frozenset[Level]:
        """The levels; with NotAction all of them, since no list of patterns leaves one out."""
        if statement.not_action:
            return frozenset(LEVELS)
        return frozenset().union(*{self._levels(each.lower()) for each in statement.actions})

    def _levels(self, pattern: str) -> frozenset[Level]:
        if pattern not in self._known:
            reached = self._reference.expand(pattern)
            self._known[pattern] = frozenset(action.level for action in reached)
        return self._known[pattern]


class _Services:
    """The services that statements reach or name."""

    def __init__(self, reference: Reference) -> None:
        self._actions = {
            prefix: [action.id.lower() for action in info.actions]
            for prefix, info in reference.services.items()
        }
        self._known: dict[str, frozenset[str]] = {}

    def of(self, statement: Statement, unlisted: Collection[str] = ()) -> set[str]:
        """Those of the reference that it reaches, those it names, and the unlisted ones.

        An unlisted service, of which no action is known, is reached by who takes every service.
        """
        if statement.not_action:
            spared = ActionList(statement.actions)
            return {
                prefix
                for prefix, actions in self._actions.items()
                if not all(map(spared.find, actions))
            }
        named: set[str] = set().union(*{self._of(each.lower()) for each in statement.actions})
        return named.union(unlisted) if takes_every_service(statement) else named

    def _of(self, pattern: str) -> frozenset[str]:
        if pattern not in self._known:
            self._known[pattern] = frozenset(self._expanded(pattern))
        return self._known[pattern]

    def _expanded(self, pattern: str) -> Iterable[str]:
        service = split_action(pattern)[0]
        if service != "*":
            return (service,)
        matches = compile_pattern(pattern).matches
        return (prefix for prefix, actions in self._actions.items() if any(map(matches, actions)))


def takes_every_service(statement: Statement) -> bool:
    """Whether its Action covers every action that any service could have."""
    return not statement.not_action and any(
        each.startswith(_WILDCARDS) and covers(each, "*:*") for each in statement.actions
    )
