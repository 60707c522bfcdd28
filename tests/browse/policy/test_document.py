"""The Document tab: every line numbered, every statement linked and explained; and raw."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from policyhub.browse.reading.json_lines import PAGE_LINES, pretty
from policyhub.catalog.models import PolicyVersion

URL = "/policies/AmazonECS_FullAccess/document"
LONGEST = "/policies/AWSSupportServiceRolePolicy/document"
SINCE = re.compile(r'<a class="since[^"]*" href="([^"]*)" [^>]*title="([^"]*)">([^<]*)</a>')
LINE = re.compile(r'<span class="line" id="L(\d+)"><a [^>]*>\1</a>(.*?)\n</span>')


def lines(text: str) -> dict[int, str]:
    """The shown lines by number, without their markup."""
    text = SINCE.sub("", text)
    return {int(n): unescape(re.sub(r"<[^>]+>", "", line)) for n, line in LINE.findall(text)}


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
def test_a_short_document_is_shown_whole_as_the_raw_one_is(client: Client) -> None:
    shown = lines(text_of(client, f"{URL}/?version=v20"))
    raw = text_of(client, f"{URL}.json?version=v20")
    assert list(shown.values()) == raw.rstrip("\n").split("\n")
    assert list(shown) == list(range(1, len(shown) + 1))


@pytest.mark.django_db
def test_each_statement_is_linkable_and_explained(client: Client) -> None:
    text = text_of(client, f"{URL}/?version=v20")
    assert re.findall(r'id="statement-(\d+)"', text) == [str(n) for n in range(1, 9)]
    section = text.split('id="statement-2"', 1)[1].split("</section>", 1)[0]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", section))
    assert "Allows ssm:GetParameter, ssm:GetParameters and ssm:GetParametersByPath on" in words


@pytest.mark.django_db
def test_a_statement_of_very_many_actions_is_explained_by_their_number(client: Client) -> None:
    text = re.sub(r"<[^>]+>", "", text_of(client, f"{URL}/?version=v20"))
    assert "Allows 114 action patterns of 18 services on every resource." in text


@pytest.mark.django_db
def test_a_long_document_comes_in_pages_that_join_to_the_whole(client: Client) -> None:
    raw = text_of(client, f"{LONGEST}.json").rstrip("\n").split("\n")
    pages = -(-len(raw) // PAGE_LINES)
    joined: dict[int, str] = {}
    number = 1
    while len(joined) < len(raw):
        shown = lines(text_of(client, f"{LONGEST}/?page={number}"))
        assert 0 < len(shown) <= PAGE_LINES
        assert not joined.keys() & shown.keys()
        joined |= shown
        number += 1
    assert list(joined.values()) == raw
    assert pages <= number - 1 <= 2 * pages


@pytest.mark.django_db
def test_a_link_to_a_statement_opens_the_page_on_which_it_begins(client: Client) -> None:
    url = "/policies/SageMakerStudioProjectProvisioningRolePolicy/document/"
    assert 'id="statement-120"' not in text_of(client, url)
    assert 'id="statement-120"' in text_of(client, f"{url}?statement=120")


@pytest.mark.django_db
def test_a_page_asked_for_by_number_wins_over_the_statement_in_the_address(client: Client) -> None:
    url = "/policies/SageMakerStudioProjectProvisioningRolePolicy/document/"
    assert 1 in lines(text_of(client, f"{url}?statement=120&page=1"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "statement=x", "statement=0", "statement=²", f"page={'9' * 5000}"]
)
def test_nonsense_in_the_address_shows_a_page_all_the_same(client: Client, query: str) -> None:
    assert lines(text_of(client, f"{LONGEST}/?{query}"))


@pytest.mark.django_db
def test_htmx_gets_the_page_of_the_document_alone(client: Client) -> None:
    answer = client.get(f"{LONGEST}/?page=2", headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert text.lstrip().startswith('<div id="document-page"')
    assert PAGE_LINES < min(lines(text)) <= 2 * PAGE_LINES


@pytest.mark.django_db
def test_the_raw_document_keeps_the_order_and_carries_a_file_name(client: Client) -> None:
    answer = client.get(f"{URL}.json?version=v20")
    version = PolicyVersion.objects.get(policy__name="AmazonECS_FullAccess", version_id="v20")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert 'filename="AmazonECS_FullAccess-v20.json"' in answer.headers["Content-Disposition"]
    assert json.dumps(answer.json()) == json.dumps(json.loads(version.document))


@pytest.mark.django_db
def test_every_document_of_the_corpus_is_laid_out_whole_and_statement_by_statement() -> None:
    for document in PolicyVersion.objects.values_list("document", flat=True).iterator():
        statements: Any = json.loads(document)["Statement"]
        count = len(statements) if isinstance(statements, list) else 1
        laid_out = pretty(document)
        pieces = [piece for page in laid_out.pages for piece in page]
        begun = [piece.statement for piece in pieces if piece.statement and not piece.is_continued]
        assert begun == list(range(1, count + 1))
        assert [n for piece in pieces for n in range(piece.start, piece.stop)] == list(
            range(len(laid_out.lines))
        )


def test_a_single_statement_object_is_a_statement() -> None:
    laid_out = pretty('{"Statement":{"Effect":"Allow","Action":["a:B","a:C"],"Resource":"*"}}')
    assert [piece.statement for piece in laid_out.pages[0]] == [None, 1, None]
    assert laid_out.page_of(1) == 1
    assert laid_out.page_of(2) is None


def test_markup_in_a_document_stays_text() -> None:
    laid_out = pretty('{"Statement":[{"Sid":"</pre><script>alert(1)</script>"}]}')
    marked = "".join(laid_out.marked_up(piece) for piece in laid_out.pages[0])
    assert "<script>" not in marked
    assert "&lt;script&gt;" in marked
    assert lines(marked)[4] == '      "Sid": "</pre><script>alert(1)</script>"'


@pytest.mark.django_db
def test_beside_a_line_is_the_version_since_which_it_is_in_its_statement(client: Client) -> None:
    text = text_of(client, f"{URL}/").replace("<wbr>", "")
    added = re.search(r"cloudformation:TagResource.*?\n</span>", text)
    assert added
    [(address, title, mark)] = SINCE.findall(added[0])
    assert (address, mark) == ("?version=v22", "+v22")
    assert title.startswith("In this statement since v22, ")
    marks = {mark for _, _, mark in SINCE.findall(text)}
    assert "\N{LESS-THAN OR EQUAL TO}v20" in marks
    assert "At the end of a line is the version since which" in re.sub(r"\s+", " ", text)


@pytest.mark.django_db
def test_no_line_of_a_policy_of_one_known_version_is_dated(client: Client) -> None:
    text = text_of(client, "/policies/AWSAppSyncPushToCloudWatchLogs/document/")
    assert not SINCE.findall(text)
    assert "At the end of a line" not in text
