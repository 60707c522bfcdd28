"""Since which version each action of a policy is granted, as far as versions are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from policyhub.catalog.access import bits
from policyhub.catalog.access.kept_documents import kept_policy
from policyhub.catalog.access.verdicts import granted_positions
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.reference.in_memory import get_reference

FIRST = "v1"
_KEPT_VERSIONS = 2_048


@dataclass(frozen=True, slots=True)
class Since:
    """A version, by id and day, since which something is true.

    `or_earlier` says that it is the oldest version known: it may have been true before.
    """

    version_id: str
    day: date | None
    or_earlier: bool = False

    @classmethod
    def of(cls, version: PolicyVersion, *, is_oldest: bool) -> Since:
        """A version as the first of which something is true."""
        day = version.created_at.date() if version.created_at else None
        # AWS numbers a policy's versions from 1.
        return cls(version.version_id, day, is_oldest and version.version_id != FIRST)

    @property
    def name(self) -> str:
        """The version in words."""
        name = self.version_id or "an unnumbered version"
        return f"{name} or earlier" if self.or_earlier else name


@dataclass(frozen=True, slots=True)
class Blame:
    """Since when each action of a version is granted, and which were granted before.

    By action id. What was `lost` has the first version without it.
    """

    granted: Mapping[str, Since]
    lost: Mapping[str, Since]


def blame(versions: Sequence[PolicyVersion]) -> Blame:
    """Find this for the last of some versions, given with their documents, the oldest first."""
    granted: dict[int, Since] = {}
    lost: dict[int, Since] = {}
    before = 0
    for place, version in enumerate(versions):
        now = _granted_bits(version.document, version.digest)
        since = Since.of(version, is_oldest=place == 0)
        for position in bits.places(now & ~before):
            granted[position] = since
            lost.pop(position, None)
        for position in bits.places(before & ~now):
            lost[position] = since
            del granted[position]
        before = now
    actions = get_reference().actions
    return Blame(
        {actions[position].id: since for position, since in granted.items()},
        {actions[position].id: since for position, since in sorted(lost.items())},
    )


@lru_cache(maxsize=_KEPT_VERSIONS)
def _granted_bits(document: str, digest: str) -> int:
    """What a document grants, a bit a place in `Reference.actions`; kept by its digest too."""
    policy = kept_policy(document)
    reference = get_reference()
    return bits.of_places(granted_positions(policy, reference), len(reference.actions))
