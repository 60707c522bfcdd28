"""Findings in rows: a saved document's at once, many behind; lists and searches know them."""

from __future__ import annotations

import json
import os
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from policyhub.catalog.access import current as current_catalogue
from policyhub.catalog.access.current import fits_in_memory
from policyhub.catalog.deriving.indexing import index_versions
from policyhub.catalog.models import CatalogState, Policy, PolicyVersion
from policyhub.judge.lint import rows
from policyhub.judge.lint.filters import TYPE_LABELS, lint_values
from policyhub.judge.lint.of_the_catalogue import findings_of_stored
from policyhub.judge.lint.rows import FindingDeriver, LateFindings
from policyhub.judge.models import LintedVersion, PolicyFinding
from policyhub.search.finding import current as current_index
from policyhub.search.finding.current import build_index
from policyhub.search.finding.entries import POLICIES
from policyhub.search.finding.query import parse_query

pytestmark = pytest.mark.django_db

# Short ones, with errors, warnings and nothing.
NAMES = ("AdministratorAccess", "AWSDenyAll", "PowerUserAccess", "AmazonEC2ReadOnlyAccess",
    "AmazonTimestreamInfluxDBServiceRolePolicy", "AmazonS3FullAccess")  # fmt: skip


@pytest.fixture
def few() -> None:
    """A few policies are not linted yet; of the others linting would take half a minute."""
    others = PolicyVersion.objects.in_force().exclude(policy__key__in=NAMES)
    LintedVersion.objects.bulk_create(
        LintedVersion(version=each, rules=rows._rules()) for each in others.only("pk")
    )


def left() -> int:
    state = LateFindings().state()
    return state.of - state.done


def found_in(name: str) -> dict[tuple[str, str], int]:
    of_policy = PolicyFinding.objects.filter(version__policy__key=name)
    return {(each.code, each.type): each.count for each in of_policy}


def version(name: str) -> PolicyVersion:
    return PolicyVersion.objects.in_force().select_related("policy").get(policy__key=name)


def catch_up() -> str:
    call_command("catch_up", stdout=(said := StringIO()))
    return said.getvalue()


def test_behind_a_server_it_ends_where_linting_is_switched_off(
    few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.nice", lambda _: 0)
    with override_settings(LINTING=False):
        call_command("catch_up", parent=os.getppid(), stdout=(said := StringIO()))
    assert said.getvalue() == ""


@pytest.mark.usefixtures("few")
def test_what_is_missing_comes_in_behind_and_says_what_the_page_does() -> None:
    assert left() == len(NAMES)
    assert catch_up().endswith("Linting: complete\n")
    assert LateFindings().state().is_complete
    for name in NAMES:
        shown = version(name)
        findings = findings_of_stored(shown.document, shown.policy.arn)
        kept = found_in(name)
        assert sum(kept.values()) == len(findings)
        assert kept.keys() == {(each.code, each.type) for each in findings}
    assert catch_up() == ""


@pytest.mark.usefixtures("few")
def test_whatever_ends_it_the_next_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_IN_A_PART", 2)

    def stop(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LateFindings().bring_in(stop)
    assert left() == 4
    done: list[int] = []
    LateFindings().bring_in(done.append)
    assert done == [2, 2]
    assert LateFindings().state().is_complete


@pytest.mark.usefixtures("few")
def test_a_document_that_is_saved_meanwhile_is_linted_as_it_is_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = rows._counts

    def saved_meanwhile(linted: PolicyVersion) -> rows.Counts:
        found = counts(linted)
        PolicyVersion.objects.filter(pk=linted.pk).update(digest="another")
        return found

    monkeypatch.setattr(rows, "_counts", saved_meanwhile)
    LateFindings().bring_in(lambda count: None)
    assert left() == len(NAMES)


def test_a_saved_document_is_linted_with_its_rows_and_a_gone_one_has_none() -> None:
    shown = version("AWSDenyAll")
    statement = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    shown.document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    shown.save()
    index_versions([shown])
    assert ("ALLOW_WITH_NOT_ACTION", "security-warning") in found_in("AWSDenyAll")
    Policy.objects.filter(pk=shown.policy_id).update(last_seen_on="2026-01-01")
    index_versions([PolicyVersion.objects.select_related("policy").get(pk=shown.pk)])
    assert found_in("AWSDenyAll") == {}
    assert not LintedVersion.objects.exists()


@pytest.mark.usefixtures("few")
def test_rows_of_other_rules_are_written_again() -> None:
    catch_up()
    PolicyFinding.objects.all().delete()
    LintedVersion.objects.filter(version__policy__key__in=NAMES).update(rules="older ones")
    assert left() == len(NAMES)
    catch_up()
    assert found_in("AdministratorAccess")


@pytest.mark.usefixtures("few")
def test_rows_that_drifted_are_found_and_missing_ones_are_no_drift() -> None:
    shown, deriver = version("AdministratorAccess"), FindingDeriver()
    assert deriver.stored([shown])[shown.pk] is deriver.derived(shown) is None
    catch_up()
    expected = {"security-warning FULL_ADMINISTRATIVE_ACCESS": 1}
    assert deriver.stored([shown])[shown.pk] == deriver.derived(shown) == expected
    PolicyFinding.objects.filter(version=shown).delete()
    assert deriver.stored([shown])[shown.pk] == {}
    assert deriver.derived(shown) == expected


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("memory", [1, 2**40])
def test_the_search_keeps_what_has_a_type_or_code(
    memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is kept, and where, is this test's alone: the tests after it have another memory.
    for room in (current_catalogue, current_index):
        monkeypatch.setattr(room._cache, "_current", None)
    catch_up()
    with override_settings(MEMORY_BYTES=memory):
        assert fits_in_memory() == (memory > 1)
        index = build_index()
        for value in ("error", "security-warning", "full_administrative_access"):
            column = "code" if "_" in value else "type"
            matching = PolicyFinding.objects.filter(**{f"{column}__iexact": value})
            wanted = set(matching.values_list("version__policy__key", flat=True))
            assert wanted
            hits = index.find(parse_query(f"lint:{value.upper()}")[0])
            assert hits.problems == []
            assert {each.name for each in hits.page(POLICIES, 0, 50)} == wanted
            assert hits.counts() == {POLICIES: len(wanted)}
            counted = {each.value: each.count for each in hits.options(["lint"])["lint"]}
            assert counted[value] == len(wanted)
        assert index.find(parse_query("lint:missing_version")[0]).problems == []
        refused = index.find(parse_query("lint:danger")[0])
        refused.counts()
        assert "`danger` is not a value of `lint`" in refused.problems[0].message


@pytest.mark.usefixtures("few")
def test_the_list_is_narrowed_by_types_and_codes(client: Client) -> None:
    def names(**chosen: str) -> set[str]:
        answer = client.get("/policies.json", chosen).json()
        return {each["name"] for each in answer["results"]}

    assert "Linted so far: 1,576 of 1,582" in client.get("/policies/").text
    catch_up()
    assert "Linted so far" not in client.get("/policies/").text
    assert names(finding="full_administrative_access") == {"AdministratorAccess"}
    assert names(lint="error") == {"AmazonTimestreamInfluxDBServiceRolePolicy"}
    for name in ("AdministratorAccess", "AWSDenyAll", "AmazonEC2ReadOnlyAccess"):
        types = {type_ for _, type_ in found_in(name)} or {"nothing"}
        values = (*TYPE_LABELS, "nothing")
        assert {each for each in values if name in names(q=name, lint=each)} == types
    codes = 'name="finding"'
    assert codes not in client.get("/policies/").text
    assert codes in client.get("/policies/?lint=security-warning").text
    assert client.get("/policies.json?finding=NO_SUCH").status_code == 400


@pytest.mark.usefixtures("few")
def test_pages_are_made_again_when_the_findings_are_in() -> None:
    before = CatalogState.current().prose_generation
    catch_up()
    assert CatalogState.current().prose_generation > before


def test_every_code_is_a_value_in_lower_case() -> None:
    assert all(value == value.lower() for value in lint_values())
    assert {"error", "suggestion", "never_true_condition"} <= lint_values()
