"""Changes of a request: which bring a clause to match, and which flip a decision.

Every change that flips a decision was tried: the engine decided the changed request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, islice
from typing import Any

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.conditions import CompiledCondition, value_of
from policyhub.iam.deciding.decision import Clause, Layer, Verdict
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import ContextValue, InvalidRequestError, Request, read_caller
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.deciding.statements import CompiledStatement, match_statement
from policyhub.iam.explaining.resources_near import (
    is_possible,
    resource_of_action,
    resources_near,
)
from policyhub.iam.language import variables
from policyhub.iam.language.conditions import presence

# Bounds of the search, so that an answer never takes long; values beyond them go untried.
_VALUES_TRIED = 8
_CHANGES_COMBINED = 24


class ChangeKind(StrEnum):
    """What is done to the request."""

    GIVE_KEY = "giveKey"
    LEAVE_OUT_KEY = "leaveOutKey"
    ASK_FOR_RESOURCE = "askForResource"
    CALL_AS = "callAs"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `key` names a context key; `values` are its values, or the one resource or
    principal (of type `principal_type`) to put in.
    """

    kind: ChangeKind
    key: str = ""
    values: tuple[str, ...] = ()
    is_list: bool = False
    principal_type: str = ""

    def apply(self, request: Request) -> Request:
        """The changed request. Raises `InvalidRequestError` for what can't call."""
        if self.kind is ChangeKind.GIVE_KEY:
            return request.with_key(ContextValue(self.key, self.values, self.is_list))
        if self.kind is ChangeKind.LEAVE_OUT_KEY:
            return request.without_key(self.key)
        if self.kind is ChangeKind.ASK_FOR_RESOURCE:
            return request.asking_for(self.values[0])
        return request.called_by(read_caller({self.principal_type: self.values[0]}))

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON has it."""
        if self.kind is ChangeKind.LEAVE_OUT_KEY:
            return {"change": str(self.kind), "key": self.key}
        value: Any = list(self.values) if self.is_list else self.values[0]
        if self.kind is ChangeKind.GIVE_KEY:
            return {"change": str(self.kind), "key": self.key, "value": value}
        if self.kind is ChangeKind.ASK_FOR_RESOURCE:
            return {"change": str(self.kind), "resource": value}
        return {"change": str(self.kind), "principal": {self.principal_type: value}}


def smallest_changes(
    request: Request, policies: AppliedPolicies, budget: Budget = NO_LIMIT
) -> tuple[tuple[Change, ...], ...]:
    """The changes of the request that flip its decision: single ones, else pairs.

    Of changes of the same kind to the same keys, only the first. Empty if none that was tried
    flips it. Raises `SpentError`.

    Each one given flips the decision when it is applied, as here the key that is missing:

    >>> from policyhub.iam.deciding.simulation import read_simulation
    >>> encrypted = {"Bool": {"aws:SecureTransport": "true"}}
    >>> allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": encrypted}
    >>> read = read_simulation(
    ...     {
    ...         "action": "s3:GetObject",
    ...         "identityPolicies": [{"Version": "2012-10-17", "Statement": [allow]}],
    ...     }
    ... )
    >>> [[change]] = smallest_changes(read.request, read.policies)
    >>> change.kind.value, change.key, change.values
    ('giveKey', 'aws:SecureTransport', ('true',))
    """
    was_allowed = evaluate(request, policies, budget).is_allowed
    candidates = list(dict.fromkeys(_candidates(request, policies, was_allowed, budget)))
    for size in (1, 2):
        tried = combinations(candidates[:_CHANGES_COMBINED] if size > 1 else candidates, size)
        flipping: dict[frozenset[tuple[ChangeKind, str]], tuple[Change, ...]] = {}
        for changes in tried:
            place = frozenset((each.kind, each.key.lower()) for each in changes)
            if place not in flipping and _flips(changes, request, policies, was_allowed, budget):
                flipping[place] = changes
        if flipping:
            return tuple(flipping.values())
    return ()


def binding_statements(
    request: Request, policies: AppliedPolicies, budget: Budget
) -> Iterator[tuple[AppliedPolicy, Layer, CompiledStatement]]:
    """The statements about the action, of the policies that bind the request."""
    for layer, group in policies.binding(request):
        for policy in group:
            if policy.compiled is not None:
                for statement in policy.compiled.about(request.action):
                    budget.spend(statement.work(request.context))
                    yield policy, layer, statement


def _candidates(
    request: Request, policies: AppliedPolicies, was_allowed: bool, budget: Budget
) -> Iterator[Change]:
    """Changes that bring statements nearer to the other decision, clause by clause.

    To get "allowed", Allow statements should match and Deny statements should not; to get a deny,
    the reverse.
    """
    yield from _possible_resources(request, policies)
    for _, _, statement in binding_statements(request, policies, budget):
        wanted = statement.is_deny is was_allowed
        match = match_statement(statement, request, policies.attach_a_boundary(request))
        failing = [each for each in match.clauses if each.verdict is not Verdict.MATCHES]
        clauses = failing if wanted else match.clauses[1:]
        if bool(failing) is wanted and len(failing) <= 2:
            for clause in clauses:
                changes = changes_for(clause, statement, request, policies.facts, wanted=wanted)
                yield from _first_of_each_kind(changes)


def _possible_resources(request: Request, policies: AppliedPolicies) -> Iterator[Change]:
    """Asking about what the action works on, where AWS is never asked the request as it is."""
    if policies.facts is not None and not is_possible(request, policies):
        resource = resource_of_action(request, policies.facts)
        if resource:
            yield Change(ChangeKind.ASK_FOR_RESOURCE, values=(resource,))


def _first_of_each_kind(changes: Iterable[Change]) -> Iterator[Change]:
    """The likeliest change of each kind: an example of each suffices."""
    seen: set[tuple[ChangeKind, str]] = set()
    for change in changes:
        if (change.kind, change.key) not in seen:
            seen.add((change.kind, change.key))
            yield change


def _flips(
    changes: Iterable[Change],
    request: Request,
    policies: AppliedPolicies,
    was_allowed: bool,
    budget: Budget,
) -> bool:
    changed = changed_request(changes, request)
    if changed is None or not is_possible(changed, policies):
        return False
    return evaluate(changed, policies, budget).is_allowed is not was_allowed


def changed_request(changes: Iterable[Change], request: Request) -> Request | None:
    """The changed request; None where it makes no sense, or one thing is changed twice."""
    changed: set[str] = set()
    for change in changes:
        what = change.key.lower() or str(change.kind)
        if what in changed:
            return None
        changed.add(what)
        try:
            request = change.apply(request)
        except InvalidRequestError:
            return None
    return request


def changes_for(
    clause: Clause,
    statement: CompiledStatement,
    request: Request,
    facts: ServiceFacts | None,
    *,
    wanted: bool,
) -> Iterator[Change]:
    """Changes after which the clause is as wanted: matching or not.

    Of resources only those that AWS can be asked about.
    """
    if clause.condition is not None:
        condition = next(
            each for each in statement.conditions if each.condition is clause.condition
        )
        for change in _changes_of_key(condition, request):
            changed = change.apply(request)
            holds = condition.match(changed.context).verdict is Verdict.MATCHES
            if holds is wanted:
                yield change
    elif clause.element in ("Resource", "NotResource"):
        for resource in resources_near(statement, request, facts):
            change = Change(ChangeKind.ASK_FOR_RESOURCE, values=(resource,))
            if facts and facts.possibility(request.action, resource).possible is False:
                continue
            if statement.is_about_resource(change.apply(request)) is wanted:
                yield change
    elif wanted and clause.element == "Principal":
        for principal in statement.statement.principals or ():
            yield Change(
                ChangeKind.CALL_AS, values=(principal.value,), principal_type=principal.type
            )


def _changes_of_key(condition: CompiledCondition, request: Request) -> Iterator[Change]:
    """Giving the condition's key other values, or none; or its variables theirs."""
    key = condition.condition.key
    for value in _values_near(condition, request):
        yield Change(ChangeKind.GIVE_KEY, key, (value,), is_list=bool(condition.use.qualifier))
    found = request.context.get(condition.key)
    if found is not None:
        yield Change(ChangeKind.LEAVE_OUT_KEY, found.name)
        if found.values:
            for variable in condition.needs[1:]:
                yield Change(ChangeKind.GIVE_KEY, variable, found.values[:1])


def _values_near(condition: CompiledCondition, request: Request) -> Iterator[str]:
    operator = condition.use.operator
    if operator is None:
        return
    values = list(islice(_filled(condition, request), _VALUES_TRIED))
    if operator is presence.NULL:
        yield "value"
        return
    around = [operator.around(each) for each in values]
    # First the likeliest of every value, then what is further away.
    longest = max(map(len, around), default=0)
    for index in range(longest):
        yield from (each[index] for each in around if index < len(each))


def _filled(condition: CompiledCondition, request: Request) -> Iterator[str]:
    """The condition's values with what the request gives their variables."""
    for value in condition.condition.values:
        if not condition.version_that_matters:
            yield value
            continue
        text = variables.fill_in(
            variables.find_variables(value),
            lambda variable: value_of(variable, request.context),
            keep_literal=False,
        )
        if text is not None:
            yield text
