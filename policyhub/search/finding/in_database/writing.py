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
from policyhub.search.finding.policy_entries import PolicyEntries
from policyhub.search.finding.reached import Reached, takes_every_service
from policyhub.search.models import FoundText, TagSet, WrittenPolicy

EFFECTS = ("allow", "deny")
LEVEL_VALUES = tuple(LEVEL_SLUGS.values())
# In a set of services: every one that the reference lacks, too.
EVERY_SERVICE = "*"
_POLICIES_AT_ONCE = 500
_ROWS_AT_ONCE = 1_000


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
    trigrams.make_index()
    with _without_other_writers():
        if not WrittenPolicy.objects.exists():
            # All of them again: nothing remains of sets that nothing has any more.
            FoundText.objects.all().delete()
            TagSet.objects.all().delete()
    writer = _Writer(catalogue)
    for some in in_parts(missing, _POLICIES_AT_ONCE):
        with _without_other_writers():
            # Of several processes that find the same ones missing, the first has written them.
            writer.write(dict(_unwritten().filter(pk__in=some).values_list("key", "pk")))
    with _without_other_writers():
        writer.write_changes_without_policy()
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

    def write(self, keys: Mapping[str, int]) -> None:
        """Replace the rows of some policies, of which the keys are given by `Policy.key`."""
        FoundText.objects.filter(policy__in=keys.values()).delete()
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
        FoundText.objects.filter(group=CHANGES.key, policy=None).delete()
        entries = PolicyEntries({}, self.reached, ())
        found = entries.changes(ChangelogEntry.objects.filter(policy=None))
        self._write([_Row(entry, {"change_id": key}) for key, entry in found])

    def _write(self, rows: Sequence[_Row]) -> None:
        keys = _keys_of_sets({each for row in rows for each in row.sets.values()})
        FoundText.objects.bulk_create(
            [
                FoundText(
                    **row.columns(),
                    **{column: keys[each] for column, each in row.sets.items()},
                )
                for row in rows
            ],
            batch_size=_ROWS_AT_ONCE,
        )


def _keys_of_sets(sets: set[frozenset[str]]) -> dict[frozenset[str], int]:
    """The keys of sets in the database; those that it lacks are written."""
    wanted = {_digest(each): each for each in sets}
    TagSet.objects.bulk_create(
        [TagSet(digest=digest, text=as_lines(sorted(each))) for digest, each in wanted.items()],
        ignore_conflicts=True,
    )
    known = TagSet.objects.filter(digest__in=wanted.keys())
    return {wanted[digest]: key for digest, key in known.values_list("digest", "pk")}


class _Row:
    """An entry as a row: `place` says where it belongs, `statements` which ones are its own."""

    def __init__(
        self, entry: Entry, place: dict[str, int], statements: Iterable[Statement] = ()
    ) -> None:
        self.entry, self.place = entry, place
        every = {EVERY_SERVICE} if any(map(takes_every_service, statements)) else set()
        self.sets = {
            "services_id": frozenset(every.union(self._values("service"))),
            "conditions_id": frozenset(self._values("condition")),
            "resources_id": frozenset(each.lower() for each in entry.resources),
        }

    def columns(self) -> dict[str, Any]:
        """The columns, without the sets."""
        entry = self.entry
        texts = (*entry.names, *(text for _, text in entry.texts))
        return {
            **self.place,
            "group": entry.group.key,
            "name": entry.identity,
            "lowered": entry.name.lower(),
            "length": len(entry.name),
            "names": as_lines(entry.names).lower(),
            "text": as_lines(texts).lower(),
            "kind": next(self._values("kind"), ""),
            "day": next((int(day.replace("-", "")) for day in self._values("changed")), None),
            "levels": mask(LEVEL_VALUES, self._values("level")),
            "effects": mask(EFFECTS, self._values("effect")),
        }

    def _values(self, operator: str) -> Iterator[str]:
        return (value for each, value in self.entry.tags if each == operator)


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
