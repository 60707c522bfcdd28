"""The document of a template: the kept statements of a policy, each as narrow as is chosen.

Each Allow is about no more actions, on no more resources, under no fewer conditions than the one
that it is a copy of, and each Deny that limits what is kept stays: so the copy allows nothing that
the original does not. That is proved afterwards (`proving`), not taken for granted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.iam.language.elements import PolicyDocument, Statement
from policyhub.iam.language.lists import first_few
from policyhub.workbench.building.added_conditions import conditions_for, with_conditions
from policyhub.workbench.building.choices import AddedCondition, TemplateChoices
from policyhub.workbench.building.keeping import MOST_NAMES, KeptActions
from policyhub.workbench.building.narrowing import ActionReach, ResourceNarrowing
from policyhub.workbench.documents import compact, statements_of

Json = Any
_SHOWN = 5
_OF_A_DOCUMENT = ("Version", "Id", "Statement")
_OF_A_STATEMENT = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
)


class NothingLeftError(ValueError):
    """Choices that leave nothing of a policy; the message says which do."""


@dataclass(frozen=True, slots=True)
class StatementOutcome:
    """What became of a statement, by its position: `kept`, `narrowed` or `left out`.

    `message` says why, as a sentence without a full stop; "" where nothing is to be said.
    """

    position: int
    sid: str
    outcome: str
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON has it; statements count from 0."""
        return {
            "statement": self.position,
            "sid": self.sid,
            "outcome": self.outcome,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class _Treatment:
    """What actions of a statement share in the copy."""

    reach: ActionReach
    conditions: tuple[AddedCondition, ...]


@dataclass
class DocumentCopy:
    """The copy of a document as choices make it."""

    original: Mapping[str, Json]
    policy: PolicyDocument
    choices: TemplateChoices
    facts: ReferenceFacts
    outcomes: list[StatementOutcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._kept = KeptActions(self.choices, self.facts.reference)
        self._narrowing = ResourceNarrowing(self.choices, self.facts, self.policy.version)
        self._sids: set[str] = set()

    def made(self) -> dict[str, Json]:
        """The document. Raises `NothingLeftError`, `TooManyNamesError`, and
        `ContradictingConditionError`."""
        given = statements_of(self.original)
        made = [each for one in self.policy.statements for each in self._copies(one, given)]
        if not any(each["Effect"] == "Allow" for each in made):
            raise NothingLeftError(self._why_nothing_is_left())
        statements = [_in_documented_order(each, _OF_A_STATEMENT) for each in _each_once(made)]
        return _in_documented_order({**self.original, "Statement": statements}, _OF_A_DOCUMENT)

    def _why_nothing_is_left(self) -> str:
        effects = {each.effect for each in self.policy.statements}
        if effects == {"Deny"}:
            return (
                "the policy only denies, so that no copy can allow less. To deny the same, take "
                "its document as a whole"
            )
        return (
            "nothing is left of the policy: choose statements, services, levels or actions "
            "that it has, and ARNs within its resources"
        )

    def _copies(
        self, statement: Statement, given: Sequence[dict[str, Json]]
    ) -> Iterator[dict[str, Json]]:
        written = given[statement.position]
        if statement.effect == "Deny":
            yield self._deny(statement, written)
        elif not self._is_chosen(statement):
            self._note(statement, "left out", "not chosen")
        else:
            yield from self._allows(statement, written)

    def _is_chosen(self, statement: Statement) -> bool:
        chosen = self.choices.statements
        return (
            not chosen
            or statement.position in chosen
            or bool(statement.sid and statement.sid in chosen)
        )

    def _deny(self, statement: Statement, written: dict[str, Json]) -> dict[str, Json]:
        is_chosen = self._is_chosen(statement)
        why = "" if is_chosen else "a Deny stays: without it the copy could allow more"
        self._note(statement, "kept", why)
        return self._named(dict(written), statement.sid)

    def _allows(self, statement: Statement, written: dict[str, Json]) -> Iterator[dict[str, Json]]:
        if statement.not_action and self._leaves_alone(statement):
            self._note(statement, "kept")
            yield self._named(dict(written), statement.sid)
            return
        items = self._kept.of(statement)
        groups = self._groups(statement, items)
        self._note_allow(statement, items, groups)
        for treatment, actions in groups.items():
            if treatment.reach.resources:
                yield self._allow(statement, written, treatment, actions)

    def _leaves_alone(self, statement: Statement) -> bool:
        """Whether nothing that is chosen narrows a NotAction."""
        return self.choices.keeps_every_action and self.choices.narrows_nothing

    def _groups(self, statement: Statement, items: Sequence[str]) -> dict[_Treatment, list[str]]:
        """The kept actions by what they share; a pattern whose actions differ by its names."""
        groups: dict[_Treatment, list[str]] = {}
        if self.choices.narrows_nothing:
            return {_untouched(statement): list(items)} if items else {}
        for item in items:
            names = self._kept.names(item) or [item]
            found = {each: self._treatment(statement, each) for each in names}
            alike = set(found.values())
            if len(alike) > 1 and len(names) > MOST_NAMES:
                self._note(statement, "kept", f"`{item}` matches too many actions to be narrowed")
                found, alike = {item: _untouched(statement)}, {_untouched(statement)}
            if len(alike) == 1:
                groups.setdefault(alike.pop(), []).append(item)
            else:
                for name, treatment in found.items():
                    groups.setdefault(treatment, []).append(name)
        return groups

    def _treatment(self, statement: Statement, action: str) -> _Treatment:
        reach = self._narrowing.reach(statement, action)
        return _Treatment(reach, conditions_for(action, self.choices.conditions))

    def _allow(
        self,
        statement: Statement,
        written: dict[str, Json],
        treatment: _Treatment,
        actions: Sequence[str],
    ) -> dict[str, Json]:
        """One statement of the copy; what it shares with the original stays as it is written."""
        reach = treatment.reach
        made = {
            "Action" if key == "NotAction" else _resource_key(key, reach): value
            for key, value in written.items()
        }
        if statement.not_action or tuple(actions) != statement.actions:
            made["Action"] = list(actions)
        if reach != ActionReach(statement.resources, statement.not_resource):
            made[_resource_key("Resource", reach)] = list(reach.resources)
        if treatment.conditions:
            made["Condition"] = with_conditions(made.get("Condition"), treatment.conditions)
        return self._named(compact(made), statement.sid)

    def _named(self, made: dict[str, Json], sid: str) -> dict[str, Json]:
        """A statement whose Sid no other one has; of several copies the first keeps its own."""
        if not sid:
            return made
        names = (f"{sid}{number}" if number > 1 else sid for number in range(1, 100_000))
        name = next(each for each in names if each not in self._sids)
        self._sids.add(name)
        return {**made, "Sid": name}

    def _note_allow(
        self,
        statement: Statement,
        items: Sequence[str],
        groups: Mapping[_Treatment, Sequence[str]],
    ) -> None:
        if not items:
            self._note(statement, "left out", "none of its actions is chosen")
            return
        lost = [name for each, names in groups.items() if not each.reach.resources
                for name in names]  # fmt: skip
        still_open = sorted({each for one in groups for each in one.reach.open})
        told = []
        if lost:
            told.append(f"no ARN that is chosen is within its resources: {_few(lost)} left out")
        if still_open:
            told.append(f"overlaps with what is chosen and stays: {_few(still_open)}")
        is_same = tuple(items) == statement.actions and set(groups) == {_untouched(statement)}
        outcome = "kept" if is_same else "narrowed"
        is_gone = len(lost) == sum(map(len, groups.values()))
        self._note(statement, "left out" if is_gone else outcome, "; ".join(told))

    def _note(self, statement: Statement, outcome: str, message: str = "") -> None:
        self.outcomes.append(StatementOutcome(statement.position, statement.sid, outcome, message))


def _in_documented_order(given: Mapping[str, Json], names: Sequence[str]) -> dict[str, Json]:
    """Members in the order in which AWS's documentation writes them."""
    return {key: given[key] for key in sorted(given, key=names.index)}


def _untouched(statement: Statement) -> _Treatment:
    return _Treatment(ActionReach(statement.resources, statement.not_resource), ())


def _resource_key(key: str, reach: ActionReach) -> str:
    if key in ("Resource", "NotResource"):
        return "NotResource" if reach.not_resource else "Resource"
    return key


def _few(names: Sequence[str]) -> str:
    return first_few([f"`{each}`" for each in names], _SHOWN)


def _each_once(statements: Sequence[dict[str, Json]]) -> list[dict[str, Json]]:
    """The statements without those that repeat another one under no name or another."""
    found: dict[str, dict[str, Json]] = {}
    for each in statements:
        rest = {key: value for key, value in each.items() if key != "Sid"}
        found.setdefault(json.dumps(rest, sort_keys=True), each)
    return list(found.values())
