"""What an import is to write, worked out before others have to wait for its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from policyhub.catalog.deriving.comparisons import Observation, observe_documents
from policyhub.catalog.deriving.derivers import derivers
from policyhub.catalog.deriving.documents import Columns, Derived, columns_of, derive, has_rows
from policyhub.catalog.deriving.worked_out import WorkedOut
from policyhub.catalog.importing.chunk import Checked, Chunk
from policyhub.catalog.importing.precedence import age
from policyhub.catalog.importing.report import ImportReport
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.reference.in_memory import get_reference


def work_out(checked: list[Checked]) -> WorkedOut:
    """Work out what follows from the documents that these policies would bring.

    Others may store something meanwhile: what is missing then is worked out when it is written.
    """
    chunk = Chunk(checked, ImportReport())
    chunk.decide()
    derived: dict[str, Derived] = {}
    columns: dict[str, Columns] = {}
    reference = get_reference()
    for version in chunk.to_be_derived():
        if version.is_default:
            derived[version.digest] = derive(version, reference)
        else:
            columns[version.digest] = columns_of(version, reference)
    _prepare(chunk.to_be_derived(), derived)
    observations: dict[tuple[str, str], Observation] = {}
    for old, new in _neighbours(chunk):
        observations[old.digest, new.digest] = observe_documents(old.document, new.document)
    return WorkedOut(columns, observations, derived)


def _prepare(versions: Iterable[PolicyVersion], derived: dict[str, Derived]) -> None:
    """Have other rooms work out what they write."""
    in_force = [each for each in versions if has_rows(each)]
    for deriver in derivers():
        deriver.prepare([(each, derived[each.digest].policy) for each in in_force])


def _neighbours(chunk: Chunk) -> Iterator[tuple[PolicyVersion, PolicyVersion]]:
    """The versions that would follow each other, where one of them is new."""
    for versions in chunk.versions.values():
        for old, new in pairwise(_dated(versions)):
            if old.digest != new.digest and not (old.pk and new.pk):
                yield old, new


def _dated(versions: Iterable[PolicyVersion]) -> Sequence[PolicyVersion]:
    known = (each for each in versions if each.created_at or each.not_after)
    return sorted(known, key=age)
