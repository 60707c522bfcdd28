"""What an edit makes stale, and what not: as data, and held against what pages really show."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import resolve, reverse

from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy
from policyhub.catalog.signals import policies_changed, policies_judged
from policyhub.stale_answers import OF_ONE_POLICY, WITHOUT_TEXTS, data_of

pytestmark = pytest.mark.django_db

NAME, OTHER = "AmazonECS_FullAccess", "AmazonECSInfrastructureRolePolicyForVolumes"
# An address of each page that shows no text about a policy.
LISTING = [
    "/",
    "/.json",
    "/policies/?service=ecs",
    "/policies/?q=ecs",
    "/policies.json?service=ecs",
    "/policies.csv?service=ecs",
    "/changes/",
    "/changes.json",
    "/changes.csv",
    "/changes/feed.atom",
    "/changes/feed.rss",
    f"/policies/{NAME}/feed.atom",
    "/changes/removals/",
    "/changes/removals.json",
    "/actions/iam:PassRole/",
    "/actions/iam:PassRole.json",
    "/actions/iam:PassRole.csv",
    "/services/",
    "/services.json",
    "/services.csv",
    "/services/ecs/",
    "/services/ecs.json",
    "/services/ecs.csv",
    "/services/ecs/feed.atom",
    "/risks/",
    "/risks.json",
    "/risks.csv",
    "/risks/iam-002/",
    "/risks/iam-002.json",
    "/risks/iam-002.csv",
    "/condition-keys/",
    "/condition-keys.json",
    "/condition-keys.csv",
    "/condition-keys/iam:PassedToService/",
    "/condition-keys/iam:PassedToService.json",
    "/condition-keys/iam:PassedToService.csv",
    "/facts/",
    "/facts.json",
    "/sources/",
    "/sources.json",
    "/who-can/?action=ecs:RunTask",
    "/who-can.json?action=ecs:RunTask",
    "/who-can.csv?action=ecs:RunTask",
    "/best-fit/?action=ecs:RunTask",
    "/best-fit.json?action=ecs:RunTask",
    f"/compare/?policy={NAME}&policy={OTHER}",
    f"/compare.json?policy={NAME}&policy={OTHER}",
    f"/simulate/?policy={NAME}&action=ecs:RunTask",
    f"/simulate.json?policy={NAME}&action=ecs:RunTask",
    "/simulate/actions/?actions=ecs:Run",
    "/help/",
    "/help.json",
    "/help/curating/",
    "/help/curating.json",
    "/openapi.json",
]
FOUND = ["/search/?q=passrole", "/search.json?q=passrole", "/search/suggestions/?q=passrole"]
_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def own_pages(name: str) -> list[str]:
    return [reverse(f"browse:{page}", args=[name]) for page in sorted(OF_ONE_POLICY)]


def write_texts(name: str = NAME) -> None:
    policy = Policy.objects.get(name=name)
    policy.summary, policy.considerations, policy.curated_at = "Passes roles, *all*.", "None.", _DAY
    policy.save()


def describe() -> None:
    policy = Policy.objects.get(name=NAME)
    PermissionDescription.objects.create(policy=policy, pattern="s3", text="Reads a bucket.")


def take_a_description_away() -> None:
    row = PermissionDescription.objects.filter(policy__name=NAME).first()
    assert row is not None
    row.delete()


def name_a_successor() -> None:
    policy = Policy.objects.get(name=NAME)
    policy.successor, policy.deprecated_on = Policy.objects.get(name=OTHER), date(2026, 1, 1)
    policy.save()


def trust_a_service() -> None:
    policy = Policy.objects.get(name=NAME)
    policy.trusted_services = ["lambda.amazonaws.com"]
    policy.save()


def log_a_change() -> None:
    policy = Policy.objects.get(name=NAME)
    ChangelogEntry.objects.create(policy=policy, date=date(2026, 1, 1), title="Changed by us")


def add_a_policy() -> None:
    Policy.objects.create(name="Brand-new", attachable=True, kind=Policy.Kind.CUSTOMER_MANAGED)


# Of each edit: whether it makes stale its policy's pages, another policy's, lists, and searches.
EDITS: list[tuple[Callable[[], object], tuple[bool, bool, bool, bool]]] = [
    (write_texts, (True, False, False, True)),
    (describe, (True, False, False, True)),
    (take_a_description_away, (True, False, False, True)),
    (name_a_successor, (True, True, True, True)),
    (trust_a_service, (True, True, True, True)),
    (log_a_change, (True, True, True, True)),
    (add_a_policy, (True, True, True, True)),
]


def states(paths: list[str]) -> list[object]:
    """What the tag of each answer is made of, besides the address."""
    return [data_of(resolve(path.partition("?")[0])).parts for path in paths]


def contents(paths: list[str]) -> dict[str, bytes]:
    """What is answered, without the moment of the answer."""
    found = {}
    for path in paths:
        answer = Client().get(path)
        assert answer.status_code == 200, path
        body = answer.getvalue() if answer.streaming else answer.content
        found[path] = re.sub(rb"<updated>[^<]*</updated>|<lastBuildDate>[^<]*<", b"", body)
    return found


@pytest.mark.parametrize(("edit", "expected"), EDITS, ids=[edit.__name__ for edit, _ in EDITS])
def test_an_edit_makes_stale_what_shows_it_and_nothing_else(
    edit: Callable[[], object], expected: tuple[bool, ...]
) -> None:
    groups = [own_pages(NAME), own_pages(OTHER), ["/policies/", "/who-can/?action=s3:*"], FOUND]
    before = [states(group) for group in groups]
    edit()
    after = [states(group) for group in groups]
    for group, old, new, is_stale in zip(groups, before, after, expected, strict=True):
        made_again = {path for path, one, two in zip(group, old, new, strict=True) if one != two}
        assert made_again == (set(group) if is_stale else set())


def test_the_tag_of_a_page_moves_with_the_state_that_it_hangs_on(client: Client) -> None:
    pages = [reverse(f"browse:{page}", args=[NAME]) for page in ("policy_json", "policy_atom")]
    before = [client.get(page)["ETag"] for page in (*pages, "/who-can.json?action=ecs:RunTask")]
    write_texts()
    after = [client.get(page)["ETag"] for page in (*pages, "/who-can.json?action=ecs:RunTask")]
    same = [one == two for one, two in zip(before, after, strict=True)]
    assert same == [False, True, True]


def test_a_text_is_on_no_page_that_survives_it() -> None:
    survivors = [*LISTING, *own_pages(OTHER)]
    before = contents(survivors)
    write_texts()
    describe()
    take_a_description_away()
    after = contents(survivors)
    assert {path for path in survivors if before[path] != after[path]} == set()


@pytest.mark.parametrize("edit", [write_texts, describe])
def test_the_pages_of_a_policy_show_its_texts_at_once(edit: Callable[[], object]) -> None:
    pages = [reverse("browse:policy_json", args=[NAME])]
    before = contents(pages)
    edit()
    assert contents(pages) != before


def test_a_policy_that_was_written_twice_is_judged_each_time() -> None:
    policy = Policy.objects.get(name=NAME)
    policy.summary = "A text."
    policy.save()
    listed = states(["/policies/"])
    policy.kind = Policy.Kind.JOB_FUNCTION
    policy.save()
    again = states(["/policies/"])
    assert again != listed
    policy.summary = "Another text."
    policy.save()
    assert states(["/policies/"]) == again
    policy.delete()
    assert states(["/policies/"]) != again


@pytest.mark.parametrize("signal", [policies_changed, policies_judged])
def test_what_an_import_or_a_judgement_changed_makes_the_policy_stale(signal: object) -> None:
    policy = Policy.objects.get(name=NAME)
    groups = own_pages(NAME), own_pages(OTHER)
    before = [states(group) for group in groups]
    signal.send(Policy, policies=[policy.pk])  # type: ignore[attr-defined]
    after = [states(group) for group in groups]
    assert not set(before[0]) & set(after[0])
    assert before[1] == after[1]


def test_each_page_said_to_show_no_text_exists_and_is_held_to_it() -> None:
    tried: dict[str, set[str]] = {}
    for path in LISTING:
        found = resolve(path.partition("?")[0])
        tried.setdefault(found.app_name, set()).add(str(found.url_name))
    # It is asked for in the midst of a form, with a document.
    tried["simulate"].add("check")
    assert tried == {app: set(names) for app, names in WITHOUT_TEXTS.items()}


def test_each_page_of_a_policy_takes_its_name() -> None:
    for page in OF_ONE_POLICY:
        assert resolve(reverse(f"browse:{page}", args=[NAME])).kwargs == {"name": NAME}
