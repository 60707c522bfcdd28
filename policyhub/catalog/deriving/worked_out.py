"""What is derived from documents, worked out before a transaction begins: writing is quick then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from policyhub.catalog.deriving.comparisons import Observation
from policyhub.catalog.deriving.documents import Columns, Derived


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """The columns by a document's digest, the comparisons by those of two documents.

    `derived` has, by the digest, all that follows from a document that is in force.
    """

    columns: Mapping[str, Columns]
    observations: Mapping[tuple[str, str], Observation]
    derived: Mapping[str, Derived] = field(default_factory=dict)


NOTHING = WorkedOut({}, {})
