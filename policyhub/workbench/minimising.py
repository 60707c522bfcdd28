"""A document in fewer characters that allows the same, proved by the comparison of policies.

Three steps, none of which changes what is allowed: what another part allows anyway is removed,
statements that differ in one element only become one, and lists of one value become that value.
Denies are never removed: they hold against other policies of the same caller too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policyhub.iam.budget import Budget, Steps
from policyhub.iam.comparing.comparison import compare
from policyhub.iam.language.elements import PolicyDocument, Usage
from policyhub.iam.reading.document import parse_policy
from policyhub.judge.lint.linting import findings_of
from policyhub.judge.reporting.editing import UnusableFixError, fixed
from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.workbench.documents import characters, statements_of, values, with_statements

Json = Any
# What the linter proves to change nothing when it is removed.
REDUNDANT = frozenset({"REDUNDANT_ACTION", "REDUNDANT_RESOURCE", "REDUNDANT_STATEMENT"})
# Elements that may be joined where all others are equal.
_JOINED = ("Action", "Resource")
_MOST_STEPS = 300
_STEPS_OF_A_PROOF = 20_000_000


class UnusableDocumentError(ValueError):
    """A document that is none of a policy; the message says why."""


@dataclass(frozen=True)
class MinimisingStep:
    """What was done, in a sentence without a full stop, and where.

    Statements and places count in the document as the steps before have left it.
    """

    kind: str
    message: str
    path: str = ""


@dataclass(frozen=True)
class MinimisedPolicy:
    """A document and the smaller one; `verdict` is that of the comparison of both.

    It is `equivalent`, or `undecided` where the comparison took too long. `before` and `after`
    are characters without white space.
    """

    original: Json
    document: Json
    steps: Sequence[MinimisingStep]
    verdict: str

    @property
    def before(self) -> int:
        """The size of the original."""
        return characters(self.original)

    @property
    def after(self) -> int:
        """The size of the result."""
        return characters(self.document)


def minimised(text: str, usage: Usage = Usage.IDENTITY) -> MinimisedPolicy:
    """The document in fewer characters. Raises `UnusableDocumentError`.

    A step that the comparison refutes is not taken: then the document itself comes back.
    """
    policy, original = read_document(text, usage)
    made = _Making(original, usage)
    made.make_smaller()
    document = with_statements(made.document, statements_of(made.document))
    verdict = verdict_of(policy, document, usage)
    if verdict not in ("equivalent", "undecided") or characters(document) > characters(original):
        return MinimisedPolicy(original, original, (), "equivalent")
    return MinimisedPolicy(original, document, tuple(made.steps), verdict)


def read_document(text: str, usage: Usage) -> tuple[PolicyDocument, Json]:
    """A document as a policy and as a value. Raises `UnusableDocumentError`."""
    parsed = parse_policy(text, usage)
    if parsed.policy is None:
        first = next(each for each in parsed.problems if each.severity == "error")
        place = f"{first.path}: " if first.path else ""
        raise UnusableDocumentError(f"{place}{first.message}")
    return parsed.policy, json.loads(text)


def verdict_of(policy: PolicyDocument, document: Json, usage: Usage) -> str:
    """How a policy compares with a document, for any request in any context."""
    other, _ = read_document(json.dumps(document), usage)
    budget: Budget = Steps(_STEPS_OF_A_PROOF)
    return compare(policy, other, budget=budget).verdict


@dataclass
class _Making:
    """A document while it is made smaller."""

    document: Json
    usage: Usage
    steps: list[MinimisingStep] = field(default_factory=list)

    def make_smaller(self) -> None:
        """Remove and join in turn: what is joined may make more redundant."""
        done = -1
        while done < len(self.steps) < _MOST_STEPS:
            done = len(self.steps)
            self._remove_what_is_redundant()
            self._join_statements()

    def _remove_what_is_redundant(self) -> None:
        while (found := next(self._removable(), None)) and len(self.steps) < _MOST_STEPS:
            finding, self.document = found
            self.steps.append(MinimisingStep("removed", finding.message, finding.path))

    def _removable(self) -> Iterator[tuple[ReportedFinding, Json]]:
        """What is redundant, each with the document without it, whose statements are left."""
        for each in findings_of(json.dumps(self.document), self.usage):
            if each.code in REDUNDANT and each.fix is not None:
                try:
                    smaller = fixed(self.document, each.fix)
                except UnusableFixError:
                    continue
                if smaller.get("Statement"):
                    yield each, smaller

    def _join_statements(self) -> None:
        """Join until no two statements differ in one element only."""
        statements = statements_of(self.document)
        while (pair := next(_joinable(statements), None)) is not None:
            first, second, element = pair
            added = [
                each
                for each in values(statements[second][element])
                if each not in values(statements[first][element])
            ]
            statements[first][element] = [*values(statements[first][element]), *added]
            del statements[second]
            self.steps.append(
                MinimisingStep(
                    "joined",
                    f"statements {first + 1} and {second + 1} differ in `{element}` only and are "
                    "one",
                    f"Statement[{first}].{element}",
                )
            )
        self.document = {**self.document, "Statement": statements}


def _joinable(statements: Sequence[Mapping[str, Json]]) -> Iterator[tuple[int, int, str]]:
    """Pairs of statements that are equal but for one element, and which."""
    for element in _JOINED:
        seen: dict[str, int] = {}
        for place, each in enumerate(statements):
            if element not in each:
                continue
            rest = _without(each, element)
            if rest in seen:
                yield seen[rest], place, element
            seen.setdefault(rest, place)


def _without(statement: Mapping[str, Json], element: str) -> str:
    """A statement without an element and its name, whatever the order of keys and values."""
    rest = {
        key: sorted(map(str, values(value))) if key in _JOINED else value
        for key, value in statement.items()
        if key not in (element, "Sid")
    }
    return json.dumps(rest, sort_keys=True)
