"""The blast map of a phone: a service a line, its marks next to each other on one foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policyhub.blast_map.counted import MappedService, map_in_words, together
from policyhub.blast_map.wide import ROWS, MapCell, MapColumn, MapLabel, drawn

_PHONE_WIDTH, _PHONE_LINES, _PHONE_PITCH = 358, 9, 26
_PHONE_LEFT, _PHONE_UNIT, _PHONE_GAP = 118, 3.1, 6
_PHONE_REST_UNIT, _SMALLEST_UNIT, _SMALLER = 0.18, 0.3, 0.8


@dataclass(frozen=True)
class PhoneMap:
    """The picture for a phone: a service a line, marks next to each other on one foot."""

    lines: tuple[MapColumn, ...]
    in_words: str
    width: int = _PHONE_WIDTH

    @property
    def height(self) -> int:
        """As tall as its lines."""
        return len(self.lines) * _PHONE_PITCH + 2


def phone_map(
    services: Sequence[MappedService], narrowest: int = 0, room: int = 0, named: int | None = None
) -> PhoneMap:
    """Draw the first services, as many as are to be `named`; all others share the last line.

    All lines have one scale, the usual one unless the longest line has no room at it. No cell
    takes less room across than the `narrowest`, and `room` is left at the end of a service's line.
    """
    if named is None:
        named = len(services) if len(services) <= _PHONE_LINES else _PHONE_LINES - 1
    shown = services[:named]
    rest = together(services[len(shown) :])
    listed = [*shown, rest] if rest else shown
    unit = _PHONE_UNIT
    lines = _phone_lines(listed, unit, narrowest)
    while unit > _SMALLEST_UNIT and any(_is_too_long(line, room) for line in lines):
        unit *= _SMALLER
        lines = _phone_lines(listed, unit, narrowest)
    return PhoneMap(lines, map_in_words(services))


def _is_too_long(line: MapColumn, room: int) -> bool:
    """Whether it leaves too little; that of several services needs no room at its end."""
    return line.width > _PHONE_WIDTH - (room if line.service.prefix else 0)


def _phone_lines(
    services: Sequence[MappedService], unit: float, narrowest: int
) -> tuple[MapColumn, ...]:
    return tuple(
        _phone_line(service, place, unit, narrowest) for place, service in enumerate(services)
    )


def _phone_line(service: MappedService, place: int, unit: float, narrowest: int) -> MapColumn:
    x = _PHONE_LEFT
    scale = unit if service.prefix else _PHONE_REST_UNIT
    cells: list[MapCell] = []
    for row in ROWS:
        if row.level in service.cells:
            standing = row._replace(top=-row.height)
            cells.append(drawn(standing, service.cells[row.level], x, -6, scale))
            x += max(narrowest, cells[-1].width) + _PHONE_GAP
    name, foot = MapLabel(service.title, 0, -6), (place + 1) * _PHONE_PITCH
    return MapColumn(service, (name,), tuple(cells), 0, x - _PHONE_GAP, foot)
