"""What is asked of "who can": actions, each on any resource, on one, or on one of a type."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.facts.services import service_facts
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts, contexts_of
from policyhub.iam.deciding.decision import Possibility
from policyhub.iam.deciding.request import (
    ANY_RESOURCE,
    InvalidRequestError,
    Request,
    make_request,
)
from policyhub.iam.language.examples import filled_in

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
    `contexts` are those in which AWS can ask it: what policies answer in no other counts.
    """

    request: Request
    any_resource: bool
    given: frozenset[str] = frozenset()
    possibility: Possibility | None = None
    contexts: Contexts = ANY_CONTEXT

    @property
    def doubt(self) -> str:
        """Why AWS can't be asked this, or why that is not known; "" where it can."""
        problem = self.possibility.problem if self.possibility else None
        return problem.message if problem else ""

    @property
    def possible(self) -> bool | None:
        """Whether AWS can be asked this; some resource can be, where any is asked about."""
        return True if self.possibility is None else self.possibility.possible


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
    type on `*`; with a resource type on a resource of it that no policy names, one of each
    of its ARN formats. Raises `InvalidQuestionError`.
    """
    resources = resources_of_type(reference, resource)
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
        return tuple(
            _ask(reference, each, one, context or {}) for each in actions for one in resources
        )
    except InvalidRequestError as error:
        raise InvalidQuestionError(error.path.partition(".")[0], str(error)) from error


def resources_of_type(reference: Reference, text: str) -> tuple[str, ...]:
    """The ARN of a resource that no policy names, for a type such as `ecs:cluster`.

    A type with several ARN formats has one of each. What is not a type is returned as it is: an
    ARN, or nothing. Raises `InvalidQuestionError` for a type that the service does not have.
    """
    prefix, colon, name = text.partition(":")
    if not colon or prefix == "arn":
        return (text,)
    kinds = {each.name.lower(): each.formats for each in reference.resource_types(prefix.lower())}
    if not kinds:
        raise InvalidQuestionError("resource", f"`{text}` is neither an ARN nor a resource type")
    if name.lower() not in kinds:
        near = get_close_matches(name.lower(), kinds, n=5, cutoff=0.3) or sorted(kinds)[:5]
        raise InvalidQuestionError(
            "resource", f"{prefix} has no resource type `{name}`: it has {', '.join(near)}"
        )
    return tuple(_OPEN_PART.sub(_UNNAMED, filled_in(each)) for each in kinds[name.lower()])


def _ask(
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
    given = frozenset(map(str.lower, context))
    return Asked(request, any_resource, given, possibility, contexts_of(facts))


def doubts_of(asked: Sequence[Asked]) -> list[str]:
    """What keeps AWS from being asked, or what is not known of it, once each."""
    return list(dict.fromkeys(each.doubt for each in asked if each.doubt))
