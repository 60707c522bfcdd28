"""All policies as a map: how many services each reaches against how much it can change freely.

Numbers are in steps that grow with them, as on logarithmic axes. Policies of one field of the map
are marked by kind, the area of a mark by how many they are; the field leads to the list of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
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
# Radii: that of the least mark, and that of one policy where there is room.
_SMALLEST, _LARGEST_UNIT = 4, 2
_BETWEEN = 2
_NAMES_SHOWN = 3


class CorpusPoint(NamedTuple):
    """A policy of the map."""

    key: str
    kind: str
    reach: int
    power: int


class KindMark(NamedTuple):
    """The policies of one kind in a field: how far across their mark is, and how large."""

    kind: str
    number: int
    x: float
    radius: float

    @property
    def place(self) -> int:
        """Which of the kinds it is."""
        return Policy.Kind.values.index(self.kind)


class KindShape(NamedTuple):
    """The shape of a kind's marks around their middle, with a radius of one."""

    place: int
    name: str
    path: str
    paint: SafeString


_CIRCLE, _SQUARE = "M-1 0a1 1 0 1 1 2 0a1 1 0 1 1-2 0", "M-.9-.9h1.8v1.8h-1.8z"
_DIAMOND, _TRIANGLE = "M0-1.2l1.2 1.2-1.2 1.2-1.2-1.2z", "M0-1.2l1.2 2.4h-2.4z"
# Hollow is what nobody can attach.
_SHAPES: Mapping[str, tuple[str, str]] = {
    Policy.Kind.AWS_MANAGED: (_CIRCLE, 'fill="var(--signal)"'),
    Policy.Kind.JOB_FUNCTION: (_DIAMOND, 'fill="var(--write)"'),
    Policy.Kind.SERVICE_ROLE: (_SQUARE, 'fill="var(--read)"'),
    Policy.Kind.SERVICE_LINKED_ROLE: (_CIRCLE, 'fill="none" stroke="var(--muted)"'),
    Policy.Kind.CUSTOMER_MANAGED: (_TRIANGLE, 'fill="var(--tagging)"'),
}


def kind_shapes(points: Iterable[CorpusPoint]) -> list[KindShape]:
    """The shapes of the kinds that there are, in their order."""
    found = {point.kind for point in points}
    return [
        KindShape(place, str(name), _SHAPES[kind][0], SafeString(_SHAPES[kind][1]))
        for place, (kind, name) in enumerate(Policy.Kind.choices)
        if kind in found
    ]


@dataclass(frozen=True)
class MapField:
    """A field of the map with its marks; `watched` are the names of one's own policies in it.

    `middle` is a place of the picture, that of a mark is one of the field.
    """

    reach: NumberRange
    power: NumberRange
    marks: tuple[KindMark, ...]
    x: int
    y: int
    watched: tuple[str, ...] = ()
    middle: tuple[int, int] = (0, 0)

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
    at: int


@dataclass(frozen=True)
class CorpusMap:
    """The picture: fields that have policies, and the names of the steps of both axes."""

    fields: tuple[MapField, ...]
    reach: tuple[AxisLabel, ...]
    power: tuple[AxisLabel, ...]
    field: tuple[int, int]
    foot: int

    @property
    def width(self) -> int:
        """With the axis on the left."""
        return _LEFT + self.field[0] * len(self.reach) + 2

    @property
    def middle(self) -> tuple[int, int]:
        """The middle of a field."""
        return self.field[0] // 2, self.field[1] // 2

    @property
    def height(self) -> int:
        """With the axis below."""
        return self.foot + _FOOT

    @property
    def none(self) -> int:
        """The line above the policies that change nothing freely."""
        return self.foot - self.field[1]


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
    field: tuple[int, int] = (56, 40),
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
        marks = tuple(_marks(kinds, field[0], unit))
        names = tuple(sorted(own.get((across, up), ())))
        middle = x + field[0] // 2, y + field[1] // 2
        fields.append(MapField(reach[across], power[up], marks, x, y, names, middle))
    return CorpusMap(
        tuple(fields),
        tuple(AxisLabel(_short(each), _LEFT + place * field[0] + field[0] // 2)
              for place, each in enumerate(reach)),
        tuple(AxisLabel(_short(each), foot - place * field[1] - field[1] // 2 + 4)
              for place, each in enumerate(power)),
        field,
        foot,
    )  # fmt: skip


def phone_corpus_map(points: Iterable[CorpusPoint], watched: Collection[str] = ()) -> CorpusMap:
    """The same in fewer steps, for a phone."""
    return corpus_map(points, watched, PHONE_REACH, PHONE_POWER, (42, 40))


def _step(steps: Sequence[NumberRange], number: int) -> int:
    return next(place for place, each in enumerate(steps) if each.contains(number))


def _unit(counted: Iterable[Mapping[str, int]], field: tuple[int, int]) -> float:
    """Pixels for the root of one policy: the fullest field has just room for its marks."""
    return min((_fitting_unit(kinds.values(), field) for kinds in counted), default=_LARGEST_UNIT)


def _fitting_unit(counts: Collection[int], field: tuple[int, int]) -> float:
    """With which the marks of a field fit, those not smaller than the least that it makes so."""
    room, least = _room(len(counts), field[0]), _least(len(counts), field[0])
    roots = sorted(map(sqrt, counts))
    tallest = (field[1] - 3) / 2 / roots[-1]
    while len(roots) > 1 and room / sum(roots) * roots[0] < least:
        room -= least
        roots = roots[1:]
    return min(_LARGEST_UNIT, tallest, room / sum(roots))


def _room(kinds: int, width: int) -> float:
    """What the radii of some marks next to each other have together."""
    return (width - 4 - _BETWEEN * (kinds - 1)) / 2


def _least(kinds: int, width: int) -> float:
    return min(_SMALLEST, _room(kinds, width) / kinds)


def _marks(kinds: Mapping[str, int], width: int, unit: float) -> Iterable[KindMark]:
    """The marks of a field next to each other, in the order of kinds."""
    least = _least(len(kinds), width)
    radii = {
        kind: round(max(least, unit * sqrt(kinds[kind])), 1)
        for kind in Policy.Kind.values
        if kind in kinds
    }
    at = (width - 2 * sum(radii.values()) - _BETWEEN * (len(radii) - 1)) / 2
    for kind, radius in radii.items():
        yield KindMark(kind, kinds[kind], round(at + radius, 1), radius)
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
