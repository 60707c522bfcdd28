"""The IAM API over HTTP, in good and in bad days: a stub answers as AWS would."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from policyhub.catalog.management.commands import sync_policies
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.sources import iam_api
from tests.catalog.given_sources import document, moment
from tests.catalog.stub_iam import CREDENTIALS, StubIam, stub_iam
from tests.servers import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def stub() -> Iterator[StubIam]:
    with stub_iam(3) as server:
        yield server


def sync(url: str, *arguments: str) -> str:
    """Run the command and return what it printed."""
    out = io.StringIO()
    call_command("sync_policies", "--endpoint-url", url, *arguments, stdout=out)
    return out.getvalue()


def complaint(url: str, *arguments: str) -> str:
    """The one sentence that the command ends with."""
    with pytest.raises(CommandError) as raised:
        sync(url, *arguments)
    text = str(raised.value)
    assert "\n" not in text
    return text


def test_policies_come_with_their_facts_and_every_version(stub: StubIam) -> None:
    assert sync(stub.url).startswith("3 created")
    policy = Policy.objects.get(name="Stub1")
    assert (policy.arn, policy.kind) == ("arn:aws:iam::aws:policy/Stub1", "aws-managed")
    assert policy.created_at == policy.updated_at == moment("2024-01-22T10:00")
    rows = PolicyVersion.objects.filter(policy=policy).order_by("version_id")
    assert [(row.version_id, row.is_default, row.source) for row in rows] == [
        ("v1", False, "iam-api"),
        ("v2", True, "iam-api"),
    ]
    assert rows[1].document == document("s3:Stub1*")


def test_all_pages_are_read(stub: StubIam) -> None:
    stub.names = [f"Stub{index}" for index in range(230)]
    listed = iam_api.list_aws_policies(iam_api.iam_client(stub.url))
    assert [policy["PolicyName"] for policy in listed] == stub.names
    # One question whether anything answers at all, then three pages.
    assert stub.asked["ListPolicies"] == 4


def test_what_is_here_already_is_not_fetched_again(stub: StubIam) -> None:
    sync(stub.url)
    stub.asked.clear()
    assert sync(stub.url).startswith("0 created, 0 updated, 3 unchanged, 0 rejected")
    assert stub.asked["GetPolicyVersion"] == 0
    PolicyVersion.objects.filter(policy__name="Stub2", version_id="v1").delete()
    assert sync(stub.url).startswith("0 created, 1 updated, 2 unchanged")
    assert stub.asked["GetPolicyVersion"] == 1


def test_a_default_that_moved_and_a_policy_made_again_are_fetched(stub: StubIam) -> None:
    sync(stub.url)
    old = PolicyVersion.objects.filter(policy__name="Stub0")
    old.update(is_default=False)
    old.filter(version_id="v1").update(is_default=True)
    made_before = PolicyVersion.objects.filter(policy__name="Stub1", version_id="v2")
    made_before.update(created_at=moment("2020-01-01T10:00"), digest="0" * 64)
    stub.asked.clear()
    assert sync(stub.url).startswith("0 created, 2 updated, 1 unchanged")
    assert stub.asked["GetPolicyVersion"] == 2
    assert old.get(is_default=True).version_id == "v2"
    versions = PolicyVersion.objects.filter(policy__name="Stub1", version_id="v2")
    assert [row.is_default for row in versions.order_by("created_at")] == [False, True]


def test_throttling_is_answered_by_trying_again(stub: StubIam) -> None:
    def throttle(action: str, times: int) -> tuple[int, str, str] | None:
        return (400, "Throttling", "Rate exceeded") if times == 2 else None

    stub.fault = throttle
    assert sync(stub.url).startswith("3 created, 0 updated, 0 unchanged, 0 rejected")
    assert stub.asked == {"ListPolicies": 3, "ListPolicyVersions": 7, "GetPolicyVersion": 7}


def test_throttling_of_the_very_first_question_is_no_end(stub: StubIam) -> None:
    stub.fault = lambda action, times: (400, "Throttling", "Rate exceeded") if times == 1 else None
    assert sync(stub.url).startswith("3 created")


def test_a_policy_that_is_gone_by_now_is_rejected_and_the_others_come_in(stub: StubIam) -> None:
    stub.fault = lambda action, times: (
        (404, "NoSuchEntity", "Policy is gone")
        if (action, times) == ("GetPolicyVersion", 1)
        else None
    )
    with pytest.raises(SystemExit) as ended:
        sync(stub.url)
    assert ended.value.code == 1
    assert Policy.objects.filter(name__startswith="Stub").count() == 2


def test_a_caller_without_permission_is_told_which_are_needed(stub: StubIam) -> None:
    message = "User: arn:aws:iam::123456789012:user/a is not authorized"
    stub.fault = lambda action, times: (403, "AccessDenied", message)
    text = complaint(stub.url)
    assert message in text
    assert text.endswith(
        "the caller needs iam:ListPolicies, iam:ListPolicyVersions and iam:GetPolicyVersion "
        "(nothing has been imported yet; sync again to continue from there)"
    )


def test_a_refusal_half_way_says_what_is_in(stub: StubIam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_policies, "BATCH", 2)
    stub.fault = lambda action, times: (
        (403, "AccessDenied", "no more") if (action, times) == ("GetPolicyVersion", 5) else None
    )
    assert "(2 policies are imported and stay; sync again to continue from there)" in complaint(
        stub.url
    )
    assert Policy.objects.filter(name__startswith="Stub").count() == 2
    stub.asked.clear()
    stub.fault = lambda action, times: None
    assert sync(stub.url).startswith("1 created, 0 updated, 2 unchanged")
    assert stub.asked["GetPolicyVersion"] == 2


def test_an_endpoint_where_nothing_listens_is_told_at_once() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    text = complaint(url)
    assert "Could not connect" in text
    assert url in text
    assert "check that --endpoint-url is correct" in text


@pytest.mark.parametrize("count", [0, 3])
def test_an_endpoint_that_is_no_iam_api_is_told(stub: StubIam, count: int) -> None:
    stub.names = stub.names[:count]
    if count:
        stub.answer = lambda form: (200, "<html>hello")  # type: ignore[method-assign]
    assert "check that --endpoint-url names an IAM API" in complaint(stub.url)


@pytest.mark.parametrize("url", ["not a url", "127.0.0.1:1", "http://"])
def test_an_endpoint_that_is_no_address_is_told(url: str) -> None:
    assert complaint(url).startswith("the IAM API can't be used: ")


def test_without_boto3_the_command_that_brings_it_is_told(
    stub: StubIam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert "uv run --extra aws manage.py sync_policies" in complaint(stub.url)


def test_without_credentials_the_ways_to_give_them_are_told(
    stub: StubIam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    text = complaint(stub.url)
    assert "Unable to locate credentials: name a profile with --profile" in text
    assert stub.asked == {}


def test_an_unknown_profile_is_told(stub: StubIam) -> None:
    text = complaint(stub.url, "--profile", "nobody")
    assert "The config profile (nobody) could not be found" in text
    assert "aws configure list-profiles" in text
