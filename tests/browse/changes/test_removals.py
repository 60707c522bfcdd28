"""Does AWS ever remove permissions? Counted from the observed changes."""

from __future__ import annotations

import pytest
from django.test import Client

from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.models import ChangelogEntry
from tests.catalog.given_sources import ARN, policy, version
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db


def test_the_years_are_counted_by_what_their_versions_did(client: Client) -> None:
    import_policies(
        [
            policy(
                version("v1", "s3:Get*", default=False, created="2019-01-01"),
                version("v2", "s3:GetObject", default=False, created="2019-02-01"),
                version("v3", "s3:PutObject", default=False, created="2020-02-01"),
                version("v4", "s3:PutObject", "s3:putobject", created="2020-03-01"),
            )
        ]
    )
    twin = client.get("/changes/removals.json").json()
    years = {each["year"]: each for each in twin["years"]}
    assert years[2019] | {"year": 0} == {
        "year": 0, "versions": 1, "widened": 0, "narrowed": 1, "both": 0, "none": 0,
        "undecided": 0,
    }  # fmt: skip
    assert (years[2020]["both"], years[2020]["none"]) == (1, 1)
    assert (twin["versions"], twin["removing"], twin["cosmetic"], twin["count"]) == (8, 2, 1, 2)
    assert {each["policy"] for each in twin["results"]} == {ARN}
    page = markup_of(client.get("/changes/removals/"))
    assert "<strong>2</strong> of 8 new versions removed permissions (25.0 %)" in page


def test_of_the_fixtures_alone_nothing_was_taken_away(client: Client) -> None:
    page = markup_of(client.get("/changes/removals/"))
    assert "<strong>0</strong> of 5 new versions" in page
    assert "No version known here removed permissions" in page


def test_without_versions_the_page_says_where_they_come_from(client: Client) -> None:
    ChangelogEntry.objects.filter(source="observed").delete()
    assert "No policy has two versions" in markup_of(client.get("/changes/removals/"))
