"""Who can: every policy that lets its holder do something, freely, under conditions, or nearly.

A policy is asked by itself, attached to a caller in the resource's account. Every context key
that the question doesn't give is open, and so is the resource where none is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from typing import Literal as OneOf

from policyhub.catalog.access.catalogue import Catalogue, ExplainedPolicy
from policyhub.catalog.facts.services import service_facts
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.comparing.key_values import UndecidedError
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.formula import Formula, Literal
from policyhub.iam.deciding.request import (
    ANY_RESOURCE,
    InvalidRequestError,
    Request,
    make_request,
)
from policyhub.iam.deciding.service_facts import Possibility
from policyhub.iam.explaining.answers_in_words import (
    missing_in_words,
    near_miss_in_words,
    truth_in_words,
)
from policyhub.iam.explaining.explanation import residual_to_dict
from policyhub.iam.explaining.layers import OpenStatement, statements_about
from policyhub.iam.explaining.near_misses import NearMiss
from policyhub.iam.explaining.residual import Residual, open_request
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.examples import filled_in
from policyhub.iam.language.wording import Words, plain
from policyhub.search.who_can.grounds import (
    Asker,
    Grounds,
    grounds_of_a_condition,
    grounds_of_a_no,
    grounds_of_a_yes,
)

AnswerName = OneOf["yes", "conditional", "no"]
# The freest first.
ANSWERS: Sequence[AnswerName] = ("yes", "conditional", "no")
MOST_ACTIONS = 400
_OPEN_PART = re.compile(r"\$\{[^}]+\}")
_UNNAMED = "example"


class InvalidQuestionError(ValueError):
    """A question that can't be asked; `parameter` is what to fix, the message says how."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Asked:
    """One action asked about; with `any_resource` on any resource.

    `possibility` says whether AWS can be asked this, None for some resource of the action's types.
    `given` are the context keys of the question, in lower case; the request has derived ones too.
    """

    request: Request
    any_resource: bool
    given: frozenset[str] = frozenset()
    possibility: Possibility | None = None

    @property
    def doubt(self) -> str:
        """Why AWS can't be asked this, or why that is not known; "" where it can."""
        problem = self.possibility.problem if self.possibility else None
        return problem.message if problem else ""

    @property
    def possible(self) -> bool | None:
        """Whether AWS can be asked this; some resource can be, where any is asked about."""
        return True if self.possibility is None else self.possibility.possible


@dataclass(frozen=True)
class Answer:
    """What one policy answers about one action."""

    asked: Asked
    explained: ExplainedPolicy
    budget: Budget = NO_LIMIT

    @property
    def policy(self) -> str:
        """The policy's name."""
        return self.explained.policy.name

    @property
    def version_id(self) -> str:
        """The version that was asked, the default one."""
        return self.explained.policy.version_id

    @property
    def action(self) -> str:
        """The action asked about."""
        return self.asked.request.action

    @cached_property
    def name(self) -> AnswerName:
        """Yes whatever the open keys are, no likewise, or conditional. Raises `SpentError`."""
        allowed = self.explained.depends_on.allowed
        if isinstance(allowed, bool):
            return "yes" if allowed else "no"
        return _settled(allowed, self.budget) or "conditional"

    @cached_property
    def about(self) -> tuple[OpenStatement, ...]:
        """The policy's statements about the action, each with when it matches."""
        attached = self.explained.attached
        request, any_resource = self.asked.request, self.asked.any_resource
        asked = open_request(request, attached, any_resource=any_resource)
        return statements_about(asked, attached.identity)

    @cached_property
    def grounds(self) -> Grounds:
        """Which statements the answer rests on, and what of the question they need."""
        possibility = self.asked.possibility
        is_denied = self.explained.depends_on.denied is True
        if possibility is not None and possibility.blocks and not is_denied:
            return Grounds(_RULED_OUT[possibility.possible])
        asker = Asker(self.asked.request, self.asked.any_resource, self.asked.given)
        return _GROUNDS[self.name](asker, self.about)

    @property
    def conditions(self) -> Words:
        """When the answer is yes, as a clause that can follow "only when"; empty if settled."""
        if self.name != "conditional":
            return ()
        return truth_in_words(self.explained.depends_on.allowed)

    @cached_property
    def near(self) -> tuple[Words, ...]:
        """What keeps the policy's statements from allowing it, one clause each."""
        return tuple(near_miss_in_words(each, self.asked.request) for each in self._near_allows)

    @property
    def missing(self) -> list[tuple[Statement, Words]]:
        """The same without the policy's name: each statement, and what keeps it from matching."""
        request = self.asked.request
        return [
            (each.match.statement, missing_in_words(each, request)) for each in self._near_allows
        ]

    @property
    def _near_allows(self) -> list[NearMiss]:
        near = self.explained.near_misses
        return [each for each in near if each.match.statement.effect == "Allow"]

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON has it."""
        return {
            "policy": self.policy,
            "versionId": self.version_id,
            "action": self.action,
            "possible": self.asked.possible,
            "answer": self.name,
            "statements": [
                {
                    "statement": each.statement.position,
                    "sid": each.statement.sid,
                    "effect": each.statement.effect,
                    "matches": each.matches if isinstance(each.matches, bool) else None,
                }
                for each in self.about
            ],
            "because": self.grounds.in_words,
            "conditions": [plain(self.conditions)] if self.conditions else [],
            "dependsOn": residual_to_dict(self.explained.depends_on),
            "near": [plain(each) for each in self.near],
        }


_GROUNDS: Mapping[AnswerName, Callable[[Asker, Sequence[OpenStatement]], Grounds]] = {
    "yes": grounds_of_a_yes,
    "conditional": grounds_of_a_condition,
    "no": grounds_of_a_no,
}


_RULED_OUT: Mapping[bool | None, str] = {
    False: "AWS is never asked this",
    None: "no resource of this action is known",
}
# What depends on nothing: the policy neither grants nor denies.
_SILENT = Residual(allowed=False, denied=False)


def _settled(allowed: Formula, budget: Budget) -> AnswerName | None:
    """Yes or no if a formula is always or never true; None if it depends, or is undecided.

    Many policies share a single fact: what is known of it is kept.
    """
    if isinstance(allowed, Literal):
        return _settled_literal(allowed)
    return _settled_by(Solver(budget), allowed)


@lru_cache(maxsize=4096)
def _settled_literal(allowed: Literal) -> AnswerName | None:
    """The same for one fact, which can be always or never true: no number is `abc`."""
    return _settled_by(Solver(), allowed)


def _settled_by(solver: Solver, allowed: Formula) -> AnswerName | None:
    try:
        if next(solver.models([allowed]), None) is None:
            return "no"
        if next(solver.models([allowed.negated()]), None) is None:
            return "yes"
    except UndecidedError:
        pass
    return None


def read_pairs(pairs: Sequence[str]) -> dict[str, str | list[str]]:
    """Read KEY=VALUE pairs of a context; a key given more than once has a list.

    Raises `InvalidQuestionError`.
    """
    context: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InvalidQuestionError("context", f"`{pair}` is not a KEY=VALUE pair")
        context.setdefault(key, []).append(value)
    return {key: values if len(values) > 1 else values[0] for key, values in context.items()}


def questions(
    catalogue: Catalogue,
    reference: Reference,
    action: str,
    resource: str = "",
    context: Mapping[str, str | list[str]] | None = None,
    after: str = "",
) -> tuple[Asked, ...]:
    """The actions that are asked about: one, or all that a pattern matches, in their order.

    `after` is an action that such a list goes on behind.

    Without a resource an action is asked about on any, one that works on no resource
    type on `*`; with a resource type on a resource of it that no policy names. Raises
    `InvalidQuestionError`.
    """
    resource = resource_of_type(reference, resource)
    if not action:
        raise InvalidQuestionError("action", "enter an action, such as `iam:PassRole`")
    actions = [action]
    if "*" in action or "?" in action:
        matching = catalogue.actions_matching(action)
        actions = [each for each in matching if each.lower() > after.lower()]
        if not actions:
            raise InvalidQuestionError("action", f"no action matches `{action}`")
        if len(actions) > MOST_ACTIONS:
            raise InvalidQuestionError(
                "action",
                f"`{action}` matches {len(actions):,} actions: ask about at most {MOST_ACTIONS} at "
                "a time",
            )
    try:
        return tuple(_asked(reference, each, resource, context or {}) for each in actions)
    except InvalidRequestError as error:
        raise InvalidQuestionError(error.path.partition(".")[0], str(error)) from error


def resource_of_type(reference: Reference, text: str) -> str:
    """The ARN of a resource that no policy names, for a type such as `ecs:cluster`.

    What is not a type is returned as it is: an ARN, or nothing. Raises `InvalidQuestionError` for
    a type that the service does not have.
    """
    prefix, colon, name = text.partition(":")
    if not colon or prefix == "arn":
        return text
    kinds = {each.name.lower(): each.arn for each in reference.resource_types(prefix.lower())}
    if not kinds:
        raise InvalidQuestionError("resource", f"`{text}` is neither an ARN nor a resource type")
    if name.lower() not in kinds:
        near = get_close_matches(name.lower(), kinds, n=5, cutoff=0.3) or sorted(kinds)[:5]
        raise InvalidQuestionError(
            "resource", f"{prefix} has no resource type `{name}`: it has {', '.join(near)}"
        )
    arn = kinds[name.lower()].split(",")[0].strip()
    return _OPEN_PART.sub(_UNNAMED, filled_in(arn))


def _asked(
    reference: Reference, action: str, resource: str, context: Mapping[str, str | list[str]]
) -> Asked:
    known = reference.action(action)
    name = known.id if known else action
    any_resource = not resource and (known is None or bool(known.resource_types))
    facts = service_facts(reference)
    request = make_request(
        name,
        resource or ANY_RESOURCE,
        context=context,
        tells_owner=facts.tells_owner(name),
    )
    some_of_type = any_resource and known is not None
    possibility = None if some_of_type else facts.possibility(name, request.resource)
    return Asked(request, any_resource, frozenset(map(str.lower, context)), possibility)


def doubts_of(asked: Sequence[Asked]) -> list[str]:
    """What keeps AWS from being asked, or what is not known of it, once each."""
    return list(dict.fromkeys(each.doubt for each in asked if each.doubt))


class FoundAnswers(NamedTuple):
    """Answers, and how many of the actions asked about they are about."""

    answers: list[Answer]
    decided: int


def who_can(catalogue: Catalogue, asked: Sequence[Asked]) -> list[Answer]:
    """The answers of all policies with a statement about an action, the freest first.

    Of the policies that answer no, those are left out of which nothing is near and nothing
    denies: they have no more to say than a policy that does not know the action.
    """
    return who_can_within(NO_LIMIT, catalogue, asked).answers


def who_can_within(budget: Budget, catalogue: Catalogue, asked: Sequence[Asked]) -> FoundAnswers:
    """As `who_can`; once the budget is spent the other actions are left out.

    Raises `SpentError` where it does not suffice for one.
    """
    answers: list[Answer] = []
    decided = 0
    try:
        for each in asked:
            explained = catalogue.explaining(each.request, each.any_resource, budget)
            found = [Answer(each, one, budget) for one in explained]
            # A name that can't be found out any more is not kept.
            _ = [one.name for one in found]
            answers += found
            decided += 1
    except SpentError:
        if not decided:
            raise
    telling = [
        each
        for each in answers
        if each.name != "no" or each.near or each.explained.depends_on != _SILENT
    ]
    telling.sort(key=lambda each: (ANSWERS.index(each.name), each.policy.lower(), each.action))
    return FoundAnswers(telling, decided)
