"""Which risks each observed change brought or took away: rows next to the change log's entries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from cachetools import LRUCache

from policyhub.catalog.deriving.derivers import DocumentChange, Drift, ReadDocument
from policyhub.catalog.models import ChangelogEntry, PolicyVersion
from policyhub.catalog.parts import in_parts
from policyhub.judge.models import ObservedRisks
from policyhub.judge.risks.attached import JudgedDocument, read_judged
from policyhub.judge.risks.changes import risk_changes
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.risk import Risk

_ENTRIES_AT_ONCE = 200
_ROWS_AT_ONCE = 500
# Of a version's digest an entry's key has so many digits.
_DIGITS = 12
_COLUMNS = ("gained", "lost", "gained_count", "lost_count")
# Of changes whose entries are still to be written: more than an import has in one part.
_MOST_PREPARED = 4_096

Values = dict[str, Any]

# By how the digests of the two documents begin.
_prepared: LRUCache[tuple[str, str], Values] = LRUCache(maxsize=_MOST_PREPARED)
_preparing = Lock()


def prepare_observed(changes: Iterable[DocumentChange]) -> None:
    """Judge changes before a transaction begins in which their entries will be written."""
    risks: dict[str, Sequence[Risk] | None] = {}
    for change in changes:
        # The newer document of a change is the older one of the next.
        risks = {
            each.digest: risks[each.digest] if each.digest in risks else _risks_of(each)
            for each in change
        }
        values = _values(*(risks[each.digest] for each in change))
        old, new = (each.digest[:_DIGITS] for each in change)
        with _preparing:
            _prepared[old, new] = values


def _risks_of(document: ReadDocument) -> Sequence[Risk] | None:
    if document.policy is None:
        return None
    return risks_of(JudgedDocument("", document.text, document.policy))


def judge_observed(policies: Collection[int] | None = None) -> int:
    """Write the rows that are missing, of some policies or of all; return how many there were.

    An entry is made for two documents and never changes, so that its row doesn't either.
    """
    entries = ChangelogEntry.objects.filter(source=ChangelogEntry.Source.OBSERVED, risks=None)
    if policies is not None:
        entries = entries.filter(policy__in=policies)
    found = list(entries.exclude(key=None).order_by("policy", "pk").only("pk", "key", "policy"))
    for start in range(0, len(found), _ENTRIES_AT_ONCE):
        rows = _rows_of_new(found[start : start + _ENTRIES_AT_ONCE])
        ObservedRisks.objects.bulk_create(rows, batch_size=_ROWS_AT_ONCE)
    return len(found)


def observed_drift() -> Iterator[Drift]:
    """The rows that don't say what the documents do, and the entries that lack one."""
    entries = ChangelogEntry.objects.filter(source=ChangelogEntry.Source.OBSERVED)
    ordered = entries.exclude(key=None).order_by("policy", "pk").only("pk", "key", "policy")
    for part in in_parts(ordered.iterator(), _ENTRIES_AT_ONCE):
        stored = ObservedRisks.objects.in_bulk([each.pk for each in part])
        for entry, row in zip(part, _rows(part), strict=True):
            found = stored.get(entry.pk)
            if _said(found) != _said(row):
                yield Drift(str(entry.key), "risks of a change", _said(row), _said(found))


def _said(row: ObservedRisks | None) -> dict[str, object] | None:
    return None if row is None else {column: getattr(row, column) for column in _COLUMNS}


def _rows_of_new(entries: Sequence[ChangelogEntry]) -> Iterator[ObservedRisks]:
    """The rows of new entries: as they were prepared, else worked out now."""
    with _preparing:
        prepared = {each.pk: _prepared.pop(_digests(each), None) for each in entries}
    yield from (ObservedRisks(entry_id=pk, **values) for pk, values in prepared.items() if values)
    yield from _rows([each for each in entries if prepared[each.pk] is None])


def _rows(entries: Sequence[ChangelogEntry]) -> Iterator[ObservedRisks]:
    risks = _risks(entries)
    for each in entries:
        old, new = (risks.get(digest) for digest in _digests(each))
        yield ObservedRisks(entry_id=each.pk, **_values(old, new))


def _values(old: Sequence[Risk] | None, new: Sequence[Risk] | None) -> Values:
    """The columns of a row; of a document that can't be read nothing is said."""
    changes = risk_changes(old, new) if old is not None and new is not None else ()
    gained = [change.to_dict() for change in changes if change.is_gain]
    lost = [change.to_dict() for change in changes if not change.is_gain]
    return {
        "gained": gained,
        "lost": lost,
        "gained_count": len(gained),
        "lost_count": len(lost),
    }


def _digests(entry: ChangelogEntry) -> tuple[str, str]:
    """How the digests of the two documents begin that an entry compares."""
    old, new = str(entry.key).split(":")[-4:-2]
    return old, new


def _risks(entries: Sequence[ChangelogEntry]) -> Mapping[str, Sequence[Risk]]:
    """The risks of the documents by how their digests begin; without those that can't be read."""
    wanted = {digest for each in entries for digest in _digests(each)}
    of_policies = {each.policy_id for each in entries}
    versions = PolicyVersion.objects.filter(policy__in=of_policies).order_by()
    found: dict[str, Sequence[Risk]] = {}
    for digest, text in versions.values_list("digest", "document").iterator():
        begin = digest[:_DIGITS]
        if begin in wanted and begin not in found:
            document = read_judged(text)
            if document is not None:
                found[begin] = risks_of(document)
    return found
