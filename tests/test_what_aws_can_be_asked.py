"""What AWS can be asked, at every door: on the page, as JSON, as a line, by command."""

from __future__ import annotations

import contextlib
import io
import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/web"
TASK = "arn:aws:ecs:us-east-1:123456789012:task/web/1"
LOGS = "arn:aws:s3:::logs"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


ALL_ALLOWED = document(allow("*"))
# The simulation, its decision, whether AWS can be asked it, and what its headline and its
# problems say.
CASES: dict[str, Any] = {
    "a statement names a resource that the action can't have": (
        {
            "action": "ecs:ListTasks",
            "resource": CLUSTER,
            "identityPolicies": [document(allow("ecs:ListTasks", CLUSTER))],
        },
        ("implicitDeny", False),
        "Denied, because no such request exists",
        "it works on container-instance",
    ),
    "resource control policies do not reach the service": (
        {
            "action": "ecs:StopTask",
            "resource": TASK,
            "identityPolicies": [{"managed": "AdministratorAccess"}],
            "resourceControlPolicies": [[document(deny("ecs:StopTask", Principal="*"))]],
        },
        ("allowed", True),
        "Allowed",
        "resource control policies do not reach ecs:StopTask",
    ),
    "a service is spared by the list of its names": (
        {
            "action": "s3:PutObject",
            "resource": f"{LOGS}/2026/a",
            "principal": {"Service": "logging.s3.amazonaws.com"},
            "resourcePolicy": document(
                allow(
                    "s3:PutObject",
                    f"{LOGS}/*",
                    Principal={"Service": "logging.s3.amazonaws.com"},
                ),
                deny(
                    "s3:*",
                    Principal="*",
                    Condition={
                        "ForAllValues:StringNotEquals": {
                            "aws:PrincipalServiceNamesList": "logging.s3.amazonaws.com"
                        }
                    },
                ),
            ),
        },
        ("allowed", True),
        "Allowed",
        "aws:PrincipalServiceNamesList contains at least logging.s3.amazonaws.com",
    ),
    "a service-linked role's session is spared by SCPs": (
        {
            "action": "ec2:DescribeInstances",
            "principal": "arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForECS/ecs",
            "identityPolicies": [{"managed": "AmazonECSServiceRolePolicy"}],
            "serviceControlPolicies": [[document(allow("*"), deny("ec2:*"))]],
        },
        ("allowed", True),
        "Allowed",
        "taken for a service-linked role",
    ),
    "an action that the reference lacks": (
        {"action": "s3:ListObjectsV2", "resource": LOGS, "identityPolicies": [ALL_ALLOWED]},
        ("allowed", None),
        "Allowed, but it is not known whether such a request is possible",
        "for which AWS asks for s3:ListBucket",
    ),
}
# Flags give identity policies alone; lines have the others.
BY_FLAGS = [
    each for each in CASES.values() if each[0].keys() <= {"action", "resource", "identityPolicies"}
]


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Any:
    """A simulation with its decision, its headline and what is said besides."""
    return request.param


def answered(client: Client, asked: dict[str, Any]) -> dict[str, Any]:
    response = client.post("/simulate.json", json.dumps(asked), content_type="application/json")
    told: dict[str, Any] = response.json()
    return told


def printed(*command: str) -> str:
    """What a command prints."""
    out = io.StringIO()
    with contextlib.suppress(SystemExit):
        call_command(*command, stdout=out)
    return out.getvalue()


def test_json_and_lines_say_it(client: Client, tmp_path: Path, case: Any) -> None:
    asked, decision, headline, says = case
    asked = {**asked, "trace": True}
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps(asked))
    line = json.loads(printed("simulate", "--jsonl", str(file)))
    for told in (answered(client, asked), line):
        assert (told["decision"], told["possible"]) == decision
        assert told["trace"]["headline"] == headline
        assert says in " ".join(each["message"] for each in told["problems"])


def test_the_page_says_it(client: Client, case: Any) -> None:
    asked, _, headline, says = case
    upload = SimpleUploadedFile("scenario.json", json.dumps(asked).encode())
    page = client.post("/simulate/", {"scenario": upload}, follow=True).content.decode()
    (found,) = re.findall(r'<p class="headline" data-verdict>(.*?)</p>', page)
    assert re.sub("<[^>]+>", "", found) == headline
    assert says in unescape(page).replace("<wbr>", "")


@pytest.mark.parametrize("case", BY_FLAGS)
def test_the_command_says_it_in_its_first_line(tmp_path: Path, case: Any) -> None:
    asked, _, headline, says = case
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(asked["identityPolicies"][0]))
    request = ("--action", asked["action"], "--resource", asked["resource"])
    first, *more = printed("simulate", "--policy-file", str(file), *request).splitlines()
    assert first.startswith(f"{headline}: {asked['action']} on ")
    assert says in " ".join(more)


def test_near_misses_speak_of_the_statement_and_offer_no_object(client: Client) -> None:
    objects = document(allow("s3:*", f"{LOGS}/*"))
    request = {"action": "s3:ListBucket", "resource": LOGS, "trace": True}
    asked = {**request, "identityPolicies": [objects]}
    (near,) = answered(client, asked)["trace"]["nearMisses"]
    said = "it names resources of type object, and s3:ListBucket works on"
    assert near["change"] is None
    assert said in near["explanation"]
    query = urlencode({"policy": json.dumps(objects), "action": "s3:ListBucket", "resource": LOGS})
    page = unescape(client.get(f"/simulate/?{query}").content.decode()).replace("<wbr>", "")
    assert said in page
    assert "ask for the resource" not in page


def test_a_doubt_stands_beside_the_answers_of_who_can(client: Client) -> None:
    question = {"action": "s3:ListObjectsV2", "resource": LOGS}
    doubt = "but it is not known whether such a request is possible"
    assert doubt in client.get("/who-can/", question).content.decode()
    assert doubt not in client.get("/who-can/", {"action": "s3:ListBucket"}).content.decode()
    command = ("who_can", "s3:ListObjectsV2", "--resource", LOGS)
    first = printed(*command).splitlines()[0]
    assert first.startswith("s3:ListObjectsV2 is not in the service authorization reference")
    assert json.loads(printed(*command, "--json"))["doubts"] == [first]


EXPORT = {
    "UserDetailList": [],
    "RoleDetailList": [
        {"RoleName": "ci", "AssumeRolePolicyDocument": document(allow("sts:AssumeRole"))}
    ],
    "Policies": [
        {
            "PolicyName": "deploy",
            "Arn": f"arn:aws:iam::{account}:policy/deploy",
            "DefaultVersionId": "v1",
            "PolicyVersionList": [
                {"VersionId": "v1", "IsDefaultVersion": True, "Document": ALL_ALLOWED}
            ],
        }
        for account in ("111122223333", "444455556666")
    ],
}


def imported(*arguments: str) -> tuple[dict[str, Any], int]:
    out = io.StringIO()
    status = 0
    try:
        call_command("import_policies", *arguments, "--json", stdout=out)
    except SystemExit as left:
        status = int(left.code or 0)
    return json.loads(out.getvalue()), status


def test_two_accounts_with_a_policy_of_one_name_are_both_in(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "organization.json"
    file.write_text(json.dumps(EXPORT))
    report, status = imported(str(file))
    assert status == 0
    assert len(report["created"]) == 2
    (skipped,) = report["skipped"]
    assert "1 trust policy (ci)" in skipped["reason"]
    for account, other in (("111122223333", "444455556666"), ("444455556666", "111122223333")):
        html = client.get("/policies/", {"account": account}).content.decode()
        assert f"deploy ({account})" in html
        assert f"deploy ({other})" not in html
        (row,) = client.get("/policies.json", {"account": account}).json()["results"]
        assert row["arn"] == f"arn:aws:iam::{account}:policy/deploy"
        page = client.get(f"/policies/{row['arn']}/changes/").content.decode()
        assert "with data of an unknown day" in page


def test_without_customers_policies_no_account_is_offered(client: Client) -> None:
    assert "Account of a customer" not in client.get("/policies/").content.decode()
    answer = client.get("/policies.json", {"account": "111122223333"})
    assert answer.status_code == 400
    assert "is not a known account" in answer.json()["problems"][0]["message"]


def test_a_truncated_export_is_read_and_reported_as_incomplete(tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    file.write_text(json.dumps({**EXPORT, "IsTruncated": True}))
    report, status = imported(str(file))
    assert status == 1
    assert len(report["created"]) == 2
    assert report["rejected"][0]["reason"].startswith("incomplete: `IsTruncated` is true")
