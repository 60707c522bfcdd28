"""The history that comes with Policyhub, brought in behind: what is in can be read at once.

Some policies at a time, each with all its versions: what follows from their documents is worked
out first, and written in one short transaction together with how far the history has come. So it
may be ended at any moment, and the next run goes on with the policy after the last one that is in.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from django.conf import settings

from policyhub.catalog.deriving.derivers import ReadDocument
from policyhub.catalog.deriving.documents import Columns, derive_columns
from policyhub.catalog.deriving.indexing import index_versions
from policyhub.catalog.deriving.observed_changes import DERIVED_FORM, FORM
from policyhub.catalog.deriving.worked_out import WorkedOut
from policyhub.catalog.importing.checking import CheckedVersion, Documents, check_version
from policyhub.catalog.importing.chunk import Checked, Chunk, place_of_version
from policyhub.catalog.importing.fixtures import BrokenFixtureError
from policyhub.catalog.importing.report import ImportReport
from policyhub.catalog.importing.working_out import observed
from policyhub.catalog.models import CatalogState, ChangelogEntry, PolicyVersion
from policyhub.catalog.one_writer import LONG_PATIENCE_SECONDS, writing
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.catalog.sources.history_file import HistoryPolicy, read_history_file
from policyhub.catalog.sources.items import UnusableSourceError

HISTORY = "history.jsonl.xz"

# A transaction ends with the policy that reaches so many versions: a tenth of a second.
_VERSIONS_AT_ONCE = 60
# Where another process brings it in: how long before looking again.
_WAIT_SECONDS = 10


Progress = Callable[["HistoryState"], object]


@dataclass(frozen=True, slots=True)
class HistoryState:
    """How many policies of how many are in with all their versions."""

    done: int
    of: int

    @property
    def is_complete(self) -> bool:
        """Whether all are."""
        return self.done >= self.of


def begin_history() -> HistoryState:
    """How far the file that is there has come; from now on pages tell it.

    Raises `BrokenFixtureError` for a file that is not whole.
    """
    try:
        digest = hashlib.sha256(history_path().read_bytes()).hexdigest()
        return _begin(digest, read_history_file(history_path())[0].policies)
    except (OSError, UnusableSourceError) as error:
        raise BrokenFixtureError(str(error)) from error


def history_path() -> Path:
    """Where the file is."""
    return Path(settings.FIXTURES_DIR) / HISTORY


def load_history(progress: Progress | None = None) -> ImportReport:
    """Bring in what is missing; a policy that disagrees with one that is here is reported.

    Where another process is doing the same, wait for it, and go on should it end early. Raises
    `BrokenFixtureError` for a file that is not whole, and OperationalError where others have
    the database for longer than ten minutes.
    """
    report = ImportReport()
    try:
        while not _load_the_rest(report, progress):
            time.sleep(_WAIT_SECONDS)
    except OSError as error:
        raise BrokenFixtureError(f"{history_path()} can't be read: {error.strerror}") from error
    except UnusableSourceError as error:
        raise BrokenFixtureError(str(error)) from error
    return report


def _load_the_rest(report: ImportReport, progress: Progress | None) -> bool:
    """Bring in part by part; false where another process has brought one in meanwhile."""
    path = history_path()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    header, _ = read_history_file(path)
    state = _begin(digest, header.policies)
    _, policies = read_history_file(path, skipped=state.done)
    for part in _batches(policies):
        if not _bring_in(part, digest, state, report):
            return False
        state = HistoryState(state.done + len(part), state.of)
        if progress:
            progress(state)
    return True


def _begin(digest: str, count: int) -> HistoryState:
    """How far this very file has come; another one begins anew, and finds its policies in."""
    state = CatalogState.current()
    if _is_to_begin(state, digest):
        with writing(LONG_PATIENCE_SECONDS):
            # Another process may have begun meanwhile.
            if _is_to_begin(CatalogState.current(), digest):
                CatalogState.objects.update(
                    history_digest=digest, history_done=0, history_total=count
                )
            state = CatalogState.current()
    return HistoryState(state.history_done, count)


def _is_to_begin(state: CatalogState, digest: str) -> bool:
    """Whether it is another file, or all of it was derived by another reference."""
    is_complete = state.history_done >= state.history_total
    return state.history_digest != digest or (is_complete and _is_of_old(state))


def _is_of_old(state: CatalogState) -> bool:
    """Whether what is derived of the history is so by another reference, or in another form."""
    return state.fixture_digests.get(HISTORY) not in (None, _derived_by())


def _derived_by() -> str:
    """What the derived rows follow from, apart from the documents."""
    return f"{get_reference().version}, form {FORM}.{DERIVED_FORM}"


def _batches(policies: Iterable[HistoryPolicy]) -> Iterator[list[HistoryPolicy]]:
    """Some policies at a time, by how many versions they have."""
    part: list[HistoryPolicy] = []
    versions = 0
    for policy in policies:
        part.append(policy)
        versions += len(policy.versions)
        if versions >= _VERSIONS_AT_ONCE:
            yield part
            part, versions = [], 0
    if part:
        yield part


def _bring_in(
    part: list[HistoryPolicy], digest: str, before: HistoryState, report: ImportReport
) -> bool:
    """Work out what follows from some policies, then write, unless another process has."""
    documents: Documents = {}
    checked = [_checked(each, documents) for each in part]
    known = _worked_out(checked, documents)
    with writing(LONG_PATIENCE_SECONDS):
        state = CatalogState.current()
        if (state.history_digest, state.history_done) != (digest, before.done):
            return False
        chunk = Chunk(checked, report, known)
        chunk.bring_in()
        if chunk.is_of_the_catalogue:
            CatalogState.advance()
        if _is_of_old(state):
            _derive_again([each.arn for each in part], known)
        done = before.done + len(part)
        CatalogState.objects.update(history_done=done)
        CatalogState.announce_parts()
        if done >= before.of:
            CatalogState.end_parts()
            by = {**state.fixture_digests, HISTORY: _derived_by()}
            CatalogState.objects.update(fixture_digests=by)
            # Processes keep the catalogue that they share: no version in force is another one.
            CatalogState.advance_prose()
    return True


def _derive_again(arns: list[str], known: WorkedOut) -> None:
    """Write what follows from versions that were here already, by today's reference."""
    observed = ChangelogEntry.objects.filter(source=ChangelogEntry.Source.OBSERVED)
    observed.filter(policy__arn__in=arns).delete()
    versions = PolicyVersion.objects.filter(policy__arn__in=arns).select_related("policy")
    index_versions(list(versions.order_by("pk")), known=known)


def _checked(policy: HistoryPolicy, documents: Documents) -> Checked:
    """The policy with its documents read, which are added to others.

    Raises `UnusableSourceError` if one can't be read.
    """
    source = policy.as_source(HISTORY)
    versions: list[CheckedVersion] = []
    by_text: dict[str, CheckedVersion] = {}
    for version in source.versions:
        known = by_text.get(version.document)
        if known is not None:
            versions.append(replace(known, given=version))
            continue
        found = check_version(version, documents)
        if isinstance(found, str):
            raise UnusableSourceError(f"{place_of_version(source, version.version_id)}: {found}")
        by_text[version.document] = found
        versions.append(found)
    return source, versions


def _worked_out(policies: Iterable[Checked], documents: Documents) -> WorkedOut:
    """What is derived from the documents that are not here, and from each two that follow."""
    reference = get_reference()
    columns: dict[str, Columns] = {}
    changes: list[tuple[ReadDocument, ReadDocument]] = []
    for _, versions in policies:
        read = [ReadDocument(each.digest, each.text, documents[each.text]) for each in versions]
        for each in read:
            if each.digest not in columns:
                columns[each.digest] = derive_columns(documents[each.text], reference)
        changes += pairwise(read)
    return WorkedOut(columns, observed(changes))
