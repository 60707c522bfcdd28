"""Who can: every policy that lets its holder do something, freely, under conditions, or nearly.

A policy is asked by itself, attached to a caller in the resource's account. Every context key
that the question doesn't give is open, and so is the resource where none is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal

from policyhub.catalog.catalogue import Catalogue, ExplainedPolicy
from policyhub.catalog.reference import Reference
from policyhub.iam.explaining import residual_to_dict
from policyhub.iam.request import ANY_RESOURCE, Request, SenselessRequestError, make_request
from policyhub.iam.telling import near_miss_in_words, truth_in_words
from policyhub.iam.wording import Words, plain

AnswerName = Literal["yes", "conditional", "no"]
# The freest first.
ANSWERS: Sequence[AnswerName] = ("yes", "conditional", "no")
MOST_ACTIONS = 400
_KNOWN_PARTS = {
    "${Partition}": "aws",
    "${Region}": "us-east-1",
    "${Account}": "123456789012",
}
_OPEN_PART = re.compile(r"\$\{[^}]+\}")
_UNNAMED = "example"


class SenselessQuestionError(ValueError):
    """A question that can't be asked; `parameter` is what to mend, the message says how."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Asked:
    """One action asked about; with `any_resource` on whichever resource."""

    request: Request
    any_resource: bool


@dataclass(frozen=True)
class Answer:
    """What one policy answers about one action."""

    asked: Asked
    explained: ExplainedPolicy

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
        """Yes whatever the open keys are given, no likewise, or conditional."""
        allowed = self.explained.depends_on.allowed
        if isinstance(allowed, bool):
            return "yes" if allowed else "no"
        return "conditional"

    @property
    def conditions(self) -> Words:
        """When the answer is yes, as a clause that can follow "only when"; empty if settled."""
        if self.name != "conditional":
            return ()
        return truth_in_words(self.explained.depends_on.allowed)

    @cached_property
    def near(self) -> tuple[Words, ...]:
        """What keeps the policy's statements from allowing it, one clause each."""
        return tuple(
            near_miss_in_words(each, self.asked.request)
            for each in self.explained.near_misses
            if each.match.statement.effect == "Allow"
        )

    @property
    def is_denied(self) -> bool:
        """Whether a statement of the policy denies it whatever is given."""
        return self.explained.depends_on.denied is True

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON has it."""
        return {
            "policy": self.policy,
            "versionId": self.version_id,
            "action": self.action,
            "answer": self.name,
            "statements": [
                {"statement": each.position, "sid": each.sid, "effect": each.effect}
                for each in self.explained.statements
            ],
            "conditions": [plain(self.conditions)] if self.conditions else [],
            "dependsOn": residual_to_dict(self.explained.depends_on),
            "near": [plain(each) for each in self.near],
        }


def read_pairs(pairs: Sequence[str]) -> dict[str, str | list[str]]:
    """Read KEY=VALUE pairs of a context; a key given more than once has a list.

    Raises `SenselessQuestionError`.
    """
    context: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise SenselessQuestionError("context", f"`{pair}` is no pair: write it as KEY=VALUE")
        context.setdefault(key, []).append(value)
    return {key: values if len(values) > 1 else values[0] for key, values in context.items()}


def questions(
    catalogue: Catalogue,
    reference: Reference,
    action: str,
    resource: str = "",
    context: Mapping[str, str | list[str]] | None = None,
) -> tuple[Asked, ...]:
    """The actions that are asked about: one, or all that a pattern matches.

    Without a resource an action is asked about on whichever, one that works on no resource
    type on `*`; with a resource type on a resource of it that no policy names. Raises
    `SenselessQuestionError`.
    """
    resource = resource_of_type(reference, resource)
    if not action:
        raise SenselessQuestionError("action", "say which action, such as `iam:PassRole`")
    actions = [action]
    if "*" in action or "?" in action:
        actions = list(catalogue.actions_matching(action))
        if not actions:
            raise SenselessQuestionError("action", f"no action matches `{action}`")
        if len(actions) > MOST_ACTIONS:
            raise SenselessQuestionError(
                "action",
                f"`{action}` matches {len(actions):,} actions: ask about at most {MOST_ACTIONS}",
            )
    try:
        return tuple(_asked(reference, each, resource, context or {}) for each in actions)
    except SenselessRequestError as error:
        raise SenselessQuestionError(error.path.partition(".")[0], str(error)) from error


def resource_of_type(reference: Reference, text: str) -> str:
    """The ARN of a resource that no policy names, for a type such as `ecs:cluster`.

    What is no type is returned as it is: an ARN, or nothing. Raises `SenselessQuestionError` for
    a type that the service does not have.
    """
    prefix, colon, name = text.partition(":")
    if not colon or prefix == "arn":
        return text
    kinds = {each.name.lower(): each.arn for each in reference.resource_types(prefix.lower())}
    if not kinds:
        raise SenselessQuestionError("resource", f"`{text}` is neither an ARN nor a resource type")
    if name.lower() not in kinds:
        near = get_close_matches(name.lower(), kinds, n=5, cutoff=0.3) or sorted(kinds)[:5]
        raise SenselessQuestionError(
            "resource", f"{prefix} has no resource type `{name}`: it has {', '.join(near)}"
        )
    arn = kinds[name.lower()].split(",")[0].strip()
    for placeholder, value in _KNOWN_PARTS.items():
        arn = arn.replace(placeholder, value)
    return _OPEN_PART.sub(_UNNAMED, arn)


def _asked(
    reference: Reference, action: str, resource: str, context: Mapping[str, str | list[str]]
) -> Asked:
    known = reference.action(action)
    name = known.id if known else action
    any_resource = not resource and (known is None or bool(known.resource_types))
    return Asked(make_request(name, resource or ANY_RESOURCE, context=context), any_resource)


def who_can(catalogue: Catalogue, asked: Sequence[Asked]) -> list[Answer]:
    """The answers of all policies with a statement about an action, the freest first.

    Of the policies that answer no, those are left out of which nothing is near and nothing
    denies: they have no more to say than a policy that does not know the action.
    """
    answers = [
        Answer(each, explained)
        for each in asked
        for explained in catalogue.explaining(each.request, each.any_resource)
    ]
    telling = [
        each
        for each in answers
        if each.name != "no" or each.near or each.explained.depends_on.denied
    ]
    telling.sort(key=lambda each: (ANSWERS.index(each.name), each.policy.lower(), each.action))
    return telling
