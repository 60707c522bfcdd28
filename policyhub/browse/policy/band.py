"""The verdict band: what a version amounts to, its risks and their proofs, what is ruled out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.blast_map.counted import RiskMark
from policyhub.browse.policy.shown import ShownPolicy
from policyhub.http import LONGEST_ADDRESS
from policyhub.iam.language.wording import Words, value_in_words
from policyhub.judge.risks.known import risks_of_version, verdict_of_version, version_name
from policyhub.judge.risks.proving import ProvedRequest
from policyhub.judge.risks.risk import Risk
from policyhub.judge.risks.ruling_out import RulingOut
from policyhub.judge.risks.verdict import RiskVerdict, one_for_each_title
from policyhub.simulator_address import simulator_query

_ACTIONS_IN_A_ROW = 3
_RULED_OUT_SHOWN = 3


@dataclass(frozen=True)
class ProofRow:
    """A request that proves a risk; `query` decides it in the simulator, "" if it is too long."""

    action: str
    resource: str
    context: Sequence[tuple[str, Words]]
    query: str


@dataclass(frozen=True)
class RiskRow:
    """A risk of the band: its number, which the map marks too, what it takes, and its proof."""

    number: int
    risk: Risk
    proof: Sequence[ProofRow]

    @property
    def is_free(self) -> bool:
        """Whether nothing limits it."""
        return self.risk.answer == "free"

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that a row has room for: all, if only one more would be left."""
        actions = self.risk.actions
        few = len(actions) <= _ACTIONS_IN_A_ROW + 1
        return actions if few else actions[:_ACTIONS_IN_A_ROW]

    @property
    def more_actions(self) -> int:
        """How many more actions the path takes."""
        return len(self.risk.actions) - len(self.actions)

    @property
    def statements(self) -> list[int]:
        """The numbers of the statements that open it, counted from 1 as pages count them."""
        return [position + 1 for position in self.risk.statements]


@dataclass(frozen=True)
class RuledOutRow:
    """A path that no request can take, and the clause that keeps it from being taken."""

    title: str
    clause: Words
    number: int
    more: int


@dataclass(frozen=True)
class VerdictBand:
    """What a page shows of a verdict."""

    verdict: RiskVerdict
    rows: Sequence[RiskRow]
    ruled_out: Sequence[RuledOutRow]
    uses_deny: bool

    @property
    def more(self) -> int:
        """How many risks the band has no room for."""
        return self.verdict.count - len(self.rows)

    @property
    def more_ruled_out(self) -> int:
        """How many paths are ruled out and not named."""
        return len(self.verdict.ruled_out) - len(self.ruled_out)

    @property
    def marks(self) -> dict[str, tuple[RiskMark, ...]]:
        """The risks of each service that their paths take an action of."""
        found: dict[str, dict[int, RiskMark]] = {}
        for row in self.rows:
            for action in row.risk.actions:
                marks = found.setdefault(action.partition(":")[0], {})
                marks[row.number] = RiskMark(row.number, row.is_free)
        return {service: tuple(marks.values()) for service, marks in found.items()}


def verdict_band(shown: ShownPolicy, shows_all: bool = False) -> VerdictBand:
    """The band of the version that a page shows, with all risks or those that lead."""
    verdict = verdict_of_version(shown.version)
    policy = version_name(shown.version)
    risks = one_for_each_title(_claimed(shown)) if shows_all else verdict.leading
    rows = [
        RiskRow(number, risk, [_proof_row(each, policy) for each in risk.requests])
        for number, risk in enumerate(risks, 1)
    ]
    explained = [risk for risk in verdict.ruled_out if risk.ruled_out_by]
    ruled_out = [_ruled_out(risk) for risk in explained[:_RULED_OUT_SHOWN]]
    return VerdictBand(verdict, rows, ruled_out, shown.version.uses_deny)


def _claimed(shown: ShownPolicy) -> list[Risk]:
    return [each for each in risks_of_version(shown.version) if each.is_claimed]


def _proof_row(request: ProvedRequest, policy: str) -> ProofRow:
    asked: dict[str, Any] = request.to_dict(())
    query = simulator_query(policy, asked)
    context = [(key, value_in_words(value)) for key, value in asked["context"].items()]
    fits = len(query) <= LONGEST_ADDRESS
    return ProofRow(request.action, request.resource, context, query if fits else "")


def _ruled_out(risk: Risk) -> RuledOutRow:
    first: RulingOut = risk.ruled_out_by[0]
    return RuledOutRow(
        risk.title, first.clause, first.statement.position + 1, len(risk.ruled_out_by) - 1
    )
