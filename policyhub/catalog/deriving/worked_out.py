"""What is derived from documents, worked out before a transaction begins: writing is quick then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policyhub.catalog.deriving.comparisons import Observation
from policyhub.catalog.deriving.documents import Columns


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """The columns by a document's digest, the comparisons by those of two documents."""

    columns: Mapping[str, Columns]
    observations: Mapping[tuple[str, str], Observation]


NOTHING = WorkedOut({}, {})
