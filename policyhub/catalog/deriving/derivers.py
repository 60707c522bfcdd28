"""What other rooms derive from documents, written and checked with what is derived here.

A room registers its derivers when it starts. They write in the transaction of the document, so
that nothing that a reader sees disagrees with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from policyhub.catalog.models import PolicyVersion
from policyhub.iam.language.elements import PolicyDocument


class Deriver(Protocol):
    """Derives rows of one kind; `what` names them where they drifted.

    What is derived of a version that is no default, or of a policy that is gone, is nothing.
    """

    what: str

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


_registered: dict[str, Deriver] = {}


def register_deriver(deriver: Deriver) -> None:
    """Have a deriver take part from now on; one of the same name is replaced."""
    _registered[deriver.what] = deriver


def derivers() -> Sequence[Deriver]:
    """The derivers of all rooms, in the order in which they were registered."""
    return tuple(_registered.values())
