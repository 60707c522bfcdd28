"""Imports: what is imported, what changes nothing, and what is left out with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policyhub.catalog.deriving import indexing
from policyhub.catalog.importing.chunk import CHUNK
from policyhub.catalog.importing.report import Conflict
from policyhub.catalog.importing.run import import_in_parts, import_policies
from policyhub.catalog.models import CatalogState, Policy, PolicyVersion
from policyhub.catalog.models import Statement as StoredStatement
from policyhub.catalog.sources.items import Item, Rejection, Skipped, SourceVersion
from tests.catalog.given_sources import NAME, document, moment, policy, version
from tests.catalog.importing_steps import (
    bare,
    bring_in,
    default_of,
    kept,
    reasons,
    versions_of,
)

pytestmark = pytest.mark.django_db

API = PolicyVersion.Source.IAM_API


def everything() -> list[Any]:
    """All rows that an import writes, to see that none changed."""
    models = (Policy, PolicyVersion, StoredStatement, CatalogState)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_new_policy_comes_in_with_its_facts_and_its_document() -> None:
    given = policy(version("v3", "s3:Get*"), path="/team/", created="2020-02-02T01:02:03")
    report = bring_in(given)
    assert (report.created, report.updated, report.unchanged) == ([NAME], [], [])
    row = kept()
    assert (row.arn, row.path) == (f"arn:aws:iam::123456789012:policy/team/{NAME}", "/team/")
    assert (row.kind, row.attachable) == (Policy.Kind.CUSTOMER_MANAGED, True)
    assert row.created_at == moment("2020-02-02T01:02:03")
    assert default_of().document == document("s3:Get*")
    assert default_of().statement_count == 1
    assert indexing.find_drift() == []


@pytest.mark.parametrize(
    ("path", "kind", "attachable"),
    [
        ("/", Policy.Kind.AWS_MANAGED, True),
        ("/service-role/", Policy.Kind.SERVICE_ROLE, True),
        ("/job-function/", Policy.Kind.JOB_FUNCTION, True),
        ("/aws-service-role/", Policy.Kind.SERVICE_LINKED_ROLE, False),
    ],
)
def test_an_aws_managed_policy_is_told_by_its_arn_and_path(
    path: str, kind: str, attachable: bool
) -> None:
    bring_in(policy(arn=f"arn:aws:iam::aws:policy{path}{NAME}", path=path))
    assert (kept().kind, kept().attachable) == (kind, attachable)


def test_the_same_content_twice_changes_nothing_at_all() -> None:
    bring_in(policy(version("v1", default=False), version("v2", "s3:Put*")))
    before = everything()
    report = bring_in(policy(version("v1", default=False), version("v2", "s3:Put*")))
    assert (report.created, report.updated, report.unchanged) == ([], [], [NAME])
    assert everything() == before


def test_formatting_and_key_order_make_no_new_version() -> None:
    bring_in(policy(version("v1", "s3:GetObject")))
    shuffled = """{"Statement": {"Resource": "*", "Effect": "Allow",
        "Action": "s3:GetObject"},\n "Version": "2012-10-17"}"""
    again = document("s3:GetObject").replace(",", " ,\n\t").replace(":[", " : [")
    assert bring_in(policy(SourceVersion("v1", None, True, again))).unchanged == [NAME]
    assert len(reasons(bring_in(policy(SourceVersion("v1", None, True, shuffled))))) == 1


def test_a_document_is_kept_compact_in_its_own_order_and_spelling() -> None:
    text = (
        '{ "Version": "2012-10-17",\n "Statement": [ {"Sid": "Two words" , "Resource": "*",\t'
        '"Effect": "Allow", "Action": "s3:*", "Condition": {"NumericLessThan":'
        ' {"aws:MultiFactorAuthAge": 1.10}, "StringLike": {"aws:PrincipalTag/a": "a \\" , b"}}}]}'
    ).replace("Two words", "TwoWords")
    bring_in(policy(SourceVersion("v1", None, True, text)))
    assert default_of().document == (
        '{"Version":"2012-10-17","Statement":[{"Sid":"TwoWords","Resource":"*","Effect":"Allow",'
        '"Action":"s3:*","Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":1.10},'
        '"StringLike":{"aws:PrincipalTag/a":"a \\" , b"}}}]}'
    )


def test_other_content_for_a_known_version_is_rejected_with_both_places() -> None:
    bring_in(policy(version("v1", "s3:Get*"), source=API))
    before = everything()
    report = bring_in(policy(version("v1", "s3:Put*"), place="mine.json", day="2026-02-02"))
    assert [each.place for each in report.rejected] == ["mine.json v1"]
    assert reasons(report) == [
        f"{NAME} v1 is already here with another document, from IAM API of 1 January 2026: "
        "a version never changes, so one of them is wrong"
    ]
    assert isinstance(report.rejected[0], Conflict)
    assert everything() == before
    assert report.exit_status == 2


def test_two_documents_for_one_version_in_one_run_are_told_with_both_places() -> None:
    report = bring_in(
        policy(version("v1", "s3:Get*"), place="a.json"),
        policy(version("v1", "s3:Put*"), place="b.json"),
        policy(version("v1", "s3:Get*"), place="c.json"),
    )
    assert [(each.place, each.reason) for each in report.rejected] == [
        (
            "b.json v1",
            f"{NAME}: another document for the same version is in a.json: keep the right one",
        )
    ]
    assert (report.created, versions_of()) == ([NAME], {"v1": True})
    assert report.exit_status == 1


def test_two_files_of_one_name_that_differ_are_not_both_taken() -> None:
    report = bring_in(bare("s3:Get*", place="a/Same.json"), bare("s3:Put*", place="b/Same.json"))
    assert [each.place for each in report.rejected] == ["b/Same.json"]
    assert "a/Same.json" in report.rejected[0].reason
    assert default_of().document == document("s3:Get*")


def test_a_broken_document_is_left_out_and_the_others_come_in() -> None:
    broken = SourceVersion("v1", None, True, '{"Version": "2012-10-17", "Statement": [{}]}')
    report = bring_in(policy(broken, name="Broken"), policy(name="Good"))
    assert report.created == ["Good"]
    assert [each.place for each in report.rejected] == ["export.json Policies[0] v1"]
    assert report.rejected[0].reason.startswith("Broken: Statement[0]: ")
    assert "and 1 more" not in report.rejected[0].reason
    assert not Policy.objects.filter(name="Broken").exists()
    assert report.exit_status == 1


def test_no_other_version_passes_for_a_default_that_is_rejected() -> None:
    broken = SourceVersion("v2", None, True, "{}")
    report = bring_in(policy(broken, version("v1", default=False)))
    assert len(report.rejected) == 2
    assert "its default version is rejected" in report.rejected[1].reason
    assert not Policy.objects.filter(name=NAME).exists()
    bring_in(policy(version("v3", "s3:Put*"), day="2025-12-31"))
    assert bring_in(policy(broken, version("v1", default=False))).updated == [NAME]
    assert versions_of() == {"v3": True, "v1": False}


def test_what_curators_wrote_is_not_touched() -> None:
    bring_in(policy(version("v1")))
    Policy.objects.filter(name=NAME).update(summary="Ours.", trusted_services=["ours"])
    bring_in(policy(version("v2", "s3:Put*"), day="2026-02-02"))
    assert (kept().summary, kept().trusted_services) == ("Ours.", ["ours"])


def test_rejections_and_what_is_left_out_are_handed_on() -> None:
    rejection, skipped = Rejection("a.json", "empty"), Skipped("b.json", "inline")
    report = bring_in(rejection, skipped)
    assert (report.rejected, report.skipped) == ([rejection], [skipped])
    assert report.exit_status == 2
    assert report.to_dict() == {
        "created": [],
        "updated": [],
        "unchanged": [],
        "customerManaged": [],
        "rejected": [{"place": "a.json", "reason": "empty"}],
        "skipped": [{"place": "b.json", "reason": "inline"}],
    }


def test_of_several_outcomes_for_one_policy_the_greatest_is_reported_once() -> None:
    bring_in(policy(version("v1")))
    report = bring_in(policy(version("v2", "s3:Put*")), policy(version("v2", "s3:Put*")))
    assert (report.updated, report.unchanged) == ([NAME], [])
    chunks = [policy(name=f"Filler{index}") for index in range(CHUNK)]
    report = bring_in(policy(name="Twice"), *chunks, policy(name="Twice"))
    assert report.created.count("Twice") == 1
    assert (report.updated, report.unchanged) == ([], [])


def test_a_dry_run_reports_the_same_and_keeps_nothing() -> None:
    bring_in(policy(version("v1")))
    given: list[Item] = [
        policy(version("v2", "s3:Put*")),
        policy(name="New"),
        Rejection("a.json", "empty"),
        policy(SourceVersion("v1", None, True, "{}"), name="Broken"),
    ]
    before = everything()
    dry = bring_in(*given, dry_run=True)
    assert everything() == before
    assert dry.to_dict() == bring_in(*given).to_dict()
    assert versions_of() == {"v1": False, "v2": True}


def test_the_generation_moves_only_when_something_is_new() -> None:
    def generation() -> int:
        return CatalogState.current().generation

    start = generation()
    bring_in(policy(version("v1")))
    first = generation()
    assert first != start
    bring_in(policy(version("v1")), Rejection("a.json", "empty"))
    assert generation() == first
    bring_in(policy(version("v2", "s3:Put*")), policy(version("v2", "s3:Put*")))
    assert generation() != first


def test_a_crash_half_way_leaves_everything_as_it_was() -> None:
    def breaking() -> Iterator[Item]:
        yield from (policy(name=f"New{index}") for index in range(CHUNK + 1))
        raise RuntimeError("the source broke")

    bring_in(policy(version("v1")))
    before = everything()
    with pytest.raises(RuntimeError, match="the source broke"):
        import_policies(breaking())
    assert everything() == before


def test_progress_is_told_chunk_by_chunk() -> None:
    told: list[int] = []
    bring_in(*(Rejection("a.json", "empty") for _ in range(CHUNK + 3)), progress=told.append)
    assert told == [CHUNK, 3]


def test_while_parts_come_in_it_is_said_that_others_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("policyhub.catalog.importing.run._VERSIONS_AT_ONCE", 1)
    told: list[bool] = []
    items = [policy(version("v1", "s3:Get*"), name=f"Made{number}") for number in range(3)]
    import_in_parts(items, progress=lambda _: told.append(CatalogState.current().is_importing))
    assert told == [True] * 3
    assert not CatalogState.current().is_importing
    # Of what is in already nobody has to be warned.
    import_in_parts(items, progress=lambda _: told.append(CatalogState.current().is_importing))
    assert told[3:] == [False] * 3


def test_an_import_that_fails_half_way_says_that_nothing_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("policyhub.catalog.importing.run._VERSIONS_AT_ONCE", 1)

    def given() -> Iterator[Item]:
        yield policy(version("v1", "s3:Get*"))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        import_in_parts(given())
    assert Policy.objects.filter(name=NAME).exists()
    assert not CatalogState.current().is_importing


def test_an_import_in_one_go_announces_nothing() -> None:
    import_policies([policy(version("v1", "s3:Get*"))])
    assert CatalogState.current().importing_until is None


def queries_for(count: int, prefix: str, number: str, action: str) -> list[str]:
    given = [policy(version(number, action), name=f"{prefix}{index}") for index in range(count)]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        bring_in(*given)
    return [query["sql"] for query in captured.captured_queries]


def shape_of(statements: list[str]) -> list[str]:
    """What each statement does to which table, with the batches of one write taken together.

    SQLite takes a thousand parameters at a time, so that a write of many rows is several.
    """
    cursor = re.compile(r"^\d+ times: |_sync_\d+")
    written = (cursor.sub("", each) for each in statements if "SAVEPOINT" not in each)
    shapes = [" ".join(each.split()[:3]) for each in written]
    return [shape for index, shape in enumerate(shapes) if shapes[index - 1 : index] != [shape]]


def test_the_number_of_queries_does_not_grow_with_the_number_of_policies() -> None:
    queries_for(1, "First", "v1", "s3:Get*")
    few, many = (queries_for(count, f"New{count}x", "v1", "s3:Put*") for count in (10, 100))
    assert shape_of(few) == shape_of(many)
    assert len(many) < 2 * len(few)
    few, many = (queries_for(count, f"New{count}x", "v2", "s3:List*") for count in (10, 100))
    assert shape_of(few) == shape_of(many)
    few, many = (queries_for(count, f"New{count}x", "v2", "s3:List*") for count in (10, 100))
    assert len(few) == len(many) <= 10
