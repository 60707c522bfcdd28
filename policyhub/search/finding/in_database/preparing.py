"""Prepares rows of the search: all that can be known of them before they are written."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet

from policyhub.catalog.access.catalogue import CatalogPolicy, Catalogue
from policyhub.catalog.access_levels import LEVEL_SLUGS
from policyhub.catalog.models import CatalogState, ChangelogEntry, Policy
from policyhub.iam.reading.document import Statement
from policyhub.search.finding.entries import Entry
from policyhub.search.finding.in_database.letters import Letters
from policyhub.search.finding.in_database.long_texts import PLACE
from policyhub.search.finding.policy_entries import PolicyEntries
from policyhub.search.finding.reached import Reached, takes_every_service

EFFECTS = ("allow", "deny")
LEVEL_VALUES = tuple(LEVEL_SLUGS.values())
# In a set of services: every one that the reference lacks, too.
EVERY_SERVICE = "*"
# Of a row what is to be said, in the order in which it is written, and then the keys of its sets.
COLUMNS = (
    *PLACE, "group", "name", "lowered", "length", "names", "text", "kind", "day", "levels",
    "effects",
)  # fmt: skip
SETS = ("services_id", "conditions_id", "resources_id")
_GROUP, TEXT = map(COLUMNS.index, ("group", "text"))
_MOST_DIGESTS = 50_000


class Prepared(NamedTuple):
    """The rows of policies whose keys are given by `Policy.key`, and what belongs to them.

    `generations` are those of the data that they are made of. Of each row `rows` has the values of
    the columns and `sets` the digests of its sets, whose texts are in `texts`. `counts` says in how
    many rows each short word is.
    """

    policies: Mapping[str, int]
    generations: tuple[int, int]
    rows: list[tuple[Any, ...]]
    sets: list[tuple[str, ...]]
    texts: dict[str, str]
    counts: Counter[tuple[str, str]]


class Preparer:
    """Prepares rows; what many of them share is made once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.letters = Letters()
        self._reached = Reached(catalogue.reference)
        self._digests: dict[frozenset[str], str] = {}

    def unwritten(self, policies: Iterable[int]) -> Prepared:
        """The rows of those among some policies, by their keys in the database, that lack them."""
        generations = generations_now()
        missing = unwritten().filter(pk__in=policies)
        return self.of_policies(dict(missing.values_list("key", "pk")), generations)

    def of_policies(self, keys: Mapping[str, int], generations: tuple[int, int]) -> Prepared:
        """The rows of policies, of their statements and of their changes."""
        documents = self.catalogue.read(keys.keys())
        entries = PolicyEntries(documents, self._reached, keys.keys(), judged=False)
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
        return self._prepared(keys, generations, rows)

    def of_changes_without_policy(self) -> Prepared:
        """The rows of the changes that belong to no policy, which are few."""
        entries = PolicyEntries({}, self._reached, ())
        found = entries.changes(ChangelogEntry.objects.filter(policy=None))
        rows = [_Row(entry, {"change_id": key}) for key, entry in found]
        return self._prepared({}, generations_now(), rows)

    def _prepared(
        self, keys: Mapping[str, int], generations: tuple[int, int], rows: Sequence[_Row]
    ) -> Prepared:
        columns = [row.columns() for row in rows]
        if len(self._digests) >= _MOST_DIGESTS:
            self._digests.clear()
        texts: dict[str, str] = {}
        digests = [tuple(self._digest(each, texts) for each in row.sets) for row in rows]
        counts = self.letters.counted((row[_GROUP], row[TEXT]) for row in columns)
        return Prepared(keys, generations, columns, digests, texts, counts)

    def _digest(self, values: frozenset[str], texts: dict[str, str]) -> str:
        """The digest of a set, whose text is added to `texts`."""
        known = self._digests.get(values)
        if known is None or known not in texts:
            text = as_lines(sorted(values))
            known = self._digests[values] = hashlib.sha256(text.encode()).hexdigest()
            texts[known] = text
        return known


def generations_now() -> tuple[int, int]:
    """What moves with everything that rows are made of."""
    state = CatalogState.current()
    return state.generation, state.prose_generation


def unwritten() -> QuerySet[Policy]:
    """The policies that lack rows."""
    return Policy.objects.filter(written=None)


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
    return "\n".join(("", *texts, ""))
