"""The rows with each word of one or two letters are counted as the rows come and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker, Settings

from policyhub.catalog.access import current as current_catalogue
from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy
from policyhub.catalog.signals import policies_changed
from policyhub.search.finding import current
from policyhub.search.finding.in_database.index import StoredIndex
from policyhub.search.finding.in_database.letters import (
    Letters,
    is_short,
    move_counts,
    rows_with,
)
from policyhub.search.finding.in_database.writing import write_missing
from policyhub.search.finding.query import parse_query
from policyhub.search.models import FoundText, LetterCount, MoreText, TagSet, WrittenPolicy

pytestmark = pytest.mark.django_db

ODD = [
    "", "\n", "\n\n", "a", "\na\n", "\naa\nab\n", "a-b", "--", "s3:*", "é🦊\nß", " x  y ", "_a_1",
    "\nx\u2028y\r\nz\x85\t", "\naws\nWord-word:9/" * 3,
]  # fmt: skip


def counted_plainly(texts: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """In how many texts of each group each word is, by looking at every place."""
    return Counter(
        found
        for group, text in texts
        for found in {
            (line[start : start + length], group)
            for line in text.split("\n")
            for length in (1, 2)
            for start in range(len(line) - length + 1)
        }
    )


@given(st.lists(st.tuples(st.sampled_from(["one", "two"]), st.text(max_size=40)), max_size=20))
def test_each_word_of_a_text_counts_once(texts: list[tuple[str, str]]) -> None:
    letters = Letters()
    both = [*texts, *(("one", each) for each in ODD)]
    assert letters.counted(both) == counted_plainly(both)
    assert letters.counted(texts) == counted_plainly(texts)


def test_what_was_forgotten_of_lines_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policyhub.search.finding.in_database.letters._KEPT", 3)
    letters = Letters()
    texts = [("one", f"line {number}\nand {number // 2}:{number}") for number in range(40)]
    for _ in range(2):
        assert letters.counted(texts) == counted_plainly(texts)


def test_only_words_that_are_counted_are_asked_for() -> None:
    assert [each for each in ("", "a", "ab", "\n", "a\n", "abc") if is_short(each)] == ["a", "ab"]


def test_counts_add_up() -> None:
    move_counts({("ab", "one"): 2, ("a", "one"): 5, ("%", "two"): 1})
    move_counts({("ab", "one"): -1, ("ab", "two"): 1, ("a", "one"): 0})
    move_counts({})
    assert rows_with("ab") == {"one": 1, "two": 1}
    assert rows_with("a") == {"one": 5}
    assert rows_with("%") == {"two": 1}


@pytest.fixture(scope="module")
def written(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The rows of the corpus; they are taken away again."""
    with django_db_blocker.unblock():
        write_missing(current_catalogue.stored_catalogue())
        yield
        for model in (FoundText, MoreText, WrittenPolicy, LetterCount, TagSet):
            model.objects.all().delete()


@pytest.fixture
def little_memory(written: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that may keep nothing of the catalogue in memory."""
    settings.MEMORY_BYTES = 0
    monkeypatch.setattr(current_catalogue._cache, "_current", None)
    monkeypatch.setattr(current._cache, "_current", None)


def found(text: str) -> dict[str, int]:
    index = current.get_index()
    assert isinstance(index, StoredIndex)
    return {group.key: n for group, n in index.find(parse_query(text)[0]).counts().items()}


def require_exact_counts() -> None:
    current.get_index()
    rows = FoundText.objects.order_by()
    counts = LetterCount.objects.exclude(count=0).values_list("word", "group", "count")
    texts = {key: [group, text] for key, group, text in rows.values_list("pk", "group", "text")}
    for key, text in MoreText.objects.values_list("row", "text"):
        texts[key][1] += text
    in_rows = counted_plainly((group, text) for group, text in texts.values())
    assert {(word, group): count for word, group, count in counts} == in_rows


@pytest.mark.usefixtures("little_memory")
def test_counts_are_those_of_the_rows_whatever_is_edited_and_deleted() -> None:
    require_exact_counts()
    policy = Policy.objects.get(name="AmazonECS_FullAccess")
    assert not found('"ŵ"')
    policy.considerations = "Ŵeigh it."
    policy.save()
    assert found('"ŵ"') == {"policies": 1}
    require_exact_counts()
    PermissionDescription.objects.create(policy=policy, pattern="ecs", text="ŵŵ")
    entry = ChangelogEntry.objects.create(date=date(2026, 5, 4), title="ŵŵ", description="One.")
    ChangelogEntry.objects.create(policy=policy, date=date(2026, 5, 4), title="ŵŵ noticed")
    assert found('"ŵŵ"') == {"policies": 1, "changes": 2}
    require_exact_counts()
    entry.delete()
    assert found('"ŵŵ"') == {"policies": 1, "changes": 1}
    policy.delete()
    assert not found('"ŵŵ"')
    Policy.objects.filter(name__startswith="AWSBatch").delete()
    require_exact_counts()


@pytest.mark.usefixtures("little_memory")
def test_where_all_rows_are_written_again_so_are_the_counts() -> None:
    LetterCount.objects.update(count=7)
    policies_changed.send(FoundText, policies=None)
    require_exact_counts()
