"""One question of a scenario with its answer: decided, explained, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.answering.outcome import Outcome, outcome
from policyhub.iam.answering.outcome_in_words import headline, prospects
from policyhub.iam.answering.settled_layers import settled_layers
from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.comparing.contexts import Contexts, contexts_of_request
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.decision import Decision, Layer, LocatedProblem, Verdict
from policyhub.iam.deciding.documents import Documents
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.places import kind_at
from policyhub.iam.deciding.simulation import (
    InvalidSimulationError,
    Simulation,
    read_simulation,
)
from policyhub.iam.explaining.answers_in_words import changes_in_words, near_miss_in_words
from policyhub.iam.explaining.changes import Change
from policyhub.iam.explaining.explanation import Explanation, explain
from policyhub.iam.explaining.layers import layer_outlooks
from policyhub.iam.explaining.residual import Residual, residual
from policyhub.iam.language.wording import Words
from policyhub.simulate.answer_rows import LayerRow, StatementRow, Turning
from policyhub.simulate.gates import Gate, gates
from policyhub.simulate.layer_fields import LAYERS
from policyhub.simulate.managed import find_managed_for
from policyhub.simulate.policy_changes import PolicyChange, smallest_policy_changes
from policyhub.simulate.scenario import Scenario

SENTENCES = {
    "allowed": "Allowed",
    "explicitDeny": "Denied: explicit deny",
    "implicitDeny": "Denied: implicit deny",
    "depends": "Depends",
}
SLUGS = {
    "allowed": "allowed",
    "explicitDeny": "explicit-deny",
    "implicitDeny": "implicit-deny",
    "depends": "depends",
}


class Shared:
    """What questions that are asked together share: the budget, a solver, documents."""

    def __init__(self, budget: Budget = NO_LIMIT) -> None:
        self.budget = budget
        self.documents = Documents()
        self._solvers: dict[Contexts, Solver] = {}

    def solver(self, contexts: Contexts) -> Solver:
        """The solver of all questions that are asked in these contexts."""
        if contexts not in self._solvers:
            self._solvers[contexts] = Solver(self.budget, contexts)
        return self._solvers[contexts]


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
            self.json,
            find_managed_for(self.json),
            scenario.document_names(),
            self._shared.documents,
            get_service_facts(),
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
        solver = self._shared.solver(self._contexts)
        return outcome(self.simulation.request, self.decision, self.residual, solver)

    @property
    def _contexts(self) -> Contexts:
        """The contexts in which AWS can send this."""
        return contexts_of_request(self.simulation.request, self.policies)

    @property
    def verdict(self) -> str:
        """The decision, or `depends` where what is left open decides whether it is allowed."""
        return self.outcome.name

    @cached_property
    def layers(self) -> list[LayerRow]:
        """Every layer with what it says, those that block first."""
        request = self.simulation.request
        outlooks = layer_outlooks(request, self.policies, self.decision, self._shared.budget)
        settled = settled_layers(outlooks, Solver(self._shared.budget, self._contexts))
        rows = [LayerRow(each, request) for each in settled]
        return sorted(rows, key=lambda row: (not row.outlook.always_blocks, not row.outlook.blocks))

    @property
    def gates(self) -> list[Gate]:
        """The layers in the order in which they are drawn, with what would open those shut."""
        return gates(self.layers, self.policy_changes)

    @cached_property
    def policy_changes(self) -> list[PolicyChange]:
        """The smallest change of each layer that always blocks; none where time is over.

        No policy opens what AWS is never asked.
        """
        if Layer.REFERENCE in self.decision.blocked_by:
            return []
        blocking = [row.outlook for row in self.layers if row.outlook.always_blocks]
        alone = self.scenario.only(self.action, self.resource)
        try:
            return smallest_policy_changes(
                alone, self.action, self.resource, blocking, self._decided
            )
        except SpentError:
            return []

    def _decided(self, scenario: Scenario) -> Decision | None:
        """The decision on the same question in a changed scenario; None where it can't be read."""
        try:
            return Question(scenario, self.action, self.resource, self._shared).decision
        except InvalidSimulationError:
            return None

    @property
    def headline(self) -> Words:
        """The answer in one line, with the document that it rests on."""
        return headline(self.outcome, [row.outlook for row in self.layers])

    @property
    def doubt(self) -> str:
        """Why AWS can't be asked this, or why that is not known; "" where it can."""
        possibility = self.decision.possibility
        problem = possibility.problem if possibility else None
        return problem.message if problem else ""

    @property
    def is_doubtful(self) -> bool:
        """Whether it may be allowed, and it is not known whether such a request is possible."""
        return self.decision.possible is None and self.verdict in ("allowed", "depends")

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
        """The query string of its request, for documents that are too long for a URL."""
        return self.scenario.only(self.action, self.resource).request_query()

    @cached_property
    def explanation(self) -> Explanation:
        """Everything that the answer is based on."""
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
        """The smallest changes that flip the decision, with links that make them."""
        alone = self.scenario.only(self.action, self.resource)
        return [
            Turning(changes_in_words(changes), alone.changed(changes))
            for changes in self.explanation.smallest_changes
            if self._can_be_made(changes)
        ]

    def _can_be_made(self, changes: Sequence[Change]) -> bool:
        """A key derived from the caller can't be left out, only overridden."""
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
            place: _laid_out(text_of_document(each, self.json, place))
            for layer in LAYERS
            for place, each in _placed_documents(self.json.get(layer.key, []), layer.key)
        }

    @property
    def about_others(self) -> int:
        """How many statements are not about the action."""
        return len(self.explanation.statements) - len(self.statements)

    @property
    def problems(self) -> Sequence[LocatedProblem]:
        """What is odd or wrong with the documents."""
        problems = self.decision.problems
        return [each for each in problems if each.problem.message != self.doubt]


def _placed_documents(given: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Documents with their places in the simulation."""
    if isinstance(given, list):
        for index, each in enumerate(given):
            yield from _placed_documents(each, f"{path}[{index}]")
    else:
        yield path, given


def _laid_out(text: str) -> str:
    """A document in lines, as a person reads it; one that can't be read stays as it is."""
    try:
        return text if "\n" in text else json.dumps(json.loads(text), indent=2)
    except (ValueError, RecursionError):
        return text


def text_of_document(document: Any, simulation: Any, place: str) -> str:
    """The text of the document at a place of a simulation."""
    if isinstance(document, dict) and "managed" in document:
        find = find_managed_for(simulation)
        return find(document["managed"], document.get("version"), kind_at(place, simulation)).text
    return document if isinstance(document, str) else json.dumps(document)
