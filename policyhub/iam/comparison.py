"""What one identity policy allows that another does not, each difference proved by a request.

All action names fall into cells that the two documents treat alike. For each cell and each Allow
statement about it, the condition under which one side allows and the other doesn't is a formula
over resource and context; a solver finds values for which it holds, or that there are none. What
is found is decided by the engine before it is told; what can't be told in bounded time is
`undecided`, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any
from typing import Literal as OneOf

from policyhub.iam.action_cells import action_cells
from policyhub.iam.applied import AppliedPolicies, AppliedPolicy
from policyhub.iam.choosing import UndecidedError
from policyhub.iam.document import Usage, parse_policy
from policyhub.iam.elements import Policy, Statement
from policyhub.iam.evaluation import (
    evaluate,
    needs_no_permission,
    resource_policy_must_take_part,
)
from policyhub.iam.formula import Truth, all_of, negation
from policyhub.iam.languages import TooManyStatesError
from policyhub.iam.matching import ActionList, CompiledPolicy
from policyhub.iam.request import ACTION, Request, make_request, read_caller
from policyhub.iam.residual import residual
from policyhub.iam.satisfying import Model
from policyhub.iam.solving import Solver
from policyhub.iam.trace import Decision

Verdict = OneOf["equivalent", "left_subset", "right_subset", "disjoint", "overlapping", "undecided"]
# Bounds, so that an answer never takes long; beyond them it is `undecided`.
_MODELS_TRIED = 32
_MOST_SIMPLIFIED = 60
_MOST_CELLS = 60_000
_ACCOUNT = "123456789012"


@dataclass(frozen=True, slots=True)
class Proof:
    """A request, as a simulation would read it, that was decided by the engine.

    `context` is what was chosen, without the keys that follow from caller and resource.
    `resource_policy` is that of a key or role, which must hand its permissions to the account
    before an identity policy counts at all.
    """

    request: Request
    context: Mapping[str, object]
    resource_policy: Mapping[str, object] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The request as a simulation has it, without the policies that are compared."""
        made: dict[str, Any] = {
            "action": self.request.action,
            "resource": self.request.resource,
            "context": dict(sorted(self.context.items())),
        }
        if self.resource_policy is not None:
            made["principal"] = self.request.caller.arn
            made["resourcePolicy"] = self.resource_policy
        return made


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that one side allows and the other doesn't, and by which of its statements.

    `pattern` is the action pattern of the statement that covers the action; `statement` counts
    from 0; `others` are the other side's statements about the action.
    """

    proof: Proof
    statement: int
    pattern: str
    others: tuple[int, ...]

    @property
    def action(self) -> str:
        """The action that is asked for."""
        return self.proof.request.action

    def to_dict(self) -> dict[str, Any]:
        """The request as a simulation has it, without policies."""
        return self.proof.to_dict()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on two policies, with the witnesses of each side and what is undecided."""

    verdict: Verdict
    only_left: tuple[Witness, ...]
    only_right: tuple[Witness, ...]
    undecided: tuple[str, ...] = ()


class ComparedPolicy:
    """A policy, prepared for comparisons: its statements by action, and each Allow alone."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.compiled = CompiledPolicy(policy)
        self.applied = _applied(self.compiled)
        self._alone: dict[int, AppliedPolicies] = {}
        self._lists = [ActionList(each.actions) for each in policy.statements]
        self._keys = [_normal(each, policy.version) for each in policy.statements]

    def about(self, action: str) -> tuple[int, ...]:
        """The places of the statements about an action."""
        return tuple(each.statement.position for each in self.compiled.about(action))

    def allows(self, place: int) -> bool:
        """Whether the statement at a place is an Allow."""
        return self.policy.statements[place].effect == "Allow"

    def pattern(self, place: int, action: str) -> str:
        """The pattern by which a statement is about an action; "" for a NotAction."""
        if self.policy.statements[place].not_action:
            return ""
        found = self._lists[place].find(action)
        return found.text if found else ""

    def meaning(self, places: Iterable[int]) -> frozenset[object]:
        """What some statements say of an action that all are about, however it is written."""
        return frozenset(self._keys[place] for place in places)

    def alone(self, place: int) -> AppliedPolicies:
        """One Allow statement with all Denies."""
        known = self._alone.get(place)
        if known is None:
            kept = tuple(
                each
                for each in self.policy.statements
                if each.position == place or each.effect == "Deny"
            )
            policy = Policy(self.policy.version, self.policy.id, kept)
            known = self._alone[place] = _applied(CompiledPolicy(policy))
        return known

    def allows_request(self, proof: Proof) -> bool:
        """Whether the engine allows a request."""
        return self._decide(proof).is_allowed

    def denying(self, proof: Proof) -> tuple[int, ...]:
        """The places of the Deny statements that match a request."""
        decision = self._decide(proof)
        if decision.name != "explicitDeny":
            return ()
        return tuple(each.statement.position for each in decision.decided_by)

    def _decide(self, proof: Proof) -> Decision:
        applied = self.applied
        if proof.resource_policy is not None:
            applied = replace(applied, resource=_resource_policy(proof.resource_policy))
        return evaluate(proof.request, applied)


def _applied(compiled: CompiledPolicy) -> AppliedPolicies:
    return AppliedPolicies(identity=(AppliedPolicy("compared", compiled),))


def _normal(statement: Statement, version: str) -> object:
    """What a statement says beside its actions, so that the order of writing tells nothing."""
    conditions = frozenset(
        (each.operator.lower(), each.key.lower(), frozenset(each.values))
        for each in statement.conditions
    )
    with_variables = version if "${" in repr((statement.resources, conditions)) else ""
    return (
        statement.effect,
        statement.not_resource,
        frozenset(statement.resources),
        conditions,
        with_variables,
    )


def compare(left: Policy, right: Policy, known_actions: Iterable[str] = ()) -> Comparison:
    """Compare what two identity policies allow: any action, any resource, any context.

    `known_actions` are preferred where a difference is shown by example.
    """
    one, other = ComparedPolicy(left), ComparedPolicy(right)
    statements = (*left.statements, *right.statements)
    try:
        cells = list(islice(_cells(statements, known_actions), _MOST_CELLS + 1))
        if len(cells) > _MOST_CELLS:
            raise UndecidedError(f"more than {_MOST_CELLS:,} groups of actions")
    except (TooManyStatesError, UndecidedError) as error:
        reason = str(error) or "the action patterns have too many combinations"
        return Comparison("undecided", (), (), (reason,))
    only_left = _Difference(one, other, cells)
    only_right = _Difference(other, one, cells)
    common = _Common(one, other, cells)
    verdict = _verdict(only_left, only_right, common)
    doubts = (*only_left.doubts, *only_right.doubts, *common.doubts)
    return Comparison(
        verdict, only_left.witnesses, only_right.witnesses, tuple(dict.fromkeys(doubts))
    )


def _cells(statements: Sequence[Statement], known_actions: Iterable[str]) -> Iterator[str]:
    """The groups of actions, without what can't be asked for or what no policy can deny."""
    return (
        each
        for each in action_cells(statements, known_actions)
        if ACTION.fullmatch(each) and not needs_no_permission(Request(each))
    )


def _verdict(only_left: _Difference, only_right: _Difference, common: _Common) -> Verdict:
    if only_left.is_empty and only_right.is_empty:
        return "equivalent"
    if only_left.is_empty and only_right.witnesses:
        return "left_subset"
    if only_right.is_empty and only_left.witnesses:
        return "right_subset"
    if not (only_left.witnesses and only_right.witnesses):
        return "undecided"
    if common.found:
        return "overlapping"
    return "undecided" if common.doubts else "disjoint"


@dataclass
class _Difference:
    """What one side allows and the other doesn't."""

    side: ComparedPolicy
    against: ComparedPolicy
    cells: Sequence[str]
    doubts: list[str] = field(default_factory=list)
    _joined: dict[tuple[object, ...], tuple[Truth, ...]] = field(default_factory=dict)
    _not_its: dict[tuple[int, ...], Truth] = field(default_factory=dict)
    _last: dict[tuple[object, ...], Model] = field(default_factory=dict)
    _solver: Solver = field(default_factory=Solver)

    @property
    def is_empty(self) -> bool:
        """Whether for certain nothing is allowed by this side alone."""
        return not self.witnesses and not self.doubts

    @cached_property
    def witnesses(self) -> tuple[Witness, ...]:
        """One request for each reason, which is what the other side lacks or denies."""
        found: dict[object, Witness] = {}
        asked = set()
        for action in self.cells:
            about, others = self.side.about(action), self.against.about(action)
            if self.side.meaning(about) == self.against.meaning(others):
                continue
            for place in filter(self.side.allows, about):
                pattern = self.side.pattern(place, action.lower())
                if (place, pattern, others) not in asked:
                    witness = self._witness(action, about, place, others)
                    if witness is not None:
                        asked.add((place, pattern, others))
                        found.setdefault(self._reason(witness), witness)
        return tuple(found.values())

    def _reason(self, witness: Witness) -> object:
        """The other side's Denies, where these make the difference; else what it lacks."""
        denies = self.against.denying(witness.proof)
        return denies or (witness.statement, witness.pattern, witness.others)

    def _witness(
        self, action: str, about: tuple[int, ...], place: int, others: tuple[int, ...]
    ) -> Witness | None:
        denies = tuple(each for each in about if not self.side.allows(each))
        pattern = self.side.pattern(place, action.lower())
        try:
            for model in islice(self._models(action, place, denies, others), _MODELS_TRIED):
                proof = _proof(action, model)
                if self._holds(proof):
                    self._last[place, denies, others] = model
                    return Witness(proof, place, pattern, others)
                self._doubt(f"no request that was tried proves a difference about {action}")
        except UndecidedError as error:
            self._doubt(f"{action}: {error}")
        return None

    def _models(
        self, action: str, place: int, denies: tuple[int, ...], others: tuple[int, ...]
    ) -> Iterator[Model]:
        """The model that proved the same difference of another action, then all others."""
        key = place, denies, others
        if key in self._last:
            yield self._last[key]
        yield from self._solver.models(self._truths(action, *key))

    def _holds(self, proof: Proof) -> bool:
        return self.side.allows_request(proof) and not self.against.allows_request(proof)

    def _doubt(self, reason: str) -> None:
        if reason not in self.doubts:
            self.doubts.append(reason)

    def _truths(
        self, action: str, place: int, denies: tuple[int, ...], others: tuple[int, ...]
    ) -> tuple[Truth, ...]:
        """That the statement allows it and no Deny forbids it, and that the other side does not.

        Simplified together unless that would cost more than to solve them.
        """
        key = place, denies, others
        if key not in self._joined:
            asked = Request(action)
            mine = residual(asked, self.side.alone(place), any_resource=True).allowed
            if others not in self._not_its:
                found = residual(asked, self.against.applied, any_resource=True)
                self._not_its[others] = negation(found.allowed)
            apart = mine, self._not_its[others]
            self._joined[key] = apart if len(others) > _MOST_SIMPLIFIED else (all_of(apart),)
        return self._joined[key]


def _proof(action: str, model: Model) -> Proof:
    """The request of a model: as it is, or where needed by a role that its key lets in."""
    context: dict[str, object] = {
        value.name: list(value.values) if value.is_list else value.values[0]
        for value in model.context.values()
    }
    request = make_request(action, model.resource, context=context)
    if not resource_policy_must_take_part(request):
        return Proof(request, context)
    account = request.resource_account or _ACCOUNT
    caller = read_caller(f"arn:aws:iam::{account}:role/example")
    asked = make_request(action, model.resource, caller, context)
    return Proof(asked, context, _letting_in(account, request.service))


def _letting_in(account: str, service: str) -> dict[str, object]:
    """A key policy or trust policy that leaves it to the account's own policies."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": f"{service}:*",
    }
    if service == "kms":
        statement["Resource"] = "*"
    return {"Version": "2012-10-17", "Statement": [statement]}


def _resource_policy(document: Mapping[str, object]) -> AppliedPolicy:
    policy = parse_policy(json.dumps(document), Usage.ANY).policy
    return AppliedPolicy("resource policy", CompiledPolicy(policy) if policy else None)


@dataclass
class _Common:
    """Whether anything is allowed by both sides."""

    one: ComparedPolicy
    other: ComparedPolicy
    cells: Sequence[str]
    doubts: list[str] = field(default_factory=list)

    @cached_property
    def found(self) -> Proof | None:
        """A request that both allow; None if there is none, or with `doubts` perhaps one."""
        solver, tried = Solver(), set()
        for action in self.cells:
            about = self.one.about(action), self.other.about(action)
            if about in tried or not all(about):
                continue
            tried.add(about)
            asked = Request(action)
            truths = [
                residual(asked, side.applied, any_resource=True).allowed
                for side in (self.one, self.other)
            ]
            try:
                for model in islice(solver.models(truths), _MODELS_TRIED):
                    proof = _proof(action, model)
                    if self.one.allows_request(proof) and self.other.allows_request(proof):
                        return proof
                    self.doubts.append(f"no request tried proves that both allow {action}")
            except UndecidedError as error:
                self.doubts.append(f"{action}: {error}")
        return None
