"""Invariants: what no policy may ever let its holder do, proved by containment or refuted.

A policy keeps to it if it allows nothing more than itself with the forbidden denied. What it
allows beyond that is a counterexample, which replays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
_KEYS = ("id", NEVER, "identityPolicies", "reference", "at")
_MOST_SHOWN = 3
# Any request does: the policies alone are read.
_ANY_ACTION = "sts:GetCallerIdentity"


def is_invariant(value: Any) -> bool:
    """Whether a line is an invariant rather than a simulation."""
    return isinstance(value, dict) and NEVER in value


def answer_invariant(value: Mapping[str, Any], find_managed: FindManaged) -> dict[str, Any]:
    """Whether every one of the policies keeps to it. Raises `InvalidSimulationError`.

    `passed` is false where a request shows that a policy does not, and where that is undecided.
    """
    _check(value)
    forbidden = _forbidden(value[NEVER])
    given = {key: each for key, each in value.items() if key != NEVER} | {"action": _ANY_ACTION}
    policies = read_simulation(given, find_managed).policies.identity
    documents: Sequence[Any] = value["identityPolicies"]
    uses_reference = value.get("reference") is not False
    counterexamples: list[dict[str, Any]] = []
    undecided: list[str] = []
    for applied, document in zip(policies, documents, strict=True):
        found = _compared(applied, forbidden, uses_reference)
        counterexamples += _counterexamples(found, applied, document)
        if found.possible_verdict == "undecided":
            undecided += [f"{applied.name}: {each}" for each in found.undecided or ("undecided",)]
    return {
        "id": value.get("id"),
        NEVER: value[NEVER],
        "passed": not (counterexamples or undecided),
        "counterexamples": counterexamples,
        "undecided": undecided,
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


def _check(value: Mapping[str, Any]) -> None:
    known = ", ".join(_KEYS)
    complaints = [
        Complaint("unknown-key", key, f"`{key}` is not a key of an invariant: use {known}")
        for key in value
        if key not in _KEYS
    ]
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


def _compared(
    applied: AppliedPolicy, forbidden: Sequence[Statement], uses_reference: bool
) -> Comparison:
    """The policy, compared with itself and the forbidden denied."""
    if applied.compiled is None:
        return Comparison("undecided", undecided=("the document can't be read",))
    policy = applied.compiled.policy
    facts = get_service_facts() if uses_reference else None
    return compare(policy, _denying(policy, forbidden), facts, contexts=contexts_of(facts))


def _denying(policy: PolicyDocument, forbidden: Sequence[Statement]) -> PolicyDocument:
    count = len(policy.statements)
    added = (replace(each, position=count + place) for place, each in enumerate(forbidden))
    return replace(policy, statements=(*policy.statements, *added))


def _counterexamples(
    found: Comparison, applied: AppliedPolicy, document: Any
) -> Iterator[dict[str, Any]]:
    """Requests that the policy allows and must not: those that AWS can be asked."""
    for each in found.only_left:
        if each.is_asked:
            simulation = {**each.to_dict(), "identityPolicies": [document]}
            yield {"policy": applied.name, "statement": each.statement, "simulation": simulation}
