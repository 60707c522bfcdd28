"""Invariants: what no policy may ever let its holder do, proved by containment or refuted.

A policy keeps to it if it allows nothing more than itself with the forbidden denied. What it
allows beyond that is a counterexample, which replays. Policies that are `together` are looked at
as one: attached to the same role, each counts with the denies of all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.comparing.comparison import Comparison, compare
from policyhub.iam.comparing.contexts import contexts_of
from policyhub.iam.deciding.applied_policies import AppliedPolicy
from policyhub.iam.deciding.simulation import (
    Complaint,
    FindManaged,
    InvalidSimulationError,
    read_simulation,
)
from policyhub.iam.language.elements import PolicyDocument, Statement
from policyhub.iam.reading.document import Usage, parse_policy

NEVER = "never"
_KEYS = ("id", NEVER, "together", "identityPolicies", "reference", "at")
_MOST_SHOWN = 3
_TWO_LANGUAGES = (
    "the policies are of both versions of the policy language, and a statement has `${`, which "
    "only the newer one fills in"
)
# Any request does: the policies alone are read.
_ANY_ACTION = "sts:GetCallerIdentity"


def is_invariant(value: Any, kind: str = NEVER) -> bool:
    """Whether a line is an invariant of a kind rather than a simulation."""
    return isinstance(value, dict) and kind in value


def answer_invariant(value: Mapping[str, Any], find_managed: FindManaged) -> dict[str, Any]:
    """Whether every one of the policies keeps to it. Raises `InvalidSimulationError`.

    `passed` is false where a request shows that a policy does not, and where that is undecided.
    """
    check_invariant(value, _KEYS)
    forbidden = _forbidden(value[NEVER])
    uses_reference = value.get("reference") is not False
    counterexamples: list[dict[str, Any]] = []
    undecided: list[str] = []
    for group in _groups(value, identity_policies(value, (NEVER, "together"), find_managed)):
        found = _compared(group, forbidden, uses_reference)
        counterexamples += _counterexamples(found, group)
        if found.possible_verdict == "undecided":
            undecided += [f"{group.name}: {each}" for each in found.undecided or ("undecided",)]
    return answer_of_invariant(value, NEVER, counterexamples, undecided)


def identity_policies(
    value: Mapping[str, Any], without: Sequence[str], find_managed: FindManaged
) -> Sequence[AppliedPolicy]:
    """The policies of an invariant. Raises `InvalidSimulationError`."""
    given = {key: each for key, each in value.items() if key not in without}
    return read_simulation(given | {"action": _ANY_ACTION}, find_managed).policies.identity


def answer_of_invariant(
    value: Mapping[str, Any],
    kind: str,
    counterexamples: Sequence[Mapping[str, Any]],
    undecided: Sequence[str],
) -> dict[str, Any]:
    """The answer of a line: passed where nothing speaks against it and all is decided."""
    return {
        "id": value.get("id"),
        kind: value[kind],
        "passed": not (counterexamples or undecided),
        "counterexamples": list(counterexamples),
        "undecided": list(undecided),
    }


def failure_of_invariant(result: Mapping[str, Any]) -> str:
    """Why an invariant is not kept to, in a sentence."""
    shown = [
        f"{each['policy']} allows {asked['action']} on {asked['resource']}"
        for each in result["counterexamples"][:_MOST_SHOWN]
        for asked in [each["simulation"]]
    ]
    if not shown:
        return "not decided: " + "; ".join(result["undecided"])
    return f"expected never, but {' and '.join(shown)}"


@dataclass(frozen=True, slots=True)
class _PoliciesAsOne:
    """Policies that are looked at as one, with their documents as the line has them."""

    policies: Sequence[AppliedPolicy]
    documents: Sequence[Any]

    @property
    def name(self) -> str:
        """What messages call it."""
        return " + ".join(each.name for each in self.policies)

    def merged(self) -> PolicyDocument | str:
        """The statements of all as one document, or why there is none."""
        policies = [each.compiled.policy for each in self.policies if each.compiled is not None]
        if len(policies) < len(self.policies):
            return "the document can't be read"
        statements = [each for policy in policies for each in policy.statements]
        versions = {each.version for each in policies}
        if len(versions) > 1 and "${" in repr(statements):
            return _TWO_LANGUAGES
        return PolicyDocument(max(versions), "", _numbered(statements))

    def statement(self, position: int) -> tuple[str, int]:
        """The policy and the position in it of a statement of the merged document."""
        for each in self.policies:
            count = len(each.compiled.policy.statements) if each.compiled else 0
            if position < count:
                return each.name, position
            position -= count
        raise IndexError(position)


def check_invariant(value: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Raise `InvalidSimulationError` for keys that an invariant does not have, or none to keep."""
    known = ", ".join(keys)
    complaints = [
        Complaint("unknown-key", key, f"`{key}` is not a key of an invariant: use {known}")
        for key in value
        if key not in keys
    ]
    if not isinstance(value.get("together", False), bool):
        message = "must be true or false"
        complaints.append(Complaint("wrong-type", "together", message))
    if not isinstance(value.get("identityPolicies"), list) or not value["identityPolicies"]:
        message = "an invariant needs a list of policies that keep to it"
        complaints.append(Complaint("missing", "identityPolicies", message))
    if complaints:
        raise InvalidSimulationError(tuple(complaints))


def _forbidden(never: Any) -> tuple[Statement, ...]:
    """What must never be allowed, as Deny statements."""
    listed = never if isinstance(never, list) else [never]
    if not listed or not all(isinstance(each, dict) and "Effect" not in each for each in listed):
        message = "must be a statement without Effect, or a list of such, as policies have them"
        raise InvalidSimulationError((Complaint("wrong-type", NEVER, message),))
    statements = [_denied(each) for each in listed]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    parsed = parse_policy(text, Usage.IDENTITY)
    if parsed.policy is None:
        raise InvalidSimulationError(
            tuple(Complaint(each.code, NEVER, each.message) for each in parsed.errors)
        )
    return parsed.policy.statements


def _denied(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement as a Deny: on every resource where it names none."""
    names_resources = not statement.keys().isdisjoint(("Resource", "NotResource"))
    return {"Effect": "Deny", **({} if names_resources else {"Resource": "*"}), **statement}


def _groups(
    value: Mapping[str, Any], policies: Sequence[AppliedPolicy]
) -> Iterator[_PoliciesAsOne]:
    documents: Sequence[Any] = value["identityPolicies"]
    if value.get("together"):
        yield _PoliciesAsOne(policies, documents)
    else:
        for applied, document in zip(policies, documents, strict=True):
            yield _PoliciesAsOne([applied], [document])


def _compared(
    group: _PoliciesAsOne, forbidden: Sequence[Statement], uses_reference: bool
) -> Comparison:
    """The policies, compared with themselves and the forbidden denied."""
    policy = group.merged()
    if isinstance(policy, str):
        return Comparison("undecided", undecided=(policy,))
    facts = get_service_facts() if uses_reference else None
    denying = replace(policy, statements=_numbered([*policy.statements, *forbidden]))
    return compare(policy, denying, facts, contexts=contexts_of(facts))


def _numbered(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements, with positions by their order."""
    return tuple(replace(each, position=place) for place, each in enumerate(statements))


def _counterexamples(found: Comparison, group: _PoliciesAsOne) -> Iterator[dict[str, Any]]:
    """Requests that the policies allow and must not: those that AWS can be asked."""
    for each in found.only_left:
        if each.is_asked:
            name, statement = group.statement(each.statement)
            simulation = {**each.to_dict(), "identityPolicies": list(group.documents)}
            yield {"policy": name, "statement": statement, "simulation": simulation}
