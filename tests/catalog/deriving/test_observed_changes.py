"""Observed changes: derived from two versions, next to what the documentation says."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from policyhub.catalog.deriving.comparisons import observe_documents
from policyhub.catalog.deriving.observed_changes import write_observed_changes
from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.models import ChangelogEntry, Policy
from policyhub.catalog.sources.items import SourceVersion
from policyhub.iam.comparing import comparison
from tests.catalog.given_sources import LABEL, NAME, document, moment, policy, version

pytestmark = pytest.mark.django_db


def observed(name: str = NAME) -> list[tuple[str, str, str]]:
    entries = ChangelogEntry.objects.filter(policy__name=name, source="observed").order_by("date")
    return [(str(each.date), each.access, each.title) for each in entries]


FIRST = version("v1", "s3:GetObject", default=False, created="2024-01-01")
WIDER = version("v2", "s3:Get*", default=False, created="2024-02-01")
OTHER = version("v4", "s3:List*", created="2024-04-01")


def test_each_new_version_gets_an_entry_by_what_it_allows() -> None:
    import_policies([policy(FIRST, WIDER, OTHER)])
    assert observed() == [
        ("2024-02-01", "widened", f"{LABEL} v1 to v2: wider"),
        ("2024-04-01", "both", f"{LABEL} v2 to v4: something else"),
    ]
    entry = ChangelogEntry.objects.get(title__contains="v1 to v2")
    assert "Became possible:" in entry.description
    assert "- `s3:Get" in entry.description
    assert "Stopped being possible" not in entry.description


def test_a_condition_that_new_statements_share_is_told_once() -> None:
    tagged = {"StringEquals": {"aws:ResourceTag/team": "web"}}
    new = json.loads(document("s3:GetObject"))
    new["Statement"] += [
        {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": tagged}
        for action in ("ecs:StopTask", "ecs:UpdateService")
    ]
    found = observe_documents(document("s3:GetObject"), json.dumps(new))
    assert found.description == (
        "Became possible:\n\n"
        '- when `aws:ResourceTag/team` is "`web`":\n'
        "  - `ecs:StopTask` on every resource, statement 2\n"
        "  - `ecs:UpdateService` on every resource, statement 3"
    )


MISSPELT = version(
    "v2", "s3:GetObject", "codedpeloy:ContinueDeployment", default=False, created="2024-02-01"
)
CORRECTED = version("v3", "s3:GetObject", created="2024-03-01")


def test_an_action_that_never_existed_is_no_gain_and_its_correction_no_loss() -> None:
    import_policies([policy(FIRST, MISSPELT, CORRECTED)])
    same = "the same, except for requests that by the reference do not exist"
    assert observed() == [
        ("2024-02-01", "none", f"{LABEL} v1 to v2: {same}"),
        ("2024-03-01", "none", f"{LABEL} v2 to v3: {same}"),
    ]
    entry = ChangelogEntry.objects.get(title__contains="v2 to v3")
    assert "Nothing became possible, and nothing stopped being so" in entry.description
    assert (
        "Stopped being possible in the wording only: the reference has no such request:"
        in entry.description
    )
    assert "- `codedpeloy:ContinueDeployment` on every resource" in entry.description


def test_what_the_reference_alone_rules_out_is_undecided_where_policies_of_aws_have_it() -> None:
    certificate = "arn:aws:acm:*:*:certificate/*"
    old = document("acm:DescribeCertificate", Resource=certificate)
    new = document("acm:DescribeCertificate", "acm:RequestCertificate", Resource=certificate)
    found = observe_documents(old, new)
    assert (found.access, found.title) == ("", "changed, how is undecided")
    assert (
        "Became possible, perhaps: the reference has no such request, but AWS managed policies"
        in found.description
    )
    assert "whether AWS asks about acm:RequestCertificate on a resource" in found.description


def test_a_version_that_turns_up_between_two_takes_the_place_of_their_entry() -> None:
    import_policies([policy(FIRST, OTHER)])
    assert [title for _, _, title in observed()] == [f"{LABEL} v1 to v4: something else"]
    import_policies([policy(WIDER)])
    assert [title for _, _, title in observed()] == [
        f"{LABEL} v1 to v2: wider",
        f"{LABEL} v2 to v4: something else",
    ]


def test_nothing_is_derived_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    import_policies([policy(FIRST, WIDER)])
    before = list(ChangelogEntry.objects.values_list("pk", "key"))
    monkeypatch.setattr(comparison, "_MOST_CELLS", 0)
    write_observed_changes({Policy.objects.get(name=NAME).pk})
    assert list(ChangelogEntry.objects.values_list("pk", "key")) == before


def test_what_is_undecided_is_said_and_counts_as_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "_MOST_CELLS", 0)
    import_policies([policy(FIRST, WIDER)])
    assert observed() == [("2024-02-01", "", f"{LABEL} v1 to v2: changed, how is undecided")]
    assert "could not be decided" in ChangelogEntry.objects.get(policy__name=NAME).description


def denying(version_id: str, created: str, *actions: str, allow: str = "") -> SourceVersion:
    """A version that denies some actions, and allows one if it is named."""
    statements = [{"Effect": "Deny", "Action": list(actions), "Resource": "*"}]
    if allow:
        statements.append({"Effect": "Allow", "Action": [allow], "Resource": "*"})
    return SourceVersion(version_id, moment(created), False, json.dumps({"Statement": statements}))


@pytest.mark.parametrize(
    ("before", "after", "allow", "access", "title", "paragraph"),
    [
        (("s3:Get*",), ("s3:*",), "", "narrowed", "denies more", "Denied in addition:"),
        (("s3:*",), ("s3:Get*",), "", "widened", "denies less", "Denied no longer:"),
        (("s3:*",), ("sqs:*",), "", "both", "denies something else", "Denied no longer:"),
        (("s3:*",), ("s3:*", "s3:Get*"), "", "none", "the same, written differently", "wording"),
        (("s3:Get*",), ("s3:*",), "sns:*", "narrowed", "denies more", "Denied in addition:"),
        (
            ("sns:Get*",), ("sns:List*", "sns:Get*"), "sns:*",
            "narrowed", "narrower, denies more", "Stopped being possible:",
        ),
    ],
)  # fmt: skip
def test_what_is_denied_counts_too(
    before: tuple[str, ...], after: tuple[str, ...], allow: str, access: str, title: str,
    paragraph: str,
) -> None:  # fmt: skip
    old = denying("v1", "2024-01-01", *before, allow=allow)
    new = denying("v2", "2024-02-01", *after, allow=allow)
    import_policies([policy(old, new)])
    assert observed() == [("2024-02-01", access, f"{LABEL} v1 to v2: {title}")]
    entry = ChangelogEntry.objects.get(policy__name=NAME)
    assert paragraph in entry.description
    assert entry.denies is (access != "none")


def test_a_deny_is_told_with_the_place_that_it_has_in_the_document() -> None:
    statements = [
        {"Effect": "Allow", "Action": ["sns:*"], "Resource": "*"},
        {"Sid": "No", "Effect": "Deny", "Action": ["s3:*"], "Resource": "*"},
    ]
    new = json.dumps({"Statement": statements})
    old = json.dumps({"Statement": statements[:1]})
    assert "statement 2 No" in observe_documents(old, new).description


def test_versions_of_one_day_follow_each_other_by_number() -> None:
    versions = [
        version(f"v{number}", action, default=number == 3, created="2024-01-01")
        for number, action in ((3, "s3:List*"), (2, "s3:*"), (1, "s3:Get*"))
    ]
    import_policies([policy(*versions)])
    assert sorted(title for _, _, title in observed()) == [
        f"{LABEL} v1 to v2: wider",
        f"{LABEL} v2 to v3: narrower",
    ]


def test_versions_without_a_date_are_in_no_order() -> None:
    import_policies([policy(FIRST, version("v2", "s3:*", created=None))])
    assert observed() == []


def test_many_differences_are_counted_beyond_the_first() -> None:
    many = version(
        "v2", *(f"s3:Get{letter}" for letter in "abcdefghijklmnop"), created="2024-02-01"
    )
    import_policies([policy(FIRST, many)])
    assert "and 10 more patterns" in ChangelogEntry.objects.get(policy__name=NAME).description


ECS = {
    "AmazonECS_FullAccess": "widened",
    "AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity": "widened",
    "AmazonECSInfrastructureRolePolicyForVolumes": "widened",
}


def test_the_ecs_changes_are_observed_from_the_fixtures(client: Client) -> None:
    for name, access in ECS.items():
        ((_, found, _),) = observed(name)
        assert found == access
    assert observed("AmazonEC2ContainerServiceEventsRole") == []
    listed = client.get("/changes.json?access=widened&policy=AmazonECS_FullAccess").json()[
        "results"
    ]
    assert [each["access"] for each in listed] == ["widened"]
    assert "ecsInfrastructureRole" in listed[0]["description"]
    assert client.get("/changes.json?access=narrowed").json()["count"] == 0
    page = client.get("/policies/AmazonECS_FullAccess/changes/").content.decode()
    assert "change-widened" in page
    assert "/compare/?policy=AmazonECS_FullAccess%40v20" in page
