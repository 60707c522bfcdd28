"""Policies of one name: distinguished by ARN, and what a document without one belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from policyhub.catalog.importing.report import Conflict
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.sources.items import SourcePolicy
from tests.catalog.given_sources import document, policy, version
from tests.catalog.importing_steps import bare, bring_in, reasons

pytestmark = pytest.mark.django_db

NAME = "deploy"
ONE = f"arn:aws:iam::111122223333:policy/{NAME}"
OTHER = f"arn:aws:iam::444455556666:policy/team/{NAME}"
OF_AWS = f"arn:aws:iam::aws:policy/{NAME}"


def of(arn: str, *actions: str, **facts: Any) -> SourcePolicy:
    """The policy of that ARN, with one version."""
    path = arn.split("policy", 1)[1].removesuffix(NAME)
    return policy(version("v1", *actions), name=NAME, arn=arn, path=path, **facts)


def documents() -> dict[str, set[str]]:
    """The documents that are kept, by the key of their policy."""
    kept: dict[str, set[str]] = {each: set() for each in keys()}
    versions = PolicyVersion.objects.filter(policy__name=NAME)
    for key, text in versions.values_list("policy__key", "document"):
        kept[key].add(text)
    return kept


def keys() -> set[str]:
    """What the policies of that name are called."""
    return set(Policy.objects.filter(name=NAME).values_list("key", flat=True))


@pytest.mark.parametrize("at_once", [True, False])
def test_policies_of_one_name_in_several_accounts_come_in_side_by_side(at_once: bool) -> None:
    sources = [of(ONE, "s3:Get*"), of(OTHER, "s3:Put*"), of(OF_AWS, "s3:List*")]
    reports = [bring_in(*sources)] if at_once else [bring_in(each) for each in sources]
    assert [name for each in reports for name in each.created] == [NAME] * 3
    assert not any(each.rejected for each in reports)
    assert documents() == {
        ONE: {document("s3:Get*")}, OTHER: {document("s3:Put*")}, NAME: {document("s3:List*")}
    }  # fmt: skip
    assert bring_in(*sources).unchanged == [NAME] * 3
    assert documents().keys() == {ONE, OTHER, NAME}


def test_a_report_tells_customers_policies_by_arn() -> None:
    told = bring_in(of(ONE), of(OTHER), of(OF_AWS)).to_dict()
    assert told["created"] == [NAME] * 3
    assert told["customerManaged"] == [
        {"name": NAME, "arn": arn, "outcome": "created"} for arn in (ONE, OTHER)
    ]


def test_the_names_of_awss_own_policies_stay_unique() -> None:
    bring_in(of(OF_AWS))
    report = bring_in(of(f"arn:aws:iam::aws:policy/service-role/{NAME}", "s3:Put*"))
    assert reasons(report) == [f"{NAME} is already here as {OF_AWS}: AWS's names are unique"]
    assert isinstance(report.rejected[0], Conflict)
    assert documents() == {NAME: {document("s3:GetObject")}}


@pytest.mark.parametrize(
    ("here", "belongs_to"),
    [([], NAME), ([ONE], ONE), ([OF_AWS], NAME), ([OF_AWS, ONE, OTHER], NAME)],
)
def test_a_document_without_an_arn_joins_the_policy_of_its_name(
    here: list[str], belongs_to: str
) -> None:
    bring_in(*(of(arn) for arn in here))
    report = bring_in(bare("s3:Put*", name=NAME))
    assert not report.rejected
    assert document("s3:Put*") in documents()[belongs_to]
    assert len(keys()) == max(len(here), 1)


def test_a_document_without_an_arn_that_may_be_of_several_is_rejected_with_the_choices() -> None:
    bring_in(of(ONE), of(OTHER))
    report = bring_in(bare("s3:Put*", name=NAME))
    assert report.exit_status == 2
    (reason,) = reasons(report)
    assert ONE in reason
    assert OTHER in reason
    assert "does not say which is meant" in reason


def test_the_first_arn_that_comes_for_a_policy_without_one_is_its_own() -> None:
    bring_in(bare("s3:Get*", name=NAME))
    bring_in(of(ONE, "s3:Put*"))
    assert documents() == {ONE: {document("s3:Get*"), document("s3:Put*")}}
    bring_in(of(OTHER, "s3:Get*"))
    assert documents()[OTHER] == {document("s3:Get*")}


def test_of_several_arns_at_once_that_of_the_same_document_is_taken() -> None:
    bring_in(bare("s3:Get*", name=NAME))
    bring_in(of(ONE, "s3:Put*"), of(OTHER, "s3:Get*"))
    assert documents() == {ONE: {document("s3:Put*")}, OTHER: {document("s3:Get*")}}


def test_of_several_arns_none_is_taken_on_trust() -> None:
    bring_in(bare("s3:List*", name=NAME))
    bring_in(of(ONE, "s3:Put*"), of(OTHER, "s3:Get*"))
    assert documents() == {
        NAME: {document("s3:List*")}, ONE: {document("s3:Put*")}, OTHER: {document("s3:Get*")}
    }  # fmt: skip
