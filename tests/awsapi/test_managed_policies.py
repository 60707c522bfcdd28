"""The policies, requested by boto3 and the AWS CLI, and compared with moto's answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from policyhub.catalog.sources import iam_api
from tests.awsapi.conftest import AwsCli, client_of
from tests.servers import Server, moto

PREFIX = "arn:aws:iam::aws:policy/"
FULL_ACCESS = f"{PREFIX}AmazonECS_FullAccess"
LINKED = f"{PREFIX}aws-service-role/AmazonECSServiceRolePolicy"
POLICIES = 1582


@pytest.fixture(scope="module")
def aws_stand_in() -> Iterator[Any]:
    """boto3's client of moto's server, which has the same managed policies."""
    with moto() as url:
        client = client_of(url)
        yield client
        client.close()


def every_policy(iam: Any, **given: Any) -> list[dict[str, Any]]:
    pages = iam.get_paginator("list_policies").paginate(**given)
    return [policy for page in pages for policy in page["Policies"]]


def first(value: Any) -> dict[str, Any]:
    """The one record, or the first of several."""
    found: dict[str, Any] = value[0] if isinstance(value, list) else value
    return found


def types(record: dict[str, Any]) -> dict[str, type]:
    """The names in a record, and of what type their values are."""
    return {name: type(value) for name, value in record.items()}


def test_the_paginator_lists_every_policy_once(iam: Any) -> None:
    arns = [policy["Arn"] for policy in every_policy(iam)]
    assert len(arns) == len(set(arns)) == POLICIES
    assert FULL_ACCESS in arns


def test_a_policy_is_listed_with_its_facts(iam: Any) -> None:
    (listed,) = [each for each in every_policy(iam, Scope="AWS") if each["Arn"] == FULL_ACCESS]
    assert (listed["PolicyName"], listed["Path"]) == ("AmazonECS_FullAccess", "/")
    assert (listed["DefaultVersionId"], listed["IsAttachable"]) == ("v22", True)
    assert (listed["AttachmentCount"], listed["PermissionsBoundaryUsageCount"]) == (0, 0)
    assert listed["CreateDate"].isoformat() == "2017-11-07T21:36:54+00:00"
    assert listed["PolicyId"].startswith("ANPA")
    assert len(listed["PolicyId"]) == 21


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"Scope": "All"}, POLICIES),
        ({"Scope": "AWS"}, POLICIES),
        ({"Scope": "Local"}, 0),
        ({"OnlyAttached": True}, 0),
        ({"OnlyAttached": False}, POLICIES),
        ({"PolicyUsageFilter": "PermissionsPolicy"}, POLICIES),
        ({"PolicyUsageFilter": "PermissionsBoundary"}, 0),
        ({"PathPrefix": "/nosuch/"}, 0),
        ({"PathPrefix": "/Service-Role/"}, 0),
        ({"PathPrefix": "/"}, POLICIES),
    ],
)
def test_a_list_is_narrowed(iam: Any, given: dict[str, Any], count: int) -> None:
    assert len(every_policy(iam, **given)) == count


def test_a_path_prefix_narrows_to_the_paths_that_begin_with_it(iam: Any) -> None:
    paths = [policy["Path"] for policy in every_policy(iam, PathPrefix="/service-role/")]
    everywhere = [policy["Path"] for policy in every_policy(iam)]
    assert len(paths) == sum(path.startswith("/service-role/") for path in everywhere) > 50


@pytest.mark.parametrize("size", [1, 333, 1000])
def test_a_page_has_as_many_policies_as_asked_for(iam: Any, size: int) -> None:
    page = iam.list_policies(MaxItems=size)
    assert (len(page["Policies"]), page["IsTruncated"]) == (size, True)
    rest = iam.list_policies(MaxItems=1000, Marker=page["Marker"])
    assert rest["Policies"][0]["Arn"] not in {each["Arn"] for each in page["Policies"]}


def test_a_page_of_the_default_size_has_a_hundred(iam: Any) -> None:
    assert len(iam.list_policies()["Policies"]) == 100


def test_a_policy_is_got_with_its_description(iam: Any) -> None:
    policy = iam.get_policy(PolicyArn=FULL_ACCESS)["Policy"]
    assert policy["Description"].startswith("Grants administrative access")
    assert policy["Tags"] == []


def test_a_policy_that_can_not_be_attached_says_so(iam: Any) -> None:
    assert iam.get_policy(PolicyArn=LINKED)["Policy"]["IsAttachable"] is False


def test_versions_are_listed_the_default_one_first(iam: Any) -> None:
    pages = iam.get_paginator("list_policy_versions").paginate(
        PolicyArn=FULL_ACCESS, PaginationConfig={"PageSize": 1}
    )
    versions = [version for page in pages for version in page["Versions"]]
    found = [(each["VersionId"], each["IsDefaultVersion"]) for each in versions]
    assert found == [("v22", True), ("v20", False)]


def test_a_version_s_document_is_what_boto3_decodes(iam: Any) -> None:
    version = iam.get_policy_version(PolicyArn=FULL_ACCESS, VersionId="v20")["PolicyVersion"]
    assert (version["VersionId"], version["IsDefaultVersion"]) == ("v20", False)
    assert version["Document"]["Version"] == "2012-10-17"
    assert "iam:PassRole" in [each["Action"] for each in version["Document"]["Statement"]]


def test_every_version_listed_can_be_got(iam: Any) -> None:
    for version in iam.list_policy_versions(PolicyArn=FULL_ACCESS)["Versions"]:
        found = iam.get_policy_version(PolicyArn=FULL_ACCESS, VersionId=version["VersionId"])
        assert {**found["PolicyVersion"], "Document": None} == {**version, "Document": None}


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("get_policy", {"PolicyArn": f"{FULL_ACCESS}x"}),
        ("get_policy", {"PolicyArn": FULL_ACCESS.lower()}),
        ("get_policy", {"PolicyArn": f"{PREFIX}\N{SNOWMAN}<&>"}),
        ("list_policy_versions", {"PolicyArn": f"{FULL_ACCESS}x"}),
        ("get_policy_version", {"PolicyArn": f"{FULL_ACCESS}x", "VersionId": "v1"}),
        ("get_policy_version", {"PolicyArn": FULL_ACCESS, "VersionId": "v999"}),
    ],
)
def test_a_name_that_nothing_has_is_no_such_entity(
    iam: Any, operation: str, given: dict[str, str]
) -> None:
    with pytest.raises(iam.exceptions.NoSuchEntityException) as raised:
        getattr(iam, operation)(**given)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert given["PolicyArn"] in raised.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    "operation", ["list_users", "get_account_summary", "list_roles", "simulate_principal_policy"]
)
def test_every_other_operation_is_an_invalid_action(iam: Any, operation: str) -> None:
    user = {"PolicySourceArn": "arn:aws:iam::123456789012:user/ana", "ActionNames": ["s3:Get"]}
    given = user if operation == "simulate_principal_policy" else {}
    with pytest.raises(ClientError, match=r"\(InvalidAction\)") as raised:
        getattr(iam, operation)(**given)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("operation", "given", "member"),
    [
        ("list_policies", {"Scope": "AWS", "MaxItems": 5}, "Policies"),
        ("list_policy_versions", {"PolicyArn": FULL_ACCESS}, "Versions"),
        ("get_policy", {"PolicyArn": FULL_ACCESS}, "Policy"),
        ("get_policy_version", {"PolicyArn": FULL_ACCESS, "VersionId": "v22"}, "PolicyVersion"),
    ],
)
def test_an_answer_has_at_least_what_the_stand_in_of_aws_has(
    iam: Any, aws_stand_in: Any, operation: str, given: dict[str, Any], member: str
) -> None:
    ours = getattr(iam, operation)(**given)
    theirs = getattr(aws_stand_in, operation)(**given)
    assert theirs.keys() <= ours.keys()
    our_item, their_item = first(ours[member]), first(theirs[member])
    if operation == "list_policy_versions":
        # AWS returns no document here.
        their_item.pop("Document")
    assert types(their_item).items() <= types(our_item).items()


def test_the_policies_are_those_of_aws(iam: Any, aws_stand_in: Any) -> None:
    ours = {each["Arn"]: each for each in every_policy(iam, Scope="AWS")}
    theirs = {each["Arn"]: each for each in every_policy(aws_stand_in, Scope="AWS")}
    assert len(ours.keys() & theirs.keys()) > 1500
    for arn in sorted(ours.keys() & theirs.keys())[::50]:
        for name in ("PolicyName", "Path", "CreateDate"):
            assert ours[arn][name] == theirs[arn][name], arn


def test_policies_can_be_synchronised_from_another_policyhub(server: Server) -> None:
    client = client_of(f"{server.url}/aws")
    listed = iam_api.list_aws_policies(client)
    client.close()
    assert len(listed) == POLICIES


def test_the_cli_lists_and_gets_policies(cli: AwsCli) -> None:
    listed = cli("list-policies", "--scope", "AWS", "--query", "Policies[].Arn")
    assert len(listed) == POLICIES
    assert cli("get-policy", "--policy-arn", FULL_ACCESS)["Policy"]["DefaultVersionId"] == "v22"
    version = cli("get-policy-version", "--policy-arn", FULL_ACCESS, "--version-id", "v20")
    assert version["PolicyVersion"]["Document"]["Version"] == "2012-10-17"
    versions = cli("list-policy-versions", "--policy-arn", FULL_ACCESS, path="/aws")
    assert len(versions["Versions"]) == 2


def test_the_cli_goes_on_from_where_it_stopped(cli: AwsCli) -> None:
    first = cli("list-policies", "--max-items", "3")
    rest = cli("list-policies", "--max-items", "3", "--starting-token", first["NextToken"])
    names = [each["PolicyName"] for page in (first, rest) for each in page["Policies"]]
    assert len(set(names)) == 6


def test_the_cli_names_what_does_not_exist(cli: AwsCli) -> None:
    shown = cli("get-policy", "--policy-arn", f"{FULL_ACCESS}x", fails=True)
    assert "(NoSuchEntity)" in shown
