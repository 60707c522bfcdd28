"""Writes the texts of the search into the database: of policies of which something has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from policyhub.catalog.access.catalogue import CatalogPolicy, Catalogue
from policyhub.catalog.access_levels import LEVEL_SLUGS
from policyhub.catalog.models import CatalogState, ChangelogEntry, Policy
from policyhub.catalog.parts import in_parts
from policyhub.iam.reading.document import Statement
from policyhub.search.finding.entries import CHANGES, Entry
from policyhub.search.finding.in_database import trigrams
from policyhub.search.finding.in_database.bulk import insert_all
from policyhub.search.finding.in_database.letters import Letters, move_counts
from policyhub.search.finding.policy_entries import PolicyEntries
from policyhub.search.finding.reached import Reached, takes_every_service
from policyhub.search.models import FoundText, LetterCount, TagSet, WrittenPolicy

EFFECTS = ("allow", "deny")
LEVEL_VALUES = tuple(LEVEL_SLUGS.values())
# In a set of services: every one that the reference lacks, too.
EVERY_SERVICE = "*"
# Where a row belongs.
PLACE = ("policy_id", "position", "change_id")
# Of a row what is to be said, in the order in which it is written.
COLUMNS = (
    *PLACE, "group", "name", "lowered", "length", "names", "text", "kind", "day", "levels",
    "effects", "services_id", "conditions_id", "resources_id",
)  # fmt: skip
_GROUP, _TEXT = map(COLUMNS.index, ("group", "text"))
_POLICIES_AT_ONCE = 500
_SETS_AT_ONCE = 10_000


def forget(policies: Collection[int] | None) -> None:
    """Note that the texts of some policies, by their keys, or of all are to be written again.

    Done after the generation was moved: another writer locks the same row until it is done.
    """
    written = WrittenPolicy.objects.all()
    (written if policies is None else written.filter(policy__in=policies)).delete()


def write_missing(catalogue: Catalogue) -> int:
    """Write the texts of all policies that lack them; return of how many there were.

    Some policies at a time: what is written stays, whatever ends it.
    """
    missing = list(_unwritten().order_by("pk").values_list("pk", flat=True))
    with _without_other_writers():
        if not WrittenPolicy.objects.exists():
            # All of them again: nothing remains of sets that nothing has any more.
            FoundText.objects.all().delete()
            TagSet.objects.all().delete()
            LetterCount.objects.all().delete()
    writer = _Writer(catalogue)
    for some in in_parts(missing, _POLICIES_AT_ONCE):
        with _without_other_writers():
            # Of several processes that find the same ones missing, the first has written them.
            writer.write(dict(_unwritten().filter(pk__in=some).values_list("key", "pk")))
    with _without_other_writers():
        writer.write_changes_without_policy()
    # Where there is none yet: of all rows together it is made sooner than row by row.
    trigrams.make_index()
    return len(missing)


def _unwritten() -> QuerySet[Policy]:
    return Policy.objects.filter(written=None)


@contextmanager
def _without_other_writers() -> Iterator[None]:
    """A transaction in which no curator and no import changes what is being read."""
    with transaction.atomic():
        CatalogState.hold()
        yield


class _Writer:
    """Writes rows."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.reached = Reached(catalogue.reference)
        self.letters = Letters()

    def write(self, keys: Mapping[str, int]) -> None:
        """Replace the rows of some policies, of which the keys are given by `Policy.key`."""
        drop_rows(FoundText.objects.filter(policy__in=keys.values()), self.letters)
        documents = self.catalogue.read(keys.keys())
        entries = PolicyEntries(documents, self.reached, keys.keys())
        rows = [
            _Row(
                entry,
                {"policy_id": keys[entry.policy]},
                _statements_of_policy(documents, entry.policy),
            )
            for entry in entries.entries()
        ]
        for entry in entries.statement_entries():
            if entry.statement is not None:
                place = {"policy_id": keys[entry.policy], "position": entry.statement.position}
                rows.append(_Row(entry, place, (entry.statement,)))
        changes = ChangelogEntry.objects.filter(policy__in=keys.values())
        names = dict(changes.values_list("pk", "policy__key"))
        for key, entry in entries.changes(changes):
            place = {"policy_id": keys[names[key]], "change_id": key}
            rows.append(_Row(entry, place, _statements_of_policy(documents, names[key])))
        self._write(rows)
        WrittenPolicy.objects.bulk_create(
            [WrittenPolicy(policy_id=key) for key in keys.values()], ignore_conflicts=True
        )

    def write_changes_without_policy(self) -> None:
        """Replace the rows of the changes that belong to no policy, which are few."""
        drop_rows(FoundText.objects.filter(group=CHANGES.key, policy=None), self.letters)
        entries = PolicyEntries({}, self.reached, ())
        found = entries.changes(ChangelogEntry.objects.filter(policy=None))
        self._write([_Row(entry, {"change_id": key}) for key, entry in found])

    def _write(self, rows: Sequence[_Row]) -> None:
        keys = _keys_of_sets({each for row in rows for each in row.sets})
        written = [(*row.columns(), *map(keys.__getitem__, row.sets)) for row in rows]
        insert_all(FoundText, COLUMNS, written)
        move_counts(self.letters.counted((row[_GROUP], row[_TEXT]) for row in written))


def drop_rows(rows: QuerySet[FoundText], letters: Letters) -> None:
    """Delete rows, and count them no more; nobody else writes any meanwhile."""
    counts = letters.counted(rows.order_by().values_list("group", "text"))
    if counts:
        move_counts({place: -count for place, count in counts.items()})
        rows.delete()


def drop_rows_of(owner: Policy | ChangelogEntry) -> None:
    """Delete the rows of a policy or change that is about to be deleted."""
    rows = owner.found_texts.all()
    if rows.exists():
        CatalogState.hold()
        drop_rows(rows, Letters())


def _keys_of_sets(sets: set[frozenset[str]]) -> dict[frozenset[str], int]:
    """The keys of sets in the database; those that it lacks are written.

    Nobody else writes any meanwhile.
    """
    wanted = {_digest(each): each for each in sets}
    known = _known_sets(wanted.keys())
    lacking = [digest for digest in wanted if digest not in known]
    texts = [(digest, as_lines(sorted(wanted[digest]))) for digest in lacking]
    insert_all(TagSet, ("digest", "text"), texts)
    return {wanted[digest]: key for digest, key in (known | _known_sets(lacking)).items()}


def _known_sets(digests: Collection[str]) -> dict[str, int]:
    return {
        digest: key
        for some in in_parts(digests, _SETS_AT_ONCE)
        for digest, key in TagSet.objects.filter(digest__in=some).values_list("digest", "pk")
    }


class _Row:
    """An entry as a row: `place` says where it belongs, `statements` which ones are its own.

    `sets` are its services, condition keys and resource patterns.
    """

    def __init__(
        self, entry: Entry, place: Mapping[str, int], statements: Iterable[Statement] = ()
    ) -> None:
        self.entry, self.place = entry, place
        self._values: dict[str, list[str]] = {}
        for operator, value in entry.tags:
            self._values.setdefault(operator, []).append(value)
        services = self._values.get("service", ())
        every = (EVERY_SERVICE,) if any(map(takes_every_service, statements)) else ()
        self.sets = (
            frozenset((*services, *every)),
            frozenset(self._values.get("condition", ())),
            frozenset(map(str.lower, entry.resources)),
        )

    def columns(self) -> tuple[Any, ...]:
        """The values of the columns, without the keys of the sets."""
        entry, values, name = self.entry, self._values, self.entry.name
        names = as_lines(entry.names).lower()
        days = values.get("changed")
        return (
            *map(self.place.get, PLACE),
            entry.group.key,
            entry.identity,
            name.lower(),
            len(name),
            names,
            names + as_lines(text for _, text in entry.texts)[1:].lower(),
            values.get("kind", ("",))[0],
            int(days[0].replace("-", "")) if days else None,
            mask(LEVEL_VALUES, values.get("level", ())),
            mask(EFFECTS, values.get("effect", ())),
        )


def _statements_of_policy(
    documents: Mapping[str, CatalogPolicy], name: str
) -> tuple[Statement, ...]:
    policy = documents.get(name)
    return policy.document.statements if policy else ()


def mask(order: Sequence[str], values: Iterable[str]) -> int:
    """The values as bits, in their order."""
    return sum(1 << order.index(value) for value in set(values))


def as_lines(texts: Iterable[str]) -> str:
    """Texts with a line feed before, between and after them: each can be searched for as a "
    "whole."""
    return "".join(f"\n{text}" for text in texts) + "\n"


def _digest(values: Iterable[str]) -> str:
    return hashlib.sha256(as_lines(sorted(values)).encode()).hexdigest()
