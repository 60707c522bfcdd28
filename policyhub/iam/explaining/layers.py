"""What each layer of policies says to a request by itself, and which of them block it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy, Group
from policyhub.iam.deciding.decision import Decision, Layer
from policyhub.iam.deciding.formula import Truth, any_of, holds
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.statements import CompiledStatement
from policyhub.iam.explaining.residual import OpenRequest, open_request
from policyhub.iam.language.elements import Statement


class LayerState(StrEnum):
    """What a layer says: settled, or depending on keys that the request leaves open."""

    ALLOWS = "allows"
    DENIES = "denies"
    DEPENDS = "depends"
    SILENT = "silent"
    UNREADABLE = "cannotTell"
    UNDECIDED = "undecided"
    NOT_BINDING = "notBinding"


@dataclass(frozen=True, slots=True)
class OpenStatement:
    """A statement about the action, and when it matches, over the keys that are open."""

    policy: AppliedPolicy
    compiled: CompiledStatement
    matches: Truth

    @property
    def statement(self) -> Statement:
        """The statement as written."""
        return self.compiled.statement


@dataclass(frozen=True, slots=True)
class LayerOutlook:
    """One layer, of organization policies one level, by itself.

    `level` counts from 1 of `levels`, which is 0 for layers without levels. `blocks` says that
    the request, as it is, is denied on this layer's account.
    """

    layer: Layer
    level: int
    levels: int
    policies: Group
    about: tuple[OpenStatement, ...]
    allows: Truth
    denies: Truth
    state: LayerState
    blocks: bool

    @property
    def always_blocks(self) -> bool:
        """Whether it is known that no value of an open key keeps the layer from blocking."""
        return self.blocks and self.state not in (LayerState.DEPENDS, LayerState.UNDECIDED)

    def statements(self, effect: str) -> tuple[OpenStatement, ...]:
        """The statements about the action of an effect, those that can match."""
        return tuple(
            each
            for each in self.about
            if each.statement.effect == effect and each.matches is not False
        )

    def to_dict(self) -> dict[str, Any]:
        """The layer as the trace in JSON has it."""
        found: dict[str, Any] = {"type": str(self.layer)}
        if self.levels:
            found["level"] = self.level - 1
        return {
            **found,
            "policies": [each.name for each in self.policies],
            "state": str(self.state),
            "blocks": self.blocks,
        }


def layer_outlooks(
    request: Request,
    policies: AppliedPolicies,
    decision: Decision,
    budget: Budget = NO_LIMIT,
) -> tuple[LayerOutlook, ...]:
    """Every layer that is given, those too that do not bind the caller, in a fixed order.

    Once the budget is spent the others are undecided.
    """
    binding = {layer for layer, _ in policies.binding(request)}
    asked = open_request(request, policies, budget=budget)
    return tuple(
        _outlook_or_none(asked, decision, place, place.layer in binding)
        for place in _places(policies)
    )


def statements_about(asked: OpenRequest, group: Group) -> tuple[OpenStatement, ...]:
    """The statements about the action, by document, each with when it matches."""
    return tuple(
        OpenStatement(policy, each, asked.matches(each))
        for policy in group
        if policy.compiled is not None
        for each in policy.compiled.about(asked.request.action)
    )


class _LayerPlace(NamedTuple):
    layer: Layer
    level: int
    levels: int
    policies: Group


def _places(policies: AppliedPolicies) -> Iterator[_LayerPlace]:
    counts = {
        Layer.SERVICE_CONTROL: len(policies.service_control),
        Layer.RESOURCE_CONTROL: len(policies.resource_control),
    }
    seen: dict[Layer, int] = {}
    for layer, group in policies.groups():
        seen[layer] = seen.get(layer, 0) + 1
        yield _LayerPlace(layer, seen[layer], counts.get(layer, 0), group)


def _outlook_or_none(
    asked: OpenRequest, decision: Decision, place: _LayerPlace, binds: bool
) -> LayerOutlook:
    """What a layer says; where that was not found out, whether it blocks all the same."""
    try:
        return _outlook(asked, decision, place, binds)
    except SpentError:
        state = LayerState.UNDECIDED if binds else LayerState.NOT_BINDING
        blocks = binds and _blocks(decision, place, lacks_an_allow=True)
        return LayerOutlook(*place, (), False, False, state, blocks)


def _outlook(
    asked: OpenRequest, decision: Decision, place: _LayerPlace, binds: bool
) -> LayerOutlook:
    layer, _, _, group = place
    about = statements_about(asked, group)
    denying = (each.matches for each in about if each.statement.effect == "Deny")
    allowing = (each.matches for each in about if each.statement.effect == "Allow")
    denies, allows = any_of(denying, asked.budget), any_of(allowing, asked.budget)
    if layer is Layer.RESOURCE_CONTROL:
        # The full-access RCP is implied.
        allows = True
    unreadable = any(policy.compiled is None for policy in group)
    blocks = _blocks(decision, place, unreadable or not holds(allows, asked.request))
    state = LayerState.NOT_BINDING if not binds else layer_state(allows, denies, unreadable)
    return LayerOutlook(*place, about, allows, denies, state, blocks)


def _blocks(decision: Decision, place: _LayerPlace, lacks_an_allow: bool) -> bool:
    """Whether the request, as it is, is denied on account of this layer."""
    if decision.name == "explicitDeny":
        deciding = {(each.layer, each.place, each.policy) for each in decision.decided_by}
        return any((place.layer, each.place, each.name) in deciding for each in place.policies)
    return lacks_an_allow and place.layer in decision.blocked_by


def layer_state(allows: Truth, denies: Truth, unreadable: bool) -> LayerState:
    """What a layer says that allows and denies under these conditions."""
    if denies is True:
        return LayerState.DENIES
    if unreadable:
        return LayerState.UNREADABLE
    if denies is not False or not isinstance(allows, bool):
        return LayerState.DEPENDS
    return LayerState.ALLOWS if allows else LayerState.SILENT
