"""Pages about a document that the grammar accepts, and that was written to break them."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from tests.catalog.given_sources import document, the_policy
from tests.catalog.importing_steps import bring_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hostile")]

NAME = "HostilePolicy"
MARKUP = "<b onclick=alert(1)>\"'"
ACTIONS = ["s3:a/b", "s3:line\nend", f"s3:{MARKUP}", "nope:a#%00", "nope:../é", 'nope:a"b']
KEYS = ["aws:a/b", "aws:line\nend", f"aws:{MARKUP}", "aws:a?#%00", "aws:é", ":", "/", "service"]
LINK = re.compile(r'href="(/(?:actions|condition-keys)/[^"?]*/)"')


@pytest.fixture
def hostile() -> None:
    values = [MARKUP, "=1+1", "javascript:alert(1)", "v" * 10_000]
    text = document(
        *ACTIONS,
        "s3:GetObject",
        Resource=[f"arn:aws:s3:::{MARKUP}", "arn:aws:s3:::" + "r" * 10_000],
        Condition={"StringLike": dict.fromkeys(KEYS, values)},
    )
    assert bring_in(the_policy(text, stem=NAME)).created == [NAME]


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    html = answer.content.decode()
    assert "<b onclick" not in html, path
    return html


def pages_of(kind: str, name: str) -> list[str]:
    argument = quote(name, safe="")
    return [f"/{kind}/{argument}/", f"/{kind}/{argument}.json", f"/{kind}/{argument}.csv"]


@pytest.mark.parametrize("tab", ["", "permissions/", "document/", "changes/", "checks/"])
@pytest.mark.one_database
def test_every_tab_of_the_policy_answers_and_links_to_what_answers(
    client: Client, tab: str
) -> None:
    for link in set(LINK.findall(page(client, f"/policies/{NAME}/{tab}"))):
        page(client, unescape(link))


def test_the_policy_leads_to_each_action_that_no_reference_knows(client: Client) -> None:
    links = {unescape(link) for link in LINK.findall(page(client, f"/policies/{NAME}/"))}
    assert links >= {reverse("browse:action", args=[action]) for action in ACTIONS}


def test_the_list_of_condition_keys_has_each_key_with_its_page(client: Client) -> None:
    links = set(LINK.findall(page(client, "/condition-keys/?listed=no&q=:")))
    assert len(links) > 4
    names = {row["key"] for row in client.get("/condition-keys.json").json()["results"]}
    assert names >= set(KEYS)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.one_database
def test_an_action_of_any_spelling_has_its_pages(client: Client, action: str) -> None:
    html, json, csv = pages_of("actions", action)
    assert NAME in page(client, html)
    assert client.get(json).json()["action"] == action
    assert NAME in client.get(csv).content.decode()


@pytest.mark.parametrize("key", KEYS)
def test_a_condition_key_of_any_spelling_has_its_pages(client: Client, key: str) -> None:
    html, json, csv = pages_of("condition-keys", key)
    assert NAME in page(client, html)
    assert [row["key"] for row in client.get(json).json()["results"]] == [key]
    assert NAME in client.get(csv).content.decode()


@pytest.mark.parametrize("key", KEYS)
def test_the_address_that_htmx_is_given_leads_back_to_the_page(client: Client, key: str) -> None:
    html = pages_of("condition-keys", key)[0]
    pushed = client.get(f"{html}?effect=allow", headers={"HX-Request": "true"})["HX-Push-Url"]
    assert NAME in page(client, pushed)
