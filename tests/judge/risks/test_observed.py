"""Risks of observed changes: stored with the entry, equal to what judging both versions says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from policyhub.catalog.deriving.derivers import ReadDocument
from policyhub.catalog.deriving.indexing import index_versions
from policyhub.catalog.importing.checking import CheckedVersion, Documents, check_version
from policyhub.catalog.importing.chunk import Chunk
from policyhub.catalog.importing.report import ImportReport
from policyhub.catalog.importing.working_out import work_out
from policyhub.catalog.models import ChangelogEntry, Policy, PolicyVersion
from policyhub.iam.reading.document import read_alone
from policyhub.judge.models import ObservedRisks
from policyhub.judge.risks import observed as observed_risks
from policyhub.judge.risks.attached import read_judged
from policyhub.judge.risks.changes import risk_changes
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.observed import judge_observed, observed_drift, prepare_observed
from tests.catalog.given_sources import NAME, policy, version
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db
READING = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
KEYS = {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}
BROKEN = "[]"


def observed() -> list[ChangelogEntry]:
    entries = ChangelogEntry.objects.filter(source=ChangelogEntry.Source.OBSERVED)
    return list(entries.select_related("policy", "risks"))


def grown(*documents: object) -> Policy:
    """A policy whose versions have these statements, a year apart."""
    policy = Policy.objects.create(
        name="GrownForTests",
        arn="arn:aws:iam::aws:policy/GrownForTests",
        kind=Policy.Kind.AWS_MANAGED,
        attachable=True,
    )
    for number, statement in enumerate(documents, 1):
        text = statement if isinstance(statement, str) else json.dumps({"Statement": [statement]})
        PolicyVersion.objects.create(
            policy=policy,
            version_id=f"v{number}",
            created_at=datetime(2020 + number, 1, 1, tzinfo=UTC),
            document=text,
            digest=f"{number:064}"[::-1],
            is_default=number == len(documents),
            source=PolicyVersion.Source.FILE,
        )
    index_versions(list(policy.versions.select_related("policy")))
    return policy


def test_every_observed_change_is_judged() -> None:
    entries = observed()
    assert len(entries) > 3
    assert all(each.risks is not None for each in entries)
    assert judge_observed() == 0


def test_rows_that_drifted_and_missing_ones_are_found() -> None:
    assert list(observed_drift()) == []
    policy = grown(READING, KEYS)
    ObservedRisks.objects.filter(entry__policy=policy).update(gained_count=7)
    (drift,) = observed_drift()
    assert isinstance(drift.found, dict)
    assert (drift.what, drift.found["gained_count"]) == ("risks of a change", 7)
    assert drift.expected["gained_count"] == 1
    ObservedRisks.objects.filter(entry__policy=policy).delete()
    (drift,) = observed_drift()
    assert drift.found is None


@pytest.mark.parametrize(
    ("documents", "gained", "lost"),
    [
        ((READING, KEYS), ["iam-002"], []),
        ((KEYS, READING), [], ["iam-002"]),
        ((READING, {**READING, "Sid": "Same"}), [], []),
        ((BROKEN, KEYS), [], []),
    ],
)
def test_a_change_says_what_it_did_to_risks(
    documents: tuple[object, ...], gained: list[str], lost: list[str]
) -> None:
    policy = grown(*documents)
    row = ObservedRisks.objects.get(entry__policy=policy)
    assert [each["id"] for each in row.gained] == gained
    assert [each["id"] for each in row.lost] == lost
    assert (row.gained_count, row.lost_count) == (len(gained), len(lost))


def test_what_an_import_judged_before_its_transaction_is_what_its_rows_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = policy(
        version("v1", "s3:ListAllMyBuckets", default=False, created="2021-01-01"),
        version("v2", "iam:CreateAccessKey", default=False, created="2022-01-01"),
        version("v3", "s3:ListAllMyBuckets", created="2023-01-01"),
    )
    documents: Documents = {}
    versions = [check_version(each, documents) for each in source.versions]
    checked = [(source, [each for each in versions if isinstance(each, CheckedVersion)])]
    known = work_out(checked, documents)

    def none_left(entries: Sequence[ChangelogEntry]) -> dict[str, Any]:
        assert entries == []
        return {}

    with monkeypatch.context() as patched:
        patched.setattr(observed_risks, "_risks", none_left)
        Chunk(checked, ImportReport(), known).bring_in()
    rows = ObservedRisks.objects.filter(entry__policy__name=NAME).order_by("entry__date")
    assert [[each["id"] for each in row.gained] for row in rows] == [["iam-002"], []]
    assert [[each["id"] for each in row.lost] for row in rows] == [[], ["iam-002"]]
    assert list(observed_drift()) == []


def test_a_document_that_can_not_be_read_is_prepared_as_no_change_of_risks() -> None:
    read = [
        ReadDocument(digit * 64, text, read_alone(text))
        for digit, text in zip("ab", (BROKEN, json.dumps({"Statement": [KEYS]})), strict=True)
    ]
    assert [each.policy is None for each in read] == [True, False]
    prepare_observed([(read[0], read[1])])
    values = observed_risks._prepared.pop(("a" * 12, "b" * 12))
    assert (values["gained"], values["lost"]) == ([], [])


def test_a_row_says_what_judging_both_versions_says() -> None:
    entry = next(each for each in observed() if each.policy and each.version_id == "v22")
    assert entry.policy is not None
    versions = list(entry.policy.versions.oldest_first())
    place = [each.version_id for each in versions].index("v22")
    old, new = (read_judged(each.document) for each in versions[place - 1 : place + 1])
    assert old is not None
    assert new is not None
    changes = risk_changes(risks_of(old), risks_of(new))
    assert entry.risks.gained == [each.to_dict() for each in changes if each.is_gain]
    assert entry.risks.lost == [each.to_dict() for each in changes if not each.is_gain]


def test_the_log_and_its_feed_can_be_narrowed_to_risks_gained(client: Client) -> None:
    policy = grown(READING, KEYS, READING)
    title = "Makes access keys for any user"
    found = client.get("/changes.json?risk=gained&policy=GrownForTests").json()["results"]
    assert [[each["title"] for each in row["risksGained"]] for row in found] == [[title]]
    lost = client.get("/changes.json?risk=lost&policy=GrownForTests").json()["results"]
    assert [row["risksGained"] for row in lost] == [[]]
    page = markup_of(client.get("/changes/?risk=gained&policy=GrownForTests"))
    assert "Risk gained:" in page
    assert "Risk lost:" not in page
    feed = client.get("/changes/feed.atom?risk=gained&policy=GrownForTests").content
    root = ElementTree.fromstring(feed)  # noqa: S314 - our own feed
    (entry,) = root.findall("{http://www.w3.org/2005/Atom}entry")
    assert f"Risks gained: {title}." in "".join(entry.itertext())
    assert policy.changelog.count() == 2


def test_a_documented_change_is_not_judged(client: Client) -> None:
    rows = client.get("/changes.json?source=documentation").json()["results"]
    assert {(row["risksGained"], row["risksLost"]) for row in rows} == {(None, None)}
