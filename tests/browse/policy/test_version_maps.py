"""The Changes tab draws the versions whose map differs, at once if they are few."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from policyhub.browse.policy.version_maps import MOST_DOCUMENTS, VERSIONS_IN_A_PAGE
from policyhub.catalog.deriving.indexing import index_versions
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.iam.reading.document import digest
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

NAME = "AWSKeyWriter"
PAGE = f"/policies/{NAME}/changes/"
HTMX = {"HX-Request": "true"}
ACTIONS = ("s3:PutObject", "s3:GetObject", "ec2:RunInstances", "ecs:RunTask", "iam:PassRole")


def policy_with(documents: list[list[str]]) -> None:
    policy = Policy.objects.create(
        name=NAME, arn=f"arn:aws:iam::aws:policy/{NAME}", kind="aws-managed", attachable=True
    )
    for number, actions in enumerate(documents, 1):
        statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        version = PolicyVersion.objects.create(
            policy=policy,
            version_id=f"v{number}",
            document=text,
            digest=digest(text),
            is_default=number == len(documents),
            created_at=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number),
        )
        index_versions([version])


def drawn(html: str) -> list[str]:
    """The versions that are drawn, in the page's order."""
    start = html.find('<ol class="version-maps">')
    listed = html[start : html.find("</ol>", start)] if start >= 0 else ""
    return re.findall(r">(v\d+)</a>", listed)


def test_versions_with_the_same_map_are_left_out(client: Client) -> None:
    # v3 writes the same otherwise, v4 repeats v3.
    policy_with([["s3:PutObject"], list(ACTIONS[:3]), list(ACTIONS[2::-1]), list(ACTIONS[2::-1])])
    html = markup_of(client.get(PAGE))
    assert drawn(html) == ["v2", "v1"]
    assert "ec2 +1 Write" in html
    assert "s3 +1 Read" in html
    assert "the oldest version known" in html
    assert "2 of 3 documents" in html


def test_many_versions_are_drawn_when_asked_for_a_page_at_a_time(client: Client) -> None:
    many = VERSIONS_IN_A_PAGE + 3
    assert many > MOST_DOCUMENTS
    policy_with([[ACTIONS[number % 2], ACTIONS[2 + number % 3]] for number in range(many)])
    html = markup_of(client.get(PAGE))
    assert drawn(html) == []
    assert f'href="{PAGE}?maps=1#version-maps"' in html
    first = client.get(f"{PAGE}?maps=1", headers=HTMX)
    assert drawn(markup_of(first)) == [f"v{number}" for number in range(many, 3, -1)]
    assert "<html" not in markup_of(first)
    assert "HX-Request" in first["Vary"]
    whole = markup_of(client.get(f"{PAGE}?maps=2"))
    assert drawn(whole) == ["v3", "v2", "v1"]
    assert "Newer versions" in whole
    assert "Older versions" not in whole


@pytest.mark.parametrize("page", ["0", "9", "x", "1e3", "99999999999"])
def test_a_page_that_is_none_gives_the_nearest_or_the_page_without(
    client: Client, page: str
) -> None:
    policy_with([["s3:PutObject"], ["s3:GetObject"]])
    assert drawn(markup_of(client.get(f"{PAGE}?maps={page}"))) == ["v2", "v1"]


def test_one_version_has_nothing_to_be_compared_with(client: Client) -> None:
    policy_with([["s3:PutObject"]])
    assert "version-maps" not in markup_of(client.get(PAGE))
