"""What a text asks for, in the search box and on its page: acts, risks, filters of lists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from html import unescape

import pytest
from django.test import Client

from policyhub.browse.changes.log import CHANGES
from policyhub.browse.condition_keys.table import LISTED, USED
from policyhub.browse.lists.facets import Facet
from policyhub.browse.policies.facets import FACETS
from policyhub.browse.risks.table import RISKS
from policyhub.browse.services.table import SERVICES
from policyhub.search.finding.asking.lists import LISTS, lists_asked_for
from policyhub.search.finding.asking.times import NamedTime, split_time
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db
ECS, S3 = "AmazonECS_FullAccess", "AmazonS3FullAccess"
COMPARED = f"/compare/?policy={ECS}&policy={S3}"
SINCE = "/changes/?since=2026-01-01"


def suggested(client: Client, text: str) -> list[tuple[str, str]]:
    answer = markup_of(client.get("/search/suggestions/", {"q": text}))
    pairs = re.findall(r'<a role="option"[^>]*href="([^"]*)"[^>]*><span[^>]*>(.*?)</span>', answer)
    return [(unescape(url), unescape(re.sub(r"<.*?>", "", words))) for url, words in pairs]


def listed(client: Client, text: str) -> dict[str, str]:
    """The addresses of the results by their words."""
    answer = client.get("/search/", {"q": text})
    assert answer.status_code == 200
    pairs = re.findall(r'<li data-row><a href="([^"]*)">(.*?)</a>', markup_of(answer))
    return {unescape(re.sub(r"<.*?>", "", words)): unescape(url) for url, words in pairs}


def as_data(client: Client, text: str) -> dict[str, list[str]]:
    """What `/search.json` offers for a text: the addresses, by what they are."""
    found = client.get("/search.json", {"q": text}).json()
    acts = [offer for group in found["offers"] for offer in group["offers"]]
    offered = {"offers": acts, "risks": found["risks"], "nearest": found["nearest"]}
    assert all(each["name"] for some in offered.values() for each in some)
    return {what: [each["url"] for each in some] for what, some in offered.items()}


@pytest.mark.parametrize(
    ("text", "what", "url"),
    [
        (f"compare {ECS} with {S3}", "offers", COMPARED),
        ("answer:free", "offers", "/risks/?answer=free"),
        ("stops any trail", "risks", "/risks/log-ct-1/"),
        ("amzecsfulac", "nearest", f"/policies/{ECS}/"),
    ],
)
def test_data_offer_what_the_search_box_offers(
    client: Client, text: str, what: str, url: str
) -> None:
    offered = as_data(client, text)
    assert url in offered.pop(what)
    assert not any(offered.values())
    assert url in [each for each, _ in suggested(client, text)]


def test_the_kinds_of_results_name_the_risks_and_lead_to_their_list(client: Client) -> None:
    count = client.get("/risks.json?q=passrole").json()["count"]
    for address in ("/search/?q=passrole", "/search/?q=passrole&in=statements"):
        kinds = markup_of(client.get(address)).partition("Kinds of results")[2]
        assert f'<a href="/risks/?q=passrole">Risks <span class="count">{count}</span>' in kinds


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("simulate amazonecs_full", f"/simulate/?policy={ECS}"),
        ("what changed in ecs", "/changes/?service=ecs"),
        ("what changed in the ECS policies", "/changes/?service=ecs"),
        ("What did AWS change in ecs since 2025", "/changes/?service=ecs&since=2025-01-01"),
        ("who can passrole", "/who-can/?action=iam:PassRole"),
        ("which policies allow iam:PassRole", "/who-can/?action=iam:PassRole"),
        (f"compare {ECS} with {S3}", COMPARED),
        (f"compare amazonecs_full and {S3.lower()}", COMPARED),
        (f"compare {ECS}, {S3} and AdministratorAccess", f"{COMPARED}&policy=AdministratorAccess"),
        (
            "best fit ecs:RunTask, iam:PassRole and logs:GetLogEvents",
            "/best-fit/?actions=ecs:RunTask%2C+iam:PassRole%2C+logs:GetLogEvents",
        ),
        ("template amazonecs_full", f"/policies/{ECS}/template/"),
    ],
)
def test_what_the_palette_understands_the_search_box_does(
    client: Client, text: str, url: str
) -> None:
    assert suggested(client, text)[0][0] == url
    answer = client.get("/search/", {"q": text})
    assert (answer.status_code, answer["Location"]) == (302, url)
    assert client.get(url).status_code == 200


def test_where_several_things_may_be_meant_they_are_listed(client: Client) -> None:
    found = listed(client, "simulate amazonecs")
    assert found[f"Simulate {ECS}"] == f"/simulate/?policy={ECS}"
    assert len(found) > 1
    several = listed(client, "compare AmazonECS_FullAccess with amazons3")
    assert several[f"Compare {ECS} with {S3}"] == COMPARED
    assert len(several) > 1


@pytest.mark.parametrize("text", ["amzecsfulac", "simulate amzecsfulac"])
def test_where_nothing_is_found_the_nearest_names_are_offered(client: Client, text: str) -> None:
    assert listed(client, text)[ECS] == f"/policies/{ECS}/"
    assert (f"/policies/{ECS}/", ECS) in suggested(client, text)
    assert "Nothing found; the nearest names" in markup_of(
        client.get("/search/suggestions/", {"q": text})
    )


@pytest.mark.parametrize("text", [f"compare {ECS} with zzzz", "simulate zzzz", "compare"])
def test_an_act_with_nothing_to_be_done_is_searched_for(client: Client, text: str) -> None:
    assert client.get("/search/", {"q": text}).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "PassRole without a condition",
        "iam:PassRole without conditions",
        "who can PassRole without any condition",
        "policies that allow iam:PassRole unconditionally",
        "passrole freely",
    ],
)
def test_a_grant_without_a_condition_is_asked_for_in_words(client: Client, text: str) -> None:
    wanted = {
        "Who can iam:PassRole without a condition": "/who-can/?action=iam:PassRole&answer=yes",
        "Policies with a free PassRole risk": "/policies/?risk=free-passrole",
    }
    assert wanted.items() <= listed(client, text).items()
    assert {(url, words) for words, url in wanted.items()} <= set(suggested(client, text))
    for url in wanted.values():
        assert "AdministratorAccess" in markup_of(client.get(url))


def test_what_ends_like_a_question_and_names_no_action_is_searched_for(client: Client) -> None:
    assert not any(words.startswith("Who can") for words in listed(client, "can change freely"))


def test_a_risk_is_found_by_its_title(client: Client) -> None:
    title = "Stops any trail of CloudTrail"
    assert listed(client, title)[title] == "/risks/log-ct-1/"
    assert ("/risks/log-ct-1/", title) in suggested(client, title)
    assert "No results" not in markup_of(client.get("/search/", {"q": title}))


def test_more_risks_than_are_shown_are_counted_and_linked(client: Client) -> None:
    answer = markup_of(client.get("/search/?q=passrole"))
    count = int(re.findall(r"All (\d+) risks", answer)[0])
    assert client.get("/risks.json?q=passrole").json()["count"] == count


@pytest.mark.parametrize(
    ("text", "words", "url"),
    [
        ("free:write", "List the policies with free:write", "/policies/?free=write"),
        ("Free:write", "List the policies with free:write", "/policies/?free=write"),
        (
            "free:write,tagging service:ecs container",
            "List the policies with free:write,tagging service:ecs",
            "/policies/?q=container&free=write&free=tagging&service=ecs",
        ),
        ("access:widened", "List the changes with access:widened", "/changes/?access=widened"),
        (
            "since:2026-01-01",
            "List the changes with since:2026-01-01",
            "/changes/?since=2026-01-01",
        ),
        ("used:no", "List the condition keys with used:no", "/condition-keys/?used=no"),
        ("answer:free", "List the risks with answer:free", "/risks/?answer=free"),
    ],
)
def test_a_filter_of_a_list_is_said_to_be_one(
    client: Client, text: str, words: str, url: str
) -> None:
    assert listed(client, text)[words] == url
    assert (url, words) in suggested(client, text)
    answer = markup_of(client.get("/search/", {"q": text}))
    assert "a filter of this list, not of the search" in answer
    assert "was not understood" not in markup_of(client.get(url))


@pytest.mark.parametrize("text", ["service:ecs", "account:close", "ecs", "free:", "-free:write"])
def test_what_the_search_understands_is_no_filter_of_a_list(text: str) -> None:
    assert not list(lists_asked_for(text))


def test_the_filters_of_lists_are_those_of_their_pages() -> None:
    of_pages: Mapping[str, Sequence[Facet]] = {
        "browse:policies": FACETS,
        "browse:changes": CHANGES.facets,
        "browse:risks": RISKS.facets,
        "browse:services": SERVICES.facets,
    }
    named = {each.address: set(each.filters) for each in LISTS}
    # The prefixes are a facet of the keys that there are.
    assert named.pop("browse:condition_keys") == {USED.key, LISTED.key, "prefix"}
    assert named == {page: {each.key for each in facets} for page, facets in of_pages.items()}


@pytest.mark.parametrize(
    ("text", "rest", "time"),
    [
        ("ecs since 2024", "ecs", NamedTime(date(2024, 1, 1), "since 2024")),
        ("ecs since 2024-05", "ecs", NamedTime(date(2024, 5, 1), "since 2024-05")),
        ("ecs Since 2024-05-06", "ecs", NamedTime(date(2024, 5, 6), "since 2024-05-06")),
        ("ecs in the last two years", "ecs", NamedTime(date(2024, 9, 30), "in the last two years")),
        ("ecs over the past year", "ecs", NamedTime(date(2025, 9, 30), "over the past year")),
        ("ecs last 90 days", "ecs", NamedTime(date(2026, 7, 2), "last 90 days")),
        ("in the last week", "", NamedTime(date(2026, 9, 23), "in the last week")),
        ("ecs since 2024-13", "ecs since 2024-13", None),
        ("ecs since then", "ecs since then", None),
    ],
)
def test_a_time_in_words_is_read(text: str, rest: str, time: NamedTime | None) -> None:
    assert split_time(text) == (rest, time)
