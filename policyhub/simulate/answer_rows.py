"""The rows of an answer as the page shows them: layers, statements with their clauses, changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from policyhub.iam.answering.outcome_in_words import layer_in_words, layer_title
from policyhub.iam.deciding.decision import Verdict
from policyhub.iam.deciding.request import Request
from policyhub.iam.explaining.answers_in_words import LAYER_NAMES, clause_in_words, statement_name
from policyhub.iam.explaining.explanation import Explanation, StatementTrace
from policyhub.iam.explaining.layers import LayerOutlook, LayerState
from policyhub.iam.language.patterns import compile_pattern
from policyhub.iam.language.wording import Words, join_words, statement_in_words
from policyhub.iam.reading.json_text import statement_spans
from policyhub.simulate.scenario import Scenario

_SIGNS = {
    Verdict.MATCHES: ("yes", "matches"),
    Verdict.DOES_NOT_MATCH: ("no", "does not match"),
    Verdict.CANNOT_TELL: ("unknown", "can't be decided"),
}
_STATES = {
    LayerState.ALLOWS: ("open", "allowed"),
    LayerState.DENIES: ("shut", "denied"),
    LayerState.DEPENDS: ("depends", "depends"),
    LayerState.SILENT: ("silent", "not allowed"),
    LayerState.UNREADABLE: ("silent", "can't be evaluated"),
    LayerState.UNDECIDED: ("depends", "not decided"),
    LayerState.NOT_BINDING: ("silent", "not applied"),
}
# A statement of more is shown by those that are about the action.
_MOST_PATTERNS = 8
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
        return name if self.trace.binds else f"{name}, which do not apply to this caller"

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
        """What the statement says; of many action patterns, only those about the action."""
        statement = self.trace.match.statement
        if statement.not_action or len(statement.actions) <= _MOST_PATTERNS:
            return statement_in_words(statement)
        action = self.explanation.request.action
        about = tuple(
            each
            for each in statement.actions
            if compile_pattern(each, ignore_case=True).matches(action)
        )
        others = len(statement.actions) - len(about)
        words = statement_in_words(replace(statement, actions=about))
        return join_words(words, f"; its {others:,} other action patterns are not about this")

    @property
    def in_document(self) -> tuple[str, str, str] | None:
        """Its document around it: what comes before, the statement, what follows."""
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
        """The query string of the changed request, for documents that are too long for a URL."""
        return self.scenario.request_query()
