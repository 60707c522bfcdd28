"""Watched policies: the page, its JSON, its feed, and lists that are kept for their readers."""

from __future__ import annotations

import re
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policyhub.catalog.models import ChangelogEntry
from policyhub.judge.models import ObservedRisks
from policyhub.workbench.models import WatchedPolicy
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db
ECS, ADMIN = "AmazonECS_FullAccess", "AdministratorAccess"
BOTH = f"policy={ECS}&policy={ADMIN}"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def risk_gained() -> ChangelogEntry:
    """The newest observed change of the policy, with a risk that it is said to have brought."""
    entry = ChangelogEntry.objects.filter(
        policy__key=ECS, source=ChangelogEntry.Source.OBSERVED
    ).latest("date")
    gained = [{"id": "iam-002", "title": "Makes keys", "before": None, "after": "free"}]
    ObservedRisks.objects.filter(entry=entry).update(gained=gained, gained_count=1)
    return entry


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(User.objects.create_user("reader"))
    return client


def test_the_page_has_each_policy_with_its_verdict_and_its_changes(
    client: Client, risk_gained: ChangelogEntry
) -> None:
    page = markup_of(client.get(f"/watching/?{BOTH}&since=2015-01-01"))
    assert "Can become administrator" in page
    assert "1 risk gained" in page
    assert "Risk gained:" in page
    assert risk_gained.title.replace("_", "_<wbr>")[:10] in page


def test_json_says_the_same(client: Client, risk_gained: ChangelogEntry) -> None:
    found = client.get(f"/watching.json?{BOTH}&since=2015-01-01").json()
    assert [each["name"] for each in found["results"]] == [ECS, ADMIN]
    assert found["results"][1]["verdict"] == "administrator"
    change = found["results"][0]["changes"][0]
    assert change["date"] == risk_gained.date.isoformat()
    assert [each["title"] for each in change["risksGained"]] == ["Makes keys"]


def test_what_is_older_than_the_day_is_left_out(client: Client) -> None:
    found = client.get(f"/watching.json?policy={ECS}&since=2026-11-01").json()
    assert found["results"][0]["changes"] == []
    page = markup_of(client.get(f"/watching/?policy={ECS}&since=2026-11-01"))
    assert "No changes since 1 November 2026" in page


def test_the_feed_has_the_changes_and_marks_risks_gained(
    client: Client, risk_gained: ChangelogEntry
) -> None:
    answer = client.get(f"/watching/feed.atom?{BOTH}")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own feed
    entries = root.findall(f"{ATOM}entry")
    assert len(entries) == ChangelogEntry.objects.filter(policy__key__in=[ECS, ADMIN]).count()
    marked = [
        each
        for each in entries
        if "risk-gained" in [tag.get("term") for tag in each.findall(f"{ATOM}category")]
    ]
    (entry,) = marked
    assert "(1 risk gained)" in (entry.findtext(f"{ATOM}title") or "")
    assert "Risks gained: Makes keys." in (entry.findtext(f"{ATOM}summary") or "")
    key = quote(str(risk_gained.key), safe="")
    assert entry.findtext(f"{ATOM}id") == f"urn:policyhub:change:{key}"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("policy=Nothing", "no managed policy is named `Nothing`"),
        ("since=soon", "`soon` is not a day"),
        ("polcy=x", "`polcy` is not a parameter of this page"),
    ],
)
def test_what_is_not_understood_is_said_and_the_rest_is_shown(
    client: Client, query: str, says: str
) -> None:
    answer = client.get(f"/watching.json?policy={ECS}&{query}")
    assert answer.status_code == 400
    assert says in answer.json()["problems"][0]["message"]
    page = markup_of(client.get(f"/watching/?policy={ECS}&{query}"))
    assert "Some of the input was not understood" in page
    assert "Can take over or expose" in page


def test_a_feed_of_nothing_is_refused(client: Client) -> None:
    assert client.get("/watching/feed.atom").status_code == 400


def test_an_empty_list_says_how_to_fill_it(client: Client) -> None:
    assert "No policies are on the list yet" in markup_of(client.get("/watching/"))


def test_a_policys_page_leads_to_the_list(client: Client) -> None:
    assert f'href="/watching/?add={ECS}"' in markup_of(client.get(f"/policies/{ECS}/"))
    assert "Can take over or expose" in markup_of(client.get(f"/watching/?add={ECS}"))


def test_without_account_a_row_is_removed_by_a_link(client: Client) -> None:
    page = markup_of(client.get(f"/watching/?{BOTH}"))
    assert f'href="/watching/?policy={ADMIN}"' in page
    assert "/js/watching.js" in page


def test_a_list_is_shared_by_all_who_are_signed_in_and_by_nobody_else(reader: Client) -> None:
    page = markup_of(reader.get(f"/watching/?{BOTH}"))
    assert "Add these 2 policies to the list" in page
    assert "/js/watching.js" not in page
    answer = reader.post("/watching/", {"add": re.findall(r'name="add" value="(\w+)"', page)})
    assert answer.status_code == 302
    other = Client()
    assert other.get("/watching.json").json()["count"] == 0
    other.force_login(User.objects.create_user("another"))
    assert [each["name"] for each in other.get("/watching.json").json()["results"]] == [ADMIN, ECS]
    assert "Everyone who is signed in shares this list" in markup_of(other.get("/watching/"))
    other.post("/watching/", {"remove": ADMIN, "add": [ECS, "Nothing"]})
    assert list(WatchedPolicy.objects.values_list("policy__key", "user__username")) == [
        (ECS, "reader")
    ]


def test_what_somebody_added_stays_when_their_account_goes(reader: Client) -> None:
    reader.post("/watching/", {"add": ECS})
    User.objects.get(username="reader").delete()
    (kept,) = WatchedPolicy.objects.all()
    assert (kept.policy.key, kept.user) == (ECS, None)


def test_a_list_that_is_only_looked_at_is_not_kept(reader: Client) -> None:
    reader.post("/watching/", {"add": ADMIN})
    reader.get(f"/watching/?policy={ECS}")
    assert [each["name"] for each in reader.get("/watching.json").json()["results"]] == [ADMIN]


def test_changing_a_list_needs_an_account(client: Client) -> None:
    answer = client.post("/watching/", {"add": ECS})
    assert answer.headers["Location"].startswith("/login/")
    assert not WatchedPolicy.objects.exists()


def test_the_number_of_queries_does_not_depend_on_the_policies(
    client: Client, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    names = ["ReadOnlyAccess", "PowerUserAccess", "SecurityAudit", "ViewOnlyAccess", ECS]
    query = "&".join(f"policy={each}" for each in names)
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        client.get(f"/watching/?{query}&since=2015-01-01")
