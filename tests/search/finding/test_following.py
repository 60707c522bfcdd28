"""An index that follows what changes finds what one that is made as a whole finds."""

from __future__ import annotations

import gc
from collections.abc import Callable
from datetime import date
from weakref import ref

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from policyhub.catalog.access.in_memory import compile_catalogue
from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy
from policyhub.catalog.signals import policies_judged
from policyhub.judge.models import PolicyFinding
from policyhub.search.finding import current
from policyhub.search.finding.in_memory.following import Following, follow
from policyhub.search.finding.in_memory.index import InMemory
from policyhub.search.finding.query import parse_query
from tests.catalog.given_sources import policy as given_policy
from tests.catalog.given_sources import version
from tests.search.finding.plain_scan import all_lines, holding, sampled_words
from tests.search.finding.test_stored_index import QUERIES, told

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
FULL = "AmazonECS_FullAccess"


def edit_a_text() -> None:
    policy = Policy.objects.get(name=FULL)
    policy.considerations = "Weigh the zebrafinch first."
    policy.save()


def describe() -> None:
    policy = Policy.objects.get(name="ReadOnlyAccess")
    PermissionDescription.objects.create(policy=policy, pattern="ecs:Run*", text="A heronry.")


def take_a_description_away() -> None:
    row = PermissionDescription.objects.filter(policy__name=FULL).first()
    assert row is not None
    row.delete()


def note_a_change(name: str = "") -> None:
    owner = Policy.objects.get(name=name) if name else None
    ChangelogEntry.objects.create(
        policy=owner, date=date(2026, 5, 4), title="Quokka noticed", description="One."
    )


def import_one(*actions: str, name: str = "ExampleTestPolicy") -> None:
    import_policies([given_policy(version("v1", *actions), name=name)])


def import_a_newer_version() -> None:
    newer = [version("v1"), version("v2", "s3:*", "iam:PassRole", created="2025-01-01")]
    import_policies([given_policy(*newer, name="ExampleTestPolicy", day="2026-02-01")])


def take_a_policy_away() -> None:
    Policy.objects.get(name="AmazonECSTaskExecutionRolePolicy").delete()


def find_something_else() -> None:
    finding = PolicyFinding.objects.filter(version__is_default=True).first()
    assert finding is not None
    finding.delete()
    policies_judged.send(None, policies=[finding.version.policy_id])


CHANGES: list[Callable[[], object]] = [
    edit_a_text,
    describe,
    take_a_description_away,
    note_a_change,
    lambda: note_a_change(FULL),
    lambda: import_one("ecs:NoSuchActionOfAll", "s3:GetObject"),
    import_a_newer_version,
    lambda: import_one("*", name="EverythingAtAll"),
    find_something_else,
    take_a_policy_away,
]
ABOUT_THEM = [
    "zebrafinch", "heronry", "quokka", "changed:2026-05-04", "exampletest", "nosuchactionofall",
    "action:ecs:NoSuchActionOfAll", "action:iam:PassRole", "-level:read exampletest", "eample test",
    "service:ecs everything", "kind:customer-managed", "taskexecutionrolepolicy", "quoka notced",
]  # fmt: skip


def require_the_same(followed: InMemory, whole: InMemory, queries: list[str]) -> None:
    for text in queries:
        query, _ = parse_query(text)
        assert told(followed.find(query)) == told(whole.find(query)), text


@pytest.fixture(scope="module")
def followed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Following:
    """An index of the corpus, which no test changes: each makes others of it."""
    with django_db_blocker.unblock():
        followed = current._cache.get()
    assert isinstance(followed, Following)
    return followed


def test_what_follows_changes_one_by_one_finds_what_a_new_one_finds(followed: Following) -> None:
    base = followed.base
    for change in CHANGES:
        change()
        followed = followed.today(compile_catalogue(followed.catalogue))
    assert followed.base is base
    whole = follow(compile_catalogue())
    require_the_same(followed.index, whole.index, [*QUERIES, *ABOUT_THEM])
    lines = all_lines()
    for word in sampled_words(lines, 40, seed=5):
        query, _ = parse_query(f'"{word}"')
        assert sum(followed.index.find(query).counts().values()) == len(
            list(holding(lines, [word]).elements())
        ), word


def test_an_edit_makes_the_entries_of_its_policy_alone(followed: Following) -> None:
    edit_a_text()
    with CaptureQueriesContext(connection) as queries:
        now = followed.today(followed.catalogue)
    assert {owner for owner in now.apart if owner} == {FULL}
    assert len(queries) <= 12
    note_a_change("ReadOnlyAccess")
    later = now.today(followed.catalogue)
    assert later.apart[FULL] is now.apart[FULL]
    assert {owner for owner in later.apart if owner} == {FULL, "ReadOnlyAccess"}


def test_a_service_that_is_new_to_all_has_the_index_made_as_a_whole(followed: Following) -> None:
    import_one("nosuchservice:Do")
    now = followed.today(compile_catalogue(followed.catalogue))
    assert now.base is not followed.base
    require_the_same(now.index, follow(now.catalogue).index, ["service:nosuchservice", "admin"])


def test_many_changes_have_the_index_made_as_a_whole(
    followed: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policyhub.search.finding.in_memory.following._MOST_APART", 1)
    edit_a_text()
    assert followed.today(followed.catalogue).base is not followed.base


def test_where_nothing_changed_nothing_is_made(followed: Following) -> None:
    assert not [owner for owner in followed.today(followed.catalogue).apart if owner]


def test_an_index_that_is_replaced_goes_without_garbage_being_looked_for(
    followed: Following,
) -> None:
    edit_a_text()
    now = followed.today(followed.catalogue)
    for text in ("zebrafinch", "service:ecs zebrafinch", "zebrafunch"):
        now.index.find(parse_query(text)[0]).counts()
    replaced = ref(now.index)
    describe()
    gc.disable()
    try:
        now = now.today(now.catalogue)
        assert replaced() is None
    finally:
        gc.enable()
    assert now.index.find(parse_query("service:ecs heronry")[0]).counts()
