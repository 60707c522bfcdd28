"""Answers about paths, kept by what statements say of the path's actions.

Versions of a policy, and many policies, say the same of most paths in statements that are numbered
differently: what was found for one is so for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import NamedTuple

from cachetools import LRUCache

from policyhub.iam.language.elements import Condition, Effect, Statement
from policyhub.judge.risks.attached import AttachedDocuments, JudgedDocument
from policyhub.judge.risks.paths import RiskPath
from policyhub.judge.risks.risk import DecidingStatement, Risk

# Paths that a large policy opens, of a few versions.
_KEPT = 1_024


class PlacedStatement(NamedTuple):
    """A statement and the place of its document among those that are attached."""

    document: int
    statement: Statement


class _Said(NamedTuple):
    """All that a statement says of the actions of a path, `about`, in lower case."""

    document: int
    version: str
    effect: Effect
    about: frozenset[str]
    resources: tuple[str, ...]
    not_resource: bool
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class _KeptAnswer:
    """An answer without its documents: their statements by their place among those about the path.

    A statement of a resource policy that the proof brings along is kept as it is.
    """

    risk: Risk
    deciding: tuple[int | DecidingStatement, ...]
    ruling_out: tuple[int, ...]

    def of(self, documents: Sequence[JudgedDocument], about: Sequence[PlacedStatement]) -> Risk:
        """The answer about documents whose statements say the same."""

        def name(place: int) -> str:
            return documents[about[place].document].name

        return replace(
            self.risk,
            documents=documents,
            deciding=tuple(
                DecidingStatement(name(each), about[each].statement)
                if isinstance(each, int)
                else each
                for each in self.deciding
            ),
            ruled_out_by=tuple(
                replace(each, policy=name(place), statement=about[place].statement)
                for each, place in zip(self.risk.ruled_out_by, self.ruling_out, strict=True)
            ),
        )


_kept: LRUCache[object, _KeptAnswer] = LRUCache(maxsize=_KEPT)
_keeping = Lock()


def kept_answer(path: RiskPath, attached: AttachedDocuments, find: Callable[[], Risk]) -> Risk:
    """The answer about a path: one that is kept, else what `find` finds."""
    about, said = _about(path, attached)
    key = path, attached.facts, attached.partitions, said
    with _keeping:
        known = _kept.get(key)
    if known is None:
        known = _without_documents(find(), about, attached.documents)
        with _keeping:
            _kept[key] = known
    return known.of(attached.documents, about)


def _about(
    path: RiskPath, attached: AttachedDocuments
) -> tuple[list[PlacedStatement], tuple[_Said, ...]]:
    """The statements about any action of a path, and what they say of it."""
    about: list[PlacedStatement] = []
    said: list[_Said] = []
    wanted = path.named
    for place, (document, named) in enumerate(zip(attached.documents, attached.named, strict=True)):
        for statement, actions in named:
            if of_path := actions & wanted:
                about.append(PlacedStatement(place, statement))
                said.append(_said(place, document.policy.version, of_path, statement))
    return about, tuple(said)


def _said(place: int, version: str, about: frozenset[str], statement: Statement) -> _Said:
    return _Said(
        place,
        version,
        statement.effect,
        about,
        statement.resources,
        statement.not_resource,
        statement.conditions,
    )


def _without_documents(
    risk: Risk, about: Sequence[PlacedStatement], documents: Sequence[JudgedDocument]
) -> _KeptAnswer:
    places = {
        (documents[each.document].name, each.statement.position): place
        for place, each in enumerate(about)
    }
    return _KeptAnswer(
        replace(risk, documents=(), deciding=()),
        tuple(places.get((each.policy, each.statement.position), each) for each in risk.deciding),
        tuple(places[each.policy, each.statement.position] for each in risk.ruled_out_by),
    )
