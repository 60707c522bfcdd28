"""Versions on a line of time, and the gaps between their numbers."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace

import pytest
from django.test import Client

from policyhub.catalog.importing.run import import_policies
from tests.catalog.given_sources import ARN, policy, version
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db


def page(client: Client) -> str:
    return markup_of(client.get(f"/policies/{ARN}/changes/"))


def test_gaps_between_and_below_the_numbers_are_shown_as_gaps(client: Client) -> None:
    import_policies(
        [
            policy(
                version("v3", "s3:A", default=False, created="2024-01-01"),
                version("v4", "s3:B", default=False, created="2024-02-01"),
                version("v6", "s3:C", default=False, created="2024-06-01"),
                version("v10", "s3:D", created="2025-01-01"),
            )
        ]
    )
    gaps = re.findall(r'<tr class="gap"><th[^>]*>([^<]+)</th>', page(client))
    assert gaps == ["v7 to v9", "v5", "v1 to v2"]


def test_the_line_runs_from_the_oldest_to_the_newest(client: Client) -> None:
    import_policies(
        [
            policy(
                version("v1", "s3:A", default=False, created="2024-01-01"),
                version("v2", "s3:B", default=False, created="2024-01-02"),
                version("v3", "s3:C", created="2025-01-01"),
            )
        ]
    )
    text = page(client)
    marks = re.findall(r'(?:<circle[^>]* cx|"took-away" x)="([\d.]+)%"', text)
    assert (marks[0], marks[-1]) == ("4.0", "96.0")
    assert re.findall(r'text-anchor="middle">(v\d)<', text) == ["v1", "v3"]
    assert "3 versions from January 2024 to January 2025" in text
    assert "gap" not in re.findall(r'<tr class="(\w+)"', text)


def test_versions_without_a_date_draw_no_line(client: Client) -> None:
    import_policies([policy(version("v2", "s3:A", created=None))])
    assert '<svg class="timeline"' not in page(client)
    assert "not known" in page(client)


def test_growth_is_told_in_areas_and_in_a_sentence(client: Client) -> None:
    import_policies(
        [
            policy(
                version("v1", "s3:GetObject", default=False, created="2024-01-01"),
                version("v2", "s3:GetObject", "s3:PutObject", default=False, created="2024-06-01"),
                version("v3", "s3:PutObject", created="2025-01-01"),
            )
        ]
    )
    text = page(client)
    assert "Allowed actions: 1 in v1, 1 in v3. Of 2 observed changes, 1 took something away." in (
        " ".join(text.split())
    )
    assert re.findall(r'<polygon class="([\w-]+)"', text) == ["level-write", "level-read"]
    assert text.count('class="took-away"') == 1
    assert "v3, 1 January 2025: took something away" in text


def test_two_versions_have_bars_on_one_scale_in_the_table_and_no_areas(client: Client) -> None:
    import_policies(
        [
            policy(
                version("v1", "s3:GetObject", default=False, created="2024-01-01"),
                version("v2", "s3:GetObject", "s3:PutObject", created="2025-01-01"),
            )
        ]
    )
    text = page(client)
    assert "Allowed actions: 1 in v1, 2 in v2." in " ".join(text.split())
    assert '<svg class="timeline"' not in text
    bars = re.findall(r'<svg class="level-bar".*?</svg>', text, re.DOTALL)
    steps = [
        [int(width) for width in re.findall(r'<rect class="level[^>]* width="(\d+)"', each)]
        for each in bars
    ]
    newer, older = (sum(each) for each in steps)
    assert older < newer * 0.6


def test_a_policy_that_only_denies_has_its_line_and_no_areas(client: Client) -> None:
    deny = {"Effect": "Deny", "Resource": "*"}
    old, new = (
        json.dumps({"Version": "2012-10-17", "Statement": [{**deny, "Action": action}]})
        for action in ("s3:Get*", "s3:*")
    )
    first = version("v1", default=False, created="2024-01-01")
    second = version("v2", created="2025-01-01")
    import_policies([policy(replace(first, document=old), replace(second, document=new))])
    text = page(client)
    assert '<svg class="timeline"' in text
    assert "<polygon" not in text


def test_of_many_versions_a_phone_names_as_many_as_it_has_room_for(client: Client) -> None:
    import_policies(
        [
            policy(
                *(
                    version(f"v{n}", f"s3:A{n}", default=n == 40, created=f"{1980 + n}-01-01")
                    for n in range(1, 41)
                )
            )
        ]
    )
    names = re.findall(r'<text( class="extra")? x="([\d.]+)%"[^>]*>\s*(v\d+)', page(client))
    on_a_phone = [float(x) for crowded, x, _ in names if not crowded]
    assert len(names) > len(on_a_phone) >= 5
    assert names[0][2] == "v1"
    assert all(b - a >= 11 for a, b in itertools.pairwise(on_a_phone))
