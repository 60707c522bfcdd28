"""The answer to a comparison: verdicts, evidence, the matrix of actions, statements, text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from policyhub.catalog.access_levels import Level
from policyhub.catalog.facts.services import get_service_facts
from policyhub.compare import kept
from policyhub.compare.evidence import SideEvidence, evidence_of
from policyhub.compare.matrix import (
    Change,
    ComparedAction,
    ServiceRows,
    action_changes,
    by_service,
    compared_actions,
    prefix_of,
)
from policyhub.compare.risks import RisksOfPair, risks_of_pair
from policyhub.compare.sides import Side
from policyhub.compare.since import dated_statements
from policyhub.compare.sizes import LevelSizes, by_service_and_level, sizes, sizes_in_words
from policyhub.compare.text import Line, LineRow, in_one_column, line_rows
from policyhub.compare.verdict_words import NEVER_ASKED, NOT_KNOWN, SIGNS, verdict_in_words
from policyhub.iam.budget import NO_LIMIT, Budget, SpentError, Steps
from policyhub.iam.comparing.alignment import Pair, align
from policyhub.iam.comparing.comparison import Comparison, Relation, compare
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts, contexts_of
from policyhub.iam.language.elements import Statement

UNDECIDED: Change = "undecided"
# How many pairs of lines are compared with each other in the time of one step.
_LINES_A_STEP = 20


@dataclass(frozen=True)
class PairOfSides:
    """Two sides and what their comparison found."""

    left: Side
    right: Side
    budget: Budget = NO_LIMIT
    contexts: Contexts = ANY_CONTEXT
    # Nothing is found out now but what is kept from earlier.
    is_put_off: bool = False

    @property
    def is_late(self) -> bool:
        """Whether it had no time yet, and has some if it is asked for again."""
        return self.are_managed and not self.found.is_whole

    @property
    def are_managed(self) -> bool:
        """Whether both are managed policies: what is found about these is kept."""
        return bool(self.left.policy_name and self.right.policy_name)

    @cached_property
    def found(self) -> Comparison:
        """The comparison."""
        known = kept.comparisons.get(self._key) if self.are_managed else None
        if known is not None:
            return known
        left, right = self.left.policy, self.right.policy
        found = compare(left, right, get_service_facts(), self.budget, self.contexts)
        if self.are_managed and found.is_whole:
            kept.comparisons.put(self._key, found)
        return found

    @property
    def _key(self) -> kept.Key:
        return self.left.text, self.right.text, self.contexts

    @property
    def verdict(self) -> Relation:
        """The verdict's name."""
        return self.found.verdict

    @property
    def possible_verdict(self) -> Relation:
        """The verdict's name about requests that AWS can be asked."""
        return self.found.possible_verdict

    @property
    def sign(self) -> str:
        """The sign of the verdict about what AWS can be asked, left side first."""
        return SIGNS[self.possible_verdict]

    @property
    def sentence(self) -> str:
        """The verdict about what AWS can be asked in a sentence."""
        said = self._sentence(self.possible_verdict)
        if self.possible_verdict in (self.verdict, "undecided"):
            return said
        return f"{said.removesuffix('.')}, counting only requests that are possible."

    @property
    def remark(self) -> str:
        """What the wording alone says where it says something else; else ""."""
        if self.possible_verdict == self.verdict:
            return ""
        rest = NOT_KNOWN if self.possible_verdict == "undecided" else NEVER_ASKED
        return f"By the wording alone: {self._sentence(self.verdict)} {rest}"

    def _sentence(self, verdict: Relation) -> str:
        return verdict_in_words(verdict, self.left.label, self.right.label)

    @cached_property
    def evidence(self) -> list[SideEvidence]:
        """What each side alone allows, what the right one gained first."""
        left, right, found = self.left, self.right, self.found
        return [
            each
            for each in (
                SideEvidence(right, left, evidence_of(found.only_right, right, left)),
                SideEvidence(left, right, evidence_of(found.only_left, left, right)),
            )
            if each.items
        ]

    @cached_property
    def risks(self) -> RisksOfPair | None:
        """The risks gained and lost; None where a document is too long to be judged in time."""
        return risks_of_pair(self.left, self.right, self.budget)

    @cached_property
    def changes(self) -> dict[str, Change] | None:
        """What became of each action that either side grants; None where it takes too long.

        Kept as comparisons are; what there was no time for is gone on with when it is asked again.
        """
        found = self.kept_changes
        if found is not None or self.is_put_off:
            return found
        before = kept.begun_changes.get(self._key) if self.are_managed else None
        try:
            found = action_changes(
                self.left, self.right, self.budget, self.contexts, before=before or {}
            )
        except SpentError:
            return None
        if self.are_managed:
            self._keep_changes(found)
        return found

    def _keep_changes(self, found: dict[str, Change]) -> None:
        if UNDECIDED not in found.values() or not self.budget.is_spent:
            kept.changes.put(self._key, found)
            return
        decided = {action: change for action, change in found.items() if change != UNDECIDED}
        kept.begun_changes.put(self._key, decided)

    @property
    def kept_changes(self) -> dict[str, Change] | None:
        """The same where it is known already, as it may be of managed policies."""
        return kept.changes.get(self._key) if self.are_managed else None

    @cached_property
    def sizes(self) -> list[LevelSizes]:
        """How many actions became what, by access level; none where it takes too long."""
        known = kept.sizes.get(self._key) if self.are_managed else None
        has_time = "changes" in vars(self) or not self.budget.is_spent
        if known is not None or not has_time or self.changes is None:
            return known or []
        found = sizes(self.changes, self.left.granted(self.budget), self.right.granted(self.budget))
        return found if self.kept_changes is None else kept.sizes.put(self._key, found)

    @property
    def is_sized(self) -> bool:
        """Whether it was found out what became of the actions, or is never kept."""
        is_found = bool(self.sizes) and kept.sizes.get(self._key) is not None
        return is_found or not self.are_managed

    @property
    def difference(self) -> str:
        """What is compared, as the name of a picture."""
        return f"{self.right.label} compared with {self.left.label}"

    @cached_property
    def by_service(self) -> Mapping[str, Mapping[Level, Mapping[str, list[str]]]]:
        """The actions by service, access level and change; none where it takes too long."""
        if self.changes is None:
            return {}
        granted = self.left.granted(self.budget), self.right.granted(self.budget)
        return by_service_and_level(self.changes, *granted)

    @property
    def sizes_in_words(self) -> str:
        """How much the right side gained and lost."""
        return sizes_in_words(self.sizes, self.right.label)

    @cached_property
    def statements(self) -> tuple[Pair, ...]:
        """The statements, paired."""
        return align(self.left.policy, self.right.policy, self.budget, self.contexts)

    @property
    def changed_statements(self) -> int:
        """How many statements are more than written differently."""
        return sum(each.change not in ("same", "cosmetic", "moved") for each in self.statements)

    @property
    def text(self) -> list[Line] | None:
        """The difference of the documents, removed lines above added ones; None as `text_rows`."""
        return None if self.text_rows is None else in_one_column(self.text_rows)

    @cached_property
    def text_rows(self) -> list[LineRow] | None:
        """The difference of the documents line by line, their order aside.

        None where it would take too long: that grows with the product of their lengths.
        """
        pairs_of_lines = len(self.left.lines) * len(self.right.lines)
        try:
            self.budget.spend(pairs_of_lines // _LINES_A_STEP)
        except SpentError:
            return None
        dated = dated_statements(self.left), dated_statements(self.right)
        return line_rows(self.left.policy, self.right.policy, self.statements, dated)

    @property
    def same_text(self) -> bool:
        """Whether both documents are written alike, white space aside."""
        return self.left.lines == self.right.lines


class ComparedSides:
    """Two sides or more, compared: in the contexts that AWS can send, or in any at all."""

    def __init__(
        self,
        sides: Sequence[Side],
        budget: Budget = NO_LIMIT,
        any_context: bool = False,
        is_put_off: bool = False,
    ) -> None:
        self.sides = tuple(sides)
        self.budget, self.any_context, self.is_put_off = budget, any_context, is_put_off
        contexts = ANY_CONTEXT if any_context else contexts_of(get_service_facts())
        of_pairs = Steps(0) if is_put_off else budget
        self.pairs = [
            PairOfSides(left, right, of_pairs, contexts, is_put_off)
            for left, right in combinations(self.sides, 2)
        ]

    @property
    def contexts_in_words(self) -> str:
        """With which requests the comparison reckons, as a sentence."""
        if self.any_context:
            return "Any context counts, also those that AWS never sends."
        return (
            "Only contexts that AWS can send count: keys that every signed request has, such as "
            "aws:CurrentTime and aws:PrincipalArn, are never missing."
        )

    @property
    def only_pair(self) -> PairOfSides | None:
        """The pair, where there are two sides."""
        return self.pairs[0] if len(self.sides) == 2 else None

    @property
    def against_first(self) -> list[PairOfSides]:
        """The pairs of the first side with each other one."""
        return [pair for pair in self.pairs if pair.left is self.sides[0]]

    @property
    def left_to_find(self) -> int:
        """How much of it had no time, and has some if it is asked for again.

        Nothing of documents of one's own, about which nothing is kept.
        """
        if not all(pair.are_managed for pair in self.pairs):
            return 0
        undecided = sum(not pair.found.is_whole for pair in self.pairs)
        return undecided + sum(not pair.is_sized for pair in self.pairs)

    @cached_property
    def rows(self) -> list[ComparedAction] | None:
        """The matrix of actions that any side grants, by service and name.

        None where it takes too long to find out. The verdicts, which are what was asked, are
        decided before it.
        """
        for pair in self.pairs:
            pair.found  # noqa: B018 - kept once it is found
        found = [pair.changes for pair in self.against_first]
        if None in found and not self.is_put_off:
            return None
        granted = [side.granted(self.budget) for side in self.sides]
        names = (each.action.id for side in granted for each in side.grants)
        not_known: dict[str, Change] = dict.fromkeys(names, UNDECIDED) if None in found else {}
        changes = [not_known if each is None else each for each in found]
        versions = [side.policy.version for side in self.sides]
        return compared_actions(granted, versions, changes)

    def services(self, only_differences: bool = False) -> list[ServiceRows]:
        """The matrix by service, only what differs if asked."""
        rows = self.rows or ()
        return list(by_service(row for row in rows if row.differs or not only_differences))

    @property
    def services_with_risks(self) -> set[str]:
        """The prefixes of the services that a risk is about which sides have more or less of."""
        risks = [each.risks for each in self.pairs]
        changes = (each for risk in risks if risk for each in (*risk.gained, *risk.lost))
        return {prefix_of(action) for each in changes for action in each.risk.actions}

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON has it; of more than two sides each pair by itself."""
        made: dict[str, Any] = {
            "policies": [side.to_dict() for side in self.sides],
            "contexts": "any" if self.any_context else "aws",
            "actions": [row.to_dict() for row in self.rows or ()],
            **({"actionsUndecided": True} if self.rows is None else {}),
        }
        if self.only_pair is None:
            verdicts = [
                {"left": each.left.label, "right": each.right.label, **pair_to_dict(each)}
                for each in self.pairs
            ]
            return made | {"verdicts": verdicts}
        return pair_to_dict(self.only_pair) | made


def pair_to_dict(pair: PairOfSides) -> dict[str, Any]:
    """The verdict with its evidence and the paired statements."""
    return {
        "verdict": pair.verdict,
        "possibleVerdict": pair.possible_verdict,
        "sentence": pair.sentence,
        "remark": pair.remark,
        "undecided": list(pair.found.undecided),
        "onlyLeft": [each.to_dict() for each in pair.found.only_left],
        "onlyRight": [each.to_dict() for each in pair.found.only_right],
        "evidence": [each.to_dict() for each in pair.evidence],
        **(pair.risks.to_dict() if pair.risks else {"risksGained": None, "risksLost": None}),
        "sizes": [each.to_dict() for each in pair.sizes],
        "statements": [
            {
                "left": _statement(each.left),
                "right": _statement(each.right),
                "change": each.change,
                "clauses": list(each.clauses),
                "decided": each.is_decided,
            }
            for each in pair.statements
        ],
    }


def _statement(statement: Statement | None) -> dict[str, Any] | None:
    if statement is None:
        return None
    return {"statement": statement.position, "sid": statement.sid, "effect": statement.effect}
