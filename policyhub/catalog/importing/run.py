"""Policies from any source into the database: all that is good, in one transaction.

A version is known by policy, version id and the digest of its document, so importing the same
thing again changes nothing. Documents are never edited. Facts and the default version follow
the freshest source; what curators wrote is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction

from policyhub.catalog.deriving.worked_out import NOTHING, WorkedOut
from policyhub.catalog.importing.checking import CheckedVersion, Documents, check_version
from policyhub.catalog.importing.chunk import CHUNK, Checked, Chunk, place_of_version
from policyhub.catalog.importing.report import ImportReport
from policyhub.catalog.importing.working_out import work_out
from policyhub.catalog.models import CatalogState
from policyhub.catalog.one_writer import LONG_PATIENCE_SECONDS, writing
from policyhub.catalog.parts import in_parts
from policyhub.catalog.sources.items import (
    Item,
    Rejection,
    Skipped,
    SourcePolicy,
)

# Of a history: a transaction ends with the policy that reaches so many versions.
_VERSIONS_AT_ONCE = 60

Progress = Callable[[int], None]


def import_in_parts(items: Iterable[Item], *, progress: Progress | None = None) -> ImportReport:
    """Import a long history, some policies at a time: what is in stays, whatever ends it.

    Each policy is imported with all its versions together, so that none is ever incomplete. To
    import the same again goes on with the rest.
    """
    report = ImportReport()
    try:
        for part in _parts(items):
            report.add(import_policies(part, others_follow=True))
            if progress:
                progress(len(part))
    finally:
        with writing(LONG_PATIENCE_SECONDS):
            CatalogState.end_parts()
    return report


def _parts(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Some items at a time, by how many versions they have: no policy keeps others waiting."""
    part: list[Item] = []
    versions = 0
    for item in items:
        part.append(item)
        versions += len(item.versions) if isinstance(item, SourcePolicy) else 0
        if versions >= _VERSIONS_AT_ONCE or len(part) >= CHUNK:
            yield part
            part, versions = [], 0
    if part:
        yield part


def import_policies(
    items: Iterable[Item],
    *,
    dry_run: bool = False,
    others_follow: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import every usable policy of `items`; report the others. All or nothing on a crash.

    With `dry_run` the report is the same and nothing is kept; `others_follow` says that these are a
    part, so that readers don't wait for what the next changes again. `progress` is called with how
    many items were done. What is to be written is worked out first: others who write wait for
    the writing alone.
    """
    run = _Run()
    told = progress or _nobody
    # In the transaction of somebody else others wait already.
    is_first = not (connection.in_atomic_block or dry_run)
    parts: list[_ImportedPart] = []
    for chunk in in_parts(items, CHUNK):
        documents: Documents = {}
        checked = run.check(chunk, documents)
        known = work_out(checked, documents) if is_first else NOTHING
        parts.append(_ImportedPart(len(chunk), checked, known))
        if is_first:
            told(len(chunk))
    # One import after the other: what is decided here stays true until it is written.
    with writing(LONG_PATIENCE_SECONDS) if is_first else _held():
        for part in parts:
            Chunk(part.checked, run.report, part.known).bring_in()
            if not is_first:
                told(part.count)
        if dry_run:
            transaction.set_rollback(True)
        elif run.report.created or run.report.updated:
            CatalogState.advance()
            if others_follow:
                CatalogState.announce_parts()
    return run.report


@contextmanager
def _held() -> Iterator[None]:
    """Run the block in a transaction of one's own or of somebody else, without more patience."""
    with transaction.atomic():
        CatalogState.hold()
        yield


@dataclass(slots=True)
class _ImportedPart:
    """Some of the items: how many, those that can be kept, and what follows from them."""

    count: int
    checked: list[Checked]
    known: WorkedOut


def _nobody(_: int) -> None:
    """Tell nobody of progress."""


def would_bring_in(item: Item) -> Chunk:
    """Decide what an import of one item would do, with its report, and write nothing."""
    run = _Run()
    chunk = Chunk(run.check([item], {}), run.report)
    chunk.decide()
    return chunk


@dataclass(slots=True)
class _Run:
    """The report on a run, and where in it each version of each policy was."""

    report: ImportReport = field(default_factory=ImportReport)
    seen: dict[tuple[str, str, object], tuple[str, str]] = field(default_factory=dict)

    def check(self, items: list[Item], documents: Documents) -> list[Checked]:
        """Return the policies that can be kept; what is wrong goes to the report.

        What their documents say is added to `documents`.
        """
        checked = []
        for item in items:
            if isinstance(item, Rejection):
                self.report.rejected.append(item)
            elif isinstance(item, Skipped):
                self.report.skipped.append(item)
            elif versions := self._check_versions(item, documents):
                checked.append((item, versions))
        return checked

    def _check_versions(self, policy: SourcePolicy, documents: Documents) -> list[CheckedVersion]:
        good = []
        for version in policy.versions:
            checked = check_version(version, documents)
            fault = checked if isinstance(checked, str) else self._clash(policy, checked)
            if fault is None and not isinstance(checked, str):
                good.append(checked)
            else:
                place = place_of_version(policy, version.version_id)
                self.report.rejected.append(Rejection(place, f"{policy.name}: {fault}"))
        return good

    def _clash(self, policy: SourcePolicy, version: CheckedVersion) -> str | None:
        """Say which place gave another document for the same version, if one did."""
        key = (policy.key, version.given.version_id, version.given.created_at)
        place, known = self.seen.setdefault(key, (policy.place, version.digest))
        if known == version.digest:
            return None
        return f"another document for the same version is in {place}: keep the right one"
