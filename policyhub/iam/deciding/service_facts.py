"""What the services are, apart from all policies: which requests AWS can be asked.

The facts come from outside (`ServiceFacts`); the rules are here. Sources: Service Authorization
Reference; IAM User Guide, "IAM JSON policy elements: Resource"; Organizations User Guide,
"Resource control policies".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from policyhub.iam.deciding.condition_keys import KeyFacts
from policyhub.iam.deciding.decision import Layer, LocatedProblem, Possibility
from policyhub.iam.deciding.request_problems import request_problem
from policyhub.iam.language.arn_formats import HoldsOf

_NO_RESOURCE = "*"
_MOST_NAMED = 6
_MOST_POLICIES = 3


class TypeOfAction(NamedTuple):
    """A resource type that an action works on, with its ARN formats."""

    name: str
    formats: tuple[str, ...]

    @property
    def in_words(self) -> str:
        """The type with its formats."""
        return f"{self.name} ({' or '.join(self.formats)})"


POSSIBLE = Possibility(True)


class ServiceFacts(KeyFacts, Protocol):
    """What is known of services, their actions and keys. Names of both ignore case."""

    def possibility(self, action: str, resource: str) -> Possibility:
        """Whether AWS can be asked about the action on the resource."""

    def meets(self, action: str, pattern: str) -> bool:
        """False only if no resource that the pattern matches is one that the action works on."""

    def example(self, action: str, pattern: str) -> str:
        """A resource that the action works on and that the pattern matches; "" without such."""

    def types_named(self, action: str, pattern: str) -> Sequence[str]:
        """The resource types of the action's service that a pattern can match."""

    def knows_service(self, action: str) -> bool:
        """Whether the reference has the action's service."""

    def types(self, action: str) -> Sequence[TypeOfAction] | None:
        """The resource types that an action works on; None for an action that is not known."""

    def formats(self, action: str) -> Sequence[tuple[str, HoldsOf]]:
        """The ARN formats of an action's types, each with what its placeholders hold."""

    def actions_matching(self, pattern: str) -> Sequence[str]:
        """The known actions that an action pattern matches."""

    def is_misnamed(self, action: str) -> bool:
        """Whether there never was such an action: a slip, or the name of an API operation."""

    def fits(self, action: str, resource: str) -> bool | None:
        """Whether an ARN has a format of the action's types; None where only perhaps."""

    def bounding_policies(self, action: str) -> Sequence[str]:
        """The policies of AWS that bound an action by ARNs though no type of it is known."""

    def asked_instead(self, action: str) -> str:
        """The action that AWS asks for where this is an API operation's name; else ""."""

    def nearest(self, action: str) -> Sequence[str]:
        """Actions with a similar name."""

    def rcps_reach(self, action: str) -> bool:
        """Whether resource control policies have a say about the action."""

    def tells_owner(self, action: str) -> bool:
        """Whether requests for the action carry the account that owns the resource."""


def judge(facts: ServiceFacts, action: str, resource: str) -> Possibility:
    """Whether AWS can be asked about an action on a resource.

    Not so where the resource is of no type that the action has, or where the action works on no
    resource and one is named. Where the reference may not be whole nothing is ruled out.
    """
    if not facts.knows_service(action):
        service = action.partition(":")[0]
        return _unknown("unknown-service", "action", service=service)
    types = facts.types(action)
    if types is None:
        return _unknown("unknown-action", "action", action=action, hint=_hint(facts, action))
    if not types:
        return _without_types(facts, action, resource)
    if resource == _NO_RESOURCE:
        return _unknown("resource-not-given", action=action, types=types_in_words(types))
    fits = facts.fits(action, resource)
    if fits:
        return POSSIBLE
    named = {"action": action, "types": types_in_words(types)}
    if fits is None:
        return _unknown("resource-perhaps-of-type", **named)
    return _impossible("resource-type-not-of-action", **named)


def types_in_words(types: Sequence[TypeOfAction]) -> str:
    """The first types with their formats, and how many more there are."""
    named = [each.in_words for each in types[:_MOST_NAMED]]
    if len(types) > _MOST_NAMED:
        named.append(f"{len(types) - _MOST_NAMED:,} more")
    return ", ".join(named)


def named_policies(policies: Sequence[str]) -> str:
    """The first policies, and how many more there are."""
    more = len(policies) - _MOST_POLICIES
    named = ", ".join(policies[:_MOST_POLICIES])
    return f"{named} and {more:,} more" if more > 0 else named


def _without_types(facts: ServiceFacts, action: str, resource: str) -> Possibility:
    if resource == _NO_RESOURCE:
        return POSSIBLE
    policies = facts.bounding_policies(action)
    if not policies:
        return _impossible("action-without-resources", action=action, bounded="")
    bounded = f"; but AWS's own {named_policies(policies)} bound it by ARNs"
    noted = _noted("action-without-resources", action=action, bounded=bounded)
    return Possibility(None, blocks=True, is_complete=False, noted=noted)


def _hint(facts: ServiceFacts, action: str) -> str:
    instead = facts.asked_instead(action)
    if instead:
        return f": it is the name of an API operation, for which AWS asks for {instead}"
    near = facts.nearest(action)
    return f": did you mean {' or '.join(near)}?" if near else ""


def _unknown(code: str, place: str = "resource", **named: str) -> Possibility:
    return Possibility(None, noted=_noted(code, place, **named))


def _impossible(code: str, **named: str) -> Possibility:
    return Possibility(False, blocks=True, noted=_noted(code, **named))


def _noted(code: str, place: str = "resource", **named: str) -> LocatedProblem:
    return LocatedProblem("the request", Layer.REFERENCE, request_problem(code, **named), place)
