"""Blast maps of several documents as small multiples: a service is at the same place in all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policyhub.blast_map.counted import MappedService, together
from policyhub.blast_map.thumbnail import (
    BEFORE_REST,
    GAP,
    REST_UNIT,
    UNIT,
    WIDTH,
    Thumbnail,
    ThumbnailMark,
    marks_of,
    width_of,
)
from policyhub.catalog.access.power import Cells, GrantCount, weight_of
from policyhub.catalog.access_levels import GRAVEST_FIRST

Services = Mapping[str, Cells]
_MINUS = "\N{MINUS SIGN}"


def aligned(documents: Sequence[Services]) -> list[Thumbnail]:
    """The picture of each document, in their order.

    What weighs most in the last of them that has it is first. What has no room in one of them
    is in the block after the dotted line in all.
    """
    order = _order(documents)
    widths = {prefix: _widest(documents, [prefix], UNIT) for prefix in order}
    shown, others = order, list[str]()
    while shown and _end(shown, widths) + _room(documents, others) > WIDTH:
        shown, others = shown[:-1], [shown[-1], *others]
    return [_drawn(each, shown, others, widths) for each in documents]


def _order(documents: Sequence[Services]) -> list[str]:
    last: dict[str, Cells] = {}
    for each in documents:
        last.update(each)
    return sorted(last, key=lambda prefix: (*weight_of(last[prefix]), prefix))


def _end(shown: Sequence[str], widths: Mapping[str, int]) -> int:
    return sum(widths[prefix] + GAP for prefix in shown) - GAP


def _room(documents: Sequence[Services], others: Sequence[str]) -> int:
    return GAP + BEFORE_REST + _widest(documents, others, REST_UNIT) if others else 0


def _widest(documents: Sequence[Services], prefixes: Sequence[str], unit: float) -> int:
    columns = (_together(each, prefixes) for each in documents)
    return max((width_of(column, unit) for column in columns if column), default=0)


def _together(services: Services, prefixes: Sequence[str]) -> MappedService | None:
    return together(
        [MappedService(prefix, services[prefix]) for prefix in prefixes if prefix in services]
    )


def _drawn(
    services: Services, shown: Sequence[str], others: Sequence[str], widths: Mapping[str, int]
) -> Thumbnail:
    marks: list[ThumbnailMark] = []
    x = 0
    for prefix in shown:
        marks += marks_of(MappedService(prefix, services.get(prefix, {})), x, UNIT)
        x += widths[prefix] + GAP
    if not others:
        return Thumbnail(tuple(marks), None)
    if rest := _together(services, others):
        marks += marks_of(rest, x + BEFORE_REST, REST_UNIT)
    return Thumbnail(tuple(marks), x)


def differences(older: Services, newer: Services) -> Iterator[str]:
    """What the map of one document shows other than that of another, service by service.

    In the order of names, such as `ec2 +3 Write, -1 Read` or `iam in other bounds`.
    """
    for prefix in sorted(older.keys() | newer.keys()):
        before, after = older.get(prefix, {}), newer.get(prefix, {})
        if before == after:
            continue
        counts = [
            (level, _granted(after, level) - _granted(before, level)) for level in GRAVEST_FIRST
        ]
        said = ", ".join(
            f"{'+' if count > 0 else _MINUS}{abs(count):,} {level}"
            for level, count in counts
            if count
        )
        yield f"{prefix} {said or 'in other bounds'}"


def _granted(cells: Cells, level: str) -> int:
    cell = next((cells[each] for each in cells if each == level), GrantCount())
    return cell.free + cell.bounded
