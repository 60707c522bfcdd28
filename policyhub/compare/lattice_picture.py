"""The geometry of the lattice: what contains most on top, for a wide page and for a phone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from policyhub.compare.lattice import Lattice, LatticeNode, NearContainment

WIDTH, PHONE_WIDTH = 1232, 358
# A box is as wide as its layer leaves room for, up to this.
_WIDEST_BOX, _APART = 228, 8
_HEIGHT, _BETWEEN = 84, 62
_CHARACTER = 7.3
_INDENT, _PHONE_GAP = 22, 14
_ARC, _ARC_STEP = 30, 16
_WORDS_AT = 0.2


class LatticeBox(NamedTuple):
    """A node's box: its name as it fits, and where it is."""

    node: LatticeNode
    name: str
    x: float
    y: float
    width: float
    height: float = _HEIGHT

    @property
    def middle(self) -> float:
        """The middle across."""
        return self.x + self.width / 2

    @property
    def foot(self) -> float:
        """The lower edge."""
        return self.y + self.height


class LatticeLine(NamedTuple):
    """A line, and what stands on it where it is not proved."""

    path: str
    words: str = ""
    x: float = 0
    y: float = 0


@dataclass(frozen=True)
class LatticePicture:
    """Boxes and lines."""

    boxes: tuple[LatticeBox, ...]
    proved: tuple[LatticeLine, ...]
    nearly: tuple[LatticeLine, ...]
    width: int
    height: float


def wide_lattice(found: Lattice) -> LatticePicture:
    """Lay out layers from the top, each across the page."""
    boxes: dict[LatticeNode, LatticeBox] = {}
    dashed = [_near_below(found, at) for at in range(len(found.layers))]
    y = 1.0
    for layer, below in zip(found.layers, dashed, strict=True):
        column = WIDTH / len(layer)
        width = min(_WIDEST_BOX, column - _APART)
        for place, node in enumerate(layer):
            x = place * column + (column - width) / 2
            boxes[node] = LatticeBox(node, _name(node, width), x, y, width)
        y += _HEIGHT + max(_BETWEEN, _room(below))
    proved = tuple(
        LatticeLine(_curve(boxes[each.upper], boxes[each.lower])) for each in found.proved
    )
    nearly = tuple(chain.from_iterable(_arcs(boxes, below) for below in dashed))
    foot = max(each.foot for each in boxes.values())
    return LatticePicture(tuple(boxes.values()), proved, nearly, WIDTH, foot + _room(dashed[-1]))


def phone_lattice(found: Lattice) -> LatticePicture:
    """Lay out all nodes below each other, each layer further in; only what is proved has lines."""
    boxes: dict[LatticeNode, LatticeBox] = {}
    for place, node in enumerate(_below_each_other(found)):
        x = node.layer * _INDENT + 1
        width = PHONE_WIDTH - x - 1
        boxes[node] = LatticeBox(
            node, _name(node, width), x, 1 + place * (_HEIGHT + _PHONE_GAP), width
        )
    proved = tuple(_elbows(found, boxes))
    foot = max(each.foot for each in boxes.values())
    return LatticePicture(tuple(boxes.values()), proved, (), PHONE_WIDTH, foot + 2)


def _below_each_other(found: Lattice) -> list[LatticeNode]:
    """Each node once, with all that it contains right below it."""
    ordered: dict[LatticeNode, None] = {}

    def add(node: LatticeNode) -> None:
        ordered[node] = None
        for each in found.proved:
            if each.upper is node and each.lower not in ordered:
                add(each.lower)

    for node in found.nodes:
        if node not in ordered:
            add(node)
    return list(ordered)


def _curve(upper: LatticeBox, lower: LatticeBox) -> str:
    bend = (upper.foot + lower.y) / 2
    return (
        f"M{upper.middle:g} {upper.foot:g}C{upper.middle:g} {bend:g} "
        f"{lower.middle:g} {bend:g} {lower.middle:g} {lower.y:g}"
    )


def _elbows(found: Lattice, boxes: Mapping[LatticeNode, LatticeBox]) -> Iterator[LatticeLine]:
    for each in found.proved:
        upper, lower = boxes[each.upper], boxes[each.lower]
        yield LatticeLine(f"M{upper.x + 8:g} {upper.foot:g}V{lower.y + 20:g}H{lower.x:g}")


def _near_below(found: Lattice, layer: int) -> list[NearContainment]:
    """Those of which the dashed line is right below a layer."""
    return [each for each in found.nearly if max(each.part.layer, each.whole.layer) == layer]


def _room(below: Sequence[NearContainment]) -> int:
    """The height that dashed lines take, or that of a line's width."""
    return _ARC + _ARC_STEP * len(below) if below else 2


def _arcs(
    boxes: Mapping[LatticeNode, LatticeBox], below: Sequence[NearContainment]
) -> Iterator[LatticeLine]:
    """The lines of some that are below the same layer, the shortest nearest to it."""
    by_length = sorted(
        below, key=lambda each: abs(boxes[each.part].middle - boxes[each.whole].middle)
    )
    return (_arc(boxes, each, depth) for depth, each in enumerate(by_length))


def _arc(boxes: Mapping[LatticeNode, LatticeBox], near: NearContainment, depth: int) -> LatticeLine:
    """A dashed line under the boxes, from the one whose actions are nearly all in the other."""
    part, whole = boxes[near.part], boxes[near.whole]
    side = 16 if part.middle < whole.middle else -16
    start, end = part.middle + side, whole.middle - side
    low = max(part.foot, whole.foot) + _ARC + _ARC_STEP * depth
    # The lowest point of such a curve is three quarters of the way down.
    control = max(part.foot, whole.foot) + (low - max(part.foot, whole.foot)) * 4 / 3 - 10
    path = (
        f"M{start:g} {part.foot:g}C{start:g} {control:g} {end:g} {control:g} {end:g} {whole.foot:g}"
        f"m-3 5l3-5l3 5"
    )
    # Early on the line: it tells which box is meant, and no other line is there.
    x = _on_curve(start, start, end, end)
    y = _on_curve(part.foot, control, control, whole.foot)
    return LatticeLine(path, near.words, round(x, 1), round(y + 4, 1))


def _on_curve(start: float, first: float, second: float, end: float) -> float:
    """A coordinate of a cubic curve a fifth of the way."""
    t = _WORDS_AT
    return (
        start * (1 - t) ** 3
        + 3 * first * t * (1 - t) ** 2
        + 3 * second * t**2 * (1 - t)
        + end * t**3
    )


def _name(node: LatticeNode, width: float) -> str:
    most = int((width - 20) / _CHARACTER)
    return node.label if len(node.label) <= most else f"{node.label[: most - 1]}…"
