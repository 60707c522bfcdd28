"""Finding by name: policies, actions, services and condition keys."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policyhub.catalog.models import Action, Policy

pytestmark = pytest.mark.django_db


def results(client: Client, query: str, group: str = "") -> list[str]:
    found = client.get("/search.json", {"q": query, **({"in": group} if group else {})}).json()
    return [result["name"] for result in found["results"]]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("ecs:RunTask", "/actions/ecs:RunTask/"),
        ("ECS:runtask", "/actions/ecs:RunTask/"),
        ("  ecs:RunTask  ", "/actions/ecs:RunTask/"),
        ("AmazonECS_FullAccess", "/policies/AmazonECS_FullAccess/"),
        ("amazonecs_fullaccess", "/policies/AmazonECS_FullAccess/"),
        ("arn:aws:iam::aws:policy/AmazonECS_FullAccess", "/policies/AmazonECS_FullAccess/"),
        (
            "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy",
            "/policies/AmazonECSServiceRolePolicy/",
        ),
        ("iam:PassedToService", "/condition-keys/iam:PassedToService/"),
    ],
)
def test_a_whole_name_leads_straight_to_its_page(client: Client, text: str, url: str) -> None:
    answer = client.get("/search/", {"q": text})
    assert answer.status_code == 302
    assert answer["Location"] == url
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("text", ["RunTask", "ecs", "AmazonECS_Full", "arn:aws:iam::aws:policy/X"])
def test_a_part_of_a_name_does_not_lead_away(client: Client, text: str) -> None:
    assert client.get("/search/", {"q": text}).status_code == 200


@pytest.mark.parametrize(
    ("text", "group", "expected"),
    [
        ("passrole", "actions", "iam:PassRole"),
        ("PASSROLE", "actions", "iam:PassRole"),
        ("ecs run", "actions", "ecs:RunTask"),
        ("run ecs", "actions", "ecs:RunTask"),
        ("askExecutionRole", "policies", "AmazonECSTaskExecutionRolePolicy"),
        ("container service", "services", "ecs"),
        ("ecs", "services", "ecs"),
        ("passedto", "condition-keys", "iam:PassedToService"),
        ("amazonecsmanaged", "condition-keys", "aws:ResourceTag/AmazonECSManaged"),
    ],
)
def test_a_fragment_is_found_in_any_case_and_order(
    client: Client, text: str, group: str, expected: str
) -> None:
    assert expected in results(client, text, group)


def test_a_whole_name_comes_first_then_a_beginning(client: Client) -> None:
    assert results(client, "passrole", "actions")[0] == "iam:PassRole"
    assert results(client, "ecs", "services")[0] == "ecs"
    assert results(client, "ecs:run", "actions")[0] == "ecs:RunTask"


def test_no_condition_key_is_found_twice(client: Client) -> None:
    names = [name.lower() for name in results(client, "tag", "condition-keys")]
    assert len(names) == len(set(names))


def test_nothing_is_left_out_of_the_twin(client: Client) -> None:
    answer = client.get("/search.json?q=get&in=actions").json()
    found = answer["results"]
    while answer["next"]:
        answer = client.get(answer["next"]).json()
        found += answer["results"]
    expected = Action.objects.filter(full_name__icontains="get")
    assert len(found) == answer["count"] == expected.count() > 3000
    assert {each["name"] for each in found} == set(expected.values_list("full_name", flat=True))


def test_the_twin_goes_through_the_groups_in_order(client: Client) -> None:
    answer = client.get("/search.json?q=ecs").json()
    groups = [result["group"] for result in answer["results"]]
    assert list(dict.fromkeys(groups)) == ["policies", "actions", "services", "condition-keys"]
    assert answer["results"][0]["url"].startswith("/policies/")


def test_the_page_shows_twenty_of_a_group_and_says_how_many_there_are(client: Client) -> None:
    text = client.get("/search/?q=role").content.decode()
    count = Policy.objects.filter(name__icontains="role").count()
    assert f'Policies <span class="muted">{count}</span>' in text
    assert f'<a href="?q=role&amp;in=policies">All {count} policies</a>' in text
    policies = text.split("<h2>")[1]
    assert policies.count("<li data-row>") == 20


def test_a_group_is_paged_to_its_end(client: Client) -> None:
    count = Policy.objects.filter(name__icontains="role").count()
    text = client.get("/search/?q=role&in=policies").content.decode()
    assert text.count("<li data-row>") == 100
    last = client.get(f"/search/?q=role&in=policies&page={count // 100 + 1}").content.decode()
    assert last.count("<li data-row>") == count % 100


def options(client: Client, text: str) -> list[tuple[str, str]]:
    answer = client.get("/search/suggestions/", {"q": text}).content.decode()
    pairs = re.findall(r'<a role="option"[^>]*href="([^"]*)"><span[^>]*>(.*?)</span>', answer)
    return [(unescape(url), unescape(name.replace("<wbr>", ""))) for url, name in pairs]


def test_suggestions_come_in_groups_of_at_most_five(client: Client) -> None:
    answer = client.get("/search/suggestions/?q=ecs").content.decode()
    assert re.findall(r'role="group" aria-label="([^"]+)"', answer) == [
        "Policies",
        "Actions",
        "Services",
        "Condition keys",
    ]
    for group in answer.split('role="group"')[1:]:
        named = re.findall(r'<a role="option" id="suggestion-\d-\d"', group)
        assert 1 <= len(named) <= 5


def test_suggestions_say_how_many_more_there_are(client: Client) -> None:
    count = Action.objects.filter(full_name__icontains="ecs").count()
    assert ("/search/?q=ecs&in=actions", f"{count - 5} more actions") in options(client, "ecs")


def test_suggestions_have_unique_ids(client: Client) -> None:
    answer = client.get("/search/suggestions/?q=e").content.decode()
    ids = re.findall(r'id="([^"]+)"', answer)
    assert len(ids) == len(set(ids))


def test_every_suggestion_leads_somewhere(client: Client) -> None:
    for text in ("ecs task", "tag", "passrole"):
        for url, _ in options(client, text):
            assert client.get(url).status_code == 200, url


def test_no_text_gives_an_empty_list(client: Client) -> None:
    answer = client.get("/search/suggestions/?q=+").content.decode().strip()
    assert answer == (
        '<div id="suggestions" class="suggestions" role="listbox" aria-label="Suggestions"></div>'
    )


def test_nothing_found_is_said(client: Client) -> None:
    assert "Nothing is called “zzzz”" in options(client, "zzzz")[0][1]
    text = client.get("/search/?q=zzzz").content.decode()
    assert "Nothing has all of these words in its name" in text


BAD: list[tuple[dict[str, Any], str]] = [
    ({"q": "x" * 10_240}, "too-long"),
    ({"q": "a\0b"}, "bad-character"),
    ({"q": "ecs", "in": "changes"}, "unknown-value"),
    ({"q": "ecs", "page": "x"}, "bad-page"),
    ({"q": "ecs", "colour": "red"}, "unknown-parameter"),
    ({"q": " ".join("abcdefghijk")}, "too-many-words"),
]


@pytest.mark.parametrize(("query", "code"), BAD)
def test_bad_input_is_named(client: Client, query: dict[str, Any], code: str) -> None:
    page = client.get("/search/", query)
    assert page.status_code == 200
    assert "Not everything in this address was understood" in page.content.decode()
    assert client.get("/search/suggestions/", query).status_code == 200
    twin = client.get("/search.json", query)
    assert twin.status_code == 400
    assert [problem["code"] for problem in twin.json()["problems"]] == [code]


@pytest.mark.parametrize(
    "text", ["'", '"', "'; DROP TABLE", "%", "\\", "<script>", "😀", "a_b", "*"]
)
def test_odd_letters_are_looked_for_as_they_are(client: Client, text: str) -> None:
    answer = client.get("/search.json", {"q": text, "in": "policies"}).json()
    expected = [name for name in Policy.objects.values_list("name", flat=True) if text in name]
    assert answer["count"] == len(expected)
    page = client.get("/search/", {"q": text}).content.decode()
    assert "<script>" not in page


def test_a_page_without_words_says_how_to_search(client: Client) -> None:
    answer = client.get("/search/")
    assert answer.status_code == 200
    assert "Type a part of a name" in answer.content.decode()
    assert client.get("/search.json").json() == {"count": 0, "next": None, "results": []}


def test_the_number_of_queries_is_bounded(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for query in ("e", "role", "ecs"):
        with django_assert_max_num_queries(8):
            client.get("/search/suggestions/", {"q": query})
