"""The trust policy for a role that a copy passes: it lets in the service for one account alone."""

from __future__ import annotations

from typing import Any

import pytest

from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import read_simulation
from tests.workbench.templates import ACCOUNT, ROLE, RUN_TASK, allow, copy_of, policy

TASKS = "ecs-tasks.amazonaws.com"
NAMED = {"StringEquals": {"iam:PassedToService": [TASKS, "ec2.amazonaws.com"]}}
LIKE = {"StringLike": {"iam:PassedToService": "ecs*"}}

COPIES: list[tuple[list[dict[str, Any]], list[str]]] = [
    ([allow("iam:PassRole", Condition=NAMED)], ["ec2.amazonaws.com", TASKS]),
    ([allow(["iam:PassRole", "ecs:RunTask"])], [TASKS]),
    ([allow(["iam:PassRole", "ecs:RunTask"], Condition=LIKE)], [TASKS]),
    ([allow("iam:PassRole")], []),
    ([allow("ecs:RunTask")], []),
    ([allow(["iam:PassRole", "ecs:RunTask"]), {**allow("iam:PassRole"), "Effect": "Deny"}], []),
]


@pytest.mark.parametrize(("statements", "services"), COPIES)
def test_a_copy_that_passes_a_role_has_a_trust_policy_for_the_services_that_get_it(
    statements: list[dict[str, Any]], services: list[str]
) -> None:
    trust = copy_of(policy(*statements), account=ACCOUNT).trust
    assert [each.service for each in trust] == services


@pytest.mark.parametrize(
    ("service", "account", "decision"),
    [
        (TASKS, ACCOUNT, "allowed"),
        (TASKS, "111122223333", "implicitDeny"),
        (TASKS, None, "implicitDeny"),
        ("lambda.amazonaws.com", ACCOUNT, "implicitDeny"),
    ],
)
def test_the_role_lets_in_the_service_for_ones_own_account_alone(
    service: str, account: str | None, decision: str
) -> None:
    original = policy(allow(["iam:PassRole", "ecs:RunTask"]))
    (trust,) = copy_of(original, account=ACCOUNT).trust
    asked = {
        "action": "sts:AssumeRole",
        "resource": ROLE,
        "principal": {"Service": service},
        "context": {"aws:SourceAccount": account} if account else {},
        "resourcePolicy": trust.document,
    }
    simulation = read_simulation(asked)
    assert evaluate(simulation.request, simulation.policies).name == decision


@pytest.mark.django_db
def test_the_page_and_json_show_the_trust_policy(client: Any) -> None:
    chosen = {"action": RUN_TASK["actions"], "account": ACCOUNT}
    page = client.get("/policies/AmazonECS_FullAccess/template/", chosen).content.decode()
    assert "Trust policies for roles that are passed" in page
    assert "&quot;aws:SourceAccount&quot;: &quot;123456789012&quot;" in page
    found = client.get("/policies/AmazonECS_FullAccess/template.json", chosen).json()
    services = [each["service"] for each in found["trustPolicies"]]
    assert TASKS in services
    assert services == sorted(services)
