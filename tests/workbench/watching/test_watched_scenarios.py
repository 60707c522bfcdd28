"""Scenario files under watch: uploaded, in an address, on the list that is shared, in the feed."""

from __future__ import annotations

import json
import random
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from policyhub.iam.budget import NO_LIMIT, Steps
from policyhub.workbench.models import WatchedScenario
from policyhub.workbench.watching import scenarios
from policyhub.workbench.watching.scenarios import (
    MOST_FILES,
    MOST_LINES,
    ScenarioFile,
    UnusableFileError,
    packed,
    replayed_files,
    unpacked,
)
from tests.html_text import markup_of
from tests.simulate.test_watch_command import PINNED, RUNNING, TAGGING

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
SINCE = date(2024, 1, 1)
ATOM = "{http://www.w3.org/2005/Atom}"


def lines(*given: object) -> str:
    return "\n".join(each if isinstance(each, str) else json.dumps(each) for each in given)


def upload(*given: object, name: str = "team.jsonl") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, lines(*given).encode(), "application/jsonl")


def code(*given: object) -> str:
    return packed(ScenarioFile("scenarios", lines(*given)))


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(User.objects.create_user("reader"))
    return client


def test_an_uploaded_file_leads_to_an_address_that_shows_what_changed(client: Client) -> None:
    given = {"file": upload(RUNNING, TAGGING, PINNED), "policy": "AmazonECS_FullAccess",
             "since": "2024-01-01"}  # fmt: skip
    answer = client.post("/watching/scenarios/", given)
    assert answer.status_code == 303
    assert answer["Location"].startswith("/watching/?policy=AmazonECS_FullAccess&since=2024-01-01")
    assert answer["Location"].endswith("#scenarios")
    assert not WatchedScenario.objects.exists()
    page = markup_of(client.get(answer["Location"].partition("#")[0]))
    assert "<b>1 answer changed</b>" in page
    assert "2 lines as before" in page
    assert "tags stacks" in page
    assert 'before <span class="muted">implicit deny</span>' in page
    assert "v22" in page.partition("tags stacks")[2]


def test_json_and_the_feed_have_the_same(client: Client) -> None:
    query = {"scenarios": code(RUNNING, TAGGING), "since": "2024-01-01"}
    (file,) = client.get("/watching.json", query).json()["scenarios"]
    assert (file["unchanged"], file["problems"], file["stopped"]) == (1, [], None)
    (change,) = file["changes"]
    assert (change["id"], change["before"], change["after"]) == (
        "tags stacks", "implicitDeny", "allowed",
    )  # fmt: skip
    root = ElementTree.fromstring(client.get("/watching/feed.atom", query).content)  # noqa: S314 - our own feed
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "tags stacks: allowed, before implicit deny"
    assert [each.get("term") for each in entry.findall(f"{ATOM}category")] == ["answer-changed"]
    assert change["since"] in (entry.findtext(f"{ATOM}updated") or "")
    again = client.get("/watching/feed.atom", query).content.decode()
    assert (entry.findtext(f"{ATOM}id") or "") in again


def test_with_policies_the_feed_has_both_kinds(client: Client) -> None:
    query = {"scenarios": code(TAGGING), "since": "2015-01-01", "policy": "AmazonECS_FullAccess"}
    feed = client.get("/watching/feed.atom", query).content.decode()
    assert 'term="answer-changed"' in feed
    assert 'term="observed"' in feed


def test_an_address_is_read_where_a_browser_is_to_add_it(client: Client) -> None:
    page = markup_of(client.get("/watching/", {"add-scenarios": code(TAGGING)}))
    assert "tags stacks" in page
    assert f'name="scenarios" value="{code(TAGGING)}"' in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file has no lines"),
        (b" \n \n", "the file has no lines"),
        (b"\xff\xfe\xff", "no text in UTF-8"),
        (b"{}\0", "contains a NUL"),
        (b"{}\n" * (MOST_LINES + 1), "501 lines, and 500 can be watched"),
        (b" " * (scenarios.LONGEST_FILE + 1), "more than 262,144 bytes"),
    ],
)
@pytest.mark.parametrize("path", ["/watching/scenarios/", "/watching/"])
def test_what_is_no_scenario_file_is_said(
    reader: Client, path: str, content: bytes, said: str
) -> None:
    given = {"file": SimpleUploadedFile("s.jsonl", content), "upload": "yes"}
    answer = reader.post(path, given)
    assert answer.status_code == 200
    assert said in markup_of(answer)
    assert not WatchedScenario.objects.exists()


def test_no_file_at_all_is_said(client: Client, reader: Client) -> None:
    assert "choose a file first" in markup_of(client.post("/watching/scenarios/"))
    assert "choose a file first" in markup_of(reader.post("/watching/", {"upload": "yes"}))


def test_lines_that_cant_be_used_are_named_and_the_others_count(client: Client) -> None:
    given = code("{", {"id": "odd", "action": "ecs:RunTask", "nosuch": 1}, "", TAGGING)
    page = markup_of(client.get("/watching/", {"scenarios": given, "since": "2024-01-01"}))
    assert "2 lines can't be used" in page
    assert "Line 1: not JSON" in page
    assert "Line 2 (odd)" in page
    assert "<b>1 answer changed</b>" in page


@pytest.mark.parametrize("given", ["x", "!!!!", "A" * 400, code(TAGGING)[:-9], code(TAGGING)[3:]])
def test_an_address_that_was_cut_is_said(client: Client, given: str) -> None:
    answer = client.get("/watching.json", {"scenarios": given})
    assert answer.status_code == 400
    assert "can't be read" in answer.json()["problems"][0]["message"]
    page = markup_of(client.get("/watching/", {"scenarios": given}))
    assert "was cut or changed on its way" in page


def test_an_address_that_inflates_beyond_all_bounds_is_refused() -> None:
    with pytest.raises(UnusableFileError, match="more than 262,144 bytes"):
        unpacked(packed(ScenarioFile("bomb", " " * 50_000_000)))


def test_a_file_too_long_for_an_address_is_answered_once(client: Client) -> None:
    # Random texts can't be deflated.
    choose = random.Random(20)
    odd = [{**TAGGING, "id": choose.randbytes(60).hex()} for _ in range(200)]
    answer = client.post("/watching/scenarios/", {"file": upload(*odd), "since": "2024-01-01"})
    page = markup_of(answer)
    assert answer.status_code == 200
    assert "too long for an address" in page
    assert "<b>200 answers changed</b>" in page


def test_files_are_shared_by_all_who_are_signed_in(reader: Client) -> None:
    assert reader.post("/watching/", {"file": upload(TAGGING), "upload": "yes"}).status_code == 302
    other = Client()
    assert other.get("/watching.json", {"since": "2024-01-01"}).json()["scenarios"] == []
    other.force_login(User.objects.create_user("another"))
    assert "team.jsonl" in markup_of(other.get("/watching/?since=2024-01-01"))
    feed = other.get("/watching/feed.atom?since=2024-01-01")
    assert "tags stacks: allowed, before implicit deny" in feed.content.decode()
    assert "private" in feed["Cache-Control"]
    other.post("/watching/", {"file": upload(RUNNING), "upload": "yes"})
    (kept,) = WatchedScenario.objects.all()
    assert json.loads(kept.text)["id"] == "runs tasks"
    other.post("/watching/", {"forget": "team.jsonl"})
    assert not WatchedScenario.objects.exists()


def test_who_is_not_signed_in_keeps_nothing_on_the_server(client: Client) -> None:
    answer = client.post("/watching/", {"file": upload(TAGGING), "upload": "yes"})
    assert answer["Location"].startswith("/login/")
    assert not WatchedScenario.objects.exists()


def test_beyond_the_most_files_nothing_is_added(reader: Client) -> None:
    WatchedScenario.objects.bulk_create(
        [WatchedScenario(name=f"{number}.jsonl", text="{}") for number in range(MOST_FILES)]
    )
    answer = reader.post("/watching/", {"file": upload(TAGGING), "upload": "yes"})
    assert f"there are {MOST_FILES} files on the list already" in markup_of(answer)
    assert WatchedScenario.objects.count() == MOST_FILES


def test_a_budget_that_is_spent_is_said_and_what_was_answered_counts() -> None:
    file = ScenarioFile("s", lines(TAGGING, TAGGING))
    (whole,) = replayed_files([file], SINCE, NO_LIMIT)
    assert len(whole.lines) == 2
    (cut,) = replayed_files([file], SINCE, Steps(0))
    assert cut.stopped.startswith("stopped: it takes more work")
    assert len(cut.lines) < 2


@given(st.text(min_size=1, max_size=300).filter(lambda text: text.strip() and "\0" not in text))
def test_any_text_comes_back_out_of_an_address(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    expected = "\n".join(each for each in text.splitlines() if each.strip())
    assert unpacked(packed(ScenarioFile("s", expected))).text == expected


def test_names_and_values_are_escaped(client: Client) -> None:
    odd: dict[str, Any] = {**TAGGING, "id": "<script>alert(1)</script>"}
    page = client.get("/watching/", {"scenarios": code(odd), "since": "2024-01-01"})
    assert "<script>alert" not in page.content.decode()
