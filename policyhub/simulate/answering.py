"""A scenario's answers as the page shows them: the matrix, and one question in full."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.answering.outcome import Outcome, outcome
from policyhub.iam.answering.outcome_in_words import (
    headline,
    layer_in_words,
    layer_title,
    prospects,
)
from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.conditions import CompiledCondition
from policyhub.iam.deciding.decision import Decision, LocatedProblem, Verdict
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import ContextValue, Request
from policyhub.iam.deciding.simulation import Compiled, Simulation, read_simulation
from policyhub.iam.explaining.answers_in_words import (
    LAYER_NAMES,
    changes_in_words,
    clause_in_words,
    near_miss_in_words,
    statement_name,
)
from policyhub.iam.explaining.changes import Change
from policyhub.iam.explaining.explanation import Explanation, StatementTrace, explain
from policyhub.iam.explaining.layers import LayerOutlook, LayerState, layer_outlooks
from policyhub.iam.explaining.residual import Residual, residual
from policyhub.iam.language.elements import Usage
from policyhub.iam.language.wording import Words, statement_in_words
from policyhub.iam.reading.json_text import statement_spans
from policyhub.simulate.managed import managed_document
from policyhub.simulate.scenario import LAYERS, Scenario, as_objects

_SIGNS = {
    Verdict.MATCHES: ("yes", "matches"),
    Verdict.DOES_NOT_MATCH: ("no", "does not match"),
    Verdict.CANNOT_TELL: ("unknown", "can't be told"),
}
_STATES = {
    LayerState.ALLOWS: ("open", "allows"),
    LayerState.DENIES: ("shut", "denies"),
    LayerState.DEPENDS: ("depends", "depends"),
    LayerState.SILENT: ("silent", "does not allow"),
    LayerState.UNREADABLE: ("silent", "can't be evaluated"),
    LayerState.UNDECIDED: ("depends", "not decided"),
    LayerState.NOT_BINDING: ("silent", "does not apply"),
}
SENTENCES = {
    "allowed": "Allowed",
    "explicitDeny": "Explicit deny",
    "implicitDeny": "Implicit deny",
    "depends": "Depends",
}
SLUGS = {
    "allowed": "allowed",
    "explicitDeny": "explicit-deny",
    "implicitDeny": "implicit-deny",
    "depends": "depends",
}
_MOST_SUGGESTED = 12
# Longer documents are not repeated in the answer, only their statements.
_LONGEST_SHOWN = 20_000


@dataclass(frozen=True)
class ClauseRow:
    """One clause of a statement: whether it matches, in a word and a sign, and why."""

    element: str
    slug: str
    word: str
    reason: str


@dataclass(frozen=True)
class StatementRow:
    """One statement about the action, with every clause of it."""

    trace: StatementTrace
    explanation: Explanation
    decides: bool
    documents: Mapping[str, str]

    @property
    def name(self) -> str:
        """Policy, number and Sid."""
        return statement_name(self.trace.policy, self.trace.match.statement)

    @property
    def effect(self) -> str:
        """Allow or Deny."""
        return self.trace.match.statement.effect

    @property
    def layer(self) -> str:
        """The kind of policy in words; said too where it does not bind the caller."""
        name = LAYER_NAMES[self.trace.layer]
        return name if self.trace.binds else f"{name}, which do not bind this caller"

    @property
    def slug(self) -> str:
        """Whether it matches, as CSS classes have it."""
        return _SIGNS[self.trace.match.verdict][0]

    @property
    def word(self) -> str:
        """Whether it matches, in a word."""
        return _SIGNS[self.trace.match.verdict][1]

    @property
    def in_words(self) -> Words:
        """What the statement says."""
        return statement_in_words(self.trace.match.statement)

    @property
    def in_document(self) -> tuple[str, str, str] | None:
        """Its document around it: what stands before, the statement, what follows."""
        text = self.documents.get(self.trace.place, "")
        if not text or len(text) > _LONGEST_SHOWN:
            return None
        spans = statement_spans(text)
        span = spans[self.trace.match.statement.position]
        return text[: span.start], text[span.start : span.end], text[span.end :]

    @property
    def clauses(self) -> list[ClauseRow]:
        """Every clause with its reason."""
        return [
            ClauseRow(
                clause.condition.key if clause.condition else clause.element,
                *_SIGNS[clause.verdict],
                clause_in_words(clause, self.explanation.request),
            )
            for clause in self.trace.match.clauses
        ]


@dataclass(frozen=True)
class Turning:
    """Changes that flip the decision, and the scenario with them made."""

    words: Words
    scenario: Scenario

    @property
    def query(self) -> str:
        """The query string of the changed scenario."""
        return self.scenario.query()

    @property
    def request_query(self) -> str:
        """The query string of the changed request, for documents that no address bears."""
        return self.scenario.request_query()


@dataclass(frozen=True)
class AskedKey:
    """A context key that can matter: its value now, its type, values that policies mention."""

    name: str
    field: str
    values: Sequence[str]
    type: str
    suggestions: Sequence[str]
    is_list: bool


@dataclass(frozen=True)
class LayerRow:
    """A layer of policies: what it says to the request, in a state and a sentence."""

    outlook: LayerOutlook
    request: Request

    @property
    def title(self) -> str:
        """The kind of policy, and its level where there are several."""
        return layer_title(self.outlook)

    @property
    def slug(self) -> str:
        """The state as CSS classes have it; a layer that blocks is `shut`."""
        return "shut" if self.outlook.blocks else _STATES[self.outlook.state][0]

    @property
    def word(self) -> str:
        """The state in a word or two."""
        return "blocks" if self.outlook.blocks else _STATES[self.outlook.state][1]

    @property
    def in_words(self) -> Words:
        """What the layer says."""
        return layer_in_words(self.outlook, self.request)


class Shared:
    """What questions that are asked together share: the budget, a solver, compiled documents."""

    def __init__(self, budget: Budget = NO_LIMIT) -> None:
        self.budget, self.solver = budget, Solver(budget)
        self.compiled: dict[tuple[str, Usage], Compiled] = {}


class Question:
    """One action on one resource, decided; the explanation is made when first asked for.

    Questions that are asked together share a budget and a solver, which bound the work for all
    of them, and what was compiled.
    """

    def __init__(
        self, scenario: Scenario, action: str, resource: str, shared: Shared | None = None
    ) -> None:
        self.scenario, self.action, self.resource = scenario, action, resource
        self._shared = shared or Shared()
        self.json = scenario.simulation(action, resource)
        self.simulation: Simulation = read_simulation(
            self.json, managed_document, scenario.document_names(), self._shared.compiled
        )

    @property
    def budget(self) -> Budget:
        """The work that the question may take."""
        return self._shared.budget

    @cached_property
    def decision(self) -> Decision:
        """The decision on what is asked, with nothing more given. Raises `SpentError`."""
        return evaluate(self.simulation.request, self.policies, self.budget)

    @property
    def policies(self) -> AppliedPolicies:
        """The policies that apply."""
        return self.simulation.policies

    @cached_property
    def residual(self) -> Residual | None:
        """What the decision depends on; None where it takes too long to find out."""
        try:
            return residual(self.simulation.request, self.policies, budget=self._shared.budget)
        except SpentError:
            return None

    @cached_property
    def outcome(self) -> Outcome:
        """What of the decision can change with the keys that are left open."""
        request, solver = self.simulation.request, self._shared.solver
        return outcome(request, self.decision, self.residual, solver)

    @property
    def verdict(self) -> str:
        """The decision, or `depends` where what is left open decides whether it is allowed."""
        return self.outcome.name

    @cached_property
    def layers(self) -> list[LayerRow]:
        """Every layer with what it says, those that block first."""
        request = self.simulation.request
        outlooks = layer_outlooks(request, self.policies, self.decision, self._shared.budget)
        rows = [LayerRow(each, request) for each in outlooks]
        return sorted(rows, key=lambda row: (not row.outlook.always_blocks, not row.outlook.blocks))

    @property
    def headline(self) -> Words:
        """The answer in one line, with the document that it rests on."""
        return headline(self.outcome, [row.outlook for row in self.layers])

    @property
    def slug(self) -> str:
        """The verdict as CSS classes have it."""
        return SLUGS[self.verdict]

    @property
    def sentence(self) -> str:
        """The verdict in a word or two."""
        return SENTENCES[self.verdict]

    @property
    def as_asked(self) -> str:
        """The decision without the open keys."""
        return SENTENCES[self.decision.name]

    @property
    def query(self) -> str:
        """The query string of this question alone."""
        return self.scenario.only(self.action, self.resource).query()

    @property
    def request_query(self) -> str:
        """The query string of its request, for documents that no address bears."""
        return self.scenario.only(self.action, self.resource).request_query()

    @cached_property
    def explanation(self) -> Explanation:
        """Everything that the answer stands on."""
        return explain(self.simulation.request, self.policies, self._shared.budget)

    @property
    def prospects(self) -> list[Words]:
        """When the answer would be another one, a sentence each."""
        return list(prospects(self.outcome))

    @property
    def near(self) -> list[Words]:
        """The statements that are one clause away."""
        request = self.simulation.request
        return [near_miss_in_words(each, request) for each in self.explanation.near_misses]

    @property
    def turnings(self) -> list[Turning]:
        """The smallest changes that turn the decision, with links that make them."""
        alone = self.scenario.only(self.action, self.resource)
        return [
            Turning(changes_in_words(changes), alone.changed(changes))
            for changes in self.explanation.smallest_changes
            if self._can_be_made(changes)
        ]

    def _can_be_made(self, changes: Sequence[Change]) -> bool:
        """What follows from the caller can't be left out: only given otherwise."""
        given = {key.lower() for key in self.scenario.context}
        return all(each.kind != "leaveOutKey" or each.key.lower() in given for each in changes)

    @cached_property
    def statements(self) -> list[StatementRow]:
        """The statements about the action, those that decide first."""
        deciding = {
            (each.place, each.layer, each.statement.position) for each in self.decision.decided_by
        }
        rows = [
            StatementRow(
                each,
                self.explanation,
                (each.place, each.layer, each.match.statement.position) in deciding,
                self.documents,
            )
            for each in self.explanation.statements
            if each.match.clauses[0].verdict is Verdict.MATCHES
        ]
        return sorted(rows, key=lambda row: not row.decides)

    @cached_property
    def documents(self) -> dict[str, str]:
        """The text of every document, laid out in lines, by its place in the simulation."""
        return {
            place: _laid_out(_text(each))
            for layer in LAYERS
            for place, each in _placed(self.json.get(layer.key, []), layer.key)
        }

    @property
    def about_others(self) -> int:
        """How many statements are not about the action."""
        return len(self.explanation.statements) - len(self.statements)

    @property
    def problems(self) -> Sequence[LocatedProblem]:
        """What is odd or wrong with the documents."""
        return self.decision.problems

    @property
    def test_line(self) -> str:
        """A line for `manage.py simulate --jsonl` that expects this decision."""
        asked = {"id": self.action, **as_objects(self.json), "expect": self.decision.name}
        return json.dumps(asked)


def matrix(questions: Sequence[Question]) -> list[tuple[str, list[Question]]]:
    """The questions by resource, a row each, in the order of the actions."""
    rows: dict[str, list[Question]] = {}
    for each in questions:
        rows.setdefault(each.resource, []).append(each)
    return list(rows.items())


def counts(questions: Sequence[Question]) -> list[tuple[str, str, int]]:
    """How many questions have each verdict: slug, words, number."""
    found = Counter(each.verdict for each in questions)
    return [(SLUGS[name], SENTENCES[name], found[name]) for name in SENTENCES if found[name]]


def asked_keys(questions: Sequence[Question], reference: Reference) -> list[AskedKey]:
    """The context keys that can matter to a question, and those that are given already."""
    bare: dict[str, str] = {}
    mentioned: dict[str, dict[str, None]] = {}
    lists: set[str] = set()
    for each in questions:
        for condition in _conditions(each):
            name = condition.key
            bare.setdefault(name, condition.condition.key)
            values = mentioned.setdefault(name, {})
            values.update(dict.fromkeys(condition.condition.values))
            lists |= {name} if condition.use.qualifier else set()
        for key in each.residual.keys if each.residual else ():
            bare.setdefault(key.lower(), key)
    given = questions[0].scenario.context if questions else {}
    for key in given:
        bare.setdefault(key.lower(), key)
    derived = questions[0].simulation.request.context if questions else {}
    spelt = {key.lower(): key for key in given}
    wanted = [name for name in bare if name in spelt or name not in derived]
    return [
        _asked_key(
            bare[name],
            given.get(spelt.get(name, "")),
            mentioned.get(name, {}),
            name in lists,
            reference,
        )
        for name in sorted(wanted)
    ]


def _conditions(question: Question) -> Iterator[CompiledCondition]:
    for _, group in question.policies.binding(question.simulation.request):
        for policy in group:
            if policy.compiled is not None:
                for statement in policy.compiled.about(question.action):
                    yield from statement.conditions


def _asked_key(
    name: str,
    value: str | tuple[str, ...] | None,
    mentioned: Sequence[str] | dict[str, None],
    multivalued: bool,
    reference: Reference,
) -> AskedKey:
    info = reference.condition_key(name)
    is_list = isinstance(value, tuple) or (value is None and multivalued)
    values = value if isinstance(value, tuple) else (value,) if value is not None else ()
    return AskedKey(
        name,
        f"context.{name}{'[]' if is_list else ''}",
        values,
        info.type if info else "",
        tuple(mentioned)[:_MOST_SUGGESTED],
        is_list,
    )


def derived_keys(question: Question) -> list[ContextValue]:
    """The context keys that follow from caller and resource, and that nobody gave."""
    given = {key.lower() for key in question.scenario.context}
    context = question.simulation.request.context
    return [value for key, value in sorted(context.items()) if key not in given]


def documents_for_cli(question: Question) -> dict[str, list[str]]:
    """The texts of the documents that the AWS CLI's command takes, by its option."""
    found: dict[str, list[str]] = {}
    for option, key in (
        ("--policy-input-list", "identityPolicies"),
        ("--permissions-boundary-policy-input-list", "permissionBoundaries"),
    ):
        found[option] = [_text(each) for each in question.json.get(key, [])]
    return found


def _placed(given: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Documents with their places in the simulation."""
    if isinstance(given, list):
        for index, each in enumerate(given):
            yield from _placed(each, f"{path}[{index}]")
    else:
        yield path, given


def _laid_out(text: str) -> str:
    """A document in lines, as a person reads it; one that can't be read stays as it is."""
    try:
        return text if "\n" in text else json.dumps(json.loads(text), indent=2)
    except (ValueError, RecursionError):
        return text


def _text(document: Any) -> str:
    if isinstance(document, dict) and "managed" in document:
        return managed_document(document["managed"], document.get("version")).text
    return document if isinstance(document, str) else json.dumps(document)
