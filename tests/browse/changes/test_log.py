"""The change log: the documented entries, their chart, their filters, their twins."""

from __future__ import annotations

import csv
import gzip
import io
import re
from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policyhub.browse.changes.log import PAGE_SIZE
from policyhub.browse.lists.months import each_month
from policyhub.catalog.models import ChangelogEntry, Policy
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db

DATES = [
    "2024-01-22",
    "2024-01-11",
    "2023-12-04",
    "2023-10-04",
    "2023-03-06",
    "2023-01-04",
    "2021-06-08",
]


# The entries of the page's later state; that of 15 July 2025 is there twice.
LATER = [
    "2026-04-24",
    "2026-02-26",
    "2026-02-24",
    "2026-01-20",
    "2025-12-15",
    "2025-11-21",
    "2025-11-20",
    "2025-11-14",
    "2025-11-13",
    "2025-09-30",
    "2025-09-30",
    "2025-08-31",
    "2025-08-04",
    "2025-07-25",
    "2025-07-15",
    "2025-07-15",
    "2025-06-24",
    "2025-06-02",
    "2024-11-18",
    "2024-10-10",
    "2024-08-13",
]
OF_THE_SERVICE_ROLE = ["2026-04-24", "2026-01-20", "2025-11-20", "2025-11-14", "2025-07-15",
                       "2025-06-24", "2023-12-04"]  # fmt: skip
OBSERVED = ["2026-09-02", "2026-04-22", "2026-02-12", "2026-02-12", "2026-02-12"]
ALL = sorted(OBSERVED + LATER + DATES, reverse=True)
DOCUMENTED = "source=documentation"


def dates(client: Client, query: str = DOCUMENTED) -> list[str]:
    return [entry["date"] for entry in client.get(f"/changes.json?{query}").json()["results"]]


def test_all_documented_changes_are_told_the_newest_first(client: Client) -> None:
    answer = client.get(f"/changes.json?{DOCUMENTED}").json()
    assert [entry["date"] for entry in answer["results"]] == LATER + DATES
    assert (answer["count"], answer["next"]) == (28, None)
    assert set(answer["results"][0]) == {
        "date",
        "policy",
        "title",
        "description",
        "source",
        "access",
        "denies",
        "notBefore",
        "sourceUrl",
        "risksGained",
        "risksLost",
    }


def test_an_entry_carries_its_day_its_policy_and_its_source(client: Client) -> None:
    text = markup_of(client.get("/changes/"))
    for day in ALL[:PAGE_SIZE]:
        assert f'<time class="muted" datetime="{day}">' in text
    assert 'href="/policies/AmazonECS_FullAccess/"' in text
    assert re.search(r'href="https://docs\.aws\.amazon\.com/AmazonECS/[^"]+" rel="noopener', text)
    assert "<code>events</code>" in markup_of(client.get("/changes/?month=2023-12"))


def test_entries_stand_under_their_months(client: Client) -> None:
    text = markup_of(client.get(f"/changes/?{DOCUMENTED}"))
    headings = re.findall(r"<h2>([^<]+)</h2>", text)
    assert headings[:3] == ["April 2026", "February 2026", "January 2026"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("policy=AmazonECS_FullAccess", [OBSERVED[0], "2024-08-13", "2023-01-04"]),
        (
            "policy=AmazonECSServiceRolePolicy",
            sorted([OBSERVED[1], *OF_THE_SERVICE_ROLE], reverse=True),
        ),
        ("source=documentation", LATER + DATES),
        ("source=observed", OBSERVED),
        ("access=widened", OBSERVED),
        ("access=narrowed&access=both&access=none", []),
        ("access=undecided", []),
        ("", ALL),
        ("source=documentation&since=2023-12-04", LATER + DATES[:3]),
        ("source=documentation&since=2023-12-04&until=2024-01-31", DATES[:3]),
        ("source=documentation&until=2020-01-01&until=2021-01-01", []),
        ("month=2024-01", DATES[:2]),
        ("month=2024-01&month=2023-12", DATES[:3]),
        (f"{DOCUMENTED}&service=ecs", LATER + DATES[:6]),
        (f"{DOCUMENTED}&service=ecr", ["2025-08-04", "2023-03-06"]),
        (
            f"{DOCUMENTED}&service=events",
            sorted([*OF_THE_SERVICE_ROLE, "2024-08-13", "2023-10-04", "2023-01-04"], reverse=True),
        ),
        ("service=secretsmanager", [OBSERVED[2], "2025-11-13", "2024-01-22"]),
        ("q=volumes+added", ["2025-06-02", "2024-01-11"]),
        ("since=2023-12-04&month=2024-01&q=volumes", ["2024-01-11"]),
        ("sort=date", ALL[::-1]),
    ],
)
def test_a_filter_leaves_its_entries(client: Client, query: str, expected: list[str]) -> None:
    assert dates(client, query) == expected


def test_the_chart_has_a_bar_for_every_month_that_leads_to_it(client: Client) -> None:
    text = markup_of(client.get("/changes/?source=documentation"))
    bars = re.findall(r'<a href="([^"]+)" aria-label="([A-Z][a-z]+ \d{4}: \d+) changes?[,"]', text)
    assert len(bars) == 59
    assert bars[-1] == ("?source=documentation&amp;month=2026-04", "April 2026: 1")
    assert bars[1][1] == "July 2021: 0"


def test_the_chart_tells_what_takes_something_away_from_what_only_adds(client: Client) -> None:
    policy = Policy.objects.get(name="AmazonECS_FullAccess")
    for access in ("narrowed", "both", "widened"):
        ChangelogEntry.objects.create(
            policy=policy, date=date(2020, 3, 1), title=access, access=access,
            source=ChangelogEntry.Source.OBSERVED,
        )  # fmt: skip
    text = markup_of(client.get("/changes/?source=observed"))
    assert 'aria-label="March 2020: 3 changes, 2 of which take something away"' in text
    chart = text[text.index('aria-label="March 2020') :].partition("</a>")[0]
    kinds = re.findall(r'class="bar kind-(\w+)" [^>]*height="([\d.]+)"', chart)
    assert [kind for kind, _ in kinds] == ["taking", "adding"]
    assert float(kinds[0][1]) == pytest.approx(2 * float(kinds[1][1]), abs=0.2)
    only_adding = markup_of(client.get("/changes/?source=observed&access=widened"))
    assert 'aria-label="March 2020: 1 change"' in only_adding


def test_only_observed_changes_whose_effect_is_not_known_are_undecided(client: Client) -> None:
    policy = Policy.objects.get(name="AmazonECS_FullAccess")
    for day, access in ((1, ""), (2, "none")):
        ChangelogEntry.objects.create(
            policy=policy, date=date(2020, 3, day), title="observed", access=access,
            source=ChangelogEntry.Source.OBSERVED,
        )  # fmt: skip
    assert dates(client, "access=undecided") == ["2020-03-01"]
    assert dates(client, "access=none") == ["2020-03-02"]


def outside(client: Client, query: str) -> tuple[int, int]:
    """How many months of the calendar are outside of what is chosen, and how many there are."""
    text = markup_of(client.get(f"/changes/?{query}"))
    return text.count('class="outside"'), text.count("data-month=")


def test_the_calendar_shows_all_months_whatever_is_chosen_of_them(client: Client) -> None:
    _, months = outside(client, "")
    assert outside(client, "") == (0, months)
    assert outside(client, "month=2024-01&month=2023-12") == (months - 2, months)
    assert outside(client, "since=2023-12-04&until=2024-02-01") == (months - 3, months)
    assert outside(client, "since=2023-12-31&until=2023-12-31") == (months - 1, months)
    assert outside(client, "since=1999-01-01&until=1999-12-31") == (months, months)


def test_a_year_leads_to_its_entries_and_keeps_the_other_filters(client: Client) -> None:
    text = markup_of(client.get("/changes/?source=documentation&month=2026-04"))
    assert 'href="?source=documentation&amp;since=2024-01-01&amp;until=2024-12-31"' in text
    assert 'data-brush="?source=documentation"' in text


def test_another_page_of_the_list_comes_without_filters_and_calendar(client: Client) -> None:
    whole = client.get("/changes/?page=2", headers={"HX-Request": "true", "HX-Target": "changes"})
    headers = {"HX-Request": "true", "HX-Target": "changes-rows"}
    rows = client.get("/changes/?page=2", headers=headers)
    text = rows.content.decode()
    assert 'id="changes-rows"' in text
    assert "data-month" not in text
    assert "facets" not in text
    assert len(gzip.compress(rows.content)) < len(gzip.compress(whole.content)) / 2
    assert re.findall(r'datetime="([^"]+)"', text) == dates(client, "")[PAGE_SIZE : 2 * PAGE_SIZE]
    assert "HX-Target" in rows["Vary"]


def test_the_months_run_over_the_turn_of_a_year() -> None:
    months = list(each_month(date(2023, 11, 1), date(2024, 2, 1)))
    assert months == [date(2023, 11, 1), date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("colour=red", "unknown-parameter"),
        ("access=sideways", "unknown-value"),
        ("source=hearsay", "unknown-value"),
        ("policy=NoSuchPolicy", "unknown-value"),
        ("month=2024-13", "unknown-value"),
        ("month=0000-01", "unknown-value"),
        ("month=9999-12", "unknown-value"),
        ("since=2024-02-30", "bad-date"),
    ],
)
def test_nonsense_is_named_and_the_rest_holds(client: Client, query: str, code: str) -> None:
    page = client.get(f"/changes/?{query}&month=2024-01")
    assert page.status_code == 200
    assert "Some of the input was not understood" in markup_of(page)
    twin = client.get(f"/changes.json?{query}")
    assert twin.status_code == 400
    assert [problem["code"] for problem in twin.json()["problems"]] == [code]


def test_an_entry_without_a_policy_is_shown_too(client: Client) -> None:
    ChangelogEntry.objects.create(
        date=date(2027, 3, 1), title="Amazon ECS began to track", description="**At last.**"
    )
    text = markup_of(client.get("/changes/"))
    assert "<strong>At last.</strong>" in text
    assert dates(client)[0] == "2027-03-01"


def test_markup_of_a_curator_does_no_harm(client: Client) -> None:
    ChangelogEntry.objects.create(
        date=date(2024, 3, 1),
        title="<script>alert(1)</script>",
        description="<script>alert(2)</script> [x](javascript:alert(3))",
    )
    text = markup_of(client.get("/changes/"))
    assert "<script>alert" not in text
    assert 'href="javascript' not in text


def test_the_csv_file_has_every_entry(client: Client) -> None:
    answer = client.get(f"/changes.csv?{DOCUMENTED}&since=2023-12-04")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["date"] for row in rows] == LATER + DATES[:3]


def test_nothing_left_offers_the_way_back(client: Client) -> None:
    text = markup_of(client.get("/changes/?access=narrowed"))
    assert "No matching changes" in text
    assert "Show all changes" in text


def test_an_empty_log_says_who_writes_it(client: Client) -> None:
    ChangelogEntry.objects.all().delete()
    assert "No changes recorded yet" in markup_of(client.get("/changes/"))


def test_htmx_gets_the_entries_and_the_facets(client: Client) -> None:
    answer = client.get("/changes/?q=volumes", headers={"HX-Request": "true"})
    text = markup_of(answer)
    assert re.match(r'<title>volumes · Changes · Policyhub</title>\s*<div id="changes"', text)
    assert answer["HX-Push-Url"] == "/changes/?q=volumes"


def test_the_number_of_queries_does_not_depend_on_the_entries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    policy = Policy.objects.get(name="AmazonECS_FullAccess")
    ChangelogEntry.objects.bulk_create(
        ChangelogEntry(policy=policy, date=date(2022, 1, 1 + n % 28), title=f"Entry {n}")
        for n in range(200)
    )
    client.get("/changes/")
    with django_assert_max_num_queries(15):
        assert len(re.findall("<h3>", markup_of(client.get("/changes/")))) == PAGE_SIZE


def test_the_changes_of_a_service_are_those_of_all_policies_that_belong_to_it(
    client: Client,
) -> None:
    of_ecs = set(
        Policy.objects.filter(documentation_url__contains="/AmazonECS/").values_list(
            "name", flat=True
        )
    )
    assert len(of_ecs) == 10
    told = client.get("/changes.json?service=ecs").json()["results"]
    assert ("2023-12-04", "AmazonECSServiceRolePolicy") in {
        (entry["date"], entry["policy"]) for entry in told
    }
    every = client.get("/changes.json").json()["results"]
    assert [each for each in every if each["policy"] in of_ecs] == [
        each for each in told if each["policy"] in of_ecs
    ]
    days = [entry["date"] for entry in told]
    feed = markup_of(client.get("/services/ecs/feed.atom"))
    assert re.findall(r"<published>([\d-]+)T", feed) == days
    service = client.get("/services/ecs.json").json()
    assert [entry["date"] for entry in service["changes"]] == days
    page = markup_of(client.get("/services/ecs/"))
    assert re.findall(r'<time datetime="([\d-]+)">', page) == days[:10]


@pytest.mark.parametrize("path", ["/", "/changes/", "/policies/AmazonECS_FullAccess/changes/"])
def test_observed_changes_are_never_headed_documented(client: Client, path: str) -> None:
    text = markup_of(client.get(path))
    assert ">Observed<" in text
    for heading in re.findall(r"<(?:h[1-6]|dt)\b.*?</(?:h[1-6]|dt)>", text):
        assert "documented" not in heading.lower() or "observed" in heading.lower()


def test_of_many_years_a_phone_leaves_out_links_and_not_only_their_words(client: Client) -> None:
    for year in range(2017, 2025):
        ChangelogEntry.objects.create(date=date(year, 5, 1), title="t", description="d")
    links = re.findall(
        r'<a href="([^"]*)"( class="every-other")?><text ([^>]*)>',
        markup_of(client.get("/changes/")),
    )
    years = [(left_out, text) for url, left_out, text in links if "until" in url]
    assert len(years) >= 8
    assert {bool(left_out) for left_out, _ in years} == {True, False}
    assert not any("class" in text for _, text in years)
