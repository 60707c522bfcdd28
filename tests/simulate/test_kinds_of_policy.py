"""Every door of the simulator reads a document as the kind of policy that its place gives."""

from __future__ import annotations

import io
import json
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from policyhub.simulate.lines import answer_lines
from tests.simulate.test_simulate_command import simulate

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
ROLE = "arn:aws:iam::123456789012:role/app"
ANA = "arn:aws:iam::123456789012:user/ana"
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": ANA}, "Action": "sts:AssumeRole"}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}


def document(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": [*statements]}


def asked(**layers: Any) -> dict[str, Any]:
    """A question that the caller's own policies allow, with other documents."""
    about = {"action": "sqs:SendMessage", "resource": "arn:aws:sqs:eu-west-1:123456789012:jobs"}
    if "resourcePolicy" in layers:
        about = {"action": "sts:AssumeRole", "resource": ROLE}
    own = {"principal": ANA, "identityPolicies": [document(ALLOW_ALL)]}
    return {**about, **own, **layers}


# What AWS would reject at each place: the simulation, where the problem is, and what is said.
REJECTED = {
    "a trust policy with Resource": (
        asked(resourcePolicy=document({**TRUST, "Resource": ROLE})),
        "resourcePolicy.Statement[0].Resource",
        "a trust policy takes no `Resource`: it applies only to the role that it belongs to; "
        "remove it",
    ),
    "a trust policy with NotPrincipal": (
        asked(
            resourcePolicy=document(
                TRUST,
                {"Effect": "Deny", "NotPrincipal": {"AWS": ANA}, "Action": "sts:AssumeRole"},
            )
        ),
        "resourcePolicy.Statement[1].NotPrincipal",
        "a trust policy takes no `NotPrincipal`: name with `Principal` who may assume the role",
    ),
    "an identity policy with Principal": (
        asked(identityPolicies=[document({**ALLOW_ALL, "Principal": "*"})]),
        "identityPolicies[0].Statement[0].Principal",
        "an identity policy takes no `Principal`",
    ),
    "a permissions boundary with Principal": (
        asked(permissionBoundaries=[document({**ALLOW_ALL, "Principal": "*"})]),
        "permissionBoundaries[0].Statement[0].Principal",
        "a permissions boundary takes no `Principal`",
    ),
    "a session policy without Resource": (
        asked(sessionPolicies=[document({"Effect": "Allow", "Action": "*"})]),
        "sessionPolicies[0].Statement[0]",
        "a session policy needs `Resource`",
    ),
    "a service control policy of the older language": (
        asked(serviceControlPolicies=[[document(ALLOW_ALL, version="2008-10-17")]]),
        "serviceControlPolicies[0][0].Version",
        "a service control policy takes only the version `2012-10-17`",
    ),
    "a resource control policy about every action": (
        asked(resourceControlPolicies=[[document({**DENY, "Action": "*"})]]),
        "resourceControlPolicies[0][0].Statement[0].Action",
        "a resource control policy takes no `*`",
    ),
    "an endpoint policy without Principal": (
        asked(endpointPolicies=[document(ALLOW_ALL)]),
        "endpointPolicies[0].Statement[0]",
        "a VPC endpoint policy says in each statement to whom it applies",
    ),
}
rejected = pytest.mark.parametrize(
    ("simulation", "place", "said"), REJECTED.values(), ids=list(REJECTED)
)


def check(answer: dict[str, Any], place: str, said: str) -> None:
    assert (answer["decision"], answer["complete"]) == ("implicitDeny", False)
    problems = {each["path"]: each["message"] for each in answer["problems"]}
    assert said in problems[place]


@rejected
def test_what_aws_would_reject_is_not_evaluated_whoever_asks(
    client: Client, tmp_path: Path, simulation: dict[str, Any], place: str, said: str
) -> None:
    text = json.dumps(simulation)
    posted = client.post("/simulate.json", text, content_type="application/json")
    check(posted.json(), place, said)
    (line,) = answer_lines(io.BytesIO(text.encode()))
    check(line, place, said)
    scenario = tmp_path / "scenario.jsonl"
    scenario.write_text(json.dumps({**simulation, "expect": "denied"}) + "\n")
    out, status = simulate("--jsonl", str(scenario))
    check(json.loads(out), place, said)
    assert status == 0


@rejected
def test_the_page_says_so_too_for_a_file(
    client: Client, simulation: dict[str, Any], place: str, said: str
) -> None:
    upload = SimpleUploadedFile("scenario.json", json.dumps(simulation).encode())
    response = client.post("/simulate/", {"scenario": upload}, follow=True)
    text = unescape(response.content.decode()).replace("<code>", "`").replace("</code>", "`")
    assert 'class="chip decision-implicit-deny"' in text
    assert "Denied, because a document can't be evaluated (" in text
    assert said in text


@pytest.mark.parametrize(
    ("layer", "statement", "others", "said"),
    [
        ("resource-policy", TRUST, {"resource": ROLE}, ""),
        ("resource-policy", {**TRUST, "Resource": ROLE}, {"resource": ROLE}, "a trust policy"),
        ("resource-policy", {**TRUST, "Resource": "*"}, {"action": "sts:AssumeRole"}, "a trust"),
        ("resource-policy", DENY, {"resource": "arn:aws:sqs:eu-west-1:123456789012:x"}, ""),
        ("resource-policy", TRUST, {}, "a resource policy without"),
        ("boundary", {**ALLOW_ALL, "Principal": "*"}, {}, "a permissions boundary takes no"),
        ("session", {**ALLOW_ALL, "Principal": "*"}, {}, "a session policy takes no"),
        ("scp", {**ALLOW_ALL, "Principal": "*"}, {}, "a service control policy takes no"),
        ("rcp", {**DENY, "Action": "*"}, {}, "a resource control policy takes no"),
        ("endpoint", {**DENY, "Resource": "*"}, {}, ""),
        ("endpoint", ALLOW_ALL, {}, "a VPC endpoint policy says"),
    ],
)
def test_a_row_is_checked_as_its_kind(
    client: Client, layer: str, statement: dict[str, Any], others: dict[str, str], said: str
) -> None:
    row = json.dumps(document(statement))
    response = client.post(f"/simulate/check/{layer}/", {layer: row, **others})
    text = unescape(response.content.decode()).strip()
    assert said in text
    assert bool(said) is bool(text)


@pytest.mark.parametrize(
    ("key", "limit"), [("identityPolicies", "6,144"), ("serviceControlPolicies", "10,240")]
)
def test_a_document_over_its_quota_is_evaluated_and_both_figures_are_said(
    key: str, limit: str
) -> None:
    actions = [f"sqs:Action{number}" for number in range(700)]
    long = document(ALLOW_ALL, {"Effect": "Deny", "Action": actions, "Resource": "*"})
    given = asked(**{key: [[long]] if key == "serviceControlPolicies" else [long]})
    (answer,) = answer_lines(io.BytesIO(json.dumps(given).encode()))
    (over,) = answer["problems"]
    assert (answer["decision"], answer["complete"]) == ("allowed", True)
    assert over["code"] == "over-quota"
    size = len(json.dumps(long, separators=(",", ":")))
    assert f"{size:,} characters" in over["message"]
    assert f"the quota of {limit}" in over["message"]


def test_a_managed_policy_is_never_too_long() -> None:
    given = asked(identityPolicies=[{"managed": "ReadOnlyAccess"}], action="sqs:GetQueueUrl")
    (answer,) = answer_lines(io.BytesIO(json.dumps(given).encode()))
    assert answer["decision"] == "allowed"
    assert answer["problems"] == []
