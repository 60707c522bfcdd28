"""A risk of a document: a path, the answer, its proof or what rules it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.comparing.contexts import contexts_of
from policyhub.iam.comparing.solver import Solver, simplified
from policyhub.iam.deciding.formula import Truth
from policyhub.iam.explaining.answers_in_words import truth_in_words
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.wording import Words, join_words, plain
from policyhub.judge.risks.attached import JudgedDocument
from policyhub.judge.risks.kinds import Family
from policyhub.judge.risks.paths import RiskPath
from policyhub.judge.risks.proving import ProvedRequest
from policyhub.judge.risks.ruling_out import RulingOut
from policyhub.judge.risks.truths import in_short

Answer = Literal["free", "bounded", "ruled-out", "undecided"]
#: From the most to the least that a path gives.
ANSWERS: tuple[Answer, ...] = ("free", "bounded", "undecided", "ruled-out")
_WITHIN = "Within bounds: "
_CACHED_TRUTHS = 1_024


class PathBound(NamedTuple):
    """When an action of a path is allowed, where that is not always."""

    action: str
    allowed: Truth

    @property
    def words(self) -> Words:
        """The bound as a clause."""
        return join_words(f"{self.action} only when ", _bound_in_words(self.allowed))


@lru_cache(maxsize=_CACHED_TRUTHS)
def _bound_in_words(truth: Truth) -> Words:
    """A truth in words, without what is so in every context that AWS can send."""
    solver = Solver(contexts=contexts_of(get_service_facts()))
    return truth_in_words(simplified(in_short(truth), solver))


class DecidingStatement(NamedTuple):
    """A statement that allows a request of a proof, and the document that it is in."""

    policy: str
    statement: Statement

    def to_dict(self) -> dict[str, Any]:
        """The entry of `statements`; they count from 0."""
        return {
            "policy": self.policy,
            "statement": self.statement.position,
            "sid": self.statement.sid,
            "effect": self.statement.effect,
        }


@dataclass(frozen=True, eq=False)
class Risk:
    """What documents make of a path.

    `free`: every request of it is allowed on any resource, whatever the context. `bounded`:
    the requests of the proof are allowed, with one set of resources and keys, and not all others
    are. `ruled-out`: no request can take it. `undecided`: neither was found.

    `is_whole` says that bounds leave the path itself alone: any resource is within reach, as where
    `iam:PassedToService` is limited to the very service that the path needs.
    """

    path: RiskPath
    answer: Answer
    documents: Sequence[JudgedDocument]
    is_whole: bool = False
    requests: tuple[ProvedRequest, ...] = ()
    deciding: tuple[DecidingStatement, ...] = ()
    limits: tuple[PathBound, ...] = ()
    ruled_out_by: tuple[RulingOut, ...] = ()

    @property
    def id(self) -> str:
        """The path's id."""
        return self.path.id

    @property
    def title(self) -> str:
        """What one can do, beginning with a verb, without a full stop."""
        return self.path.titled(whole=self.is_whole or not self.is_claimed)

    @property
    def emphasized_title(self) -> str:
        """The same with what is hit between `**`."""
        return self.path.emphasized(whole=self.is_whole or not self.is_claimed)

    @property
    def sentence(self) -> str:
        """How much the path gives, without a full stop."""
        gives = self.path.gives
        if not gives or self.is_whole or not self.is_claimed:
            return gives
        return f"{_WITHIN}{gives[0].lower()}{gives[1:]}"

    @property
    def kind(self) -> str:
        """The name of the kind, such as `passrole-to-compute`."""
        return self.path.kind.name

    @property
    def family(self) -> Family:
        """The kind's family, such as `PassRole`."""
        return self.path.kind.family

    @property
    def gravity(self) -> int:
        """How serious the kind is, 1 being the most serious."""
        return self.path.kind.gravity

    @property
    def actions(self) -> tuple[str, ...]:
        """Every action of the path, as the reference spells them."""
        return self.path.actions

    @property
    def is_claimed(self) -> bool:
        """Whether a proof shows that the path can be taken."""
        return self.answer in ("free", "bounded")

    @property
    def statements(self) -> tuple[int, ...]:
        """The statements that allow the requests of the proof, counted from 0, ascending."""
        return tuple(sorted({each.statement.position for each in self.deciding}))

    @cached_property
    def bounds(self) -> tuple[str, ...]:
        """When actions of the path are allowed, one sentence each; none for a free one."""
        return tuple(plain(each.words) for each in self.limits)

    @property
    def proof(self) -> list[dict[str, Any]]:
        """The complete simulations, each of which the engine decides as allowed."""
        return [each.to_dict(self.documents) for each in self.requests]

    def to_dict(self) -> dict[str, Any]:
        """The risk as JSON has it."""
        return {
            "id": self.id,
            "title": self.title,
            "name": self.path.name,
            "gives": self.sentence,
            "kind": self.kind,
            "family": self.family,
            "gravity": self.gravity,
            "answer": self.answer,
            "actions": list(self.actions),
            "statements": [each.to_dict() for each in self.deciding],
            "bounds": list(self.bounds),
            "proof": self.proof,
            "ruledOutBy": [each.to_dict() for each in self.ruled_out_by],
        }


def most_serious_first(risks: Sequence[Risk]) -> tuple[Risk, ...]:
    """The most serious first, of one kind what leaves most within reach; then as their table."""

    def place(risk: Risk) -> tuple[bool, int, bool, int]:
        return not risk.is_claimed, risk.gravity, not risk.is_whole, risk.path.place

    return tuple(sorted(risks, key=place))
