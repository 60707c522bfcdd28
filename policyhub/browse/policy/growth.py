"""A policy's growth: how many actions of each access level its versions allow, as areas.

The picture shares the line of time with `timeline`: across it goes from 0 to 1,000 and stretches
with the page, down it is in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policyhub.browse.policy.timeline import VersionMark
from policyhub.catalog.access_levels import ACCESS_LEVELS, GRAVEST_FIRST, AccessLevel
from policyhub.catalog.models import ChangelogEntry

HEIGHT = 120
WIDTH = 1_000
_BY_NAME: Mapping[str, AccessLevel] = {each.name: each for each in ACCESS_LEVELS}


@dataclass(frozen=True)
class Area:
    """What is allowed of one level over time; `points` are those of an SVG polygon."""

    slug: str
    points: str


@dataclass(frozen=True)
class Growth:
    """Areas on each other, the gravest level on the floor, and the whole in numbers."""

    areas: tuple[Area, ...]
    first: VersionMark
    last: VersionMark
    most: int
    changed: int
    taking: int
    versions: int
    height: int = HEIGHT
    width: int = WIDTH

    @property
    def is_pair(self) -> bool:
        """Whether two bars say as much as areas do."""
        return self.versions == 2


def growth_of(marks: Sequence[VersionMark]) -> Growth | None:
    """The growth over the versions of a line of time, the oldest first; None if none allows any."""
    most = max((mark.action_count for mark in marks), default=0)
    if not most:
        return None
    floors = [0] * len(marks)
    areas: list[Area] = []
    for name in GRAVEST_FIRST:
        level = _BY_NAME[name]
        tops = [below + mark.counts[level.key] for below, mark in zip(floors, marks, strict=True)]
        if tops != floors:
            areas.append(Area(level.slug, _polygon(marks, floors, tops, HEIGHT / most)))
        floors = tops
    changes = [mark.change for mark in marks if mark.change]
    taking = sum(ChangelogEntry.Access(change).takes_away for change in changes)
    return Growth(tuple(areas), marks[0], marks[-1], most, len(changes), taking, len(marks))


def _polygon(
    marks: Sequence[VersionMark], floors: Sequence[int], tops: Sequence[int], unit: float
) -> str:
    """Steps along the tops and back along the floors: a version counts until the next one."""
    ends = [*(mark.x for mark in marks[1:]), 100.0]
    spans = list(zip((mark.x for mark in marks), ends, strict=True))
    there = [(x, top) for span, top in zip(spans, tops, strict=True) for x in span]
    back = [(x, floor) for span, floor in zip(spans, floors, strict=True) for x in span]
    corners = [*there, *reversed(back)]
    return " ".join(f"{x * WIDTH / 100:g},{HEIGHT - y * unit:.1f}" for x, y in corners)
