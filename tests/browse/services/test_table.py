"""The list of services, and one service: its actions, the policies that touch it."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policyhub.catalog.models import Service, ServiceGrant
from policyhub.catalog.reference.in_memory import get_reference
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

POLICY = re.compile(r'<th scope="row"><a href="/policies/([^/"]+)/')
SERVICE = re.compile(r'<th scope="row"><a href="/services/([^/"]+)/')


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    return markup_of(answer)


def listed(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/services.json{query}").json()
    assert answer["count"] == len(answer["results"])
    rows: list[dict[str, Any]] = answer["results"]
    return rows


def text_of(row: dict[str, Any]) -> str:
    return " ".join((row["prefix"], row["name"], *row["otherNames"])).lower()


def test_every_service_is_listed_those_that_only_policies_name_included(client: Client) -> None:
    rows = listed(client)
    assert {row["prefix"] for row in rows if row["known"]} == set(get_reference().services)
    retired = [row for row in rows if not row["known"]]
    assert "codestar" in [row["prefix"] for row in retired]
    assert all(row["policyCount"] and not row["actionCount"] for row in retired)
    assert [row["prefix"] for row in rows] == sorted(row["prefix"] for row in rows)


def test_a_hundred_a_page_with_the_count_said(client: Client) -> None:
    every = [row["prefix"] for row in listed(client)]
    first = page(client, "/services/")
    assert SERVICE.findall(first) == every[:50]
    assert f"1 to 50 of {len(every)} services" in first
    assert SERVICE.findall(page(client, "/services/?page=2")) == every[50:100]


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("?q=container", lambda row: "container" in text_of(row)),
        ("?listed=no", lambda row: not row["known"]),
        ("?listed=yes&q=ec2", lambda row: row["known"] and "ec2" in text_of(row)),
    ],
)
def test_a_filter_leaves_exactly_the_services_that_it_names(
    client: Client, query: str, holds: Any
) -> None:
    left = listed(client, query)
    assert left == [row for row in listed(client) if holds(row)]
    assert left


def test_services_sort_by_how_many_policies_touch_them(client: Client) -> None:
    counts = [row["policyCount"] for row in listed(client, "?sort=-policies")]
    assert counts == sorted(counts, reverse=True)
    ec2 = next(row for row in listed(client) if row["prefix"] == "ec2")
    assert (
        ec2["policyCount"]
        == ServiceGrant.objects.filter(service__prefix="ec2", version__is_default=True).count()
    )


def test_the_csv_file_has_every_service(client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/services.csv").content.decode())))
    assert [row["prefix"] for row in rows] == [row["prefix"] for row in listed(client)]


def test_a_service_has_its_actions_by_level(client: Client) -> None:
    html = page(client, "/services/ecs/")
    info = get_reference().services["ecs"]
    for action in info.actions:
        assert f'href="/actions/{action.id}/"' in html
    assert f"{len(info.actions)} actions" in html
    assert "Amazon Elastic Container Service" in html


def test_a_very_large_service_opens_one_level_at_a_time(client: Client) -> None:
    closed = page(client, "/services/ec2/")
    assert 'href="/actions/ec2:RunInstances/"' not in closed
    assert "?show=write#level-write" in closed
    opened = page(client, "/services/ec2/?show=write")
    assert 'href="/actions/ec2:RunInstances/"' in opened
    assert '<details id="level-write" open>' in opened
    assert 'href="/actions/ec2:DescribeInstances/"' not in opened


def test_the_policies_that_touch_it_have_their_counts(client: Client) -> None:
    body = client.get("/services/ecs.json").json()
    rows = {row["policy"]: row for row in body["policies"]["results"]}
    assert body["policies"]["count"] == len(rows)
    total = len(get_reference().services["ecs"].actions)
    assert rows["AdministratorAccess"]["actionCount"] == total
    assert sum(rows["AmazonECS_FullAccess"]["accessLevels"].values()) == total
    html = page(client, "/services/ecs/")
    assert set(POLICY.findall(html)) <= set(rows)
    assert f"<strong>{len(rows)}</strong> policies" in html


@pytest.mark.parametrize("query", ["level=tagging", "kind=service-role", "q=ecs"])
def test_the_policies_narrow(client: Client, query: str) -> None:
    every = client.get("/services/ecs.json").json()["policies"]["count"]
    left = client.get(f"/services/ecs.json?{query}").json()["policies"]
    assert 0 < left["count"] < every
    names = POLICY.findall(page(client, f"/services/ecs/?{query}"))
    assert names == [row["policy"] for row in left["results"]][:50]


def test_a_policy_that_only_names_a_service_says_so(client: Client) -> None:
    assert "grants no action of the reference" in page(client, "/services/codestar/")


def test_a_retired_service_says_that_the_reference_lacks_it(client: Client) -> None:
    for service in Service.objects.filter(known=False):
        html = page(client, service.get_absolute_url())
        assert "Not in the service authorization reference" in html
        assert POLICY.findall(html) or "No policy touches it" in html


def test_the_documented_changes_of_its_policies_are_there(client: Client) -> None:
    html = page(client, "/services/ecs/")
    assert "Changes of policies that belong to it" in html
    assert "/changes/?service=ecs" in html
    dates = [row["date"] for row in client.get("/services/ecs.json").json()["changes"]]
    assert "2023-01-04" in dates


def test_another_case_leads_to_the_right_one(client: Client) -> None:
    answer = client.get("/services/ECS/?level=write")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/services/ecs/?level=write"


def test_an_unknown_service_is_not_found_and_near_ones_are_offered(client: Client) -> None:
    html = page(client, "/services/ecsx/", status=404)
    assert 'href="/services/ecs/"' in html
    assert "ecs" in client.get("/services/ecsx.json").json()["near"]
    assert "<b>" not in page(client, "/services/<b>/", status=404)


def test_the_csv_file_of_a_service_has_every_policy(client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/services/ecs.csv").content.decode())))
    assert len(rows) == client.get("/services/ecs.json").json()["policies"]["count"]


def test_the_number_of_queries_does_not_depend_on_the_service(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for prefix in ("ec2", "ecs", "codestar"):
        with django_assert_max_num_queries(8):
            client.get(f"/services/{prefix}/")
    with django_assert_max_num_queries(4):
        client.get("/services/")


@pytest.mark.parametrize("words", ["CloudFormation", "Cloud Control API"])
def test_a_service_is_found_by_the_names_of_all_its_pages(client: Client, words: str) -> None:
    assert "cloudformation" in [row["prefix"] for row in listed(client, f"?q={words}")]
    found = client.get("/search.json", {"q": f'"{words}"', "in": "services"}).json()["results"]
    assert "cloudformation" in [each["name"] for each in found]


def test_a_service_page_tells_its_name_and_the_pages_that_share_its_prefix(client: Client) -> None:
    text = page(client, "/services/cloudformation/")
    assert "<h1>AWS Cloud<wbr>Formation <code" in text
    assert "AWS Cloud Control API; AWS CloudFormation" in text
    assert "AWS Resource Explorer itself is" in page(client, "/services/resource-explorer/")
    answer = client.get("/services/cloudformation.json").json()
    assert (answer["name"], answer["otherNames"]) == (
        "AWS CloudFormation",
        ["AWS Cloud Control API"],
    )


def test_level_and_freedom_meet_in_one_action_of_the_service(client: Client) -> None:
    def names(query: str) -> set[str]:
        answer = client.get(f"/services/organizations.json?{query}").json()["policies"]
        assert answer["count"] == len(answer["results"])
        return {row["policy"] for row in answer["results"]}

    def listed_there(query: str) -> set[str]:
        rows = client.get(f"/policies.json?service=organizations&{query}").json()["results"]
        return {row["name"] for row in rows}

    for query in (
        "free=write",
        "level=write&free=write&free=list",
        "level=read",
        "kind=aws-managed",
    ):
        assert names(query) == listed_there(query) != set(), query
    assert names("level=write&free=list") == set()
