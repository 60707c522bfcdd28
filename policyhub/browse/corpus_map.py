"""All policies as a map: how many services each reaches against how much it can change freely.

Numbers are in steps that grow with them, as on logarithmic axes. Policies of one field of the map
are marked by kind, the area of a mark by how many they are; the field leads to the list of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from django.urls import reverse
from django.utils.safestring import SafeString

from policyhub.browse.lists.listing import ListState
from policyhub.browse.lists.ranges import NumberRange
from policyhub.browse.policies.measures import FREE_POWER, SERVICE_COUNT
from policyhub.browse.policies.rows import in_force
from policyhub.catalog.models import Policy, policy_label

REACH = tuple(
    NumberRange(first, last)
    for first, last in (
        (0, 1), (2, 2), (3, 3), (4, 4), (5, 6), (7, 9), (10, 13), (14, 19), (20, 29), (30, 49),
        (50, 99), (100, 199), (200, None),
    )
)  # fmt: skip
POWER = tuple(
    NumberRange(first, last)
    for first, last in (
        (0, 0), (1, 1), (2, 2), (3, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, 299),
        (300, 999), (1_000, None),
    )
)  # fmt: skip
PHONE_REACH = tuple(
    NumberRange(first, last)
    for first, last in ((0, 1), (2, 2), (3, 4), (5, 9), (10, 19), (20, 99), (100, None))
)
PHONE_POWER = tuple(
    NumberRange(first, last)
    for first, last in ((0, 0), (1, 2), (3, 9), (10, 49), (50, 299), (300, None))
)
_LEFT, _TOP, _FOOT = 62, 8, 40
_SMALLEST, _BETWEEN = 2.5, 2
_NAMES_SHOWN = 3


class CorpusPoint(NamedTuple):
    """A policy of the map."""

    key: str
    kind: str
    reach: int
    power: int


class KindMark(NamedTuple):
    """The policies of one kind in a field: where their mark is, and how large."""

    kind: str
    number: int
    x: float
    y: float
    radius: float

    @property
    def path(self) -> str:
        """Its shape, as tall as a circle of its radius is, or a little less or more."""
        return _SHAPES[self.kind](self.x, self.y, self.radius)

    @property
    def paint(self) -> SafeString:
        """How its shape is filled, as attributes."""
        return kind_paint(self.kind)


def _circle(x: float, y: float, radius: float) -> str:
    turn = f"a{radius:g} {radius:g} 0 1 1"
    return f"M{x - radius:g} {y:g}{turn} {2 * radius:g} 0{turn} {-2 * radius:g} 0"


def _square(x: float, y: float, radius: float) -> str:
    side = round(1.8 * radius, 1)
    return f"M{x - side / 2:g} {y - side / 2:g}h{side:g}v{side:g}h{-side:g}z"


def _diamond(x: float, y: float, radius: float) -> str:
    half = round(1.2 * radius, 1)
    return f"M{x:g} {y - half:g}l{half:g} {half:g}l{-half:g} {half:g}l{-half:g} {-half:g}z"


def _triangle(x: float, y: float, radius: float) -> str:
    half = round(1.2 * radius, 1)
    return f"M{x:g} {y - half:g}l{half:g} {2 * half:g}h{-2 * half:g}z"


_SHAPES: Mapping[str, Callable[[float, float, float], str]] = {
    Policy.Kind.AWS_MANAGED: _circle,
    Policy.Kind.SERVICE_ROLE: _square,
    Policy.Kind.SERVICE_LINKED_ROLE: _circle,
    Policy.Kind.JOB_FUNCTION: _diamond,
    Policy.Kind.CUSTOMER_MANAGED: _triangle,
}
_COLOURS: Mapping[str, str] = {
    Policy.Kind.AWS_MANAGED: "signal",
    Policy.Kind.SERVICE_ROLE: "read",
    Policy.Kind.SERVICE_LINKED_ROLE: "muted",
    Policy.Kind.JOB_FUNCTION: "write",
    Policy.Kind.CUSTOMER_MANAGED: "tagging",
}


def kind_paint(kind: str) -> SafeString:
    """The attributes of a kind's shape: hollow for what nobody attaches, else filled."""
    colour = f"var(--{_COLOURS[kind]})"
    if kind == Policy.Kind.SERVICE_LINKED_ROLE:
        return SafeString(f'fill="none" stroke="{colour}" stroke-width="1.5"')
    return SafeString(f'fill="{colour}"')


class KindSign(NamedTuple):
    """A kind in the key of the map."""

    name: str
    path: str
    paint: SafeString


def kind_signs(points: Iterable[CorpusPoint]) -> list[KindSign]:
    """The kinds that there are, in their order."""
    found = {point.kind for point in points}
    return [
        KindSign(str(name), _SHAPES[kind](6, 6, 4), kind_paint(kind))
        for kind, name in Policy.Kind.choices
        if kind in found
    ]


@dataclass(frozen=True)
class MapField:
    """A field of the map with its marks; `watched` are the names of one's own policies in it."""

    reach: NumberRange
    power: NumberRange
    marks: tuple[KindMark, ...]
    x: float
    y: float
    width: float
    height: float
    watched: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The list of its policies."""
        chosen = {"reach": (self.reach.value,), "power": (self.power.value,)}
        return reverse("browse:policies") + ListState(chosen=chosen).url

    @property
    def count(self) -> int:
        """How many policies there are."""
        return sum(each.number for each in self.marks)

    @property
    def middle(self) -> tuple[float, float]:
        """Where a ring around it has its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def in_words(self) -> str:
        """What the field has."""
        kinds = ", ".join(f"{each.number:,} {_kind_name(each.kind)}" for each in self.marks)
        named = f". You watch {', '.join(self.watched[:_NAMES_SHOWN])}" if self.watched else ""
        return (
            f"{_counted(self.reach, 'service')}, {_counted(self.power, 'free action')}: "
            f"{kinds}{named}"
        )


class AxisLabel(NamedTuple):
    """A step's name next to an axis."""

    text: str
    at: float


@dataclass(frozen=True)
class CorpusMap:
    """The picture: fields that have policies, and the names of the steps of both axes."""

    fields: tuple[MapField, ...]
    reach: tuple[AxisLabel, ...]
    power: tuple[AxisLabel, ...]
    width: float
    foot: float

    @property
    def height(self) -> float:
        """With the axis below."""
        return self.foot + _FOOT

    @property
    def none(self) -> float:
        """The line above the policies that change nothing freely."""
        return self.foot - (self.foot - _TOP) / len(self.power)


def corpus_points() -> list[CorpusPoint]:
    """The policies in force, in one query."""
    rows = in_force().order_by().annotate(reach=SERVICE_COUNT, power=FREE_POWER)
    return [
        CorpusPoint(*values)
        for values in rows.values_list("policy__key", "policy__kind", "reach", "power")
    ]


def corpus_map(
    points: Iterable[CorpusPoint],
    watched: Collection[str] = (),
    reach: Sequence[NumberRange] = REACH,
    power: Sequence[NumberRange] = POWER,
    field: tuple[float, float] = (56, 34),
) -> CorpusMap:
    """Lay out the policies in fields of a size."""
    counted: dict[tuple[int, int], Counter[str]] = {}
    own: dict[tuple[int, int], list[str]] = {}
    for point in points:
        place = _step(reach, point.reach), _step(power, point.power)
        counted.setdefault(place, Counter())[point.kind] += 1
        if point.key in watched:
            own.setdefault(place, []).append(policy_label(point.key))
    unit = _unit(counted.values(), field)
    foot = _TOP + field[1] * len(power)
    fields = []
    for (across, up), kinds in sorted(counted.items()):
        x, y = _LEFT + across * field[0], foot - (up + 1) * field[1]
        marks = tuple(_marks(kinds, x + field[0] / 2, y + field[1] / 2, unit))
        names = tuple(sorted(own.get((across, up), ())))
        fields.append(MapField(reach[across], power[up], marks, x, y, *field, names))
    return CorpusMap(
        tuple(fields),
        tuple(AxisLabel(_short(each), _LEFT + (place + 0.5) * field[0])
              for place, each in enumerate(reach)),
        tuple(AxisLabel(_short(each), foot - (place + 0.5) * field[1] + 4)
              for place, each in enumerate(power)),
        _LEFT + field[0] * len(reach) + 2,
        foot,
    )  # fmt: skip


def phone_corpus_map(points: Iterable[CorpusPoint], watched: Collection[str] = ()) -> CorpusMap:
    """The same in fewer steps, for a phone."""
    return corpus_map(points, watched, PHONE_REACH, PHONE_POWER, (42, 40))


def _step(steps: Sequence[NumberRange], number: int) -> int:
    return next(place for place, each in enumerate(steps) if each.contains(number))


def _radius(count: int, unit: float) -> float:
    return max(_SMALLEST, unit * sqrt(count))


def _unit(counted: Iterable[Mapping[str, int]], field: tuple[float, float]) -> float:
    """Pixels for the root of one policy: the fullest field has just room for its marks."""
    units = [1.6]
    for kinds in counted:
        width = field[0] - 4 - _BETWEEN * (len(kinds) - 1)
        units.append(width / (2 * sum(map(sqrt, kinds.values()))))
        units.append((field[1] - 3) / (2 * sqrt(max(kinds.values()))))
    return min(units)


def _marks(kinds: Mapping[str, int], x: float, y: float, unit: float) -> Iterable[KindMark]:
    """The marks of a field next to each other, in the order of kinds."""
    radii = {kind: _radius(kinds[kind], unit) for kind in Policy.Kind.values if kinds.get(kind)}
    at = x - (2 * sum(radii.values()) + _BETWEEN * (len(radii) - 1)) / 2
    for kind, radius in radii.items():
        yield KindMark(kind, kinds[kind], round(at + radius, 1), y, round(radius, 1))
        at += 2 * radius + _BETWEEN


def _short(numbers: NumberRange) -> str:
    if numbers == NumberRange(0, 0):
        return "none"
    if numbers.last is None:
        return f"{numbers.first:,}+"
    if numbers.first == 0 or numbers.first == numbers.last:
        return f"{numbers.last:,}"
    return f"{numbers.first}\N{EN DASH}{numbers.last}"


def _counted(numbers: NumberRange, noun: str) -> str:
    if numbers == NumberRange(0, 0):
        return f"no {noun}s"
    return f"{numbers.label} {noun}{'' if numbers.last == 1 else 's'}"


def _kind_name(kind: str) -> str:
    return str(Policy.Kind(kind).label)
