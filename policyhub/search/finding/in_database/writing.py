"""Writes the texts of the search into the database: of policies of which something has changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.db import transaction
from django.db.models import QuerySet

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.models import CatalogState, ChangelogEntry, Policy
from policyhub.catalog.parts import in_parts
from policyhub.search.finding.entries import CHANGES
from policyhub.search.finding.in_database import trigrams
from policyhub.search.finding.in_database.bulk import insert_all
from policyhub.search.finding.in_database.keys import as_subquery
from policyhub.search.finding.in_database.letters import Letters, move_counts
from policyhub.search.finding.in_database.long_texts import (
    PLACE,
    delete_with_more,
    in_one_part,
    parted,
    whole_texts,
    write_more,
)
from policyhub.search.finding.in_database.preparing import (
    COLUMNS,
    SETS,
    TEXT,
    Prepared,
    Preparer,
    generations_now,
    unwritten,
)
from policyhub.search.finding.in_database.side_by_side import made_in_processes
from policyhub.search.models import FoundText, LetterCount, MoreText, TagSet, WrittenPolicy

_POLICIES_AT_ONCE = 500
_SETS_AT_ONCE = 10_000


def forget(policies: Collection[int] | None) -> None:
    """Note that the texts of some policies, by their keys, or of all are to be written again.

    Done after the generation was moved: another writer locks the same row until it is done.
    """
    written = WrittenPolicy.objects.all()
    (written if policies is None else written.filter(policy__in=policies)).delete()


def write_missing(catalogue: Catalogue, processes: int = 1) -> int:
    """Write the texts of all policies that lack them; return of how many there were.

    Some policies at a time: what is written stays, whatever ends it. Rows of many policies are
    prepared by several processes next to this one.
    """
    missing = list(unwritten().order_by("pk").values_list("pk", flat=True))
    with _without_other_writers():
        if not WrittenPolicy.objects.exists():
            _clear()
    preparer = Preparer(catalogue)
    parts = list(in_parts(missing, _POLICIES_AT_ONCE))
    for part, prepared in zip(parts, _prepared(preparer, parts, processes), strict=True):
        with _without_other_writers():
            _write_policies(preparer, part, prepared)
    with _without_other_writers():
        drop_rows(FoundText.objects.filter(group=CHANGES.key, policy=None), preparer.letters)
        _write(preparer.of_changes_without_policy())
    # Where there is none yet: of all rows together it is made sooner than row by row.
    trigrams.make_index(processes)
    return len(missing)


def _clear() -> None:
    """Delete everything: nothing remains of sets that nothing has any more."""
    trigrams.drop_index()
    for model in (MoreText, FoundText, TagSet, LetterCount):
        model._base_manager.all().delete()


def _prepared(
    preparer: Preparer, parts: Sequence[Sequence[int]], processes: int
) -> Iterator[Prepared | None]:
    """The rows of each part, prepared in advance; None of those that are not."""
    if processes > 1 and len(parts) > processes:
        return made_in_processes(preparer.unwritten, parts, processes)
    return iter([None] * len(parts))


@contextmanager
def _without_other_writers() -> Iterator[None]:
    """A transaction in which no curator and no import changes what is being read."""
    with transaction.atomic():
        CatalogState.hold()
        yield


def _write_policies(preparer: Preparer, part: Iterable[int], prepared: Prepared | None) -> None:
    """Replace the rows of policies that lack them by what was prepared, if nothing has changed."""
    # Of several processes that find the same ones missing, the first has written them.
    keys = dict(unwritten().filter(pk__in=part).values_list("key", "pk"))
    generations = generations_now()
    if prepared is None or (prepared.policies, prepared.generations) != (keys, generations):
        prepared = preparer.of_policies(keys, generations)
    drop_rows(FoundText.objects.filter(policy__in=keys.values()), preparer.letters)
    _write(prepared)
    insert_all(WrittenPolicy, ("policy_id",), [(key,) for key in keys.values()])


def _write(prepared: Prepared) -> None:
    keys = _keys_of_sets(prepared.texts)
    rows = []
    more = []
    for row, sets in zip(prepared.rows, prepared.sets, strict=True):
        if not in_one_part(row[TEXT]):
            first, *others = parted(row[TEXT])
            more.append((row[: len(PLACE)], others))
            row = (*row[:TEXT], first, *row[TEXT + 1 :])
        rows.append((*row, *map(keys.__getitem__, sets)))
    insert_all(FoundText, (*COLUMNS, *SETS), rows)
    write_more(more)
    move_counts(prepared.counts)


def drop_rows(rows: QuerySet[FoundText], letters: Letters) -> None:
    """Delete rows, and count them no more; nobody else writes any meanwhile."""
    counts = letters.counted(whole_texts(rows))
    if counts:
        move_counts({place: -count for place, count in counts.items()})
        delete_with_more(rows)


def drop_rows_of(owner: Policy | ChangelogEntry) -> None:
    """Delete the rows of a policy or change that is about to be deleted."""
    CatalogState.hold()
    drop_rows(owner.found_texts.all(), Letters())


def _keys_of_sets(texts: Mapping[str, str]) -> dict[str, int]:
    """The keys in the database of sets by their digests; those that it lacks are written.

    Nobody else writes any meanwhile.
    """
    known = _known_sets(texts.keys())
    lacking = [digest for digest in texts if digest not in known]
    insert_all(TagSet, ("digest", "text"), [(each, texts[each]) for each in lacking])
    return known | _known_sets(lacking)


def _known_sets(digests: Collection[str]) -> dict[str, int]:
    return {
        digest: key
        for some in in_parts(digests, _SETS_AT_ONCE)
        for digest, key in TagSet.objects.filter(digest__in=as_subquery(some)).values_list(
            "digest", "pk"
        )
    }
