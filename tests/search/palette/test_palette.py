"""The command palette: what it offers for what is typed, and what Enter opens."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policyhub.search.finding.asking.acts import ACTS
from policyhub.search.finding.asking.places import PAGES
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db
ECS = "AmazonECS_FullAccess"
OPTION = re.compile(
    r'<a role="option" id="([^"]+)" tabindex="-1" href="([^"]*)"( data-only)?[^>]*>(.*?)</a>'
)


def markup(client: Client, text: str, policy: str = "") -> str:
    given = {"q": text, **({"policy": policy} if policy else {})}
    answer = client.get("/search/suggestions/palette/", given)
    assert answer.status_code == 200
    return markup_of(answer)


def offers(client: Client, text: str, policy: str = "") -> dict[str, str]:
    """The addresses by what is offered."""
    found = OPTION.findall(markup(client, text, policy))
    return {
        unescape(
            re.sub(r"<.*?>", "", words.partition('<span class="detail">')[0])
        ).strip(): unescape(url)
        for _, url, _, words in found
    }


def only(client: Client, text: str, policy: str = "") -> str:
    """What Enter opens."""
    urls = {
        unescape(url)
        for _, url, is_only, _ in OPTION.findall(markup(client, text, policy))
        if is_only
    }
    assert len(urls) <= 1
    return next(iter(urls), "")


def groups(client: Client, text: str, policy: str = "") -> list[str]:
    return re.findall(r'role="group" aria-label="([^"]+)"', markup(client, text, policy))


@pytest.mark.parametrize(
    ("text", "words", "url"),
    [
        ("simulate amazonecs_full", f"Simulate {ECS}", f"/simulate/?policy={ECS}"),
        ("Simulate AmazonECS_Full", f"Simulate {ECS}", f"/simulate/?policy={ECS}"),
        ("compare amazonecs_full", f"Compare {ECS} with …", f"/compare/?policy={ECS}"),
        ("compare with amazonecs_full", f"Compare {ECS} with …", f"/compare/?policy={ECS}"),
        ("open amazonecs_full", f"Open {ECS}", f"/policies/{ECS}/"),
        ("template amazonecs_full", f"Use {ECS} as a template", f"/policies/{ECS}/template/"),
        ("who can passrole", "Who can iam:PassRole", "/who-can/?action=iam:PassRole"),
        ("best fit ecs:runtask", "Best fit for ecs:RunTask", "/best-fit/?actions=ecs:RunTask"),
        ("what changed in ecs", "What changed in policies for ecs", "/changes/?service=ecs"),
        ("passrole", "iam:PassRole", "/actions/iam:PassRole/"),
        ("passrole", "Pages", ""),
        ("facts", "Facts", "/facts/"),
        ("paths to more power", "Risks", "/risks/"),
    ],
)
def test_what_is_typed_is_offered(client: Client, text: str, words: str, url: str) -> None:
    found = offers(client, text)
    assert found.get(words, "") == url
    if url:
        assert client.get(url).status_code == 200


def test_every_verb_does_something(client: Client) -> None:
    for verb, act in [(verb, each) for each in ACTS for verb in each.verbs]:
        name = "runtask" if act.group.key == "actions" else "ecs"
        found = markup(client, f"{verb} {name}")
        assert 'aria-label="Do"' in found, verb


def test_enter_asks_for_the_changes_of_the_service_that_is_named_whole(client: Client) -> None:
    assert only(client, "what changed in ecs") == "/changes/?service=ecs"
    assert only(client, "what changed ECS") == "/changes/?service=ecs"
    assert only(client, "what changed in e") == ""


def test_the_best_policy_can_be_compared_and_simulated_at_once(client: Client) -> None:
    found = offers(client, "amazonecs_full")
    assert found[f"Compare {ECS} with …"] == f"/compare/?policy={ECS}"
    assert found[f"Simulate {ECS}"] == f"/simulate/?policy={ECS}"


def test_on_the_page_of_a_policy_others_are_compared_with_it(client: Client) -> None:
    found = offers(client, "compare amazonecs_full", "AdministratorAccess")
    assert found[f"Compare AdministratorAccess with {ECS}"] == (
        f"/compare/?policy=AdministratorAccess&policy={ECS}"
    )
    assert only(client, "compare", ECS) == f"/compare/?policy={ECS}"


def test_before_anything_is_typed_pages_and_what_the_page_is_about_are_offered(
    client: Client,
) -> None:
    assert groups(client, "") == ["Pages"]
    assert len(offers(client, "")) == len(PAGES)
    assert groups(client, "", ECS) == [f"Do with {ECS}", "Pages"]
    for url in offers(client, "", ECS).values():
        assert client.get(url).status_code == 200, url


@pytest.mark.parametrize("policy", ["NoSuchPolicy", "a\0b", "x" * 10_000, "<script>"])
def test_a_policy_that_is_not_known_is_left_out(client: Client, policy: str) -> None:
    assert groups(client, "", policy) == ["Pages"]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("amazonecs_full", f"/policies/{ECS}/"),
        (ECS, f"/policies/{ECS}/"),
        ("ECSTaskExecutionRole", "/policies/AmazonECSTaskExecutionRolePolicy/"),
        ("ecs:RunTask", "/actions/ecs:RunTask/"),
        ("risks", "/risks/"),
        ("simulate amazonecs_full", f"/simulate/?policy={ECS}"),
        # Several policies, an action besides, or a word that was corrected: Enter searches.
        ("amazonecs", ""),
        ("role", ""),
        ("ecs run", ""),
        ("amazonecs_fulll", ""),
        ("", ""),
    ],
)
def test_enter_opens_what_alone_fits(client: Client, text: str, url: str) -> None:
    assert only(client, text) == url


def test_risks_are_found_by_their_words_and_their_ids(client: Client) -> None:
    assert "Risks" in groups(client, "passrole")
    assert "/risks/ecs-001/" in offers(client, "ecs-001").values()


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("amzecsfulac", ECS),
        ("iampasroel", "iam:PassRole"),
        ("simulate amzecsfulac", ECS),
    ],
)
def test_nothing_found_offers_the_nearest_names(client: Client, text: str, near: str) -> None:
    assert groups(client, text) == ["Nothing found; the nearest names"]
    assert near in offers(client, text)


def test_nothing_is_near_to_what_is_no_name(client: Client) -> None:
    assert groups(client, "zzzzqqqq") == []
    assert next(iter(offers(client, "zzzzqqqq"))) == "All results for “zzzzqqqq”"


def test_a_typing_error_is_read_as_what_is_meant_and_said(client: Client) -> None:
    found = offers(client, "pasrole")
    assert found["iam:PassRole"] == "/actions/iam:PassRole/"
    assert "“pasrole” read as “passrole”: All results for “pasrole”" in found


@pytest.mark.parametrize(
    "text",
    ["'", "%", "\\", "<script>", "😀", "a\0b", "service:", '"ecs', "x" * 10_000, "compare '"],
)
def test_odd_input_is_answered(client: Client, text: str) -> None:
    found = markup(client, text)
    assert "<script>" not in found
    ids = re.findall(r'id="([^"]+)"', found)
    assert len(ids) == len(set(ids))


def test_all_results_and_the_help_are_one_step_further(client: Client) -> None:
    found = offers(client, "ecs task")
    assert found["All results for “ecs task”"] == "/search/?q=ecs%20task"
    assert found["Search the help for “ecs task”"] == "/help/?q=ecs+task"


def test_the_number_of_queries_is_bounded(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for text in ("", "e", "role", "compare ecs", "zzzzqqqq"):
        with django_assert_max_num_queries(12):
            markup(client, text, ECS)
