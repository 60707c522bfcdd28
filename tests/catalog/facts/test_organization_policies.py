"""AWS's own SCP and RCP, which IAM does not have: known at every door that asks for their kind."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from policyhub.catalog.facts.organization_policies import organization_policies, organization_policy
from policyhub.catalog.models import Policy
from policyhub.catalog.naming import why_unknown
from policyhub.iam.reading.document import parse_policy
from policyhub.simulate.lines import answer_lines
from tests.simulate.test_simulate_command import simulate

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:jobs"
ARN = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
RCP_ARN = "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess"
DENY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}],
}


def asked(**layers: Any) -> dict[str, Any]:
    """A question that the caller's own policies allow, with other documents."""
    return {
        "action": "sqs:SendMessage",
        "resource": QUEUE,
        "principal": "arn:aws:iam::123456789012:user/ana",
        "identityPolicies": [{"managed": "AmazonSQSFullAccess"}],
        **layers,
    }


def posted(client: Client, simulation: dict[str, Any], status: int = 200) -> dict[str, Any]:
    response = client.post("/simulate.json", json.dumps(simulation), "application/json")
    assert response.status_code == status, response.content
    return dict(response.json())


@pytest.mark.parametrize("policy", organization_policies(), ids=lambda each: each.name)
def test_each_document_is_one_that_aws_takes_where_it_belongs(policy: Any) -> None:
    parsed = parse_policy(policy.text, policy.usage)
    assert parsed.policy is not None
    assert not parsed.problems


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ("serviceControlPolicies", "FullAWSAccess"),
        ("serviceControlPolicies", ARN),
        ("resourceControlPolicies", "RCPFullAWSAccess"),
        ("resourceControlPolicies", RCP_ARN),
    ],
)
def test_json_and_lines_take_them_by_name_and_arn(client: Client, layer: str, name: str) -> None:
    simulation = asked(**{layer: [[{"managed": name}]]})
    answer = posted(client, simulation)
    assert (answer["decision"], answer["problems"]) == ("allowed", [])
    (line,) = answer_lines(io.BytesIO(json.dumps(simulation).encode()))
    assert line["decision"] == "allowed"


def test_one_of_them_beside_a_deny_takes_nothing_back(client: Client) -> None:
    level = [{"managed": "FullAWSAccess"}, DENY_ALL]
    answer = posted(client, asked(serviceControlPolicies=[level]))
    assert answer["decision"] == "explicitDeny"


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({"identityPolicies": [{"managed": "FullAWSAccess"}]}, "service control policy"),
        ({"permissionBoundaries": [{"managed": ARN}]}, "`serviceControlPolicies`"),
        ({"resourceControlPolicies": [[{"managed": "FullAWSAccess"}]]}, "service control policy"),
        ({"serviceControlPolicies": [[{"managed": RCP_ARN}]]}, "`resourceControlPolicies`"),
        (
            {"serviceControlPolicies": [[{"managed": "FullAWSAccess", "version": "v1"}]]},
            "has no versions: leave `@v1` out",
        ),
    ],
)
def test_elsewhere_it_is_said_what_they_are(
    client: Client, layers: dict[str, Any], said: str
) -> None:
    (problem,) = posted(client, asked(**layers), status=400)["problems"]
    assert problem["code"] == "unknown-policy"
    assert said in problem["message"]


def test_a_policy_of_iam_that_has_the_name_is_meant_where_identity_policies_are(
    client: Client,
) -> None:
    arn = "arn:aws:iam::123456789012:policy/FullAWSAccess"
    Policy.objects.create(
        key=arn, name="FullAWSAccess", arn=arn, kind="customer-managed", attachable=True
    )
    (problem,) = posted(client, asked(identityPolicies=[{"managed": "FullAWSAccess"}]), status=400)[
        "problems"
    ]
    assert "has no version" in problem["message"]
    level = asked(serviceControlPolicies=[[{"managed": "FullAWSAccess"}]])
    assert posted(client, level)["decision"] == "allowed"


def test_on_a_day_the_document_is_todays_and_that_is_said(client: Client) -> None:
    level = asked(serviceControlPolicies=[[{"managed": "FullAWSAccess"}]], at="2026-10-20")
    answer = posted(client, level)
    said = [each["message"] for each in answer["problems"] if each["code"] == "version-in-doubt"]
    assert said[-1].startswith("AWS Organizations keeps no versions of this policy")


def test_the_page_takes_and_offers_them(client: Client) -> None:
    query = {"policy": "AmazonSQSFullAccess", "action": "sqs:SendMessage", "resource": QUEUE}
    html = client.get("/simulate/", query).content.decode()
    assert 'data-fill="FullAWSAccess"' in html
    assert 'data-fill="RCPFullAWSAccess"' in html
    answer = client.get("/simulate.json", query | {"scp": "FullAWSAccess", "rcp": RCP_ARN}).json()
    assert (answer["decision"], answer["problems"]) == ("allowed", [])
    page = client.get("/simulate/", query | {"scp": "FullAWSAccess", "rcp": "RCPFullAWSAccess"})
    assert "RCPFullAWSAccess" in page.content.decode()
    assert "not understood" not in page.content.decode()


@pytest.mark.parametrize(
    ("layer", "typed", "offered"),
    [("scp", "fullaws", "FullAWSAccess"), ("rcp", "fullaws", "RCPFullAWSAccess")],
)
def test_a_part_of_the_name_is_enough_to_be_offered_it(
    client: Client, layer: str, typed: str, offered: str
) -> None:
    text = client.post(f"/simulate/check/{layer}/", {layer: typed}).content.decode()
    assert f'data-fill="{offered}"' in text
    assert client.post(f"/simulate/check/{layer}/", {layer: offered}).content.strip() == b""


def test_a_replay_takes_them_as_they_are(tmp_path: Path) -> None:
    out = io.StringIO()
    path = tmp_path / "lines.jsonl"
    layers = {"serviceControlPolicies": [[{"managed": "FullAWSAccess"}]]}
    path.write_text(json.dumps(asked(**layers)), encoding="utf-8")
    with pytest.raises(SystemExit):
        call_command("simulate", "--jsonl", str(path), "--replay", stdout=out)
    last = json.loads(out.getvalue())["history"][-1]
    assert last["decision"] == "allowed"
    assert last["versions"].keys() == {"AmazonSQSFullAccess"}


def test_the_command_says_what_it_is_where_a_policy_of_iam_is_asked_for() -> None:
    with pytest.raises(Exception, match="a service control policy of AWS Organizations"):
        simulate("--policy", "FullAWSAccess", "--action", "sqs:SendMessage")
    assert "a resource control policy" in why_unknown("RCPFullAWSAccess")


@pytest.mark.parametrize(
    ("kind", "name", "status"),
    [("scp", "FullAWSAccess", 0), ("rcp", RCP_ARN, 0), ("identity", "FullAWSAccess", 2)],
)
def test_lint_knows_them_where_their_kind_is_asked_for(kind: str, name: str, status: int) -> None:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("lint", name, "--kind", kind, stdout=out, stderr=err)
        ended: Any = 0
    except SystemExit as error:
        ended = error.code
    assert ended == status, out.getvalue() + err.getvalue()
    assert ("service control policy" in err.getvalue()) == (status == 2)


def test_they_are_in_no_list_of_policies_and_grant_nobody_anything(client: Client) -> None:
    names = {each.name for each in organization_policies()}
    assert not Policy.objects.filter(name__in=names).exists()
    who = client.get("/who-can.json", {"action": "sqs:SendMessage"}).json()
    assert names.isdisjoint(row["policy"] for row in who["results"])
    page = client.get("/policies/FullAWSAccess/")
    assert page.status_code == 404
    assert "#organization-policies" in page.content.decode()
    assert "a service control policy" in client.get("/policies/FullAWSAccess.json").json()["error"]
    assert organization_policy("AdministratorAccess") is None
