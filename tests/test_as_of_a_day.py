"""Who can, and a simulation, as of a day: at every door, with what is not certain said."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from policyhub.catalog.access.on_a_day import catalogue_day
from policyhub.catalog.importing import history
from policyhub.catalog.importing.history import load_history
from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.models import CatalogState
from policyhub.catalog.sources.history_file import HistoryHeader, write_history
from policyhub.iam.budget import SpentError
from tests.catalog.given_sources import policy as source_policy
from tests.catalog.given_sources import version as source_version
from tests.catalog.importing.test_history import BETWEEN, day, policy, version
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
GIVEN = [
    policy(
        "Bounded",
        version(1, day(1), "s3:Get*"),
        version(2, BETWEEN, "s3:*"),
        version(3, day(10), "s3:List*"),
    ),
    policy("Gone", version(1, day(1), "s3:GetObject"), version(2, day(2), "s3:*"), is_gone=True),
    policy("Late", version(3, day(20), "s3:Get*")),
]
# Of the small history: before, in the bounds of, and after the second version of `Bounded`.
BEFORE, WITHIN, AFTER = "2024-01-02", "2024-01-05", "2024-01-28"
PUT = {"action": "s3:PutObject", "resource": "arn:aws:s3:::a/b"}
ASKED = {"action": "s3:GetObject", "resource": "arn:aws:s3:::a/b"}
NONSENSE = ["yesterday", "2021-6-1", "2021-02-30", "2014-12-31", "9999-12-31", "0"]


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few policies with all their versions, beside today's catalogue."""
    header = HistoryHeader({"moto": ["5.2.5"]}, day(28).date(), len(GIVEN), 6)
    write_history(tmp_path / "history.jsonl.xz", header, GIVEN)
    monkeypatch.setattr(history, "history_path", lambda: tmp_path / "history.jsonl.xz")
    load_history()


def who_can(client: Client, at: str, **parameters: str) -> dict[str, Any]:
    answer = client.get("/who-can.json", {**ASKED, "at": at, **parameters})
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def versions(body: dict[str, Any]) -> dict[str, str]:
    """Of the policies of the small history, the version that says yes."""
    names = {"Bounded", "Gone", "Late"}
    return {
        each["policy"]: each["versionId"]
        for each in body["results"]
        if each["policy"] in names and each["answer"] == "yes"
    }


@pytest.mark.usefixtures("loaded")
def test_of_each_policy_the_version_of_the_day_is_asked(client: Client) -> None:
    assert versions(who_can(client, "2023-12-31")) == {}
    assert versions(who_can(client, BEFORE)) == {"Bounded": "v1", "Gone": "v2"}
    assert versions(who_can(client, AFTER)) == {"Gone": "v2", "Late": "v3"}
    assert versions(who_can(client, "2024-01-29")) == {"Late": "v3"}


@pytest.mark.usefixtures("loaded")
def test_what_is_not_certain_is_said_and_the_older_version_asked(client: Client) -> None:
    body = who_can(client, WITHIN)
    assert body["at"] == WITHIN
    assert versions(body)["Bounded"] == "v1"
    doubts = {each["policy"]: (each["doubt"], each["versions"]) for each in body["inDoubt"]}
    assert doubts["Bounded"] == ("bounds", ["v1", "v2"])
    assert doubts["Late"] == ("gap", [])
    assert "Gone" not in doubts
    assert [each for each in body["remarks"] if "Bounded (v1 or v2)" in each]
    page = markup_of(client.get("/who-can/", {**ASKED, "at": WITHIN}))
    assert "Bounded (v1 or v2)" in page
    table = client.get("/who-can.csv", {**ASKED, "at": WITHIN})
    assert "Bounded (v1 or v2)" in table.content.decode()
    assert table["Content-Disposition"].endswith('-on-2024-01-05.csv"')


@pytest.mark.usefixtures("loaded")
def test_the_page_says_the_day_and_keeps_it_in_its_links(client: Client) -> None:
    page = markup_of(client.get("/who-can/", {**ASKED, "at": BEFORE}))
    assert f"<title>s3:GetObject on {BEFORE} · Who can" in page
    assert f"on {BEFORE}</h2>" in page
    assert f'name="at" value="{BEFORE}"' in page
    for address in ("/who-can.json?", "/who-can.csv?", "/who-can/?"):
        links = [each for each in page.split('href="') if each.startswith(address)]
        assert links
        assert all(f"at={BEFORE}" in each.partition('"')[0] for each in links)
    assert "/policies/Bounded/?version=v1" in page
    assert "policy=Bounded%40v1" in page


@pytest.mark.usefixtures("loaded")
def test_a_history_that_is_not_all_in_is_said(client: Client) -> None:
    CatalogState.objects.update(history_done=2)
    said = "The history is still being loaded: 2 of 3 policies"
    assert who_can(client, BEFORE)["remarks"][0].startswith(said)
    (problem,) = simulated(client, BEFORE)["problems"]
    assert said in problem["message"]


def test_of_policies_without_dates_the_version_that_is_here_is_asked(client: Client) -> None:
    arn = "arn:aws:iam::123456789012:policy/Ours"
    import_policies(
        [source_policy(source_version("v1", "s3:*", created=None), name="Ours", arn=arn)]
    )
    body = who_can(client, BEFORE)
    assert arn in {each["policy"] for each in body["results"]}
    assert {"policy": arn, "doubt": "undated", "versions": ["v1"]} in body["inDoubt"]


@pytest.mark.parametrize("text", NONSENSE)
def test_what_is_no_day_is_refused_with_what_to_write(client: Client, text: str) -> None:
    for path in ("/who-can.json", "/who-can.csv", "/simulate.json"):
        answer = client.get(path, {**ASKED, "at": text})
        assert answer.status_code == 400
        (problem,) = [each for each in answer.json()["problems"] if "at" in each.values()]
        assert text in problem["message"]
    posted = client.post("/simulate.json", {**ASKED, "at": text}, content_type="application/json")
    assert (posted.status_code, posted.json()["problems"][0]["code"]) == (400, "bad-day")
    for path in ("/who-can/", "/simulate/"):
        page = client.get(path, {**ASKED, "at": text})
        assert page.status_code == 200
        assert f'name="at" value="{text}"' in markup_of(page)
        assert f"<code>{text}</code>" in markup_of(page)
    with pytest.raises(CommandError, match=text):
        call_command("who_can", "s3:GetObject", "--at", text)
    with pytest.raises(CommandError, match=text):
        call_command("simulate", "--action", "s3:GetObject", "--at", text)


def test_a_day_is_for_one_action_and_one_request() -> None:
    with pytest.raises(CommandError, match="--at apply to one action"):
        call_command("who_can", "s3:GetObject", "s3:PutObject", "--at", BEFORE)
    with pytest.raises(CommandError, match="into the lines"):
        call_command("simulate", "--jsonl", "-", "--at", BEFORE)


def test_the_work_for_a_day_is_counted() -> None:
    class Spent:
        is_spent = True

        def spend(self, steps: int = 1) -> None:
            raise SpentError("too long")

    with pytest.raises(SpentError):
        catalogue_day(day(3).date()).catalogue(Spent())


def simulated(client: Client, at: str, name: str = "Bounded", **more: Any) -> dict[str, Any]:
    asked = {**PUT, "identityPolicies": [{"managed": name, **more}], "at": at}
    answer = client.post("/simulate.json", asked, content_type="application/json")
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.usefixtures("loaded")
def test_a_simulation_takes_the_version_of_the_day(client: Client) -> None:
    decisions = {at: simulated(client, at)["decision"] for at in (BEFORE, WITHIN, AFTER)}
    assert decisions == dict.fromkeys((BEFORE, WITHIN, AFTER), "implicitDeny")
    (problem,) = simulated(client, WITHIN)["problems"]
    assert problem["code"] == "version-in-doubt"
    assert "Bounded (v1 or v2)" in problem["message"]
    assert simulated(client, AFTER)["problems"] == []
    assert simulated(client, BEFORE, "Gone")["decidedBy"][0]["policy"] == "Gone@v2"
    # A version that is named stays.
    assert simulated(client, BEFORE, version="v2")["decision"] == "allowed"
    for at, name, why in (
        ("2023-12-31", "Bounded", "did not exist yet"),
        ("2024-01-29", "Gone", "AWS had removed"),
        (WITHIN, "Late", "a version is missing"),
    ):
        (complaint,) = simulated(client, at, name)["problems"]
        assert why in complaint["message"]


@pytest.mark.usefixtures("loaded")
def test_the_simulators_page_says_the_day_and_keeps_it(client: Client) -> None:
    asked = {**PUT, "policy": "Bounded", "at": WITHIN}
    page = markup_of(client.get("/simulate/", asked))
    assert f"<title>s3:PutObject with Bounded on {WITHIN} · Simulate" in page
    assert f"with the versions in force on {WITHIN}</h2>" in page
    assert "Bounded (v1 or v2)" in page
    assert f'name="at" value="{WITHIN}"' in page
    assert f"&amp;at={WITHIN}" in page.partition("Link to this simulation")[0].rpartition("<a")[2]
    assert "&quot;at&quot;: &quot;2024-01-05&quot;" in page
    file = client.post("/simulate/scenario.json", asked).content
    assert json.loads(file)["at"] == WITHIN
    upload = SimpleUploadedFile("scenario.json", file)
    back = markup_of(client.post("/simulate/", {"scenario": upload}, follow=True))
    assert f"with the versions in force on {WITHIN}</h2>" in back


@pytest.mark.usefixtures("loaded")
def test_the_commands_take_a_day(tmp_path: Path) -> None:
    out = StringIO()
    call_command("who_can", "s3:GetObject", "--at", BEFORE, "--json", stdout=out)
    assert versions(json.loads(out.getvalue())) == {"Bounded": "v1", "Gone": "v2"}
    out = StringIO()
    call_command("who_can", "s3:GetObject", "--at", WITHIN, stdout=out)
    assert "Bounded (v1 or v2)" in out.getvalue()
    out = StringIO()
    flags = ("--action", "s3:PutObject", "--resource", PUT["resource"], "--policy")
    with pytest.raises(SystemExit) as ended:
        call_command("simulate", *flags, "Gone", "--at", AFTER, stdout=out)
    assert ended.value.code == 0
    assert "Gone@v2" in out.getvalue()
    line = {**PUT, "identityPolicies": [{"managed": "Gone"}], "at": "2024-01-01"}
    (tmp_path / "asked.jsonl").write_text(json.dumps(line), encoding="utf-8")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("simulate", "--jsonl", str(tmp_path / "asked.jsonl"), stdout=out)
    assert json.loads(out.getvalue())["decision"] == "implicitDeny"
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("simulate", "--jsonl", str(tmp_path / "asked.jsonl"), "--replay", stdout=out)
    assert "leave `at` out" in json.loads(out.getvalue())["error"]["message"]
