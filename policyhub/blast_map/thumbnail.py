"""The blast map in a row of a list: 140 by 28 pixels, one scale for all policies, no words.

A level's marks are one thick broken line, hatched where they are bounded; denied ones are outlines.
What has no room is one block after a dotted line, so that empty space to the right means little
power.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import sqrt
from typing import NamedTuple

from django.utils.safestring import SafeString

from policyhub.blast_map.counted import (
    MappedService,
    kept_services,
    together,
)
from policyhub.catalog.access.power import TEXTURES, GrantCount, PowerColumn, Texture
from policyhub.catalog.access_levels import GRAVEST_FIRST, LEVEL_SLUGS, Level

# In units of two pixels: lists are sent with every change of a filter, and numbers of one digit
# make them much shorter.
WIDTH, HEIGHT = 70, 14
HEIGHTS = (4, 3, 2, 1.5, 1.5)
GAP, BEFORE_REST, _BETWEEN_LEVELS = 1, 2, 0.5
UNIT, REST_UNIT = 0.575, 0.15
_SHORTEST: dict[Texture, int] = {"free": 1, "bounded": 2, "denied": 2}
# A line of one pixel.
_LINE = 0.5
_KEPT = 2_048


class ThumbnailMark(NamedTuple):
    """A mark: its level, how it is granted, where it begins, and how long it is."""

    level: Level
    texture: Texture
    x: int
    length: int


class Thumbnail(NamedTuple):
    """All marks from the left, and where the dotted line is if there is one."""

    marks: tuple[ThumbnailMark, ...]
    divider: int | None


def thumbnail(services: Sequence[MappedService]) -> Thumbnail:
    """Lay out services, what weighs most first, as far as there is room."""
    marks: list[ThumbnailMark] = []
    divider, x = None, 0
    for place, service in enumerate(services):
        rest = together(services[place + 1 :])
        room = BEFORE_REST + width_of(rest, REST_UNIT) if rest else 0
        width = width_of(service, UNIT)
        if service.count > 1 or (place and x + width + room > WIDTH):
            left = together(services[place:]) or service
            divider = x
            marks += marks_of(left, x + BEFORE_REST - GAP, REST_UNIT)
            break
        marks += marks_of(service, x, UNIT)
        x += width + GAP
    return Thumbnail(tuple(marks), divider)


def in_short(services: Sequence[MappedService]) -> str:
    """The gravest level of each texture: what one sees of the picture before all else."""
    whole = together(services)
    cells = whole.cells if whole else {}
    gravest: dict[Texture, Level] = {}
    for level in reversed(GRAVEST_FIRST):
        gravest |= {texture: level for texture, _ in cells.get(level, GrantCount()).parts}
    said = [f"{texture}: {gravest[texture]}" for texture in TEXTURES if texture in gravest]
    return f"Most serious {'; '.join(said)}" if said else "No actions"


def width_of(service: MappedService, unit: float) -> int:
    """How long the longest row of a service is; `unit` is the length for the root of one action."""
    return max((sum(_lengths(cell, unit).values()) for cell in service.cells.values()), default=0)


def _lengths(cell: GrantCount, unit: float) -> dict[Texture, int]:
    return {
        texture: max(_SHORTEST[texture], round(unit * sqrt(count))) for texture, count in cell.parts
    }


def marks_of(service: MappedService, x: int, unit: float) -> Iterator[ThumbnailMark]:
    """The marks of a service from `x` on."""
    for level in GRAVEST_FIRST:
        at = x
        for texture, length in _lengths(service.cells.get(level, GrantCount()), unit).items():
            yield ThumbnailMark(level, texture, at, length)
            at += length


def thumbnail_svg(columns: Sequence[PowerColumn]) -> SafeString:
    """The picture of a policy's kept power as markup.

    Lists have many, where a template of their own would take half of the page's time.
    """
    return _svg(tuple(tuple(each) for each in columns))


def thumbnail_marks(columns: Sequence[PowerColumn]) -> SafeString:
    """The same as a group within another picture."""
    drawn = thumbnail(kept_services(columns))
    return SafeString(f'<g class="thumb">{_drawn(drawn)}</g>')


@lru_cache(maxsize=_KEPT)
def _svg(columns: tuple[tuple[int, ...], ...]) -> SafeString:
    services = kept_services(columns)
    return svg_of(thumbnail(services), in_short(services))


def svg_of(drawn: Thumbnail, words: str) -> SafeString:
    """A picture as markup, with what it shows in words that need no escaping."""
    return SafeString(
        f'<svg class="thumb" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{words}</title>{_drawn(drawn)}</svg>"
    )


def _drawn(drawn: Thumbnail) -> str:
    dotted = f'<path class="rest" d="M{drawn.divider} 0v{HEIGHT}"/>' if drawn.divider else ""
    return dotted + "".join(_paths(drawn.marks))


def _tops() -> Iterator[tuple[Level, float, float]]:
    """Each level with where its marks begin, and how tall they are."""
    top = 0.0
    for level, height in zip(GRAVEST_FIRST, HEIGHTS, strict=True):
        yield level, top, height
        top += height + _BETWEEN_LEVELS


def _parts() -> Iterator[str]:
    """Of each level a hatch, and a line across the picture: of its colour, and hatched."""
    for level, top, height in _tops():
        slug, name = LEVEL_SLUGS[level], _NAMES[level]
        line = f'd="M0 {top + height / 2:g}h{WIDTH}" stroke-width="{height}"'
        yield (
            f'<pattern id="t-{name}" class="level-{slug}" width="1.5" height="1.5" '
            'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            '<rect class="tint" width="1.5" height="1.5"/>'
            '<rect class="stripe" width=".7" height="1.5"/></pattern>'
            f'<path id="{name}" class="level-{slug}" stroke="var(--fill)" {line}/>'
            f'<path id="{name}{name}" stroke="url(#t-{name})" {line}/>'
        )


# How the lines of levels are called where rows refer to them.
_NAMES: Mapping[Level, str] = {level: f"m{place}" for place, level in enumerate(GRAVEST_FIRST)}
#: What thumbnails refer to, once in a page that has any.
THUMBNAIL_PARTS = SafeString(
    f'<svg class="hatches" width="0" height="0" aria-hidden="true"><defs>{"".join(_parts())}'
    "</defs></svg>"
)


def _paths(marks: Sequence[ThumbnailMark]) -> Iterator[str]:
    """A broken line for each level and texture; what is denied is an outline."""
    for level, top, height in _tops():
        name = _NAMES[level]
        rows = {each: [mark for mark in marks if mark[:2] == (level, each)] for each in TEXTURES}
        for row, line in ((rows["free"], name), (rows["bounded"], name * 2)):
            if row:
                yield f'<use href="#{line}" stroke-dasharray="{_dashes(row)}"/>'
        if row := rows["denied"]:
            slug = LEVEL_SLUGS[level]
            yield f'<path class="level-{slug}" fill="none" d="{_outlines(row, top, height)}"/>'


def _dashes(row: Sequence[ThumbnailMark]) -> str:
    """Marks as lengths in turn of a dash and of the gap after it, the last beyond the picture.

    Lists are sent with every change of a filter: this is much shorter than rectangles.
    """
    lengths, end = [0], 0
    for mark in row:
        gap = mark.x - end
        if gap or lengths == [0]:
            lengths += [gap, mark.length]
        else:
            lengths[-1] += mark.length
        end = mark.x + mark.length
    if not lengths[1]:
        lengths = lengths[2:]
    return " ".join(map(str, [*lengths, WIDTH]))


def _outlines(row: Sequence[ThumbnailMark], top: float, height: float) -> str:
    """Marks as rectangles half a line within their bounds."""
    path, start = f"M{_LINE / 2:g} {top + _LINE / 2:g}", 0
    for mark in row:
        if mark.x != start:
            path += f"m{mark.x - start} 0"
        width, tall = mark.length - _LINE, height - _LINE
        path += f"h{width:g}v{tall:g}h{-width:g}z"
        start = mark.x
    return path
