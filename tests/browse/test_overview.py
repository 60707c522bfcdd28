"""The overview: its figures are true, and every one of its links leads somewhere."""

from __future__ import annotations

import random
import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import resolve
from pytest_django import DjangoAssertNumQueries

from policyhub.catalog.facts.tables import fact_rows
from policyhub.catalog.models import Action, Policy, PolicyVersion
from policyhub.catalog.models import Statement as StoredStatement
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_the_figures_are_counted(client: Client) -> None:
    figures = client.get("/.json").json()["figures"]
    in_force = StoredStatement.objects.filter(version__is_default=True)
    assert figures == {
        "policies": 1582,
        "statements": in_force.count(),
        "services": 457,
        "actions": Action.objects.count(),
        "condition_keys": 599,
        "changes": 33,
    }
    text = markup_of(client.get("/"))
    assert "<dd>1,582</dd>" in text
    assert "as of 30 September 2026" in text


def test_every_look_leads_to_as_many_policies_as_it_says(client: Client) -> None:
    looks = client.get("/.json").json()["looks"]
    assert len(looks) == 6
    for look in looks:
        twin = look["url"].replace("/policies/", "/policies.json")
        assert client.get(twin).json()["count"] == look["count"] > 0, look


def test_what_statements_name_in_vain_is_counted_and_listed(client: Client) -> None:
    count = len(fact_rows("impossible-grants"))
    assert count > 0
    assert client.get("/.json").json()["namedInVain"] == count
    assert f'href="/facts/#impossible-grants">{count} actions' in markup_of(client.get("/"))
    tables = {each["name"]: each for each in client.get("/facts.json").json()["results"]}
    assert tables["impossible-grants"]["count"] == count
    page = markup_of(client.get("/facts/"))
    assert 'id="impossible-grants-head">Statements of AWS' in page
    assert f'<span class="count">{count}</span>' in page


def test_a_look_that_finds_nothing_is_left_out_until_it_does(client: Client) -> None:
    PolicyVersion.objects.update(uses_not_resource=False)
    assert "Use NotResource" not in markup_of(client.get("/"))
    PolicyVersion.objects.filter(policy__name="AmazonECS_FullAccess").update(uses_not_resource=True)
    text = markup_of(client.get("/"))
    assert "Use NotResource" in text
    assert 'href="/policies/?uses=not-resource"' in text


def test_ten_of_today_s_policies_are_deprecated_and_stay_in_every_count(client: Client) -> None:
    found = client.get("/policies.json?deprecated=yes").json()
    assert found["count"] == 10
    states = {each["name"]: each["retired"] for each in found["results"]}
    assert states["AmazonDynamoDBFullAccess"] == "deprecated"
    assert states["CloudWatchFullAccess"] == "path-to-deprecation"
    assert client.get("/policies.json").json()["count"] == 1_582
    (found, *_) = client.get("/search.json?q=AmazonDynamoDBFullAccess").json()["results"]
    assert found["detail"] == "AWS managed, deprecated"
    page = markup_of(client.get("/policies/AmazonDynamoDBFullAccess/")).replace("<wbr>", "")
    assert "AWS has deprecated it as of 28 April 2025" in page
    assert "AmazonDynamoDBFullAccess_v2" in page


@pytest.mark.parametrize(
    ("part", "field"), [("updatedLast", "updated_at"), ("newest", "created_at")]
)
def test_the_latest_policies_are_the_latest(client: Client, part: str, field: str) -> None:
    shown = [row["name"] for row in client.get("/.json").json()[part]]
    expected = Policy.objects.order_by(f"-{field}", "name").values_list("name", flat=True)
    assert shown == list(expected[:8])


@pytest.mark.parametrize("most", [5, pytest.param(1_000, marks=pytest.mark.endurance)])
def test_every_link_of_the_page_leads_somewhere(client: Client, most: int) -> None:
    """Of each kind of page so many, drawn by a seed."""
    text = markup_of(client.get("/"))
    links = {unescape(link) for link in re.findall(r'href="(/[^"]*)"', text)}
    pages = {link for link in links if not link.startswith(("/static/", "/admin/"))}
    assert {"/policies/", "/services/", "/condition-keys/", "/changes/"} <= pages
    of_a_kind: dict[str, list[str]] = {}
    for page in sorted(pages):
        of_a_kind.setdefault(resolve(urlsplit(page).path).view_name, []).append(page)
    drawn = random.Random(7)
    for some in of_a_kind.values():
        for page in drawn.sample(some, min(most, len(some))):
            assert client.get(page, follow=True).status_code == 200, page


def test_the_search_box_stands_once_and_large(client: Client) -> None:
    text = markup_of(client.get("/"))
    assert text.count('role="search"') == 1
    assert 'class="search large"' in text


def test_an_empty_catalogue_says_what_to_do_next(client: Client) -> None:
    Policy.objects.all().delete()
    text = markup_of(client.get("/"))
    assert "There are no policies yet" in text
    assert "manage.py start" in text


def test_the_number_of_queries_is_constant(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/")
    with django_assert_num_queries(20):
        client.get("/")


def test_each_group_is_counted_and_leads_to_its_policies(client: Client) -> None:
    groups = client.get("/.json").json()["groups"]
    assert sum(each["count"] for each in groups) == PolicyVersion.objects.in_force().count()
    html = markup_of(client.get("/"))
    for each in groups:
        listed = client.get(each["url"].replace("/policies/", "/policies.json")).json()
        assert listed["count"] == each["count"]
        assert f'href="{each["url"]}"' in html
    assert groups[0]["group"] == "administrator"
    assert "Can become administrator" in html
