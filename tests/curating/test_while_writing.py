"""What a curator sees while writing: the text as it will be read, and what a pattern is about."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policyhub.catalog.models import Policy
from policyhub.curating.while_writing import LONGEST_PREVIEW
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db


def test_a_text_is_shown_as_pages_show_it_and_nothing_of_it_runs(curator: Client) -> None:
    shown = markup_of(
        curator.post("/desk/preview/", {"text": "Reads **all**.\n\n<script>x</script>"})
    )
    assert "<strong>all</strong>" in shown
    assert "<script" not in shown
    assert "<a" not in markup_of(curator.post("/desk/preview/", {"text": "[x](javascript:x)"}))


@pytest.mark.parametrize("text", ["", "*" * 50, "\0", "a" * LONGEST_PREVIEW])
def test_any_text_can_be_shown(curator: Client, text: str) -> None:
    assert curator.post("/desk/preview/", {"text": text}).status_code == 200


def test_a_text_that_nobody_reads_is_refused(curator: Client) -> None:
    answer = curator.post("/desk/preview/", {"text": "a" * (LONGEST_PREVIEW + 1)})
    assert answer.status_code == 400
    assert "longer than 50,000 characters" in markup_of(answer)


def test_only_curators_have_texts_shown(client: Client) -> None:
    client.force_login(User.objects.create_user("rae"))
    assert client.post("/desk/preview/", {"text": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [("ec2:DescribeVolumes", [3]), ("ec2:CreateVolume", [1]), ("ec2:DescribeVolume", []),
     ("s3", []), ("", [])],
)  # fmt: skip
def test_the_statements_about_a_pattern_stand_beside_it(
    curator: Client, policy: Policy, pattern: str, numbers: list[int]
) -> None:
    asked = {"pattern": pattern, "policy": str(policy.pk)}
    found = curator.get("/desk/pattern.json", asked).json()
    assert [each["number"] for each in found["statements"]] == numbers
    page = markup_of(curator.get("/desk/pattern/", asked))
    assert page.count("<pre") == len(numbers)
    assert ("No statement of v1 names" in page) == (bool(pattern) and not numbers)


@pytest.mark.parametrize("key", ["", "0", "x", "-1", "9" * 30, "²"])
def test_a_policy_that_is_none_has_no_statements(curator: Client, key: str) -> None:
    asked = {"pattern": "ec2:CreateVolume", "policy": key}
    assert curator.get("/desk/pattern.json", asked).json() == {"warning": None, "statements": []}


def test_the_forms_of_the_admin_ask_for_both(curator: Client, policy: Policy) -> None:
    page = markup_of(curator.get(f"/admin/catalog/policy/{policy.pk}/change/"))
    assert page.count('hx-post="/desk/preview/"') >= 2 + policy.descriptions.count()
    assert page.count('hx-get="/desk/pattern/"') >= policy.descriptions.count()
    assert f'hx-vals=\'{{"policy": "{policy.pk}"}}\'' in page
