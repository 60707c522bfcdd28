"""Which risks one document has more than another: what one can newly do, or without a bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from policyhub.judge.risks.risk import Risk, most_serious_first

# What a thing that one can do is under a document; "" where no path to it is left.
Extent = Literal["free", "bounded", ""]
_EXTENTS: tuple[Extent, ...] = ("", "bounded", "free")


@dataclass(frozen=True, eq=False)
class RiskChange:
    """A thing that one can do to another extent; `risk` is the path that gives most of it.

    It is of the document that leaves more: of the new one where it is gained.
    """

    risk: Risk
    before: Extent
    after: Extent

    @property
    def is_gain(self) -> bool:
        """Whether one can do more afterwards."""
        return _EXTENTS.index(self.after) > _EXTENTS.index(self.before)

    def to_dict(self) -> dict[str, Any]:
        """The entry of `risksGained` and of `risksLost`."""
        return {
            "id": self.risk.id,
            "title": self.risk.title,
            "kind": self.risk.kind,
            "family": self.risk.family,
            "gravity": self.risk.gravity,
            "before": self.before or None,
            "after": self.after or None,
        }


def risk_changes(before: Sequence[Risk], after: Sequence[Risk]) -> tuple[RiskChange, ...]:
    """What one can do to another extent, the most serious first.

    Of the ways to do one thing the freest counts. Where a way is undecided on the side that
    leaves less, nothing is said.
    """
    old, new = _by_title(before), _by_title(after)
    found = {title: _change(old.get(title), new.get(title)) for title in {**old, **new}}
    changes = [each for each in found.values() if each is not None]
    order = [each.id for each in most_serious_first([each.risk for each in changes])]
    return tuple(sorted(changes, key=lambda each: order.index(each.risk.id)))


def _by_title(risks: Sequence[Risk]) -> Mapping[str, Risk]:
    """Of each thing the way that leaves most, also one of which nothing is known."""
    found: dict[str, Risk] = {}
    for each in most_serious_first(risks):
        known = found.get(each.path.title)
        if known is None or _weight(each) > _weight(known):
            found[each.path.title] = each
    return found


def _weight(risk: Risk) -> int:
    """How much an answer leaves; what is undecided counts before what is ruled out."""
    return {"free": 3, "bounded": 2, "undecided": 1, "ruled-out": 0}[risk.answer]


def _change(before: Risk | None, after: Risk | None) -> RiskChange | None:
    was, now = _extent(before), _extent(after)
    if was == now:
        return None
    more, less = (after, before) if _EXTENTS.index(now) > _EXTENTS.index(was) else (before, after)
    if more is None or (less is not None and less.answer == "undecided"):
        return None
    return RiskChange(more, was, now)


def _extent(risk: Risk | None) -> Extent:
    if risk is None or not risk.is_claimed:
        return ""
    return "free" if risk.answer == "free" else "bounded"
