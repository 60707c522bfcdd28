"""Laws that are true whatever the policies are."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.iam.deciding.test_evaluation import engine_says
from tests.iam.generation import random_simulation

pytestmark = pytest.mark.drawn

SEED = 7
SAMPLES = 600
LISTS = ("identityPolicies", "permissionBoundaries", "sessionPolicies", "endpointPolicies")
ALLOW_ALL = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}
DENY_ALL = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"},
}
IN_AN_ACCOUNT = ("user/", "role/", "assumed-role/", "federated-user/")


def simulations() -> Iterator[dict[str, Any]]:
    generator = random.Random(SEED)
    return (random_simulation(generator) for _ in range(SAMPLES))


def decision(simulation: dict[str, Any]) -> str:
    name: str = engine_says(simulation)["decision"]
    return name


def documents(simulation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in LISTS:
        yield from simulation.get(key, [])
    if simulation.get("resourcePolicy"):
        yield simulation["resourcePolicy"]


def statements(document: dict[str, Any]) -> list[Any]:
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def with_identity_policy(simulation: dict[str, Any], document: Any) -> dict[str, Any]:
    return {**simulation, "identityPolicies": [*simulation.get("identityPolicies", []), document]}


def is_in_an_account(simulation: dict[str, Any]) -> bool:
    principal = simulation.get("principal")
    return isinstance(principal, str) and any(part in principal for part in IN_AN_ACCOUNT)


def test_a_deny_always_wins() -> None:
    denied = 0
    for simulation in simulations():
        if is_in_an_account(simulation) and simulation["action"] != "sts:GetCallerIdentity":
            denied += 1
            assert decision(with_identity_policy(simulation, DENY_ALL)) == "explicitDeny"
    assert denied > SAMPLES / 4


def test_without_any_policy_nothing_is_allowed() -> None:
    for simulation in simulations():
        bare = {
            key: value
            for key, value in simulation.items()
            if not key.endswith("Policies")
            and key not in {"resourcePolicy", "permissionBoundaries"}
        }
        is_root = str(bare.get("principal", "")).endswith(":root")
        if not is_root and bare["action"].lower() != "sts:getcalleridentity":
            assert decision(bare) == "implicitDeny"


def test_neither_order_nor_repetition_matters() -> None:
    for simulation in simulations():
        turned = copy.deepcopy(simulation)
        for key in LISTS:
            if key in turned:
                turned[key] = [*reversed(turned[key]), *turned[key]]
        for document in documents(turned):
            if isinstance(document.get("Statement"), list):
                document["Statement"] = list(reversed(document["Statement"]))
        assert engine_says(turned) == engine_says(simulation)


def test_one_more_allow_never_takes_access_away() -> None:
    for simulation in simulations():
        if decision(simulation) == "allowed":
            assert decision(with_identity_policy(simulation, ALLOW_ALL)) == "allowed"


def test_one_more_deny_never_gives_access() -> None:
    for simulation in simulations():
        before = decision(simulation)
        for document in list(documents(simulation)):
            deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
            if document is simulation.get("resourcePolicy"):
                deny["Principal"] = "*"
            more = copy.deepcopy(simulation)
            for each, original in zip(documents(more), documents(simulation), strict=True):
                if original is document:
                    each["Statement"] = [*statements(each), deny]
            assert before == "allowed" or decision(more) != "allowed"


@pytest.mark.parametrize("key", ["permissionBoundaries", "sessionPolicies", "endpointPolicies"])
def test_a_limit_never_grants(key: str) -> None:
    for simulation in simulations():
        without = {name: value for name, value in simulation.items() if name != key}
        # What a root session without a task policy may do, AWS's pages leave open.
        if str(simulation.get("principal", "")).endswith(":assumed-root"):
            continue
        if decision(simulation) == "allowed":
            assert decision(without) == "allowed"


def test_renaming_sids_changes_nothing() -> None:
    for simulation in simulations():
        renamed = copy.deepcopy(simulation)
        for document in documents(renamed):
            for number, statement in enumerate(statements(document)):
                if isinstance(statement, dict):
                    statement["Sid"] = f"Renamed{number}"
        assert engine_says(renamed) == engine_says(simulation)


def test_splitting_a_statement_by_action_changes_nothing() -> None:
    for simulation in simulations():
        split = copy.deepcopy(simulation)
        for document in documents(split):
            document["Statement"] = [
                part for statement in statements(document) for part in by_action(statement)
            ]
        assert engine_says(split) == engine_says(simulation)


def by_action(statement: Any) -> list[Any]:
    """The statement once an action; NotAction can't be split so."""
    actions = statement.get("Action") if isinstance(statement, dict) else None
    if not isinstance(actions, list) or not actions:
        return [statement]
    return [{**statement, "Action": action} for action in actions]
