"""Policies that were brought in: shown with what is known about them, and nothing made up."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from policyhub.catalog.models import Policy, PolicyVersion
from tests.awsapi.querying import ALLOW_S3, ask, form_of, refusal, texts
from tests.catalog.given_sources import moment

pytestmark = pytest.mark.django_db

ARN = "arn:aws:iam::123456789012:policy/teams/web/Deploy"


def policy_of_ones_own(name: str = "Deploy", **facts: Any) -> Policy:
    """A customer managed policy, of which a source gave only these facts."""
    known = {"path": "/teams/web/", "kind": Policy.Kind.CUSTOMER_MANAGED, "attachable": True}
    return Policy.objects.create(name=name, **{**known, **facts})


def add_version(policy: Policy, version_id: str, **facts: Any) -> PolicyVersion:
    """A version; its digest is as good as any that no other version has."""
    digest = f"{PolicyVersion.objects.count():064}"
    known = {"document": ALLOW_S3, "digest": digest, "source": PolicyVersion.Source.EXPORT}
    return policy.versions.create(version_id=version_id, **{**known, **facts})


def listed(**given: Any) -> list[str]:
    return texts(ask("ListPolicies", **given), "Policies/member/PolicyName")


def test_only_one_s_own_policies_are_local() -> None:
    add_version(policy_of_ones_own(arn=ARN), "v1", is_default=True)
    assert listed(Scope="Local") == ["Deploy"]
    assert listed(Scope="All", PathPrefix="/teams/") == ["Deploy"]
    assert listed(Scope="AWS", PathPrefix="/teams/") == []
    assert listed(Scope="Local", PathPrefix="/Teams/") == []
    assert listed(Scope="Local", PathPrefix="/teams/web/more/") == []


def test_a_policy_without_an_arn_can_not_be_asked_for() -> None:
    policy_of_ones_own(arn=None)
    assert listed(Scope="Local") == []


def test_what_no_source_told_is_left_out() -> None:
    add_version(policy_of_ones_own(arn=ARN), "", is_default=True)
    result = ask("GetPolicy", PolicyArn=ARN)
    assert texts(result, "Policy/Arn") == [ARN]
    for name in ("DefaultVersionId", "CreateDate", "UpdateDate", "Description"):
        assert texts(result, f"Policy/{name}") == []
    versions = ask("ListPolicyVersions", PolicyArn=ARN)
    assert texts(versions, "Versions/member/VersionId") == []


def test_what_was_never_updated_was_updated_when_it_was_made() -> None:
    policy_of_ones_own(arn=ARN, created_at=moment("2024-01-22T10:00"))
    result = ask("GetPolicy", PolicyArn=ARN)
    assert texts(result, "Policy/UpdateDate") == ["2024-01-22T10:00:00Z"]


def test_of_two_versions_with_one_id_the_newest_is_got() -> None:
    policy = policy_of_ones_own(arn=ARN)
    add_version(policy, "v1", document='{"Statement":["undated"]}')
    add_version(policy, "v1", document='{"Id":"~ +%"}', created_at=moment("2024-02-01T00:00"))
    add_version(policy, "v1", document='{"Id":"old"}', created_at=moment("2024-01-01T00:00"))
    result = ask("GetPolicyVersion", PolicyArn=ARN, VersionId="v1")
    (encoded,) = texts(result, "PolicyVersion/Document")
    assert encoded == "%7B%22Id%22%3A%22~%20%2B%25%22%7D"
    assert unquote(encoded) == '{"Id":"~ +%"}'


def test_an_unnumbered_version_is_never_got() -> None:
    add_version(policy_of_ones_own(arn=ARN), "", is_default=True)
    given = {"PolicyArn": ARN, "VersionId": "v1"}
    assert refusal(form_of("GetPolicyVersion", given))[:2] == (404, "NoSuchEntity")


def test_a_summary_is_cut_to_the_length_of_a_description_and_escaped() -> None:
    policy_of_ones_own(arn=ARN, summary="<&>\x0b" + "a" * 2000)
    (description,) = texts(ask("GetPolicy", PolicyArn=ARN), "Policy/Description")
    assert description.startswith("<&>\N{REPLACEMENT CHARACTER}aaa")
    assert len(description) == 1000


def test_an_arn_keeps_its_policy_id() -> None:
    policy_of_ones_own(arn=ARN)
    policy_of_ones_own("Other", arn=f"{ARN}2")
    first, again, other = (
        texts(ask("GetPolicy", PolicyArn=arn), "Policy/PolicyId") for arn in (ARN, ARN, f"{ARN}2")
    )
    assert first == again != other


@pytest.mark.parametrize("marker", ["first", "second"])
def test_a_page_goes_on_after_the_last_policy_whatever_was_deleted(marker: str) -> None:
    names = [f"Own{number}" for number in range(5)]
    for name in names:
        policy_of_ones_own(name, arn=f"{ARN}{name}")
    page = ask("ListPolicies", Scope="Local", MaxItems=2)
    Policy.objects.get(name="Own1" if marker == "first" else "Own2").delete()
    (after,) = texts(page, "Marker")
    rest = listed(Scope="Local", Marker=after)
    assert rest == [name for name in names[2:] if marker == "first" or name != "Own2"]
