"""What other rooms derive from documents, written and checked with what is derived here.

A room registers its derivers when it starts. They write in the transaction of the document, so
that nothing that a reader sees disagrees with it. What takes too long for that is left out there
and comes in behind: rows that are missing, never rows of an older document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeVar

from policyhub.catalog.models import PolicyVersion
from policyhub.iam.language.elements import PolicyDocument

Progress = Callable[[int], object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Drift:
    """A derived value that is not what it should be; `version` is "" for what belongs to none."""

    version: str
    what: str
    expected: Any
    found: Any


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A version's document with its digest and its text; `policy` is None if it can't be read."""

    digest: str
    text: str
    policy: PolicyDocument | None


#: A document, and the one that follows it.
DocumentChange = tuple[ReadDocument, ReadDocument]
PrepareChanges = Callable[[Sequence[DocumentChange]], None]


class Deriver(Protocol):
    """Derives rows of one kind; `what` names them where they drifted.

    What is derived of a version that is no default, or of a policy that is gone, is nothing.
    """

    what: str

    def prepare(self, versions: Sequence[tuple[PolicyVersion, PolicyDocument]]) -> None:
        """Work out, before a transaction begins, what `write` will be asked to write in it.

        The versions may have no keys of the database yet; it is known again by the document.
        """

    def write(
        self, versions: Sequence[PolicyVersion], documents: Mapping[int, PolicyDocument]
    ) -> None:
        """Replace the rows of versions, in the caller's transaction; their columns are set.

        `documents` are those of the versions that have rows, by the version's key.
        """

    def derived(self, version: PolicyVersion) -> Any:
        """What rows of a version should say, to be compared with what is stored."""

    def stored(self, versions: Sequence[PolicyVersion]) -> Mapping[int, Any]:
        """What the rows of versions say, by the version's key."""


@dataclass(frozen=True, slots=True)
class LateState:
    """Of how many of all there are rows."""

    done: int
    of: int

    @property
    def is_complete(self) -> bool:
        """Whether none are missing."""
        return self.done >= self.of


class LateDeriver(Protocol):
    """Derives what comes in behind; `what` names the work, such as Linting."""

    what: str

    def state(self) -> LateState:
        """How far it has come."""

    def bring_in(self, progress: Progress) -> None:
        """Write what is missing, in short transactions: whatever ends it, the next call goes on.

        `progress` is called with how many were done.
        """


_registered: list[Callable[[], Deriver]] = []
_late: list[Callable[[], LateDeriver]] = []
_checks: list[Callable[[], Iterable[Drift]]] = []
_preparing: list[PrepareChanges] = []


def register_deriver(make: Callable[[], Deriver]) -> None:
    """Have what `make` gives take part from now on: made when it is first needed.

    Commands that derive nothing begin sooner so, without what it imports.
    """
    _registered.append(make)


def derivers() -> Sequence[Deriver]:
    """The derivers of all rooms, in the order in which they were registered."""
    return tuple(map(_made, _registered))


def register_late_deriver(make: Callable[[], LateDeriver]) -> None:
    """Have what `make` gives bring in what is missing: made when it is first needed."""
    _late.append(make)


def late_derivers() -> Sequence[LateDeriver]:
    """Those of all rooms, in the order in which they were registered."""
    return tuple(map(_made, _late))


def register_preparing(prepare: PrepareChanges) -> None:
    """Have a room look at changes before the transaction that writes their entries begins."""
    _preparing.append(prepare)


def prepare_changes(changes: Sequence[DocumentChange]) -> None:
    """Let rooms work out what they will write of changes; each is of documents that differ."""
    for prepare in _preparing:
        prepare(changes)


def register_check(check: Callable[[], Iterable[Drift]]) -> None:
    """Have rows that no single version owns checked too."""
    _checks.append(check)


def registered_checks() -> Sequence[Callable[[], Iterable[Drift]]]:
    """The checks of all rooms."""
    return tuple(_checks)


@cache
def _made(make: Callable[[], T]) -> T:
    return make()
