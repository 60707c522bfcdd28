"""A policy's versions on a line of time, and the numbers between them that are not known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from policyhub.browse.policy.shown import KnownVersion
from policyhub.catalog.access_levels import ACCESS_LEVELS

_NUMBERED = re.compile(r"v(\d+)\Z")
# In percent of the picture's width: names are next to the marks.
_LEFT, _RIGHT = 4.0, 96.0
_LEAST_APART = 5.0
_LEAST_APART_ON_A_PHONE = 12.0


@dataclass(frozen=True)
class VersionMark:
    """A version on the line; `x` in percent, `has_name` where there is room for it.

    `is_crowded` is a name for which a phone has no room.

    `counts` are its actions by the key of their access level, `change` what it did to access as
    observed, "" where nothing was. Where `is_exact` is false, `day` is the one by which it was
    made.
    """

    name: str
    day: datetime
    x: float
    has_name: bool
    counts: Mapping[str, int]
    change: str = ""
    is_exact: bool = True
    is_crowded: bool = False

    @property
    def action_count(self) -> int:
        """How many actions of the reference it allows."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class VersionRow:
    """A version as the table lists it, and the numbers missing between it and the next older."""

    known: KnownVersion
    missing: str

    @property
    def counts(self) -> Mapping[str, int]:
        """Its actions by the key of their access level."""
        return _counts(self.known)


def marks(
    versions: Sequence[KnownVersion], changes: Mapping[str, str] | None = None
) -> list[VersionMark]:
    """The versions with a date, the oldest first; none where there is no line to draw.

    `changes` are the observed effects on access by the id of the version that brought them.
    """
    # Given the newest first; of those of one moment the lowest number comes first.
    dated = [(made, each) for each in reversed(versions) if (made := each.row.existed_by)]
    dated.sort(key=itemgetter(0))
    if len(dated) < 2 or dated[0][0] == dated[-1][0]:
        return []
    first, last = dated[0][0], dated[-1][0]
    found: list[VersionMark] = []
    named_at = named_on_a_phone_at = -100.0
    for day, version in dated:
        x = _LEFT + (_RIGHT - _LEFT) * ((day - first) / (last - first))
        has_room = x - named_at >= _LEAST_APART
        named_at = x if has_room else named_at
        is_crowded = x - named_on_a_phone_at < _LEAST_APART_ON_A_PHONE
        if has_room and not is_crowded:
            named_on_a_phone_at = x
        change = (changes or {}).get(version.row.version_id, "")
        is_exact = version.row.created_at is not None
        found.append(
            VersionMark(
                *(version.name, day, round(x, 2), has_room, _counts(version)),
                *(change, is_exact, is_crowded),
            )
        )
    return found


def _counts(version: KnownVersion) -> Mapping[str, int]:
    return {each.key: getattr(version.row, each.count_column) for each in ACCESS_LEVELS}


def rows(versions: Sequence[KnownVersion]) -> list[VersionRow]:
    """The versions, the newest first as given, each with the gap below it in words."""
    older = [*versions[1:], None]
    return [
        VersionRow(each, _missing(each, below)) for each, below in zip(versions, older, strict=True)
    ]


def _missing(newer: KnownVersion, older: KnownVersion | None) -> str:
    """The numbers between two versions, or below the oldest: `v21`, or `v2 to v10`."""
    top, bottom = _number(newer), _number(older) if older else 0
    if top is None or bottom is None or top - bottom < 2:
        return ""
    if top - bottom == 2:
        return f"v{bottom + 1}"
    return f"v{bottom + 1} to v{top - 1}"


def _number(version: KnownVersion) -> int | None:
    found = _NUMBERED.match(version.row.version_id)
    return int(found[1]) if found else None
