"""Which version of a policy was in force on a day, as far as the dates of its versions tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

#: Why a choice may be wrong: dates are known between bounds only, a version is not known, or
#: nothing is dated at all.
Doubt = Literal["", "bounds", "gap", "undated"]


@dataclass(frozen=True, slots=True)
class PastVersion:
    """A version with the moments between which it was made, as far as they are known.

    Where the moment itself is known, both are that. `key` is the version's in the database.
    """

    key: int
    version_id: str
    number: int | None
    earliest: datetime | None
    latest: datetime | None
    is_default: bool = False

    def existed(self, end: datetime) -> bool:
        """Whether it was there before a moment, for certain."""
        return self.latest is not None and self.latest < end

    def came_later(self, end: datetime) -> bool:
        """Whether it was not there before a moment, for certain."""
        return self.earliest is not None and self.earliest >= end


@dataclass(frozen=True, slots=True)
class VersionChoice:
    """The newest version that existed for certain, None where none did; and what is in doubt.

    `others` are the versions that may have been in force instead.
    """

    version: PastVersion | None
    doubt: Doubt = ""
    others: tuple[PastVersion, ...] = ()

    @property
    def candidates(self) -> tuple[PastVersion, ...]:
        """All versions that may have been in force, the oldest first."""
        return (*([self.version] if self.version else []), *self.others)


def version_on(
    versions: Sequence[PastVersion], end: datetime, created: datetime | None = None
) -> VersionChoice:
    """Choose among all known versions of a policy, the oldest first, as of the end of a day.

    `created` is when the policy itself was made, if that is known.
    """
    rows = _by_number(versions)
    existing = [place for place, each in enumerate(rows) if each.existed(end)]
    last = existing[-1] if existing else -1
    chosen = rows[last] if existing else None
    if chosen is None:
        if created is not None and created >= end:
            return VersionChoice(None)
        if rows and all(each.earliest is None for each in rows):
            return VersionChoice(
                next((each for each in rows if each.is_default), rows[-1]), "undated"
            )
    others = tuple(each for each in rows[last + 1 :] if not each.came_later(end))
    following = next((each for each in rows[last + 1 :] if each.came_later(end)), None)
    numbers = [each.number if each else 0 for each in (chosen, *others)]
    numbers += [following.number] if following else []
    return VersionChoice(
        chosen, "gap" if _have_gap(numbers) else "bounds" if others else "", others
    )


def _by_number(versions: Sequence[PastVersion]) -> list[PastVersion]:
    """By number where each has its own; a policy made again repeats numbers, and keeps dates."""
    numbers = [each.number for each in versions]
    if None in numbers or len(set(numbers)) < len(numbers):
        return list(versions)
    return sorted(versions, key=lambda each: each.number or 0)


def _have_gap(numbers: Sequence[int | None]) -> bool:
    """Whether there were versions between some neighbours, of which nothing is known."""
    return any(
        before is not None and after is not None and after > before + 1
        for before, after in pairwise(numbers)
    )
