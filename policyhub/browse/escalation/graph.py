"""The geometry of the graph: caller, role that is passed, service that gets it, what runs.

Each path is a lane from left to right; paths that pass the same roles share the box of these.
Coordinates are pixels of the picture's `viewBox`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap
from typing import NamedTuple

from policyhub.browse.escalation.paths import EscalationPath, PassedRole

WIDTH = 1232
_LANE, _BOX, _TOP, _LINE = 76, 50, 4, 14
_CHARACTER, _WIDEST = 6.4, 6.6
# Where the boxes of a column begin, and how wide they are.
_CALLER, _ROLE, _SERVICE, _RUNS, _GIVES = (0, 118), (184, 196), (436, 228), (722, 266), (1026, 206)
_LINES_OF_TITLE = 3


class GraphLine(NamedTuple):
    """A line of text."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class GraphBox:
    """A box with lines of text; `url` leads to its row, "" for none; `full` is all that it says."""

    kind: str
    lines: tuple[GraphLine, ...]
    x: float
    y: float
    width: float
    url: str = ""
    full: str = ""
    height: float = _BOX


@dataclass(frozen=True)
class GraphEdge:
    """An arrow, and under its end the bound under which it can be followed."""

    path: str
    is_free: bool
    when: GraphLine | None = None
    full: str = ""


@dataclass(frozen=True)
class GraphEnd:
    """What a path leads to, with its number in the verdict."""

    number: int
    is_free: bool
    title: str
    lines: tuple[GraphLine, ...]
    x: float
    y: float


@dataclass(frozen=True)
class EscalationGraph:
    """All boxes, arrows and ends."""

    boxes: tuple[GraphBox, ...]
    edges: tuple[GraphEdge, ...]
    ends: tuple[GraphEnd, ...]
    height: float
    width: int = WIDTH


def escalation_graph(paths: Sequence[EscalationPath]) -> EscalationGraph:
    """Lay out paths, those that pass the same roles next to each other."""
    boxes: list[GraphBox] = []
    edges: list[GraphEdge] = []
    middles = [_TOP + _BOX / 2 + place * _LANE for place in range(len(paths))]
    height = _TOP + len(paths) * _LANE
    start = (middles[0] + middles[-1]) / 2 if paths else 0
    boxes.append(_box("caller", ("Caller", "with this policy"), _CALLER, start))
    numbered = list(zip(middles, paths, strict=True))
    for passed, lanes in groupby(numbered, lambda each: each[1].passed and each[1].passed.said):
        lane = list(lanes)
        if passed is None:
            for middle, path in lane:
                edges.append(_arrow(_CALLER, start, _RUNS, middle, path.when))
        else:
            role = lane[0][1].passed
            at = (lane[0][0] + lane[-1][0]) / 2
            boxes.append(_role_box(role, at, lane[0][1].number))
            edges.append(_arrow(_CALLER, start, _ROLE, at, _when(role), not passed[1]))
            for middle, path in lane:
                boxes.append(_service_box(path.passed, middle))
                is_free = path.passed is None or not path.passed.is_bound_to_service
                edges.append(_arrow(_ROLE, at, _SERVICE, middle, is_free=is_free))
                edges.append(_arrow(_SERVICE, middle, _RUNS, middle, path.when))
    boxes.extend(_runs(path, middle) for middle, path in numbered)
    edges.extend(_arrow(_RUNS, middle, _GIVES, middle) for middle, _ in numbered)
    ends = tuple(_end(path, middle) for middle, path in numbered)
    return EscalationGraph(tuple(boxes), tuple(edges), ends, height)


def _when(passed: PassedRole | None) -> tuple[str, ...]:
    """The bound of a role that is passed, unless the box of the role says it all."""
    return (passed.when,) if passed and passed.when and not passed.is_by_name_alone else ()


def _role_box(passed: PassedRole | None, middle: float, number: int) -> GraphBox:
    which = passed.which if passed else ""
    full = ", ".join(passed.patterns) if passed else ""
    return _box("role", ("iam:PassRole", which), _ROLE, middle, f"#risk-{number}", full)


def _service_box(passed: PassedRole | None, middle: float) -> GraphBox:
    lines = [passed.service or "any service"] if passed else []
    if passed and passed.is_bound_to_service:
        lines.append("by iam:PassedToService")
    return _box("service", lines, _SERVICE, middle)


def _runs(path: EscalationPath, middle: float) -> GraphBox:
    names = ", ".join(each.partition(":")[2] for each in path.actions)
    prefix = path.services[0] if path.services else ""
    lines = (", ".join(path.services), *_wrapped(names, _RUNS[1] - 22, 2))
    return _box("runs", lines, _RUNS, middle, f"#service-{prefix}", ", ".join(path.actions))


def _box(
    kind: str,
    texts: Sequence[str],
    column: tuple[int, int],
    middle: float,
    url: str = "",
    full: str = "",
) -> GraphBox:
    x, width = column
    first = middle + 4 - (len(texts) - 1) * _LINE / 2
    lines = tuple(
        GraphLine(_shortened(text, width), x + 8, first + place * _LINE)
        for place, text in enumerate(texts)
    )
    return GraphBox(kind, lines, x, middle - _BOX / 2, width, url, full)


def _arrow(
    start: tuple[int, int],
    y: float,
    end: tuple[int, int],
    at: float,
    when: Sequence[str] = (),
    is_free: bool = True,
) -> GraphEdge:
    """From the right side of a column's box to the left side of another's."""
    x, to = start[0] + start[1], end[0] - (4 if end is not _GIVES else 24)
    turn = min(x + 70, to)
    bend = (x + turn) / 2
    path = f"M{x} {y:g}C{bend:g} {y:g} {bend:g} {at:g} {turn:g} {at:g}"
    head = f"M{to - 5:g} {at - 3:g}l5 3l-5 3"
    line = f"H{to:g}" if to > turn else ""
    full = "; ".join(when)
    # The clause stands under the line, from where no other line crosses it.
    left = max(turn, _ROLE[0])
    room = (_SERVICE[0] if end is _ROLE else end[0]) - left
    below = _BOX / 2 if end is _ROLE else 0
    words = GraphLine(_shortened(full, room), left, at + below + 13) if full else None
    return GraphEdge(f"{path}{line}{head}", is_free and not full, words, full)


def _end(path: EscalationPath, middle: float) -> GraphEnd:
    wrapped = list(_wrapped(path.title, _GIVES[1], _LINES_OF_TITLE))
    first = middle + 4 - _LINE / 2 * (len(wrapped) - 1)
    lines = tuple(
        GraphLine(text, _GIVES[0], first + _LINE * place) for place, text in enumerate(wrapped)
    )
    return GraphEnd(path.number, path.is_free, path.title, lines, _GIVES[0] - 13, middle)


def _wrapped(text: str, width: float, most: int) -> list[str]:
    return wrap(text, int(width / _CHARACTER), max_lines=most, placeholder=" …")


def _shortened(text: str, width: float) -> str:
    most = int((width - 12) / _WIDEST)
    return text if len(text) <= most else f"{text[: most - 1]}…"
