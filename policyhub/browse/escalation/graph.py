"""The geometry of the graph: caller, role that is passed, service that gets it, what runs.

Each path is a lane from left to right; paths that pass the same roles share the box of these.
Coordinates are pixels of the picture's `viewBox`, those of a lane from its middle on: then lanes
are written alike, which makes the page much shorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap

from policyhub.browse.escalation.paths import EscalationPath, PassedRole

WIDTH = 1232
LANE, BOX = 76, 50
_LINE, _CHARACTER, _WIDEST = 14, 6.4, 6.6


@dataclass(frozen=True)
class GraphColumn:
    """Where the boxes of a kind begin, and how wide they are."""

    x: int
    width: int

    @property
    def end(self) -> int:
        """Where its arrows begin."""
        return self.x + self.width

    @property
    def left(self) -> int:
        """Where texts in a box begin."""
        return self.x + 8


CALLER, ROLE, SERVICE = GraphColumn(0, 118), GraphColumn(184, 196), GraphColumn(436, 228)
RUNS, GIVES = GraphColumn(722, 266), GraphColumn(1026, 206)
# What is called without a role that is passed: no line leads over empty columns.
DIRECT = GraphColumn(ROLE.x, RUNS.end - ROLE.x)
_LINES_OF_NAMES, _LINES_OF_TITLE = 2, 3


@dataclass(frozen=True)
class GraphText:
    """Lines below each other: the place of the first."""

    lines: tuple[str, ...]
    x: int
    y: int

    @property
    def first(self) -> str:
        """The first line."""
        return self.lines[0]

    @property
    def rest(self) -> tuple[str, ...]:
        """The lines after it."""
        return self.lines[1:]


@dataclass(frozen=True)
class GraphRole:
    """The box of roles that are passed: its middle, and the arrow that leads to it."""

    passed: PassedRole
    number: int
    y: int
    arrow: str
    text: GraphText

    @property
    def when(self) -> str:
        """The bound as it fits under the box, unless the box says it all."""
        if self.passed.is_by_name_alone:
            return ""
        return _shortened(self.passed.when, SERVICE.x - ROLE.x)


@dataclass(frozen=True)
class GraphLane:
    """A path: its middle, the arrow that leads to it, and its texts; `service` if it passes."""

    path: EscalationPath
    y: int
    arrow: str
    service: GraphText | None
    runs: GraphText
    gives: GraphText

    @property
    def is_bound(self) -> bool:
        """Whether the arrow can be followed under a bound only."""
        passed = self.path.passed
        return passed.is_bound_to_service if passed else bool(self.path.when)

    @property
    def when(self) -> str:
        """The bound of what it calls, as it fits under the arrow."""
        left = SERVICE.end if self.path.passed else ROLE.x
        return _shortened("; ".join(self.path.when), RUNS.x - left + RUNS.width)

    @property
    def when_x(self) -> int:
        """Where that bound begins."""
        return SERVICE.x if self.path.passed else ROLE.x


@dataclass(frozen=True)
class EscalationGraph:
    """The caller's middle, the roles that are passed, and the paths."""

    caller: int
    roles: tuple[GraphRole, ...]
    lanes: tuple[GraphLane, ...]
    width: int = WIDTH

    @property
    def height(self) -> int:
        """As tall as its lanes."""
        return len(self.lanes) * LANE


def escalation_graph(paths: Sequence[EscalationPath]) -> EscalationGraph:
    """Lay out paths, those that pass the same roles next to each other."""
    middles = [place * LANE + LANE // 2 for place in range(len(paths))]
    start = (middles[0] + middles[-1]) // 2 if paths else 0
    roles: list[GraphRole] = []
    lanes: list[GraphLane] = []
    numbered = list(zip(middles, paths, strict=True))
    for passed, grouped in groupby(numbered, lambda each: each[1].passed and each[1].passed.said):
        group = list(grouped)
        at, first = (group[0][0] + group[-1][0]) // 2, group[0][1]
        if passed and first.passed:
            arrow = _arrow(CALLER, start - at, ROLE)
            text = _text(("iam:PassRole", first.passed.which), ROLE)
            roles.append(GraphRole(first.passed, first.number, at, arrow, text))
        lanes += [_lane(path, middle, at if passed else start) for middle, path in group]
    return EscalationGraph(start, tuple(roles), tuple(lanes))


def _lane(path: EscalationPath, middle: int, above: int) -> GraphLane:
    """A lane whose arrow comes from the middle of another box."""
    if path.passed:
        arrow = _arrow(ROLE, above - middle, SERVICE)
        bound = ("by iam:PassedToService",) if path.passed.is_bound_to_service else ()
        service = _text((path.passed.service or "any service", *bound), SERVICE)
    else:
        arrow, service = _arrow(CALLER, above - middle, DIRECT), None
    column = RUNS if path.passed else DIRECT
    names = ", ".join(each.partition(":")[2] for each in path.actions)
    runs = (", ".join(path.services), *_wrapped(names, column.width - 22, _LINES_OF_NAMES))
    gives = _wrapped(path.title, GIVES.width, _LINES_OF_TITLE)
    first = 4 - (len(gives) - 1) * _LINE // 2
    return GraphLane(
        path, middle, arrow, service, _text(runs, column), GraphText(tuple(gives), GIVES.x, first)
    )


def _text(lines: Sequence[str], column: GraphColumn) -> GraphText:
    shown = tuple(_shortened(each, column.width) for each in lines)
    return GraphText(shown, column.left, 4 - (len(lines) - 1) * _LINE // 2)


def _arrow(start: GraphColumn, y: int, end: GraphColumn) -> str:
    """From the right side of a column's box to the left side of another's."""
    x, to = start.end, end.x - 4
    turn = min(x + 66, to)
    bend = (x + turn) // 2
    return f"M{x} {y}C{bend} {y} {bend} 0 {turn} 0H{to}m-5-3l5 3-5 3"


def _wrapped(text: str, width: float, most: int) -> list[str]:
    return wrap(text, int(width / _CHARACTER), max_lines=most, placeholder=" …")


def _shortened(text: str, width: float) -> str:
    most = int((width - 12) / _WIDEST)
    return text if len(text) <= most else f"{text[: most - 1]}…"
