"""Risks and verdicts in rows: written with the document, and checked like all that is derived."""

from __future__ import annotations

import json

import pytest

from policyhub.catalog.deriving.drift import find_drift
from policyhub.catalog.deriving.indexing import index_versions
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.judge.models import PolicyRisk, PolicyVerdict
from policyhub.judge.risks.known import risks_of_version, verdict_of_version
from policyhub.judge.risks.rows import RiskDeriver

pytestmark = pytest.mark.django_db


def version(name: str) -> PolicyVersion:
    return PolicyVersion.objects.in_force().select_related("policy").get(policy__key=name)


def answers(shown: PolicyVersion) -> dict[str, str]:
    return dict(PolicyRisk.objects.filter(version=shown).values_list("path", "answer"))


def test_every_policy_in_force_has_a_verdict_and_others_have_none() -> None:
    assert PolicyVerdict.objects.count() == PolicyVersion.objects.in_force().count()
    assert not PolicyRisk.objects.exclude(version__is_default=True).exists()
    groups = set(PolicyVerdict.objects.values_list("rank", "group"))
    assert len(groups) == 7


@pytest.mark.parametrize("name", ["AmazonECS_FullAccess", "AdministratorAccess", "AWSDenyAll"])
def test_rows_say_what_the_page_would(name: str) -> None:
    shown = version(name)
    risks = {each.id: each.answer for each in risks_of_version(shown)}
    assert answers(shown) == risks
    found = verdict_of_version(shown)
    kept = PolicyVerdict.objects.get(version=shown)
    assert kept.sentence == found.sentence
    assert kept.free_count + kept.bounded_count == found.count


def test_rows_follow_the_document() -> None:
    shown = version("AmazonECS_FullAccess")
    statement = {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}
    shown.document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    shown.save()
    index_versions([shown])
    assert answers(shown) == {"iam-002": "free"}
    assert PolicyVerdict.objects.get(version=shown).group == "administrator"


def test_rows_go_where_the_policy_is_gone() -> None:
    shown = version("AmazonECS_FullAccess")
    Policy.objects.filter(pk=shown.policy_id).update(last_seen_on="2026-01-01")
    index_versions([PolicyVersion.objects.select_related("policy").get(pk=shown.pk)])
    assert not PolicyRisk.objects.filter(version=shown).exists()
    assert not PolicyVerdict.objects.filter(version=shown).exists()


def test_rows_that_drifted_are_found() -> None:
    shown = version("AmazonECS_FullAccess")
    deriver = RiskDeriver()
    assert deriver.stored([shown])[shown.pk] == deriver.derived(shown)
    PolicyRisk.objects.filter(version=shown, path="ecs-004").update(answer="free")
    others = PolicyVersion.objects.exclude(policy=shown.policy)
    # Looking through all takes a while, and they are another test's.
    PolicyVersion.objects.filter(pk__in=others.values("pk")).delete()
    drifts = [each for each in find_drift() if each.what == "risks"]
    assert [each.version for each in drifts] == [str(shown)]
