"""What an import is to write, worked out before others have to wait for its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from policyhub.catalog.deriving.comparisons import Observation, observe
from policyhub.catalog.deriving.derivers import (
    DocumentChange,
    ReadDocument,
    derivers,
    prepare_changes,
)
from policyhub.catalog.deriving.documents import (
    Columns,
    Derived,
    columns_of,
    derive,
    has_rows,
)
from policyhub.catalog.deriving.worked_out import WorkedOut
from policyhub.catalog.importing.checking import Documents
from policyhub.catalog.importing.chunk import Checked, Chunk
from policyhub.catalog.importing.precedence import age
from policyhub.catalog.importing.report import ImportReport
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.reading.document import read_alone


def work_out(checked: list[Checked], documents: Documents) -> WorkedOut:
    """Work out what follows from the documents that these policies would bring.

    `documents` is what they say; that of those which are here already is added. Others may store
    something meanwhile: what is missing then is worked out when it is written.
    """
    chunk = Chunk(checked, ImportReport())
    chunk.decide()
    derived: dict[str, Derived] = {}
    columns: dict[str, Columns] = {}
    reference = get_reference()
    for version in chunk.to_be_derived():
        policy = documents.get(version.document)
        if version.is_default:
            derived[version.digest] = derive(version, reference, policy)
        else:
            columns[version.digest] = columns_of(version, reference, policy)
    _prepare(chunk.to_be_derived(), derived)
    changes = [(_read(old, documents), _read(new, documents)) for old, new in _neighbours(chunk)]
    return WorkedOut(columns, observed(changes), derived)


def observed(changes: Iterable[DocumentChange]) -> dict[tuple[str, str], Observation]:
    """Compare documents, each two once; other rooms work out what they write of the change."""
    apart = {(old.digest, new.digest): (old, new) for old, new in changes}
    differing = {pair: found for pair, found in apart.items() if pair[0] != pair[1]}
    prepare_changes(list(differing.values()))
    return {pair: observe(old.policy, new.policy) for pair, (old, new) in differing.items()}


def _prepare(versions: Iterable[PolicyVersion], derived: dict[str, Derived]) -> None:
    """Have other rooms work out what they write."""
    in_force = [each for each in versions if has_rows(each)]
    for deriver in derivers():
        deriver.prepare([(each, derived[each.digest].policy) for each in in_force])


def _read(version: PolicyVersion, documents: Documents) -> ReadDocument:
    """A version's document; one that is here already may not be read yet."""
    text = version.document
    policy = documents.get(text) or read_alone(text)
    if policy is not None:
        documents[text] = policy
    return ReadDocument(version.digest, text, policy)


def _neighbours(chunk: Chunk) -> Iterator[tuple[PolicyVersion, PolicyVersion]]:
    """The versions that would follow each other, where one of them is new."""
    for versions in chunk.versions.values():
        for old, new in pairwise(_dated(versions)):
            if old.digest != new.digest and not (old.pk and new.pk):
                yield old, new


def _dated(versions: Iterable[PolicyVersion]) -> Sequence[PolicyVersion]:
    known = (each for each in versions if each.created_at or each.not_after)
    return sorted(known, key=age)
