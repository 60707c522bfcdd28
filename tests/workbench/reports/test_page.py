"""A report: complete, proved, the same from page and command, and kind to what is typed."""

from __future__ import annotations

import hashlib
import html
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.test import Client

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import read_simulation
from policyhub.simulate.managed import managed_document
from policyhub.workbench.models import ReviewNote
from tests.html_forms import form_of
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db
ECS = "/policies/AmazonECS_FullAccess/report"
PAIR = "policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess"


def words_of(client: Client, address: str) -> str:
    """A page as text in one line."""
    text = re.sub(r"<[^>]+>", " ", markup_of(client.get(address)).replace("<wbr>", ""))
    return " ".join(html.unescape(text).split())


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def report(client: Client, address: str) -> dict[str, Any]:
    read: dict[str, Any] = client.get(address).json()
    return read


@pytest.mark.parametrize("name", ["AmazonECS_FullAccess", "AWSLakeFormationDataAdmin"])
def test_the_page_has_the_verdict_each_risk_with_its_proof_and_each_bound(
    client: Client, name: str
) -> None:
    words = squeezed(words_of(client, f"/policies/{name}/report/"))
    found = report(client, f"/policies/{name}/report.json")
    (part,) = found["documents"]
    assert squeezed(part["verdict"]["sentence"]) in words
    assert part["risks"]
    for risk in part["risks"]:
        assert squeezed(risk["title"]) in words
        assert risk["proof"]
        for each in (*risk["bounds"], *(request["action"] for request in risk["proof"])):
            assert squeezed(each) in words
    statements = [*part["bounds"], *part["denies"]]
    assert len(statements) == len(found["judged"]["documents"][0]["document"]["Statement"])
    for each in statements:
        assert squeezed(each["inWords"]) in words
    assert f"{found['digest']}" in words
    assert squeezed(found["command"]) in words


def test_a_deny_is_on_record_with_what_it_takes_away(client: Client) -> None:
    (part,) = report(client, "/policies/AWSLakeFormationDataAdmin/report.json")["documents"]
    (deny,) = part["denies"]
    assert deny["inWords"] == "Denies lakeformation:PutDataLakeSettings on every resource"
    assert deny["takesAway"] == 1
    assert "takes away 1 action and limits 0" in words_of(
        client, "/policies/AWSLakeFormationDataAdmin/report/"
    )
    assert "Nothing is denied" in words_of(client, f"{ECS}/")


def test_every_proof_of_a_report_replays(client: Client) -> None:
    part = report(client, f"{ECS}.json")["documents"][0]
    for risk in part["risks"]:
        for each in risk["proof"]:
            read = read_simulation(each, managed_document, facts=get_service_facts())
            assert evaluate(read.request, read.policies).is_allowed


def test_linting_and_checks_are_on_record(client: Client) -> None:
    words = words_of(client, f"{ECS}/")
    assert "Service granted, not described" in words
    (part,) = report(client, "/policies/AmazonTimestreamInfluxDBServiceRolePolicy/report.json")[
        "documents"
    ]
    assert part["lint"][0]["code"] == "VARIABLE_UNSUPPORTED_IN_ELEMENT"
    assert part["checks"] is None


# --- changes since the last review ---


@pytest.mark.parametrize("since", ["v20", "2024-01-01"])
def test_what_changed_since_the_last_review_is_compared(client: Client, since: str) -> None:
    changes = report(client, f"{ECS}.json?since={since}")["documents"][0]["changes"]
    assert changes["since"] == "v20"
    assert changes["comparison"]["access"] == "widened"
    assert "cloudformation:TagResource" in changes["comparison"]["actionsGained"]
    assert changes["versions"][-1]["versionId"] == "v22"
    words = words_of(client, f"{ECS}/?since={since}")
    assert "allows everything that AmazonECS_FullAccess@v20 allows, and more" in words


def test_both_ways_to_name_the_last_review_have_one_digest(client: Client) -> None:
    by_version, by_day = (
        report(client, f"{ECS}.json?since={since}")["digest"] for since in ("v20", "2024-01-01")
    )
    assert by_version == by_day


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("since=v99", "`v99` is not a known version; known: v22"),
        ("version=v20&since=v22", "`v22` is newer than the version under review, v20"),
        ("since=2099-01-01", "is still to come"),
        ("since=last+week", "is not a day: write it as YYYY-MM-DD"),
        ("sinse=v20", "`sinse` is not a parameter of this page"),
    ],
)
def test_a_last_review_that_says_nothing_is_explained(
    client: Client, query: str, says: str
) -> None:
    answer = client.get(f"{ECS}.json?{query}")
    assert answer.status_code == 400
    assert says in answer.json()["problems"][0]["message"]
    page = client.get(f"{ECS}/?{query}")
    assert page.status_code == 200
    assert "Some of the input was not understood" in markup_of(page)


def test_a_policy_that_did_not_exist_yet_is_new(client: Client) -> None:
    changes = report(client, f"{ECS}.json?since=2015-01-02")["documents"][0]["changes"]
    assert changes["since"] is None
    assert changes["sentence"].startswith("The policy did not exist at the last review")


def test_the_version_under_review_itself_means_that_nothing_changed(client: Client) -> None:
    changes = report(client, f"{ECS}.json?version=v20&since=v20")["documents"][0]["changes"]
    assert changes["versions"] == []
    assert changes["sentence"] == "There is no newer version: nothing changed"


def test_the_only_version_has_no_changes(client: Client) -> None:
    name = "AmazonECSTaskExecutionRolePolicy"
    assert report(client, f"/policies/{name}/report.json")["documents"][0]["changes"] is None
    assert "No older version is known" in words_of(client, f"/policies/{name}/report/")


# --- the digest ---


def test_the_digest_is_that_of_what_was_judged_as_canonical_json(client: Client) -> None:
    found = report(client, f"{ECS}.json?since=v20")
    text = json.dumps(found["judged"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == found["digest"]
    other = report(client, f"{ECS}.json?version=v20")["digest"]
    assert other != found["digest"]


def test_the_address_of_a_report_leads_to_the_same_report(client: Client) -> None:
    found = report(client, f"{ECS}.json?since=2024-01-01")
    assert found["address"].endswith(f"{ECS}/?version=v22&since=v20")
    again = found["address"].replace("/report/", "/report.json")
    assert report(client, again)["digest"] == found["digest"]


# --- comparisons and sets ---


def test_a_comparison_says_which_is_wider_and_reports_on_both(client: Client) -> None:
    found = report(client, f"/compare/report.json?{PAIR}")
    assert found["comparison"]["verdict"] == "left_subset"
    assert [each["name"] for each in found["documents"]] == [
        "AmazonECS_FullAccess@v20",
        "AmazonECS_FullAccess@v22",
    ]
    words = words_of(client, f"/compare/report/?{PAIR}")
    assert found["comparison"]["sentence"] in words


@pytest.mark.parametrize(
    ("address", "title"),
    [
        (
            f"/compare/report/?{PAIR}",
            "AmazonECS_FullAccess@v20 and AmazonECS_FullAccess@v22, compared",
        ),
        (
            "/compare/report/?policy=AmazonS3FullAccess&policy=AmazonS3ReadOnlyAccess",
            "AmazonS3FullAccess and AmazonS3ReadOnlyAccess, compared",
        ),
        ("/report/?policy=AmazonS3FullAccess&policy=IAMFullAccess", "2 policies together"),
    ],
)
def test_a_report_on_several_is_titled_and_sums_each_of_them_up(
    client: Client, address: str, title: str
) -> None:
    found = report(client, address.replace("/?", ".json?"))
    assert found["title"] == title
    words = words_of(client, address)
    assert f"Report on {title}" in words
    markdown = client.get(address.replace("/?", ".md?")).content.decode()
    for part in found["documents"]:
        verdict = part["verdict"]
        row = [verdict["title"], f"{verdict['free']:,}", f"{verdict['bounded']:,}"]
        assert " ".join([part["name"], *row]) in words
        assert " | ".join(row) in markdown
    assert words_of(client, "/policies/IAMFullAccess/report/").count("What it amounts to") == 0


def test_a_set_says_what_only_all_of_them_together_can_do(client: Client) -> None:
    query = "policy=AmazonECS_FullAccess&policy=AmazonEC2FullAccess"
    found = report(client, f"/report.json?{query}")
    together = {each["title"]: each for each in found["together"]}
    proof = together["Gives some running instance another role"]["proof"]
    assert {len(each["identityPolicies"]) for each in proof} == {2}
    for part in found["documents"]:
        assert not {each["title"] for each in part["risks"]} & together.keys()
    assert "Only together" in words_of(client, f"/report/?{query}")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/report.json", "name policies"),
        ("/report.json?policy=Nothing", "no managed policy is named `Nothing`"),
        ("/report.json?policy=AmazonECS_FullAccess%40v99", "there is no version `v99`"),
        ("/compare/report.json?policy=AdministratorAccess", "name two policies"),
        (f"/compare/report.json?{PAIR}&policy=x", "name two policies"),
        (
            "/compare/report.json?policy=AdministratorAccess"
            "&policy=arn:aws:iam::aws:policy/AdministratorAccess",
            "both are the same version",
        ),
        ("/report.json?" + "&".join(f"policy=p{n}" for n in range(13)), "name at most 12"),
    ],
)
def test_sets_that_are_none_are_explained(client: Client, address: str, says: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert says in answer.json()["problems"][0]["message"]
    page = client.get(address.replace(".json", "/"))
    assert page.status_code == 200
    assert "Make the report" in markup_of(page)


# --- names ---


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        ("/policies/arn:aws:iam::aws:policy/AmazonECS_FullAccess/report/", f"{ECS}/"),
        ("/policies/amazonecs_fullaccess/report/?since=v20", f"{ECS}/?since=v20"),
        ("/policies/arn:aws:iam::aws:policy/AmazonECS_FullAccess/report.json", f"{ECS}.json"),
    ],
)
def test_another_way_to_name_a_policy_leads_to_its_report(
    client: Client, address: str, leads: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"] == leads


@pytest.mark.parametrize("ending", ["/", ".json", ".md"])
@pytest.mark.parametrize("what", ["Nothing/report{}", "AmazonECS_FullAccess/report{}?version=v99"])
def test_what_is_unknown_is_404(client: Client, ending: str, what: str) -> None:
    assert client.get(f"/policies/{what.format(ending)}").status_code == 404


def test_the_page_of_a_policy_leads_to_its_report(client: Client) -> None:
    assert f'href="{ECS}/?version=v20"' in markup_of(
        client.get("/policies/AmazonECS_FullAccess/?version=v20")
    )


def test_a_comparison_of_managed_policies_leads_to_its_report(client: Client) -> None:
    page = markup_of(client.get(f"/compare/?{PAIR}"))
    assert "/compare/report/?policy=AmazonECS_FullAccess%40v20&amp;policy=AmazonECS" in page
    own = quote('{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}')
    assert "/compare/report/" not in markup_of(
        client.get(f"/compare/?policy=AWSDenyAll&policy={own}")
    )


# --- notes ---


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(User.objects.create_user("reader"))
    return client


def state_in(page: str) -> str:
    found = re.search(r'name="state" value="(\w+)"', page)
    assert found is not None
    return found[1]


def test_notes_are_kept_with_the_policy_for_their_reader_alone(reader: Client) -> None:
    state = state_in(markup_of(reader.get(f"{ECS}/")))
    answer = reader.post(f"{ECS}/", {"notes": "Fine\r\nfor CI", "state": state})
    assert answer.status_code == 302
    assert "Fine\nfor CI</textarea>" in markup_of(reader.get(f"{ECS}/"))
    assert "Fine" not in markup_of(Client().get(f"{ECS}/"))
    other = Client()
    other.force_login(User.objects.create_user("other"))
    assert "Fine" not in markup_of(other.get(f"{ECS}/"))


def test_notes_of_an_older_version_offer_it_as_the_last_review(reader: Client) -> None:
    state = state_in(markup_of(reader.get(f"{ECS}/?version=v20")))
    reader.post(f"{ECS}/?version=v20", {"notes": "Read", "state": state})
    assert 'href="?since=v20"' in markup_of(reader.get(f"{ECS}/"))


def test_a_newer_note_is_never_overwritten(reader: Client) -> None:
    state = state_in(markup_of(reader.get(f"{ECS}/")))
    reader.post(f"{ECS}/", {"notes": "first", "state": state})
    refused = reader.post(f"{ECS}/", {"notes": "second", "state": state})
    assert refused.status_code == 409
    page = markup_of(refused)
    assert "second</textarea>" in page
    assert "first</pre>" in page
    assert ReviewNote.objects.get().text == "first"
    reader.post(f"{ECS}/", {"notes": "second", "state": state_in(page)})
    assert ReviewNote.objects.get().text == "second"


def note(reader: Client, *texts: str) -> str:
    """Save the texts one after the other; the page that follows."""
    for text in texts:
        state = state_in(markup_of(reader.get(f"{ECS}/")))
        reader.post(f"{ECS}/", {"notes": text, "state": state})
    return markup_of(reader.get(f"{ECS}/"))


def test_what_notes_said_before_is_kept_for_their_reader_alone_and_put_back(
    reader: Client,
) -> None:
    page = note(reader, "Fine for CI", "Fine for CI, not for people", "")
    assert "Earlier notes (2)" in page
    assert "<ins>, not for people</ins>" in page
    assert "Earlier notes" not in markup_of(Client().get(f"{ECS}/"))
    reader.post(f"{ECS}/", form_of(page, "put-back-note-1"))
    assert "Fine for CI, not for people</textarea>" in markup_of(reader.get(f"{ECS}/"))


def test_what_notes_said_before_goes_with_the_account(reader: Client) -> None:
    note(reader, "first", "second")
    assert ReviewNote.history.count() == 2
    get_user(reader).delete()
    assert not ReviewNote.history.exists()


def test_notes_need_an_account(client: Client) -> None:
    answer = client.post(f"{ECS}/", {"notes": "x", "state": ""})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")
    assert not ReviewNote.objects.exists()


def test_odd_notes_are_stored_as_text(reader: Client) -> None:
    state = state_in(markup_of(reader.get(f"{ECS}/")))
    reader.post(f"{ECS}/", {"notes": "<script>\0" + "x" * 30_000, "state": state})
    assert len(ReviewNote.objects.get().text) < 20_001
    assert "&lt;script&gt;xxx" in markup_of(reader.get(f"{ECS}/"))


# --- Markdown ---


def test_markdown_has_the_same_sections_and_the_document(client: Client) -> None:
    answer = client.get(f"{ECS}.md?since=v20")
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    text = answer.content.decode()
    found = report(client, f"{ECS}.json?since=v20")
    for title in ("Risks", "What it allows, with every bound", "What it denies", "Linting"):
        assert f"### {title}\n" in text
    for risk in found["documents"][0]["risks"]:
        assert f"**{risk['title']}**" in text
    assert found["digest"] in text
    fenced = text.split("```json\n")[1].split("```")[0]
    assert json.loads(fenced) == found["judged"]["documents"][0]["document"]
