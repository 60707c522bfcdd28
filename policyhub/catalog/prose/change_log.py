"""The documented change log of a policy, checked against its versions and their differences.

Nothing here touches the database: the entries and the versions come as arguments. What is told
is where the two disagree; where no version of the time is known, nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.prose.checks import (
    Described,
    Prose,
    described_actions_not_granted,
    in_backticks,
)

# The documentation is written some days before or after a version is made.
NEAR = timedelta(days=14)
_QUOTED = re.compile(r"`([^`\s]+)`")
_ACTION = re.compile(r"[a-z0-9.-]+:[A-Za-z0-9*?]+")
# What an observed change of no access says where the documents allow the same in everything.
ONLY_WORDING = "only the wording changed"
_NO_MORE = re.compile(r"\bno (?:further|additional|more|new) (?:access|permission)", re.I)
_WIDER = ("widened", "both")
_NUMBER = re.compile(r"v(\d+)")
_TAKES_AWAY = re.compile(r"\b(?:remov|no longer|withdr|dropp|revok|took away|taken away)", re.I)


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """An entry: `access` is what an observed change did to it, "" for a documented one.

    `version` is the id of the version that it tells of, "" where that is not known.
    """

    key: int
    day: date
    text: str
    is_observed: bool
    access: str = ""
    version: str = ""

    @property
    def quoted(self) -> tuple[str, ...]:
        """What is in backticks, each once."""
        return tuple(dict.fromkeys(_QUOTED.findall(self.text)))

    @property
    def actions(self) -> tuple[str, ...]:
        """The action patterns that it names."""
        return tuple(each for each in self.quoted if _ACTION.fullmatch(each))


@dataclass(frozen=True)
class DatedVersion:
    """A version, when it was made, and what it grants, worked out when asked for.

    `day` (UTC) is the day it was made, or the day by which it was; `first_day` the earliest day
    that it may have been, somewhere on earth. `is_exact` says that both are of one moment.
    """

    name: str
    day: date
    permissions: Callable[[], EffectivePermissions]
    first_day: date
    is_exact: bool = True

    @classmethod
    def made_at(
        cls, name: str, moment: datetime, permissions: Callable[[], EffectivePermissions]
    ) -> DatedVersion:
        """A version made at a moment (UTC)."""
        return cls(name, moment.date(), permissions, (moment - timedelta(hours=12)).date())

    @classmethod
    def made_between(
        cls,
        name: str,
        first: datetime,
        last: datetime,
        permissions: Callable[[], EffectivePermissions],
    ) -> DatedVersion:
        """A version of which only two moments (UTC) are known between which it was made."""
        return cls(name, last.date(), permissions, first.date(), is_exact=False)

    @property
    def when(self) -> str:
        """Its day in words, to follow its name and "is"."""
        if self.is_exact:
            return f"of {_day_in_words(self.day)}"
        return f"of some day from {_day_in_words(self.first_day)} to {_day_in_words(self.day)}"


@dataclass(frozen=True)
class ChangeLog:
    """A policy's entries and versions. The documentation was maintained from one day to another.

    `policies` are the names of policies that entries quote; `elsewhere` are documented entries of
    other policies that quote this one. `on_a_page` says whether a page that logs its changes has
    the policy, even without an entry.
    """

    policy: str
    entries: Sequence[LoggedChange]
    versions: Sequence[DatedVersion]
    policies: Collection[str]
    kept: tuple[date, date] | None
    elsewhere: Sequence[LoggedChange] = ()
    on_a_page: bool = False

    def disagreements(self) -> dict[int, list[str]]:
        """What each entry is contradicted by, a sentence each without its full stop."""
        found = {entry.key: list(self._of(entry)) for entry in self.entries}
        return {key: messages for key, messages in found.items() if messages}

    @property
    def _documented(self) -> list[LoggedChange]:
        return [entry for entry in self.entries if not entry.is_observed]

    def _of(self, entry: LoggedChange) -> Iterator[str]:
        if entry.is_observed:
            yield from self._silence(entry)
        else:
            yield from self._another_policy(entry)
            yield from self._not_granted(entry)
            yield from self._without_effect(entry)
            yield from self._dated_otherwise(entry)
            yield from self._without_version(entry)
            yield from self._allows_more(entry)

    def _silence(self, entry: LoggedChange) -> Iterator[str]:
        """An observed change of access that the documentation does not mention."""
        if entry.access in ("", "none") or self.kept is None:
            return
        if not self._documented and not self.on_a_page:
            return
        before = max((each.day for each in self.versions if each.day < entry.day), default=None)
        first, last = self.kept
        if before is None or not first <= entry.day <= last:
            return
        if not any(self._tells_of(each, entry, before) for each in self._about_this_policy):
            yield (
                f"the documentation, which was maintained until {_day_in_words(last)}, mentions no "
                "change "
                f"between {_day_in_words(before)} and then"
            )

    @property
    def _about_this_policy(self) -> list[LoggedChange]:
        own = [each for each in self._documented if not self._others_quoted(each)]
        return [*own, *self.elsewhere]

    def _tells_of(self, entry: LoggedChange, observed: LoggedChange, before: date) -> bool:
        """Whether an entry belongs to the version of a day, or to one between it and the last."""
        if entry.version and observed.version:
            return entry.version == observed.version
        nearest = self._nearest(entry.day)
        between = before + NEAR < entry.day <= observed.day
        return between or (nearest is not None and nearest.day == observed.day)

    def _nearest(self, day: date) -> DatedVersion | None:
        dated = (each for each in self.versions if each.is_exact)
        return min(dated, key=lambda each: abs(each.day - day), default=None)

    def _version_of(self, entry: LoggedChange) -> DatedVersion | None:
        """The version that the entry says it tells of, if that is known here."""
        named = (each for each in self.versions if each.name == entry.version)
        return next(named, None) if entry.version else None

    def _another_policy(self, entry: LoggedChange) -> Iterator[str]:
        if others := self._others_quoted(entry):
            yield f"the entry is listed under this policy but describes {in_backticks(others)}"

    def _others_quoted(self, entry: LoggedChange) -> list[str]:
        """The policies that it names, where this one is not among them."""
        named = [each for each in entry.quoted if each in self.policies]
        return [] if self.policy in named else named

    def _not_granted(self, entry: LoggedChange) -> Iterator[str]:
        """Actions that it names and the version of its time does not grant."""
        version = self._version_of(entry) or self._nearest(entry.day)
        if version is None or not entry.actions:
            return
        if version.name != entry.version and abs(version.day - entry.day) > NEAR:
            return
        if _TAKES_AWAY.search(entry.text):
            return
        case = Described(Prose(entry.actions, None, ""), version.permissions())
        missing = [evidence["pattern"] for _, evidence in described_actions_not_granted(case)]
        if missing:
            yield (
                f"the entry names {in_backticks(missing)}, which {version.name} of "
                f"{_day_in_words(version.day)} does not grant"
            )

    def _without_effect(self, entry: LoggedChange) -> Iterator[str]:
        """A documented change around which the documents only changed their wording."""
        observed = (each for each in self.entries if each.is_observed)
        then = [each for each in observed if abs(each.day - entry.day) <= NEAR]
        # A change of what AWS is never asked, by the reference, is one all the same.
        if then and all(each.access == "none" and ONLY_WORDING in each.text for each in then):
            yield "the documents before and after it allow the same"

    def _dated_otherwise(self, entry: LoggedChange) -> Iterator[str]:
        """An entry of a day on which its version did not exist yet, or had long done so."""
        version = self._version_of(entry)
        if version is None or not version.is_exact:
            return
        if entry.day < version.first_day:
            yield (
                f"the entry is dated before {version.name}, which it describes and which was "
                f"created on {_day_in_words(version.day)}"
            )
        elif entry.day - version.day > NEAR:
            days = (entry.day - version.day).days
            yield (
                f"the entry comes {days} days after {version.name}, which it describes and which "
                f"was created on {_day_in_words(version.day)}"
            )

    def _without_version(self, entry: LoggedChange) -> Iterator[str]:
        """A documented change between two versions that follow each other, near neither."""
        if entry.version or self._others_quoted(entry):
            return
        before = max((v for v in self.versions if v.day <= entry.day), key=_by_day, default=None)
        after = min((v for v in self.versions if v.day > entry.day), key=_by_day, default=None)
        if before is None or after is None or not _follows(before.name, after.name):
            return
        if entry.day - before.day > NEAR and after.first_day - entry.day > NEAR:
            yield (
                f"no version was created within {NEAR.days} days of then: {before.name} is "
                f"{before.when}, and {after.name}, the next one, {after.when}"
            )

    def _allows_more(self, entry: LoggedChange) -> Iterator[str]:
        """An entry that promises no further access, of a version that allows more."""
        if not entry.version or not _NO_MORE.search(entry.text):
            return
        observed = (each for each in self.entries if each.is_observed)
        if any(each.version == entry.version and each.access in _WIDER for each in observed):
            yield (
                f"the entry says that there is no further access, but {entry.version} allows "
                "what the version before it did not"
            )


def _by_day(version: DatedVersion) -> tuple[date, date]:
    return version.day, version.first_day


def _follows(earlier: str, later: str) -> bool:
    """Whether no version can be between two, by their numbers."""
    numbers = [_NUMBER.fullmatch(each) for each in (earlier, later)]
    first, second = (int(found[1]) if found else None for found in numbers)
    return first is not None and second == first + 1


def _day_in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
