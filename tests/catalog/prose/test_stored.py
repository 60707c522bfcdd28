"""The checks over the catalogue: what the ECS page gets wrong is found, and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy
from policyhub.catalog.prose.stored import FoundInProse, found_in_prose, policies_with_prose

pytestmark = pytest.mark.django_db
CASES = json.loads((Path(__file__).parent / "cases" / "ecs_page.json").read_text(encoding="utf-8"))
# What needs the change log, or today's versions next to the page's.
OF_THE_LOG = {
    ("AmazonEC2ContainerServiceEventsRole", "entry-describes-another-policy"),
    ("AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity",
     "entry-names-absent-service"),
}  # fmt: skip


def found(name: str = "") -> list[FoundInProse]:
    rows = Policy.objects.filter(name=name) if name else Policy.objects.all()
    return list(found_in_prose(rows))


def test_every_contradiction_of_the_page_is_found_in_the_catalogue() -> None:
    told = Counter((row.policy.name, row.finding.code) for row in found())
    worked_out = Counter((name, row["code"]) for name, rows in CASES.items() for row in rows)
    assert sum(worked_out.values()) + len(OF_THE_LOG) >= 14
    assert not (worked_out + Counter(OF_THE_LOG)) - told


def test_nothing_is_found_where_the_page_and_the_document_agree() -> None:
    assert found("AmazonECSTaskExecutionRolePolicy") == []


def test_policies_without_documentation_cost_no_query_each() -> None:
    few = policies_with_prose().count()
    assert few < 20 < Policy.objects.count()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found()
    assert len(queries) < 10 * few


def test_a_finding_names_the_row_with_its_sentence() -> None:
    rows = found("AmazonECSInfrastructureRolePolicyForVolumes")
    [row] = [each for each in rows if each.finding.evidence.get("nearest")]
    assert isinstance(row.description, PermissionDescription)
    assert row.finding.evidence["sentence"] == row.description.text
    [logged] = [
        each
        for each in found("AmazonEC2ContainerServiceEventsRole")
        if each.finding.code == "entry-describes-another-policy"
    ]
    assert isinstance(logged.entry, ChangelogEntry)
    assert logged.finding.message.startswith("4 October 2023: ")


def test_the_digest_changes_with_the_sentence() -> None:
    name = "AmazonECSInfrastructureRolePolicyForVolumes"
    before = {row.finding.evidence.get("pattern"): row.finding.digest for row in found(name)}
    claim = {"pattern": "ec2:DescribeVolume", "text": "Another text."}
    PermissionDescription.objects.filter(policy__name=name, pattern=claim["pattern"]).update(
        claim=claim
    )
    after = {row.finding.evidence.get("pattern"): row.finding.digest for row in found(name)}
    changed = {each for each in before if before[each] != after[each]}
    assert changed == {"ec2:DescribeVolume"}


def test_prose_of_an_older_version_says_what_has_changed_since() -> None:
    rows = found("AmazonECSInfrastructureRolePolicyForVolumes")
    [row] = [each.finding for each in rows if each.finding.code == "prose-of-older-version"]
    assert row.evidence["gained"] == ["ec2:DescribeInstances"]
    assert row.evidence["lost"] == []
    assert "v1" in row.message
    assert "v5" in row.message
