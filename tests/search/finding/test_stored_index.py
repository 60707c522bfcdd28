"""The index in the database finds what the one in memory finds, whatever is typed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker, Settings

from policyhub.catalog.access import current as current_catalogue
from policyhub.catalog.access.current import get_catalogue
from policyhub.catalog.access.in_database import StoredCatalogue
from policyhub.catalog.access.in_memory import compile_catalogue
from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.catalog.signals import policies_changed
from policyhub.search.finding import current
from policyhub.search.finding import views as finding_views
from policyhub.search.finding.entries import ACTIONS, POLICIES
from policyhub.search.finding.in_database import trigrams
from policyhub.search.finding.in_database.index import StoredIndex
from policyhub.search.finding.in_database.writing import write_missing
from policyhub.search.finding.in_memory.index import InMemory, MemoryIndex
from policyhub.search.finding.index import Hits, Index
from policyhub.search.finding.query import OPERATORS, parse_query
from policyhub.search.finding.results import Results
from policyhub.search.models import FoundText, LetterCount, MoreText, TagSet, WrittenPolicy
from policyhub.search.palette import views as palette_views
from tests.catalog.given_sources import policy as given_policy
from tests.search.finding.plain_scan import all_lines, holding, sampled_words

pytestmark = pytest.mark.django_db
# Of so many entries each is read, of more their number is compared.
FEW = 100
QUERIES = [
    "",
    "passrole",
    "ecs run",
    "ecs service:ecs -s3",
    "ecs -ecs",
    "e",
    "o",
    "s3",
    "qz",
    "-e",
    "e io",
    '"n "',
    "amazonecs_fullaccess",
    '"ecs run"',
    '"task execution"',
    "readonly -amazon",
    "-ecs",
    "passrloe",
    "fulacess readonli",
    "qzxwvut",
    "service:ecs",
    "service:ecs,s3 effect:deny",
    "service:evidently",
    "service:nope",
    "-service:s3 kind:service-role",
    "kind:aws-managed",
    "kind:none",
    "level:permissions-management role",
    "level:write,tagging -level:list",
    "level:all",
    "effect:deny",
    "effect:maybe",
    "condition:iam:PassedToService",
    "condition:aws:ResourceTag",
    "-condition:iam:PassedToService action:iam:PassRole",
    "condition:aws:NoSuchKey",
    "resource:*",
    "resource:role/ecs",
    "resource:%",
    "-resource:* policy",
    "action:iam:PassRole",
    "action:ecs:Run* -effect:deny",
    "action:budgets:CreateBudget",
    "action:*",
    "action:none:*",
    "action:nonsense",
    "changed:>2026-01-01",
    "changed:2024",
    "changed:<=2024-01 ecs",
    "changed:<2020-06-15",
    "changed:>=2026-02-01 -kind:service-linked-role",
    "changed:soon",
    "100%",
    "_",
    "*",
    "[",
    "?",
    "]x",
    '"',
    "'; DROP TABLE search_foundtext; --",
    "NEAR(a b)",
    "🦊",
    "é",
    "x" * 300,
    "a*" * 2_000,
]


@pytest.fixture(scope="module")
def both(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[InMemory, StoredIndex]]:
    """Both indexes of the same corpus; the texts are taken away again."""
    with django_db_blocker.unblock():
        in_memory = current.get_index()
        assert isinstance(in_memory, InMemory)
        stored = StoredCatalogue(get_reference(), 100_000)
        write_missing(stored)
        yield in_memory, StoredIndex(stored)
        FoundText.objects.all().delete()
        WrittenPolicy.objects.all().delete()
        LetterCount.objects.all().delete()
        TagSet.objects.all().delete()
        MoreText.objects.all().delete()


def told(hits: Hits, most: int = 30) -> dict[str, object]:
    """Everything that a search says, except what is far down."""
    counts = hits.counts()
    return {
        "counts": {group.key: count for group, count in counts.items()},
        "first": {
            group.key: [
                (each.name, each.names, each.texts, each.detail, each.url)
                for each in hits.page(group, 0, most)
            ]
            for group in counts
        },
        "next": {
            group.key: [each.name for each in hits.page(group, most, most + 5)]
            for group in counts
        },
        "options": hits.options(OPERATORS),
        "problems": hits.problems,
        "corrections": list(hits.corrections),
        "query": hits.query,
    }  # fmt: skip


@pytest.mark.parametrize("text", QUERIES, ids=lambda text: text[:40] or "nothing")
def test_both_indexes_say_the_same(both: tuple[InMemory, StoredIndex], text: str) -> None:
    in_memory, in_database = both
    query, _ = parse_query(text)
    assert told(in_database.find(query)) == told(in_memory.find(query))


@pytest.mark.parametrize("text", QUERIES, ids=lambda text: text[:40] or "nothing")
def test_they_do_where_more_is_found_than_is_asked_for_by_keys(
    both: tuple[InMemory, StoredIndex], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policyhub.search.finding.in_database.hits.MOST_KEYS", 0)
    in_memory, in_database = both
    query, _ = parse_query(text)
    found = StoredIndex(in_database.catalogue, in_database).find(query)
    assert told(found) == told(in_memory.find(query))
    for group in found.counts():
        for start in (25, 70):
            page = [each.name for each in found.page(group, start, start + 20)]
            again = in_memory.find(query).page(group, start, start + 20)
            assert page == [each.name for each in again]


def test_what_was_found_is_not_looked_for_again(both: tuple[MemoryIndex, StoredIndex]) -> None:
    _, in_database = both
    query, _ = parse_query("lambda")
    first = in_database.find(query)
    counts, options = first.counts(), first.options(OPERATORS)
    with CaptureQueriesContext(connection) as queries:
        again = in_database.find(query)
        assert (again.counts(), again.options(OPERATORS)) == (counts, options)
    assert not queries.captured_queries


def test_facets_look_through_the_rows_a_few_times(
    both: tuple[MemoryIndex, StoredIndex],
) -> None:
    _, in_database = both
    query, _ = parse_query("dynamodb kind:aws-managed")
    hits = in_database.find(query)
    with CaptureQueriesContext(connection) as queries:
        hits.options(OPERATORS)
        hits.counts()
    looking = [each for each in queries.captured_queries if "search_foundtext" in each["sql"]]
    assert 3 < len(looking) <= 9


def test_postgresql_compiles_no_queries() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW jit")
            assert cursor.fetchone() == ("off",)


@pytest.mark.parametrize("count", [60, pytest.param(600, marks=pytest.mark.endurance)])
def test_both_find_all_that_a_plain_scan_finds(
    both: tuple[InMemory, StoredIndex], count: int
) -> None:
    in_memory, in_database = both
    lines = all_lines()
    for word in sampled_words(lines, count, seed=23):
        query, _ = parse_query(f'"{word}"')
        expected = holding(lines, [word])
        hits = in_database.find(query)
        counts = {group.key: count for group, count in hits.counts().items()}
        assert counts == Counter(group for group, _ in expected.elements()), word
        assert hits.counts() == in_memory.find(query).counts()
        if len(expected) < FEW:
            assert everything(hits) == set(expected), word


def everything(hits: Hits) -> set[tuple[str, str]]:
    found = Results(hits, list(hits.counts()))[:]
    return {(each.entry.group.key, each.entry.name) for each in found}


@pytest.mark.parametrize(
    "text", ["amazonecs_fullaccess", "ReadOnlyAccess", "ECS:runtask", "readonly", "", "none"]
)
def test_both_know_what_is_called_so(both: tuple[InMemory, StoredIndex], text: str) -> None:
    in_memory, in_database = both
    for groups in ((POLICIES, ACTIONS), (ACTIONS, POLICIES)):
        expected, found = in_memory.named(text, groups), in_database.named(text, groups)
        assert (found and (found.name, found.url)) == (expected and (expected.name, expected.url))


def test_the_texts_are_found_without_the_databases_own_index_too(
    both: tuple[InMemory, StoredIndex],
) -> None:
    in_memory, in_database = both
    assert trigrams.has_index()
    scanning = StoredIndex(in_database.catalogue, in_database)
    scanning.kept.indexed = False
    choose = random.Random(3)
    for text in choose.sample([each for each in QUERIES if each.strip()], 12):
        query, _ = parse_query(text)
        assert scanning.find(query).counts() == in_memory.find(query).counts()


@pytest.fixture
def little_memory(
    both: tuple[InMemory, StoredIndex], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that may keep nothing of the catalogue in memory."""
    settings.MEMORY_BYTES = 0
    monkeypatch.setattr(current_catalogue._cache, "_current", None)
    monkeypatch.setattr(current._cache, "_current", None)


def results(text: str) -> list[str]:
    query, _ = parse_query(text)
    return [each.entry.name for each in Results(current.get_index().find(query), [POLICIES])[:]]


@pytest.mark.usefixtures("little_memory")
def test_an_edit_is_found_at_once_and_nothing_else_is_written_anew() -> None:
    assert isinstance(current.get_index(), StoredIndex)
    assert not results("zebrafinch")
    beside = current.get_index()
    policy = Policy.objects.get(name="AmazonECS_FullAccess")
    policy.considerations = "Weigh the zebrafinch first."
    policy.save()
    assert set(Policy.objects.filter(written=None)) == {policy}
    assert results("zebrafinch") == [policy.name]
    description = PermissionDescription.objects.create(
        policy=policy, pattern="ecs", text="A heronry."
    )
    assert results("heronry") == [policy.name]
    description.delete()
    assert results("heronry") == []
    assert isinstance(beside, StoredIndex)
    assert isinstance(now := current.get_index(), StoredIndex)
    assert now.beside is beside.beside


@pytest.mark.usefixtures("little_memory")
def test_a_change_with_and_without_a_policy_is_found_and_forgotten() -> None:
    owner = Policy.objects.get(name="AmazonECS_FullAccess")
    for policy in (owner, None):
        entry = ChangelogEntry.objects.create(
            policy=policy, date=date(2026, 5, 4), title="Quokka noticed", description="One."
        )
        query, _ = parse_query("quokka changed:2026-05")
        (found,) = current.get_index().find(query).options(["changed"])["changed"]
        assert (found.value, found.count) == ("2026", 1)
        entry.delete()
        assert not current.get_index().find(query).counts()


@pytest.mark.usefixtures("little_memory")
def test_an_import_is_found_at_once() -> None:
    from policyhub.catalog.importing.run import import_policies

    assert results("exampletest") == []
    import_policies([given_policy(name="ExampleTestPolicy")])
    assert results("exampletest") == ["ExampleTestPolicy (123456789012)"]
    Policy.objects.get(name="ExampleTestPolicy").delete()
    assert results("exampletest") == []


@pytest.mark.usefixtures("little_memory")
def test_a_text_that_was_changed_behind_its_back_is_found_as_it_is() -> None:
    rows = FoundText.objects.filter(name="AmazonECS_FullAccess")
    rows.update(text="\nplatypus\n")
    assert results("platypus") == ["AmazonECS_FullAccess"]
    policies_changed.send(FoundText, policies=rows.values_list("policy", flat=True))
    current._cache._current = None
    assert results("platypus") == []
    assert results("amazonecs_fullaccess") == ["AmazonECS_FullAccess"]
    policies_changed.send(FoundText, policies=None)
    assert not WrittenPolicy.objects.exists()


@pytest.mark.usefixtures("little_memory")
def test_while_nothing_can_be_written_the_last_index_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def locked(*_: object) -> int:
        raise OperationalError("database is locked")

    index = current.get_index()
    Policy.objects.get(name="AmazonECS_FullAccess").save()
    with monkeypatch.context() as patched:
        patched.setattr(current, "write_missing", locked)
        assert current.get_index() is index
        patched.setattr(current._cache, "_current", None)
        with pytest.raises(OperationalError):
            current.get_index()
    assert current.get_index() is not index


@pytest.mark.usefixtures("little_memory")
def test_pages_answer_from_the_database_as_well(client: Client) -> None:
    assert not isinstance(get_catalogue(), type(compile_catalogue()))
    found = client.get("/search.json", {"q": "ecs_full"}).json()
    assert "AmazonECS_FullAccess" in [each["name"] for each in found["results"]]
    assert client.get("/search/", {"q": "AmazonECS_FullAccess"}).status_code == 302
    for url in (
        "/search/?q=passrole",
        "/search/?q=passrole&in=statements&all=service",
        "/search/suggestions/?q=ecs",
        "/who-can/?action=iam:PassRole",
        "/best-fit/?actions=ecs:RunTask",
        "/actions/iam:PassRole/",
        "/actions/budgets:CreateBudget.json",
    ):
        assert client.get(url).status_code == 200, url
    answer = client.get("/who-can.json?action=iam:PassRole&page=1").json()
    assert answer["count"] > 200


@pytest.mark.one_database
def test_where_memory_suffices_nothing_is_written() -> None:
    assert current.write_where_needed() is None
    index: Index = current.build_index()
    assert isinstance(index, MemoryIndex)


@pytest.mark.parametrize(
    "address",
    [
        "/search/suggestions/palette/?q=amazonecs_full",
        "/search/suggestions/palette/?q=compare+ecs&policy=AdministratorAccess",
        "/search/suggestions/palette/?q=who+can+passrole",
        "/search/suggestions/palette/?q=amzecsfulac",
        "/search/?q=passrole&in=statements",
        "/search/?q=ecs+task",
    ],
)
def test_pages_show_the_same_by_both(
    both: tuple[InMemory, StoredIndex],
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    answers = []
    for index in both:
        for views in (finding_views, palette_views):
            monkeypatch.setattr(views, "get_index", lambda index=index: index)
        answers.append(client.get(address).content)
    assert answers[0] == answers[1]
    assert b"</a>" in answers[0]
