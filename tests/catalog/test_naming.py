"""How a policy is named: by name or ARN at every door, and what is said of unknown names."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from policyhub.catalog.models import Policy
from policyhub.catalog.naming import find_policy, split_version, why_unknown
from policyhub.catalog.near_names import near_names
from policyhub.catalog.retired import retired_policy

pytestmark = pytest.mark.django_db

ECS = "arn:aws:iam::aws:policy/AmazonECS_FullAccess"
TASK = "AmazonECSTaskExecutionRolePolicy"
TASK_ARN = f"arn:aws:iam::aws:policy/service-role/{TASK}"
FORGOTTEN = f"arn:aws:iam::aws:policy/{TASK}"


def test_every_policy_is_found_by_its_arn() -> None:
    for name, arn in Policy.objects.values_list("name", "arn")[:100]:
        found = find_policy(arn or name)
        assert found is not None
        assert (found.key, found.remark) == (name, "")


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (FORGOTTEN, TASK),
        (f"arn:aws:iam::aws:policy/aws-service-role/{TASK}", TASK),
        ("arn:aws-cn:iam::aws:policy/ReadOnlyAccess", "ReadOnlyAccess"),
        ("arn:aws:iam::123456789012:policy/ReadOnlyAccess", None),
        ("arn:aws:iam::aws:role/ReadOnlyAccess", None),
        ("arn:aws:s3:::policy/ReadOnlyAccess", None),
        ("arn:aws:iam::aws:policy/", None),
        ("arn:", None),
        ("a\0b", None),
        ("\ud800", None),
    ],
)
def test_an_arn_that_is_not_quite_right_is_found_and_said(arn: str, name: str | None) -> None:
    found = find_policy(arn)
    assert (found.key if found else None) == name
    if found:
        assert f"`{arn}` differs from its ARN" in found.remark


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ReadOnlyAccess", ("ReadOnlyAccess", None)),
        ("ReadOnlyAccess@v20", ("ReadOnlyAccess", "v20")),
        (f"{ECS}@v20", (ECS, "v20")),
        ("ReadOnlyAccess@", ("ReadOnlyAccess", "")),
        ("team@home@v1", ("team@home", "v1")),
    ],
)
def test_a_version_follows_a_name_or_an_arn(text: str, expected: tuple[str, str | None]) -> None:
    assert split_version(text) == expected


def test_a_name_with_an_at_sign_is_a_name() -> None:
    Policy.objects.create(name="team@home", kind="customer-managed", attachable=True)
    assert split_version("team@home") == ("team@home", None)
    assert split_version("team@home@v1") == ("team@home", "v1")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("AmazonECS_FullAcces", "AmazonECS_FullAccess"),
        ("AmazonECS_FulAccess", "AmazonECS_FullAccess"),
        ("AmazonS3ReadOnyAccess", "AmazonS3ReadOnlyAccess"),
        ("AmazonESC_FullAccess", "AmazonECS_FullAccess"),
        ("ecs_full", "AmazonECS_FullAccess"),
        ("ReadOnlyAcces", "ReadOnlyAccess"),
        ("AdminstratorAccess", "AdministratorAccess"),
        ("AWSLambdaFullAcces", "AWSLambda_FullAccess"),
    ],
)
def test_a_mistyped_name_has_the_meant_one_near_it(name: str, first: str) -> None:
    assert near_names(name)[0] == first


@pytest.mark.parametrize("name", ["AmazonEKSFullAccess", "AmazonMCSFullAccess", "AmazonQLDBRead"])
def test_no_lookalike_of_another_service_is_offered(name: str) -> None:
    service = name.removeprefix("Amazon")[:3]
    assert all(f"Amazon{service}" in each for each in near_names(name))


def test_a_retired_name_is_answered_with_what_is_known(client: Client) -> None:
    text = client.get("/policies/AmazonEC2ContainerServiceFullAccess/").content.decode()
    assert "29 January 2021" in text
    assert 'href="/policies/AmazonECS_FullAccess/"' in text
    twin = client.get("/policies/AmazonEC2ContainerServiceFullAccess.json")
    assert twin.status_code == 404
    assert twin.json()["successor"] == "AmazonECS_FullAccess"
    assert twin.json()["successorIsStated"] is True
    assert "AWS has phased it out" in why_unknown("AmazonEC2ContainerServiceFullAccess")
    inferred = retired_policy("AWSCloudTrailFullAccess")
    assert inferred is not None
    assert "Its name suggests `AWSCloudTrail_FullAccess`" in "; ".join(inferred.sentences)


def test_a_retired_name_is_known_by_its_arn_too(client: Client) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonEC2ContainerServiceFullAccess"
    assert "phased it out" in client.get(f"/policies/{arn}/").content.decode()


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        (f"/policies/{ECS}/", "/policies/AmazonECS_FullAccess/"),
        (f"/policies/{ECS}", "/policies/AmazonECS_FullAccess/"),
        (f"/policies/{ECS}.json", "/policies/AmazonECS_FullAccess.json"),
        (f"/policies/{ECS}/?version=v20", "/policies/AmazonECS_FullAccess/?version=v20"),
        (f"/policies/{ECS}/permissions/", "/policies/AmazonECS_FullAccess/permissions/"),
        (f"/policies/{ECS}/document.json", "/policies/AmazonECS_FullAccess/document.json"),
        (f"/policies/{ECS}/feed.atom", "/policies/AmazonECS_FullAccess/feed.atom"),
        (f"/policies/{TASK_ARN}/", f"/policies/{TASK}/"),
        (f"/policies/{TASK_ARN.replace(':', '%3A').replace('/', '%2F')}/", f"/policies/{TASK}/"),
        (f"/policies/{FORGOTTEN}/", f"/policies/{TASK}/?arn="),
    ],
)
def test_the_page_of_an_arn_leads_to_the_page_of_the_name(
    client: Client, path: str, leads_to: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith(leads_to)
    assert client.get(path, follow=True).status_code == 200


def test_an_arn_without_its_path_is_said_to_be_so(client: Client) -> None:
    text = client.get(f"/policies/{FORGOTTEN}/", follow=True).content.decode()
    assert "You asked for" in text
    assert "not understood" not in text
    page = client.get("/compare/", {"policy": [FORGOTTEN, TASK]}).content.decode()
    assert "differs from its ARN" in page
    asked = {"policy": FORGOTTEN, "action": "ecr:GetAuthorizationToken"}
    page = client.get("/simulate/", asked).content.decode()
    assert "differs from its ARN" in page


@pytest.mark.parametrize("path", [f"/policies/{ECS}X/", "/policies/arn:/", "/policies/arn:%00/"])
def test_an_arn_of_nothing_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code in (400, 404)


@pytest.mark.one_database
def test_arns_work_wherever_names_do(client: Client) -> None:
    compared = client.get("/compare.json", {"policy": [f"{ECS}@v20", ECS]}).json()
    assert [each["name"] for each in compared["policies"]] == [
        "AmazonECS_FullAccess@v20",
        "AmazonECS_FullAccess@v22",
    ]
    asked = {"action": "ecs:RunTask", "identityPolicies": [{"managed": ECS, "version": "v20"}]}
    body = json.dumps(asked)
    answer = client.post("/simulate.json", body, content_type="application/json").json()
    assert answer["decidedBy"][0]["policy"] == "AmazonECS_FullAccess@v20"
    by_page = client.get("/simulate.json", {"policy": f"{ECS}@v20", "action": "ecs:RunTask"})
    assert by_page.json()["decision"] == "allowed"
    by_arn = client.get("/changes.json", {"policy": ECS}).json()
    assert by_arn == client.get("/changes.json?policy=AmazonECS_FullAccess").json()
    assert by_arn["count"]
    assert client.get("/changes/feed.atom", {"policy": ECS}).status_code == 200
    for arn in (TASK_ARN, FORGOTTEN):
        found = client.get("/search/", {"q": arn})
        assert found["Location"] == f"/policies/{TASK}/"


def test_arns_work_in_commands() -> None:
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("simulate", policy=[f"{ECS}@v20"], action="ecs:RunTask", stdout=out)
    assert ended.value.code == 0
    out = io.StringIO()
    call_command("compare", FORGOTTEN, TASK, stdout=out)
    assert "differs from its ARN" in out.getvalue()
    assert "allow the same" in out.getvalue()
    with pytest.raises(CommandError, match="AWS names `AmazonECS_FullAccess` as its successor"):
        call_command("compare", "AmazonEC2ContainerServiceFullAccess", TASK)


def test_who_can_takes_a_document_from_a_file_or_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = json.dumps({"Statement": {"Effect": "Allow", "Action": "ecs:RunTask",
                                         "Resource": "*"}})  # fmt: skip
    file = tmp_path / "policy.json"
    file.write_text(document, "utf-8")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(document.encode())))
    answers = []
    for argument in (document, str(file), "-"):
        out = io.StringIO()
        call_command("who_can", argument, "--json", stdout=out)
        answers.append(json.loads(out.getvalue()))
    assert answers[0]["actions"] == ["ecs:RunTask"]
    assert answers[0] == answers[1] == answers[2]
    file.write_bytes(b"\xff")
    with pytest.raises(CommandError, match="can't be read"):
        call_command("who_can", str(file))
