"""When each version of a policy was created, by what several sources say: never invented.

A version's number is higher than those of all versions before it. So a moment that is no earlier
than that of a higher number can't be its creation: the version became the default again then,
which is what `UpdateDate` tells. And a version that no source dates was created between its
neighbours, and after the last time at which a lower one was the default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from policyhub.catalog.moments import DateKnown, date_known, is_bare_date


@dataclass(frozen=True, slots=True)
class VersionDate:
    """When a version was created: at a moment, or after `not_before` and by `not_after`.

    `at` is a bare date (midnight UTC) where the day alone is known, and None where it is not
    known either. The bounds are None where nothing tells them, or where `at` makes them needless.
    """

    at: datetime | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None

    @property
    def known(self) -> DateKnown:
        """How it is known; "" where nothing is."""
        return date_known(self.at, self.not_before, self.not_after)


class Default(NamedTuple):
    """Which version, by number, was the default at a moment; 0 where there was no such policy."""

    moment: datetime
    number: int


def date_versions(
    numbers: Iterable[int],
    moments: Mapping[int, Sequence[datetime]],
    defaults: Sequence[Default] = (),
    known: Mapping[int, VersionDate] | None = None,
    created: datetime | None = None,
) -> dict[int, VersionDate]:
    """Date the versions of one policy, by their numbers.

    `moments` are those at which a version was created or became the default, `known` the dates
    found earlier, which new moments may narrow, and `created` is when the policy was.
    """
    before = known or {}
    ordered = sorted(numbers)
    exact = _exact(ordered, moments, before)
    dated: dict[int, VersionDate] = {}
    for number in ordered:
        if number in exact:
            dated[number] = VersionDate(at=exact[number])
        else:
            earlier = [created, *_before(number, exact, defaults, before)]
            later = (exact[each] for each in ordered if each > number and each in exact)
            found_before = before.get(number, VersionDate()).not_after
            dated[number] = _between(earlier, [*later, found_before])
    return dated


def _exact(
    numbers: Sequence[int],
    moments: Mapping[int, Sequence[datetime]],
    known: Mapping[int, VersionDate],
) -> dict[int, datetime]:
    """The first moment told of each version that can be its creation, from the newest down."""
    exact: dict[int, datetime] = {}
    ends: datetime | None = None
    for number in reversed(numbers):
        found = known.get(number, VersionDate()).at
        told = [*moments.get(number, ()), *([found] if found else [])]
        first = min(told, default=None)
        # Of two versions of one day only the day may be known.
        if first is not None and (
            ends is None or first < ends or (first == ends and is_bare_date(first))
        ):
            exact[number] = ends = first
    return exact


def _before(
    number: int,
    exact: Mapping[int, datetime],
    defaults: Sequence[Default],
    known: Mapping[int, VersionDate],
) -> Iterable[datetime | None]:
    """The moments after which a version was created."""
    yield from (moment for lower, moment in exact.items() if lower < number)
    # A version that was set back leaves later moments at which a lower one was the default.
    ends = min((moment for higher, moment in exact.items() if higher > number), default=None)
    for default in defaults:
        if default.number < number and (ends is None or default.moment < ends):
            yield default.moment
    if number in known:
        yield known[number].not_before


def _between(earlier: Iterable[datetime | None], later: Iterable[datetime | None]) -> VersionDate:
    """The latest of the moments before and the earliest after; the day where both are on it."""
    not_before = max((each for each in earlier if each), default=None)
    not_after = min((each for each in later if each), default=None)
    if not_before and not_after and not_before.date() == not_after.date():
        day = not_after.replace(hour=0, minute=0, second=0, microsecond=0)
        return VersionDate(at=day)
    return VersionDate(None, not_before, not_after)
