"""The rules of the policy language apply over the query protocol too.

They are asked about with the rules' own cases and with generated simulations.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest

from tests.awsapi.querying import entry, form_of, post, texts
from tests.iam.deciding.test_reference import read_cases
from tests.iam.generation import random_simulation
from tests.iam.reference import decide

pytestmark = pytest.mark.django_db

SEED = 20261127
# AWS's own simulator reads every document as an identity policy or as a resource policy.
KINDS = "rule-44-kinds-of-policy"
GENERATED = 1_000

# Parts of a simulation that this operation has, with the names that it has for them.
_LISTS = {
    "identityPolicies": "PolicyInputList",
    "permissionBoundaries": "PermissionsBoundaryPolicyInputList",
}
_EXPRESSIBLE = {
    *("action", "resource", "resourceAccount", "principal", "context"),
    *("resourcePolicy", "serviceControlPolicies", *_LISTS),
}


def is_expressible(request: dict[str, Any]) -> bool:
    """Whether this operation has words for a rule's case, and means the same by them."""
    caller = request.get("principal", "")
    if not isinstance(caller, str) or not (":user/" in caller or ":role/" in caller):
        return False
    if not request.keys() <= _EXPRESSIBLE or len(request.get("permissionBoundaries", [])) > 1:
        return False
    # Without a resource policy the identity side decides here, and not in the engine.
    account = caller.split(":")[4]
    named = f"{request['resource']}:::::".split(":")[4]
    owner = request.get("resourceAccount") or named
    if named not in ("", owner):
        # An ARN belongs to the account that it names here, whoever else is said to own it.
        return False
    takes_part = request["action"].lower().startswith(("kms:", "sts:"))
    return "resourcePolicy" in request or (owner in ("", account) and not takes_part)


def as_query(request: dict[str, Any]) -> dict[str, Any]:
    """A rule's case as this operation's input."""
    given: dict[str, Any] = {
        "ActionNames": [request["action"]],
        "ResourceArns": [request["resource"]],
        "CallerArn": request["principal"],
        "ContextEntries": [context_entry(*each) for each in request.get("context", {}).items()],
        "OrderedOrganizationPolicyInputList": [
            {"ServiceControlPolicyInputList": [json.dumps(each) for each in level]}
            for level in request.get("serviceControlPolicies", [])
        ],
    }
    for ours, theirs in _LISTS.items():
        given[theirs] = [json.dumps(each) for each in request.get(ours, [])]
    if "resourcePolicy" in request:
        given["ResourcePolicy"] = json.dumps(request["resourcePolicy"])
    if "resourceAccount" in request:
        given["ResourceOwner"] = f"arn:aws:iam::{request['resourceAccount']}:root"
    return given


def context_entry(name: str, value: Any) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    written = [each if isinstance(each, str) else json.dumps(each) for each in values]
    return entry("stringList" if isinstance(value, list) else "string", *written, name=name)


def test_the_rules_hold_here_as_they_do_in_the_engine() -> None:
    compared = 0
    for parameter in read_cases():
        case = parameter.values[0]
        if not is_expressible(case["request"]) or KINDS in str(parameter.id):
            continue
        status, root = post(form_of("SimulateCustomPolicy", as_query(case["request"])))
        found = texts(root, "SimulateCustomPolicyResult/EvaluationResults/member/EvalDecision")
        compared += status == 200
        if status == 200:
            assert found == [case["decision"]], parameter.id
        else:
            # A document or a value that is refused here, and never allowed there.
            assert case["decision"] != "allowed" or not case.get("complete", True), parameter.id
    assert compared > 300


def test_generated_simulations_are_decided_as_the_naive_reference_decides() -> None:
    generator = random.Random(SEED)
    compared: Counter[str] = Counter()
    for _ in range(GENERATED):
        request = {
            key: value for key, value in random_simulation(generator).items() if key in _EXPRESSIBLE
        }
        if not is_expressible(request):
            continue
        status, root = post(form_of("SimulateCustomPolicy", as_query(request)))
        if status == 200:
            expected = decide(request, with_kinds=False)
            # Only an implicit deny could be another decision if all were evaluated.
            assert expected["complete"] or expected["decision"] != "implicitDeny", request
            result = "SimulateCustomPolicyResult/EvaluationResults/member"
            assert texts(root, f"{result}/EvalDecision") == [expected["decision"]], request
            missing = texts(root, f"{result}/MissingContextValues/member")
            assert sorted(missing) == sorted(expected["missingContext"]), request
            compared[expected["decision"]] += 1
    assert all(compared[name] > 5 for name in ("allowed", "explicitDeny", "implicitDeny"))
