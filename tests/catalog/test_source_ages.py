"""How old each source is: from rows, reference and fixtures, on the page and by command."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from policyhub.catalog.facts.tables import fact_tables
from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.models import Policy
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.catalog.source_ages import SourceAge, source_ages
from tests.catalog.given_sources import policy, version

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def named(name: str) -> SourceAge:
    (found,) = [each for each in source_ages() if each.name == name]
    return found


def test_the_policies_are_as_old_as_the_newest_data_about_them() -> None:
    assert named("AWS managed policies").as_of == "2026-09-30"
    Policy.objects.filter(name="AmazonECS_FullAccess").update(facts_retrieved_on="2026-10-02")
    assert named("AWS managed policies").day == date(2026, 10, 2)


def test_customers_policies_are_as_old_as_the_oldest_of_them() -> None:
    assert not [each for each in source_ages() if each.name.startswith("Customer")]
    import_policies([policy(version("v1", "s3:GetObject"))])
    Policy.objects.filter(kind=Policy.Kind.CUSTOMER_MANAGED).update(facts_retrieved_on="2025-01-31")
    assert named("Customer managed policies").day == date(2025, 1, 31)


def test_the_day_of_the_reference_is_that_of_its_release() -> None:
    found, release = named("Service authorization reference"), get_reference().version
    assert found.as_of.replace("-", "") in release
    assert found.day is not None


def test_both_pages_about_ecs_have_the_day_of_their_latest_entry() -> None:
    page = "AWS managed policies for Amazon ECS, as of"
    assert [named(f"{page} {year}").as_of for year in (2024, 2026)] == ["2024-01-22", "2026-04-24"]


def test_every_table_of_facts_is_listed_and_a_month_has_no_age() -> None:
    tables = {each.title: each.as_of for each in fact_tables().values()}
    listed = {each.name: each for each in source_ages()}
    assert {name: listed[name].as_of for name in tables} == tables
    for name in tables:
        assert (listed[name].days_old is None) is (len(tables[name]) != len("2026-09-30"))


def test_the_age_is_counted_to_today() -> None:
    today = timezone.localdate()
    assert SourceAge("", today.isoformat(), "", "").days_old == 0
    assert SourceAge("", "", "", "").days_old is None


def test_the_older_page_about_ecs_is_kept_and_never_late() -> None:
    old, new = (
        named(f"AWS managed policies for Amazon ECS, as of {year}") for year in (2024, 2026)
    )
    assert (old.is_kept, new.is_kept) == (True, False)
    assert (old.is_older_than(30), new.is_older_than(30)) == (False, True)


def test_the_page_and_its_json_say_the_same(client: Client) -> None:
    body = client.get("/sources.json").json()
    assert body["count"] == len(body["results"]) == len(source_ages())
    page = client.get("/sources/").content.decode()
    for each in body["results"]:
        assert each["daysOld"] is None or each["daysOld"] >= 0
        assert (each["asOf"] or "not known") in page
    assert "<code>manage.py sync_policies</code>" in page


def test_every_page_leads_there_from_the_day_of_the_data(client: Client) -> None:
    assert 'data as of <a href="/sources/">30 September 2026</a>' in " ".join(
        client.get("/services/").content.decode().split()
    )


def said(*options: str) -> str:
    out = StringIO()
    call_command("sources", *options, stdout=out)
    return out.getvalue()


def test_the_command_lists_them_in_words_and_as_json() -> None:
    assert "AWS managed policies: 2026-09-30 (" in said()
    told: dict[str, Any] = json.loads(said("--json"))
    assert told["results"] == [each.to_dict() for each in source_ages()]


@pytest.mark.parametrize(
    ("options", "error", "status"),
    [
        (["--older-than", "30"], "older than 30 days: .*as of 2026", 1),
        (["--older-than", "-1"], "a number of days, 0 or more", 2),
    ],
)
def test_the_command_fails_for_what_is_too_old(options: list[str], error: str, status: int) -> None:
    with pytest.raises(CommandError, match=error) as raised:
        said(*options)
    assert raised.value.returncode == status


def test_the_command_passes_where_nothing_is_too_old() -> None:
    assert said("--older-than", "100000")
