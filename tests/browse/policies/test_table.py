"""The list of policies: what it shows, how it narrows, and what it says of nonsense."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import brotli
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.judge.risks.known import verdict_of_version
from policyhub.judge.risks.verdict import GROUPS
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

HTMX = {"HX-Request": "true"}
ROW = re.compile(r'<th scope="row"><a href="/policies/([^/"]+)/">')


def names(answer: Any) -> list[str]:
    return ROW.findall(markup_of(answer))


def found(client: Client, query: str) -> list[str]:
    """The names of every policy that a query string leaves, page after page."""
    answer = client.get(f"/policies.json?{query}").json()
    results = answer["results"]
    while answer["next"]:
        answer = client.get(answer["next"]).json()
        results += answer["results"]
    assert len(results) == answer["count"]
    return [result["name"] for result in results]


def test_all_policies_are_listed_by_name_a_page_at_a_time(client: Client) -> None:
    answer = client.get("/policies/")
    every = sorted(Policy.objects.values_list("name", flat=True), key=str.lower)
    assert len(every) >= 1582
    assert names(answer) == every[:25]
    assert "1 to 25 of 1,582 policies" in markup_of(answer)
    assert names(client.get("/policies/?page=64")) == every[1575:1600]


def test_a_row_says_what_the_policy_grants(client: Client) -> None:
    text = markup_of(client.get("/policies/?q=AmazonECSTaskExecutionRolePolicy"))
    version = PolicyVersion.objects.get(
        policy__name="AmazonECSTaskExecutionRolePolicy", is_default=True
    )
    assert f"{version.pattern_count} → {version.action_count}" in text
    assert "Service role" in text
    assert f"{version.policy.updated_at:%Y-%m-%d}" in text
    assert "<title>Most serious free: Write</title>" in text


def read_as(value: Any) -> Any:
    """A value as people sort it: names ignoring case."""
    return value.lower() if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("services", "serviceCount"),
        ("statements", "statementCount"),
        ("actions", "actionCount"),
        ("changed", "updatedAt"),
        ("kind", "kind"),
        ("name", "name"),
    ],
)
def test_every_column_sorts_both_ways(client: Client, column: str, field: str) -> None:
    for sort, is_reversed in ((column, False), (f"-{column}", True)):
        values = [row[field] for row in client.get(f"/policies.json?sort={sort}").json()["results"]]
        assert values == sorted(values, key=read_as, reverse=is_reversed)


def test_the_sorted_column_is_marked_and_leads_the_other_way_round(client: Client) -> None:
    text = markup_of(client.get("/policies/?sort=-actions&kind=service-role"))
    assert re.search(r'aria-sort="descending"><a href="\?kind=service-role&amp;sort=actions"', text)
    assert text.count("aria-sort=") == 1


def test_access_levels_sort_the_gravest_first(client: Client) -> None:
    rows = client.get("/policies.json?sort=-levels").json()["results"]
    grave = [row["accessLevels"]["Permissions management"] for row in rows]
    assert grave == sorted(grave, reverse=True)


@pytest.mark.parametrize("text", ["ecs role", "ROLE ecs", "  eCs   RolE "])
def test_the_filter_text_finds_every_word_in_any_case(client: Client, text: str) -> None:
    expected = Policy.objects.filter(name__icontains="ecs").filter(name__icontains="role")
    answer = client.get("/policies/", {"q": text})
    assert set(names(answer)) == set(expected.values_list("name", flat=True))


@pytest.mark.parametrize("text", ["%", "_____________________________________________________%"])
def test_wildcards_of_the_database_are_plain_letters(client: Client, text: str) -> None:
    answer = client.get("/policies/", {"q": text})
    assert names(answer) == []
    assert "No matching policies" in markup_of(answer)


def test_an_active_filter_is_a_chip_that_leads_to_the_list_without_it(client: Client) -> None:
    text = markup_of(client.get("/policies/?q=ecs&kind=service-role&service=ec2"))
    chips = re.findall(r'<a class="chip filter" href="([^"]+)"', text)
    assert [chip.replace("&amp;", "&") for chip in chips] == [
        "?service=ec2&kind=service-role",
        "?q=ecs&kind=service-role",
        "?q=ecs&service=ec2",
    ]
    assert 'href="?" hx-get="?">Clear all' in text


def test_htmx_gets_the_rows_and_the_clean_address_and_where_the_facets_are(client: Client) -> None:
    answer = client.get("/policies/?q=&service=ecs&since=&sort=", headers=HTMX)
    text = markup_of(answer)
    assert "<html" not in text
    assert re.match(r'<title>ecs · Policies · Policyhub</title>\s*<div id="policies"', text)
    assert 'id="facets"' not in text
    due = re.search(r'<p\s[^>]*id="facets-due"[^>]*>', text)
    assert due is not None
    assert 'hx-get="/policies/?service=ecs"' in due[0]
    assert 'hx-target="#facets"' in due[0]
    assert answer["HX-Push-Url"] == "/policies/?service=ecs"
    assert "HX-Request" in answer["Vary"]


def test_sorting_changes_the_rows_and_by_what_the_form_sorts_and_no_filters(client: Client) -> None:
    answer = client.get("/policies/?sort=-actions", headers={**HTMX, "HX-Target": "policies-rows"})
    text = markup_of(answer)
    assert re.match(r'<title>Policies · Policyhub</title>\s*<div id="policies-rows"', text)
    assert 'id="facets"' not in text
    field = re.search(r'<input\s[^>]*id="sort-field"[^>]*>', text)
    assert field is not None
    assert 'value="-actions"' in field[0]
    assert "hx-swap-oob" in field[0]
    assert "HX-Target" in answer["Vary"]
    assert 'hx-target="#policies-rows"' in text


def swapped(client: Client, path: str, target: str = "facets") -> Any:
    return client.get(path, headers={**HTMX, "HX-Target": target, "Accept-Encoding": "br"})


def markup_of_rail(answer: Any) -> str:
    return str(brotli.decompress(answer.content), "utf-8")


def test_the_facets_come_alone_with_the_counts_of_the_page(client: Client) -> None:
    answer = swapped(client, "/policies/?service=ecs")
    text, page = markup_of_rail(answer), client.get("/policies/?service=ecs").content.decode()
    assert re.match(r'\s*<div\s+id="facets"', text)
    assert "<table" not in text
    assert "HX-Target" in answer["Vary"]
    assert "HX-Push-Url" not in answer
    assert boxes(text) == boxes(page)


def boxes(text: str) -> list[tuple[str, ...]]:
    """Each box: its name, its value, whether it is ticked, and its count."""
    found: list[tuple[str, ...]] = re.findall(
        r'type="checkbox"\s+name="([^"]+)"\s+value="([^"]+)"\s+(checked|)\s*>.*?'
        r'class="count"\s*>([\d,]+)<',
        text,
        re.DOTALL,
    )
    assert len(found) == text.count('type="checkbox"')
    return found


@pytest.mark.parametrize("query", ["all=service", "service=ecs&service=braket&all=service"])
def test_an_open_facet_comes_in_pieces_with_what_is_ticked_in_the_first(
    client: Client, query: str
) -> None:
    path = f"/policies/?{query}"
    text = markup_of_rail(swapped(client, path))
    assert sum(box[2] == "checked" for box in boxes(text)) == query.count("&")
    whole, pieces = text, 0
    while following := re.findall(r'id="(more-\w+-\d+)"\s+hx-get="([^"]+)"', text):
        ((target, url),) = following
        assert url.replace("&amp;", "&") == path
        answer = swapped(client, path, target)
        assert len(answer.content) <= 5 * 1024
        text = markup_of_rail(answer)
        whole, pieces = whole + text, pieces + 1
    assert pieces > 1
    assert sorted(boxes(whole)) == sorted(boxes(client.get(path).content.decode()))


@pytest.mark.parametrize("target", ["more-nosuch-80", "more-service-999999"])
def test_options_that_there_are_not_are_no_options(client: Client, target: str) -> None:
    answer = client.get("/policies/?all=service", headers={**HTMX, "HX-Target": target})
    assert answer.content.strip() == b""


def test_going_back_gets_the_whole_page(client: Client) -> None:
    answer = client.get("/policies/", headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<html" in markup_of(answer)
    assert "HX-Push-Url" not in answer


@pytest.mark.parametrize(
    ("query", "code", "hint"),
    [
        ("colour=red", "unknown-parameter", "`service`"),
        ("kind=role", "unknown-value", "`service-linked-role`"),
        ("level=admin", "unknown-value", "`permissions-management`"),
        ("service=cloudwach", "unknown-value", "`cloudwatch`"),
        ("key=ecs:cluter", "unknown-value", "`ecs:cluster`"),
        ("since=yesterday", "bad-date", "`2026-09-30`"),
        ("sort=size", "unknown-column", "`actions`"),
        ("all=kind", "unknown-value", "`service`"),
        ("page=0", "bad-page", "whole number"),
        ("page=-1", "bad-page", "whole number"),
        ("page=%C2%B2", "bad-page", "whole number"),
        ("page=65", "beyond-last-page", "page 64"),
        ("q=" + "x" * 10_000, "too-long", "at most 200"),
        ("q=a%00b", "bad-character", "control character"),
        ("q=" + "+".join("abcdefghijk"), "too-many-words", "at most 10"),
        ("&".join(f"service=s{n}" for n in range(60)), "too-many-values", "at most 50"),
    ],
)
def test_nonsense_is_named_with_what_is_valid(
    client: Client, query: str, code: str, hint: str
) -> None:
    page = client.get(f"/policies/?{query}")
    assert page.status_code == 200
    assert "Some of the input was not understood" in markup_of(page)
    assert hint.strip("`") in markup_of(page)
    if code == "beyond-last-page":
        query = "page=5"
    twin = client.get(f"/policies.json?{query}")
    assert twin.status_code == 400
    assert code in {problem["code"] for problem in twin.json()["problems"]}


def test_json_names_every_problem_at_once(client: Client) -> None:
    answer = client.get("/policies.json?colour=red&kind=role&since=x&sort=size")
    problems = answer.json()["problems"]
    assert [problem["parameter"] for problem in problems] == ["colour", "kind", "since", "sort"]


def test_what_was_understood_still_holds(client: Client) -> None:
    text = markup_of(client.get("/policies/?kind=nonsense&kind=job-function&colour=red"))
    kinds = Policy.objects.filter(kind="job-function").count()
    assert f"<strong>{kinds}</strong> policies" in text


def test_nonsense_is_escaped(client: Client) -> None:
    text = markup_of(client.get("/policies/?kind=<script>alert(1)</script>&<b>=1"))
    assert "<script>alert" not in text
    assert "<b>" not in text


def test_a_page_beyond_the_end_is_the_last_one_with_a_word_about_it(client: Client) -> None:
    answer = client.get("/policies/?page=999")
    assert len(names(answer)) == 1582 - 63 * 25
    assert "there is no page 999: the last one is page 64" in markup_of(answer)


def test_the_twin_carries_count_next_and_results(client: Client) -> None:
    answer = client.get("/policies.json?kind=service-linked-role&kind=aws-managed").json()
    assert set(answer) == {"count", "next", "results"}
    assert len(answer["results"]) == 500
    assert answer["next"] == (
        "http://testserver/policies.json?kind=aws-managed&kind=service-linked-role&page=2"
    )
    assert len(found(client, "kind=service-linked-role&kind=aws-managed")) == answer["count"]


def test_the_csv_file_has_every_row_that_the_filters_leave(client: Client) -> None:
    answer = client.get("/policies.csv?service=ecs&sort=-actions&page=2")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["name"] for row in rows] == found(client, "service=ecs&sort=-actions")
    assert answer["Content-Disposition"] == 'attachment; filename="policies.csv"'
    assert client.get("/policies.csv?kind=x").status_code == 400


def test_the_page_links_its_twins_with_the_same_filters(client: Client) -> None:
    text = markup_of(client.get("/policies/?service=ecs&page=2"))
    assert 'href="/policies.json?service=ecs"' in text
    assert 'href="/policies.csv?service=ecs"' in text


@pytest.mark.parametrize("path", ["/policies/", "/policies.json", "/policies.csv"])
def test_only_reading_is_allowed(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.parametrize(
    "query", ["", "page=2", "page=64", "q=ecs", "sort=-services", "sort=-changed", "all=service"]
)
def test_the_number_of_queries_does_not_depend_on_the_rows(
    client: Client, query: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/policies/")
    with django_assert_num_queries(17):
        client.get(f"/policies/?{query}")


def test_a_chosen_facet_costs_at_most_two_queries_more(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/policies/")
    with django_assert_max_num_queries(16 + 2 * 3):
        client.get("/policies/?service=ecs&service=ec2&key=aws:resourceaccount&kind=service-role")


CHIPS = re.compile(r'<span class="chip family risk-(free|bounded)">(\w+)</span>')


@pytest.mark.parametrize("name", ["AmazonECS_FullAccess", "IAMFullAccess", "AWSDenyAll"])
def test_a_row_has_the_families_of_the_policys_risks(client: Client, name: str) -> None:
    version = PolicyVersion.objects.in_force().select_related("policy").get(policy__key=name)
    found = verdict_of_version(version)
    row = next(
        each
        for each in client.get(f"/policies.json?q={name}").json()["results"]
        if each["name"] == name
    )
    assert row["group"] == found.group.slug
    expected = [(each.family, each.is_free) for each in found.chips]
    expected.sort(key=lambda each: not each[1])
    assert [(each["family"], each["free"]) for each in row["risks"]] == expected
    text = markup_of(client.get(f"/policies/?q={name}&sort=-actions"))
    shown = CHIPS.findall(text[text.index(f"/policies/{name}/") :].split("</tr>")[0])
    assert [(family, answer == "free") for answer, family in shown] == expected


def test_a_group_leaves_exactly_its_policies_and_the_risks_sort_by_it(client: Client) -> None:
    rows = client.get("/policies.json?group=administrator&group=take-over").json()["results"]
    assert {row["group"] for row in rows} == {"administrator", "take-over"}
    assert "AdministratorAccess" in [row["name"] for row in rows]
    ranks = {each.slug: each.rank for each in GROUPS}
    listed = [
        ranks[row["group"]] for row in client.get("/policies.json?sort=risks").json()["results"]
    ]
    assert listed == sorted(listed)
    assert len(rows) == listed.count(1) + listed.count(2)


def test_a_policy_without_a_known_risk_says_so(client: Client) -> None:
    text = markup_of(client.get("/policies/?group=look"))
    assert "no known risk" in text
    assert "grants nothing" in markup_of(client.get("/policies/?group=nothing"))


def test_an_empty_catalogue_says_what_to_do_next(client: Client) -> None:
    Policy.objects.all().delete()
    text = markup_of(client.get("/policies/"))
    assert "There are no policies yet" in text
    assert "manage.py start" in text


@pytest.mark.parametrize(
    "path",
    [
        "/policies/",
        "/policies/?sort=-actions",
        "/policies/?service=ecs",
        # The longest found of 1,209 filters with a way to sort.
        "/policies/?conditions=some&sort=-actions",
        "/policies/?key=iam:passedtoservice&sort=-services",
        "/policies/?service=s3&sort=-statements",
        "/services/",
        "/condition-keys/",
        "/actions/iam:PassRole/",
        "/services/ecs/",
        "/policies/AmazonECS_FullAccess/permissions/",
        "/changes/",
    ],
)
def test_what_htmx_swaps_in_stays_within_five_kilobytes(client: Client, path: str) -> None:
    for target in ("facets", "policies"):
        answer = swapped(client, path, target)
        assert answer["Content-Encoding"] == "br"
        assert len(answer.content) <= 5 * 1024


def test_the_facets_with_every_list_opened_stay_within_five_kilobytes(client: Client) -> None:
    answer = swapped(client, "/policies/?all=service&all=key&service=braket")
    assert len(answer.content) <= 5 * 1024
