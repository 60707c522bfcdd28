"""The documented change log of a policy, checked against its versions and their differences.

Nothing here touches the database: the entries and the versions come as arguments. What is told
is where the two disagree; where no version of the time is known, nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

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
_TAKES_AWAY = re.compile(r"\b(?:remov|no longer|withdr|dropp|revok|took away|taken away)", re.I)


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """An entry: `access` is what an observed change did to it, "" for a documented one."""

    key: int
    day: date
    text: str
    is_observed: bool
    access: str = ""

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
    """A version, the day it was made, and what it grants, worked out when asked for."""

    name: str
    day: date
    permissions: Callable[[], EffectivePermissions]


@dataclass(frozen=True)
class ChangeLog:
    """A policy's entries and versions. The documentation was maintained from one day to another.

    `policies` are the names of policies that entries quote.
    """

    policy: str
    entries: Sequence[LoggedChange]
    versions: Sequence[DatedVersion]
    policies: Collection[str]
    kept: tuple[date, date] | None

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

    def _silence(self, entry: LoggedChange) -> Iterator[str]:
        """An observed change of access that the documentation does not mention."""
        if entry.access in ("", "none") or self.kept is None or not self._documented:
            return
        before = max((each.day for each in self.versions if each.day < entry.day), default=None)
        first, last = self.kept
        if before is None or not first <= entry.day <= last:
            return
        if not any(self._tells_of(each, before, entry.day) for each in self._documented):
            yield (
                f"the documentation, which was maintained until {_day_in_words(last)}, mentions no "
                "change "
                f"between {_day_in_words(before)} and then"
            )

    def _tells_of(self, entry: LoggedChange, before: date, day: date) -> bool:
        """Whether an entry belongs to the version of a day, or to one between it and the last."""
        nearest = self._nearest(entry.day)
        return before + NEAR < entry.day <= day or (nearest is not None and nearest.day == day)

    def _nearest(self, day: date) -> DatedVersion | None:
        return min(self.versions, key=lambda each: abs(each.day - day), default=None)

    def _another_policy(self, entry: LoggedChange) -> Iterator[str]:
        others = [each for each in entry.quoted if each in self.policies and each != self.policy]
        if others and self.policy not in entry.quoted:
            yield f"the entry is listed under this policy but describes {in_backticks(others)}"

    def _not_granted(self, entry: LoggedChange) -> Iterator[str]:
        """Actions that it names and the version of its time does not grant."""
        version = self._nearest(entry.day)
        if version is None or abs(version.day - entry.day) > NEAR or not entry.actions:
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
        then = {each.access for each in observed if abs(each.day - entry.day) <= NEAR}
        if then == {"none"}:
            yield "the documents before and after it allow the same"


def _day_in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
