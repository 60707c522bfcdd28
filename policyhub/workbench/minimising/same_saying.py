"""Whether two documents say the same, seen by their wording: for any request in any context.

What every statement of one says is said by statements of the other that have the same effect and
no further conditions: then each request that one matches the other matches too. It takes no
search, so that it has an answer for documents of any length; what is not seen may be so all the
same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from policyhub.iam.comparing.containment import saying_of
from policyhub.iam.language.elements import PolicyDocument, Statement
from policyhub.iam.language.patterns import compile_pattern, covers, split_action
from policyhub.iam.language.resources import resources_are_covered

_ANY_SERVICE = "*"


def says_the_same(left: PolicyDocument, right: PolicyDocument) -> bool:
    """Whether it is seen that both allow and deny the same."""
    return left.version == right.version and _say(left, right) and _say(right, left)


def _say(one: PolicyDocument, other: PolicyDocument) -> bool:
    said = SaidStatements(one.statements, one.version)
    return all(map(said.say, other.statements))


class SaidStatements:
    """Statements of one document, to be asked whether together they say what another says."""

    def __init__(self, statements: Iterable[Statement], version: str) -> None:
        self.version = version
        self._said = [_SaidStatement(each, version) for each in statements]
        self._contents = {each.content for each in self._said}

    def say(self, statement: Statement) -> bool:
        """Whether all that a statement matches, some of these match, with the same effect."""
        asked = _SaidStatement(statement, self.version)
        if asked.content in self._contents:
            return True
        saying = asked.saying
        near = [
            each
            for each in self._said
            if each.saying.effect == saying.effect
            and each.statement.principals == statement.principals
            and saying.is_bounded_by(each.saying)
        ]
        if statement.not_action:
            wide = [each for each in near if each.spares_no_more(statement)]
            return self._are_on_resources_of(statement, wide)
        groups = {tuple(each.covers_action(action) for each in near)
                  for action in statement.actions}  # fmt: skip
        return all(
            self._are_on_resources_of(
                statement, [each for each, is_in in zip(near, group, strict=True) if is_in]
            )
            for group in groups
        )

    def _are_on_resources_of(self, statement: Statement, said: Sequence[_SaidStatement]) -> bool:
        outers = [each.statement for each in said]
        return bool(outers) and resources_are_covered(statement, outers, self.version)


class _SaidStatement:
    """A statement with its action patterns at hand."""

    def __init__(self, statement: Statement, version: str) -> None:
        self.statement, self.saying = statement, saying_of(statement, version)
        self._names = frozenset(map(str.lower, statement.actions))

    @property
    def content(self) -> object:
        """All that it says, regardless of the order of writing."""
        return self.saying, self._names, self.statement.not_action, self.statement.principals

    @cached_property
    def _wide(self) -> Mapping[str, Sequence[str]]:
        """The patterns with wildcards by service, those of any service under `*`."""
        found: dict[str, list[str]] = {}
        for each in self.statement.actions:
            if not compile_pattern(each).is_literal:
                service = split_action(each)[0]
                key = service if compile_pattern(service).is_literal else _ANY_SERVICE
                found.setdefault(key, []).append(each)
        return found

    def covers_action(self, action: str) -> bool:
        """Whether its actions are known to have all that a pattern matches."""
        if self.statement.not_action:
            return False
        if action.lower() in self._names:
            return True
        near = (*self._wide.get(split_action(action)[0], ()), *self._wide.get(_ANY_SERVICE, ()))
        return any(covers(each, action, ignore_case=True) for each in near)

    def spares_no_more(self, other: Statement) -> bool:
        """Whether every action that this NotAction excludes, the other one excludes too."""
        return self.statement.not_action and all(
            any(covers(spared, each, ignore_case=True) for spared in other.actions)
            for each in self.statement.actions
        )
