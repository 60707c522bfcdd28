"""The map of all policies: each is in one field, which leads to just its policies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from policyhub.browse.corpus_map import (
    CorpusMap,
    CorpusPoint,
    corpus_map,
    corpus_points,
    kind_shapes,
    phone_corpus_map,
)
from policyhub.catalog.models import Policy
from policyhub.workbench.models import WatchedPolicy
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def point(key: str, kind: str = "aws-managed", reach: int = 1, power: int = 0) -> CorpusPoint:
    return CorpusPoint(key, kind, reach, power)


@pytest.mark.parametrize("draw", [corpus_map, phone_corpus_map])
def test_every_policy_in_force_is_in_one_field(draw: type) -> None:
    points = corpus_points()
    assert len(points) == 1582
    drawn = draw(points)
    assert sum(field.count for field in drawn.fields) == len(points)
    places = [(field.x, field.y) for field in drawn.fields]
    assert len(places) == len(set(places))


FULL = st.dictionaries(st.sampled_from(Policy.Kind.values), st.integers(1, 90), min_size=1)


@pytest.mark.parametrize("draw", [corpus_map, phone_corpus_map])
@given(st.lists(FULL, max_size=3))
def test_no_mark_leaves_its_field_or_is_too_small_to_see(
    draw: Callable[[Iterable[CorpusPoint]], CorpusMap], fields: list[dict[str, int]]
) -> None:
    points = [
        point("A", kind, 20 * place)
        for place, kinds in enumerate(fields)
        for kind, count in kinds.items()
        for _ in range(count)
    ]
    drawn = draw(points)
    for field in drawn.fields:
        assert field.marks[0].x >= field.marks[0].radius
        assert field.marks[-1].x + field.marks[-1].radius <= drawn.field[0]
        assert all(2 * mark.radius <= drawn.field[1] for mark in field.marks)
        for one, other in zip(field.marks, field.marks[1:], strict=False):
            assert one.x + one.radius < other.x - other.radius
        assert min(mark.radius for mark in field.marks) >= 3


def test_a_field_leads_to_as_many_policies_as_it_has(client: Client) -> None:
    fields = corpus_map(corpus_points()).fields
    for field in fields[:: len(fields) // 6]:
        twin = field.url.replace("/policies/", "/policies.json")
        assert client.get(twin).json()["count"] == field.count, field.url


def test_the_area_of_a_mark_grows_with_how_many_policies_there_are() -> None:
    many = [point(f"a{each}") for each in range(16)]
    points = many + [point(f"b{each}", reach=3) for each in range(4)]
    radii = {field.count: field.marks[0].radius for field in corpus_map(points).fields}
    assert radii[16] == pytest.approx(2 * radii[4], rel=0.05)


def test_kinds_differ_in_shape_and_not_in_colour_alone() -> None:
    kinds = ["aws-managed", "service-role", "service-linked-role", "job-function"]
    shapes = kind_shapes([point(each, each) for each in kinds])
    assert len({(each.path, "none" in each.paint) for each in shapes}) == len(kinds)


def test_a_field_says_in_words_what_it_has_and_which_policies_one_watches() -> None:
    points = [point("Mine", reach=5, power=12), point("Other", "service-role", 6, 19)]
    (field,) = corpus_map(points, {"Mine"}).fields
    assert field.in_words == (
        "5 to 6 services, 10 to 19 free actions: 1 AWS managed, 1 Service role. You watch Mine"
    )
    (alone,) = corpus_map([point("One")]).fields
    assert alone.in_words == "0 to 1 service, no free actions: 1 AWS managed"


def test_what_a_reader_watches_is_ringed_for_that_reader_alone(client: Client) -> None:
    user = User.objects.create_user("reader")
    policy = Policy.objects.get(name="AmazonECS_FullAccess")
    WatchedPolicy.objects.create(user=user, policy=policy)
    assert "one that you watch" not in markup_of(client.get("/"))
    client.force_login(user)
    answer = client.get("/")
    assert "You watch AmazonECS_FullAccess" in markup_of(answer)
    assert "private" in answer["Cache-Control"]
    assert not answer.has_header("ETag")


@pytest.mark.parametrize("query", ["reach=x", "reach=9-3", "power=-1", "power=1-2-3", "reach="])
def test_a_range_that_is_none_is_said_and_left_out(client: Client, query: str) -> None:
    answer = client.get(f"/policies.json?{query}")
    if query.endswith("="):
        assert answer.json()["count"] == 1582
    else:
        assert answer.status_code == 400
        assert "is not a range" in answer.json()["problems"][0]["message"]


def test_ranges_widen_each_other_and_are_chips(client: Client) -> None:
    one, other, both = (
        client.get(f"/policies.json?{query}").json()["count"]
        for query in ("reach=3", "reach=30-", "reach=3&reach=30-")
    )
    assert both == one + other > one > 0
    page = markup_of(client.get("/policies/?reach=30-&power=1000-"))
    assert re.search(r"Services: <strong>30 or more</strong>", page)
    assert "AdministratorAccess" in page
