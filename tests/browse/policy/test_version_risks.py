"""The Changes tab says which risks each version brought or took away."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from policyhub.browse.policy import version_risks
from policyhub.catalog.deriving.indexing import index_versions
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.iam.reading.document import digest
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

NAME = "AWSKeyWriter"
FREE = {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}
BOUNDED = {**FREE, "Resource": "arn:aws:iam::*:user/team/*"}
HARMLESS = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}


@pytest.fixture
def policy() -> Policy:
    made = Policy.objects.create(
        name=NAME,
        arn=f"arn:aws:iam::aws:policy/{NAME}",
        kind="aws-managed",
        attachable=True,
    )
    for number, statement in enumerate((HARMLESS, BOUNDED, BOUNDED, FREE, HARMLESS), 1):
        add(made, f"v{number}", {"Version": "2012-10-17", "Statement": [statement]}, number == 5)
    return made


def add(policy: Policy, version_id: str, document: Any, is_default: bool) -> None:
    text = json.dumps(document)
    version = PolicyVersion.objects.create(
        policy=policy,
        version_id=version_id,
        document=text,
        digest=digest(text),
        is_default=is_default,
        created_at=datetime(2026, 1, int(version_id[1:]), tzinfo=UTC),
    )
    index_versions([version])


def risks(client: Client) -> list[dict[str, Any]]:
    body = client.get(f"/policies/{NAME}/changes.json").json()
    listed: list[dict[str, Any]] = body["risks"]
    return listed


def test_each_version_is_compared_with_the_one_before_it(client: Client, policy: Policy) -> None:
    found = [
        (each["versionId"], name, entry["before"], entry["after"])
        for each in risks(client)
        for name in ("risksGained", "risksLost")
        for entry in each[name]
    ]
    assert found == [
        ("v5", "risksLost", "free", None),
        ("v4", "risksGained", "bounded", "free"),
        ("v2", "risksGained", None, "bounded"),
    ]


def test_the_table_shows_them_in_the_row_of_the_version(client: Client, policy: Policy) -> None:
    html = markup_of(client.get(f"/policies/{NAME}/changes/"))
    rows = html[html.index("Table of versions") :].split("<tr>")
    row = next(each for each in rows if ">v4</a>" in each)
    assert "Gained: " in row
    assert 'class="chip risk-free"' in row
    assert "was bounded" in row
    assert 'href="/risks/iam-002/"' in row
    assert "no longer" in next(each for each in rows if ">v5</a>" in each)
    assert "risk-changes" not in next(each for each in rows if ">v3</a>" in each)


def test_there_is_no_column_where_no_version_changed_a_risk(client: Client, policy: Policy) -> None:
    policy.versions.filter(version_id__in=("v2", "v3", "v4")).delete()
    assert risks(client) == []
    html = markup_of(client.get(f"/policies/{NAME}/changes/"))
    assert "Risks gained and lost" not in html


def test_nothing_is_said_of_a_document_that_can_not_be_read(client: Client, policy: Policy) -> None:
    broken = policy.versions.get(version_id="v4")
    PolicyVersion.objects.filter(pk=broken.pk).update(document="[]", digest="1" * 64)
    assert [each["versionId"] for each in risks(client)] == ["v2"]


def test_what_was_found_is_kept_without_documents(client: Client, policy: Policy) -> None:
    version_risks._kept.clear()
    risks(client)
    kept = [change for changes in version_risks._kept.values() for change in changes]
    assert kept
    assert all(not each.risk.documents and not each.risk.requests for each in kept)
