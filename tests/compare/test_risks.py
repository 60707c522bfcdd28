"""Risks gained and lost between the sides of a comparison, on the page, in JSON and the command."""

from __future__ import annotations

import json
from html import unescape
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils.html import strip_tags

from policyhub.compare import risks
from policyhub.compare.risks import LONGEST_JUDGED
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db

HARMLESS = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
]})  # fmt: skip
KEYS = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"},
]})  # fmt: skip


def twin(client: Client, *sides: str) -> dict[str, Any]:
    answer = client.get("/compare.json", {"policy": sides})
    assert answer.status_code == 200, answer.content
    read: dict[str, Any] = json.loads(b"".join(answer))
    return read


def shown(client: Client, *sides: str) -> str:
    answer = client.get("/compare/", {"policy": sides})
    return " ".join(unescape(strip_tags(answer.content.decode())).split())


def test_a_risk_of_the_second_side_alone_is_gained_and_links_to_its_page(client: Client) -> None:
    entry = twin(client, HARMLESS, KEYS)["risksGained"][0]
    assert (entry["title"], entry["before"], entry["after"]) == (
        "Makes access keys for any user", None, "free",
    )  # fmt: skip
    html = markup_of(client.get("/compare/", {"policy": [HARMLESS, KEYS]}))
    assert 'href="/risks/iam-002/"' in html
    assert html.index("1 risk gained") < html.index("Only document 2 allows")
    assert "risk gained" not in html[html.index("Only document 2 allows") :]


def test_a_risk_of_the_first_side_alone_is_lost(client: Client) -> None:
    body = twin(client, KEYS, HARMLESS)
    assert [each["id"] for each in body["risksLost"]] == ["iam-002"]
    assert body["risksGained"] == []
    assert "1 risk lost from document 1 to document 2" in shown(client, KEYS, HARMLESS)
    assert "Lost: no longer" in shown(client, KEYS, HARMLESS)


@pytest.mark.parametrize("sides", [(HARMLESS, HARMLESS), (KEYS, KEYS)])
def test_nothing_is_shown_where_no_answer_differs(client: Client, sides: tuple[str, str]) -> None:
    assert twin(client, *sides)["risksGained"] == twin(client, *sides)["risksLost"] == []
    assert "risks-head" not in markup_of(client.get("/compare/", {"policy": sides}))


def test_of_three_sides_each_pair_has_its_own(client: Client) -> None:
    verdicts = twin(client, HARMLESS, KEYS, HARMLESS)["verdicts"]
    assert [len(each["risksGained"]) for each in verdicts] == [1, 0, 0]
    assert [len(each["risksLost"]) for each in verdicts] == [0, 0, 1]
    assert "1 risk gained from document 1 to document 2" in shown(client, HARMLESS, KEYS, HARMLESS)


def test_of_three_sides_a_pair_shows_the_first_risks_and_links_to_all_of_them(
    client: Client,
) -> None:
    sides = ["AmazonECSTaskExecutionRolePolicy", "AmazonECS_FullAccess", "AWSDenyAll"]
    verdicts = twin(client, *sides)["verdicts"]
    gained = len(verdicts[0]["risksGained"])
    assert gained > 7
    html = markup_of(client.get("/compare/", {"policy": sides}))
    assert f'#risks-head">{gained - 7} more</a>' in html
    lists = [each[key] for each in verdicts for key in ("risksGained", "risksLost")]
    in_menu = html.count('href="/risks/"')
    assert html.count('href="/risks/') == in_menu + sum(min(7, len(each)) for each in lists)
    alone = client.get(f"/compare/?{urlencode([('policy', each) for each in sides[:2]])}")
    assert markup_of(alone).count('href="/risks/') >= gained
    assert 'id="risks-head"' in markup_of(alone)


def test_a_single_risk_more_than_are_shown_at_once_is_shown_too(client: Client) -> None:
    sides = ("AmazonS3FullAccess", "AmazonS3ReadOnlyAccess")
    assert len(twin(client, *sides)["risksLost"]) == 8
    html = markup_of(client.get("/compare/", {"policy": sides}))
    part = html[html.index('id="risks-head"') :].partition("</section>")[0]
    assert part.count('href="/risks/') == 8
    assert "<summary>" not in part


def test_managed_policies_are_compared_like_any_sides(client: Client) -> None:
    body = twin(client, "AmazonECSTaskExecutionRolePolicy", "AmazonECS_FullAccess")
    assert "Reads any log in CloudWatch" in [each["title"] for each in body["risksGained"]]
    assert all(each["after"] is None for each in body["risksLost"])


def test_a_document_that_is_too_long_is_compared_without_its_risks(client: Client) -> None:
    padded = json.loads(KEYS)
    padded["Statement"][0]["Sid"] = "a" * LONGEST_JUDGED
    answer = client.post("/compare.json", {"policy": [HARMLESS, json.dumps(padded)]})
    body = json.loads(b"".join(answer))
    assert body["risksGained"] is body["risksLost"] is None
    page = markup_of(client.post("/compare/", {"policy": [HARMLESS, json.dumps(padded)]}))
    assert "risks-head" not in page


def test_nothing_that_is_pasted_is_kept(client: Client) -> None:
    risks._found_and_kept.cache_clear()
    twin(client, HARMLESS, KEYS)
    assert risks._found_and_kept.cache_info().currsize == 0
    twin(client, "AmazonECS_FullAccess@v20", KEYS)
    assert risks._found_and_kept.cache_info().currsize == 1


def test_the_command_prints_them_before_the_evidence() -> None:
    out = StringIO()
    call_command("compare", "ViewOnlyAccess", "AmazonECS_FullAccess", stdout=out)
    text = out.getvalue()
    assert "  Reads any log in CloudWatch: not at all -> free\n" in text
    assert text.index("risks gained") < text.index(" allows:\n")
