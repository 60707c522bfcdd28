"""A document as the rules see it: its statements, where each element is, and what is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.catalog.reference.in_memory import ActionInfo
from policyhub.iam.language.conditions import OperatorUse, parse_operator
from policyhub.iam.language.elements import Condition, PolicyDocument, Statement, Usage
from policyhub.iam.language.patterns import has_wildcard, split_action
from policyhub.iam.language.variables import LiteralText, find_variables, variables_work
from policyhub.iam.reading.json_text import Parts, format_path
from policyhub.judge.lint.own_codes import FindingType
from policyhub.judge.reporting.finding import Fix

Json = Any

_OF_IDENTITIES = frozenset({Usage.IDENTITY, Usage.BOUNDARY, Usage.SESSION})


@dataclass(frozen=True, slots=True)
class RuleHit:
    """What a rule found: the code, where, in words, and on what it rests.

    `type` is given where it is not the code's own, and `place`, line and column, where it is known
    already. `at_name` says that the place is that of the element's name.
    """

    code: str
    parts: Parts
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    fix: Fix | None = None
    type: FindingType | None = None
    at_name: bool = False
    place: tuple[int | None, int | None] | None = None


@dataclass(frozen=True, eq=False)
class LintedCondition:
    """One operator over one key: what the operator's name says, and where it is."""

    condition: Condition
    use: OperatorUse
    parts: Parts
    is_list: bool

    @property
    def key(self) -> str:
        """The key in lower case."""
        return self.condition.key.lower()

    @property
    def family(self) -> str:
        """The operator's family, "" where it is unknown."""
        return self.use.operator.family if self.use.operator else ""

    @property
    def is_negated(self) -> bool:
        """Whether the operator is the negation of another."""
        return self.use.operator is not None and self.use.operator.negated

    @property
    def needs_the_key(self) -> bool:
        """Whether it is false for every request without the key."""
        if self.use.operator is None:
            return False
        if self.family == "Null":
            return all(each.lower() == "false" for each in self.condition.values)
        if self.use.qualifier == "ForAnyValue":
            return not self.use.if_exists
        return not (self.use.if_exists or self.is_negated or self.use.qualifier == "ForAllValues")

    def value_parts(self, index: int) -> Parts:
        """The place of a value."""
        return (*self.parts, index) if self.is_list else self.parts

    @property
    def operator_parts(self) -> Parts:
        """The place of the operator's object."""
        return self.parts[:-1]


@dataclass(frozen=True, eq=False)
class LintedStatement:
    """A statement, its place, and its JSON value."""

    statement: Statement
    parts: Parts
    value: Mapping[str, Json]
    subject: LintedPolicy = field(repr=False)

    @property
    def allows(self) -> bool:
        """Whether it is an Allow."""
        return self.statement.effect == "Allow"

    @property
    def action_element(self) -> str:
        """The name of its element of actions."""
        return "NotAction" if self.statement.not_action else "Action"

    @property
    def resource_element(self) -> str:
        """The name of its element of resources."""
        return "NotResource" if self.statement.not_resource else "Resource"

    def action_parts(self, index: int) -> Parts:
        """The place of an action."""
        return self._item(self.action_element, index)

    def resource_parts(self, index: int) -> Parts:
        """The place of a resource."""
        return self._item(self.resource_element, index)

    def element_parts(self, name: str) -> Parts:
        """The place of an element."""
        return (*self.parts, name)

    def _item(self, name: str, index: int) -> Parts:
        parts = (*self.parts, name)
        return (*parts, index) if isinstance(self.value.get(name), list) else parts

    @cached_property
    def conditions(self) -> tuple[LintedCondition, ...]:
        """The conditions, each with its place."""
        block = self.value.get("Condition", {})
        return tuple(
            LintedCondition(
                each,
                parse_operator(each.operator),
                (*self.parts, "Condition", each.operator, each.key),
                isinstance(block[each.operator][each.key], list),
            )
            for each in self.statement.conditions
        )

    def on_key(self, key: str) -> list[LintedCondition]:
        """The conditions on a key, given in lower case."""
        return [each for each in self.conditions if each.key == key]

    @cached_property
    def known_actions(self) -> tuple[tuple[ActionInfo, ...], ...]:
        """For each action pattern the actions of the reference that it matches."""
        expand = self.subject.facts.reference.expand
        return tuple(map(expand, self.statement.actions))

    @cached_property
    def widest_resources(self) -> tuple[str, ...]:
        """Each resource pattern with a `*` for each variable."""
        if not variables_work(self.subject.policy.version):
            return self.statement.resources
        return tuple(map(widened, self.statement.resources))

    @cached_property
    def actions_as_written(self) -> frozenset[str]:
        """The action patterns in lower case."""
        return frozenset(map(str.lower, self.statement.actions))

    @cached_property
    def wide_actions(self) -> Mapping[str, Sequence[str]]:
        """The action patterns with wildcards, by service, `*` for any."""
        found: dict[str, list[str]] = {}
        for each in self.statement.actions:
            if has_wildcard(each):
                found.setdefault(split_action(each)[0], []).append(each)
        return found

    @property
    def name(self) -> str:
        """What a message calls it."""
        number = f"statement {self.statement.position + 1}"
        return f"{number} ({self.statement.sid})" if self.statement.sid else number

    @property
    def evidence(self) -> dict[str, Any]:
        """The statement as evidence has it: its position from 0, and its Sid."""
        return {"position": self.statement.position, "sid": self.statement.sid}


@dataclass(frozen=True, eq=False)
class LintedPolicy:
    """A document that can be read; `value` is its JSON, `usage` the kind that it is read as.

    `policy` has the statements without errors, under the positions that they have in `value`.
    """

    policy: PolicyDocument
    value: Mapping[str, Json]
    usage: Usage
    facts: ReferenceFacts
    is_aws_managed: bool = False

    @cached_property
    def statements(self) -> tuple[LintedStatement, ...]:
        """The statements, each with its place."""
        given = self.value["Statement"]
        if not isinstance(given, list):
            return tuple(
                LintedStatement(each, ("Statement",), given, self)
                for each in self.policy.statements
            )
        return tuple(
            LintedStatement(each, ("Statement", each.position), given[each.position], self)
            for each in self.policy.statements
        )

    @property
    def is_of_identity(self) -> bool:
        """Whether it belongs to identities: an identity policy, a boundary, a session policy."""
        return self.usage in _OF_IDENTITIES

    @property
    def doubtful(self) -> FindingType | None:
        """The type of what rests on the reference being whole: AWS's own policies know better."""
        return "warning" if self.is_aws_managed else None

    def each_condition(self) -> Iterator[tuple[LintedStatement, LintedCondition]]:
        """Every condition with its statement."""
        for statement in self.statements:
            for condition in statement.conditions:
                yield statement, condition


def widened(text: str) -> str:
    """A pattern with a `*` for each variable: it matches every value that it can have."""
    if "${" not in text:
        return text
    return "".join(
        part.text if isinstance(part, LiteralText) else "*" for part in find_variables(text)
    )


def path_of(parts: Parts) -> str:
    """The path of a place, for edits."""
    return format_path(parts)


def quoted_list(items: Sequence[str], most: int = 5) -> str:
    """Texts in backticks, the first few and how many more there are."""
    told = ", ".join(f"`{each}`" for each in items[:most])
    more = len(items) - most
    return f"{told} and {more:,} more" if more > 0 else told
