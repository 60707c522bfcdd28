"""What a document amounts to: one sentence, a group by how serious it is, and what leads to both.

The groups are a judgement, not AWS's. The first two follow from risks without a bound, the others
from the access levels of what is granted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from policyhub.judge.risks.kinds import FAMILIES, Family
from policyhub.judge.risks.risk import Risk, most_serious_first

_MOST_LEADING = 7
_DATA: Family = "Data"


@dataclass(frozen=True, slots=True)
class VerdictGroup:
    """A group of policies; `rank` sorts them, 1 for the most serious."""

    rank: int
    slug: str
    title: str
    summary: str


_ADMINISTRATOR = VerdictGroup(
    1,
    "administrator",
    "Can become administrator",
    "changes IAM, or passes any role, without a bound",
)
_TAKE_OVER = VerdictGroup(
    2,
    "take-over",
    "Can take over or expose",
    "runs code, assumes roles or opens resources without a bound",
)
_CHANGE_FREELY = VerdictGroup(
    3, "change-freely", "Can change things freely", "creates, changes or deletes on every resource"
)
_CHANGE = VerdictGroup(
    4,
    "change",
    "Can change things within bounds",
    "each change has a condition or named resources",
)
_READ_DATA = VerdictGroup(5, "read-data", "Can read data", "contents, not only names")
_LOOK = VerdictGroup(6, "look", "Can only look", "names, settings, states")
_NOTHING = VerdictGroup(7, "nothing", "Grants nothing", "denies only, or names no known action")
#: All groups, the most serious first.
GROUPS: tuple[VerdictGroup, ...] = (
    _ADMINISTRATOR, _TAKE_OVER, _CHANGE_FREELY, _CHANGE, _READ_DATA, _LOOK, _NOTHING,
)  # fmt: skip
# The families of which a risk without a bound puts a policy into a group.
_GROUP_OF_FREE: tuple[tuple[VerdictGroup, frozenset[Family]], ...] = (
    (_ADMINISTRATOR, frozenset({"IAM", "PassRole"})),
    (_TAKE_OVER, frozenset({"Assume", "Takeover", "Expose"})),
)


class CountsByLevel(Protocol):
    """How many actions are granted by access level, and of these how many freely."""

    list_count: int
    read_count: int
    write_count: int
    permissions_count: int
    tagging_count: int
    free_write_count: int
    free_permissions_count: int
    free_tagging_count: int


@dataclass(frozen=True, slots=True)
class FamilyChip:
    """A family of risks in a list; `is_free` says that one of them is without a bound."""

    family: Family
    is_free: bool


@dataclass(frozen=True, slots=True)
class RiskVerdict:
    """What a document amounts to.

    `leading` are the risks that a band has room for, one for each title, the most serious first;
    `free` and `bounded` count the titles of all.
    """

    group: VerdictGroup
    sentence: str
    advice: str
    leading: tuple[Risk, ...]
    ruled_out: tuple[Risk, ...]
    chips: tuple[FamilyChip, ...]
    free: int
    bounded: int

    @property
    def count(self) -> int:
        """How many different things one can do."""
        return self.free + self.bounded

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON has it."""
        return {
            "group": self.group.slug,
            "title": self.group.title,
            "sentence": self.sentence,
            "advice": self.advice,
            "free": self.free,
            "bounded": self.bounded,
        }


def verdict(risks: Sequence[Risk], counts: CountsByLevel) -> RiskVerdict:
    """What risks and what is granted amount to."""
    claimed = one_for_each_title([each for each in risks if each.is_claimed])
    named = {each.path.title for each in claimed}
    ruled_out = [each for each in risks if each.answer == "ruled-out"]
    others = [each for each in one_for_each_title(ruled_out) if each.path.title not in named]
    group = _group(claimed, counts)
    # What puts it into its group comes before what is more serious and bounded.
    leading = sorted(claimed, key=lambda each: not _puts_into(each, group))
    free = sum(each.answer == "free" for each in claimed)
    return RiskVerdict(
        group,
        *_sentence_and_advice(leading, group),
        leading=tuple(claimed[:_MOST_LEADING]),
        ruled_out=tuple(others),
        chips=family_chips_of(claimed),
        free=free,
        bounded=len(claimed) - free,
    )


def one_for_each_title(risks: Sequence[Risk]) -> tuple[Risk, ...]:
    """Of the ways to do one thing the one that gives most, the most serious things first."""
    found: dict[str, Risk] = {}
    for each in most_serious_first(risks):
        known = found.get(each.path.title)
        if known is None or (known.answer != "free" and each.answer == "free"):
            found[each.path.title] = each
    return most_serious_first(list(found.values()))


def family_chips_of(risks: Collection[Risk]) -> tuple[FamilyChip, ...]:
    """The families of risks, the most serious first."""
    claimed = [each for each in risks if each.is_claimed]
    free = {each.family for each in claimed if each.answer == "free"}
    named = {each.family for each in claimed}
    return tuple(FamilyChip(family, family in free) for family in FAMILIES if family in named)


def _group(risks: Sequence[Risk], counts: CountsByLevel) -> VerdictGroup:
    free = {each.family for each in risks if each.answer == "free"}
    for group, families in _GROUP_OF_FREE:
        if free & families:
            return group
    if counts.free_write_count or counts.free_permissions_count:
        return _CHANGE_FREELY
    if counts.write_count or counts.permissions_count or counts.tagging_count:
        return _CHANGE
    if any(each.family == _DATA for each in risks):
        return _READ_DATA
    return _LOOK if counts.read_count or counts.list_count else _NOTHING


def _puts_into(risk: Risk, group: VerdictGroup) -> bool:
    """Whether a risk says what the group says, or more: it leaves any resource within reach."""
    families = dict(_GROUP_OF_FREE).get(group)
    is_among = families is None or risk.family in families or group is _TAKE_OVER
    return risk.is_whole and is_among


def _sentence_and_advice(leading: Sequence[Risk], group: VerdictGroup) -> tuple[str, str]:
    """The sentence and the advice: of the risk that leads, else of the group."""
    if leading:
        return f"{leading[0].sentence}.", leading[0].path.kind.advice
    if group is _NOTHING:
        return "Grants no action that is known.", ""
    return f"No known risk. {group.title}: {group.summary}.", ""
