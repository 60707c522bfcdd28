"""The change log by year: bars as tall as what they count, and links to what they are about."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from policyhub.browse.changes.years import WIDTH, changes_by_year, year_chart
from policyhub.catalog.models import ChangelogEntry
from tests.html_text import markup_of

pytestmark = pytest.mark.one_database

KINDS = st.fixed_dictionaries({kind: st.integers(0, 600) for kind in ("adding", "", "taking")})


@given(st.dictionaries(st.integers(2015, 2040), KINDS, min_size=1))
def test_bars_are_as_tall_as_their_changes_and_what_takes_away_is_on_top(
    years: dict[int, dict[str, int]],
) -> None:
    chart = year_chart(years)
    assert [bar.year for bar in chart.bars] == list(range(min(years), max(years) + 1))
    assert chart.count == sum(sum(kinds.values()) for kinds in years.values())
    most = max(bar.count for bar in chart.bars)
    for bar in chart.bars:
        assert bar.x + bar.width <= WIDTH
        tall = sum(part.height for part in bar.parts)
        assert tall == pytest.approx(116 * bar.count / max(most, 1), abs=0.5)
        tops = [part.y for part in bar.parts]
        assert tops == sorted(tops, reverse=True)
        if bar.taking:
            assert bar.parts[-1].kind == "taking"
            assert f"{bar.taking:,} of which took something away" in bar.in_words


def test_without_a_change_nothing_is_drawn() -> None:
    assert year_chart({}).bars == ()


@pytest.mark.django_db
def test_the_overview_has_every_entry_and_its_years_lead_to_as_many(client: Client) -> None:
    chart = changes_by_year()
    assert chart.count == ChangelogEntry.objects.count()
    bar = max(chart.bars, key=lambda each: each.count)
    twin = client.get(bar.url.replace("/changes/", "/changes.json")).json()
    assert twin["count"] == bar.count
    assert bar.in_words in markup_of(client.get("/"))
