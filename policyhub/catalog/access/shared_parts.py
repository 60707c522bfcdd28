"""Parts that documents have alike, as one object for all: what policies repeat is kept once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar, cast

from policyhub.iam.language.elements import Condition, PolicyDocument, Statement

_Part = TypeVar("_Part", str, Condition, tuple[str, ...], tuple[Condition, ...])


class SharedParts:
    """The parts that were seen before: of the corpus' 90,000 texts a third are different."""

    def __init__(self) -> None:
        self._known: dict[object, object] = {}

    def document(self, document: PolicyDocument) -> PolicyDocument:
        """An equal document, of which other documents that were asked for have the parts too."""
        return replace(document, statements=tuple(map(self._statement, document.statements)))

    def _statement(self, statement: Statement) -> Statement:
        return replace(
            statement,
            sid=self._one(statement.sid),
            actions=self._texts(statement.actions),
            resources=self._texts(statement.resources),
            conditions=self._one(tuple(map(self._condition, statement.conditions))),
        )

    def _condition(self, condition: Condition) -> Condition:
        operator, key = self._one(condition.operator), self._one(condition.key)
        return self._one(Condition(operator, key, self._texts(condition.values)))

    def _texts(self, texts: Iterable[str]) -> tuple[str, ...]:
        return self._one(tuple(map(self._one, texts)))

    def _one(self, part: _Part) -> _Part:
        """The first part that was equal."""
        return cast(_Part, self._known.setdefault(part, part))
