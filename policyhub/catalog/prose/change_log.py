"""The documented change log of a policy, checked against its versions and their differences.

Nothing here touches the database: the entries and the versions come as arguments. What is told
is where the two disagree; where no version of the time is known, nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.prose.grants import described_actions_not_granted
from policyhub.catalog.prose.named_services import services_with_access
from policyhub.catalog.prose.subject import (
    Described,
    Disagreement,
    Disagreements,
    Prose,
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
    def day_in_words(self) -> str:
        """Its day, as sentences have it."""
        return _day_in_words(self.day)

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
        found = {
            case.entry.key: [each.message for look in case.looks for each in look(case)]
            for case in self.cases()
        }
        return {key: messages for key, messages in found.items() if messages}

    def cases(self) -> Iterator[EntryCase]:
        """Each entry with the log that it is in."""
        return (EntryCase(self, entry) for entry in self.entries)

    @property
    def documented(self) -> list[LoggedChange]:
        """The entries of the documentation."""
        return [entry for entry in self.entries if not entry.is_observed]

    @property
    def about_this_policy(self) -> list[LoggedChange]:
        """The documented entries that describe this policy, those of other policies included."""
        own = [each for each in self.documented if not self.others_quoted(each)]
        return [*own, *self.elsewhere]

    def others_quoted(self, entry: LoggedChange) -> list[str]:
        """The policies that an entry names, where this one is not among them."""
        named = [each for each in entry.quoted if each in self.policies]
        return [] if self.policy in named else named

    def nearest(self, day: date) -> DatedVersion | None:
        """The version that was made nearest to a day, among those whose day is known."""
        dated = (each for each in self.versions if each.is_exact)
        return min(dated, key=lambda each: abs(each.day - day), default=None)

    def version_of(self, entry: LoggedChange) -> DatedVersion | None:
        """The version that the entry says it describes, if that is known here."""
        named = (each for each in self.versions if each.name == entry.version)
        return next(named, None) if entry.version else None


@dataclass(frozen=True, slots=True)
class EntryCase:
    """An entry in its log: each method yields what contradicts it in one way."""

    log: ChangeLog
    entry: LoggedChange

    @property
    def looks(self) -> tuple[Callable[[EntryCase], Disagreements], ...]:
        """The methods that look at an entry of its source."""
        return OBSERVED if self.entry.is_observed else DOCUMENTED

    def _found(self, message: str, remedy: str, **more: Any) -> Disagreement:
        title, _, text = self.entry.text.partition("\n")
        evidence = {"date": self.entry.day.isoformat(), "title": title, "sentence": text, **more}
        return Disagreement(message, evidence, remedy)

    def without_entry(self) -> Disagreements:
        """An observed change of access that the documentation does not mention."""
        entry, log = self.entry, self.log
        if entry.access in ("", "none") or log.kept is None:
            return
        if not log.documented and not log.on_a_page:
            return
        before = max((each.day for each in log.versions if each.day < entry.day), default=None)
        first, last = log.kept
        if before is None or not first <= entry.day <= last:
            return
        if not any(self._mentioned_by(each, before) for each in log.about_this_policy):
            yield self._found(
                f"the documentation, which was maintained until {_day_in_words(last)}, mentions no "
                f"change between {_day_in_words(before)} and then",
                f"add an entry for {entry.version or 'the version'}, and that the page has none",
                version=entry.version,
                access=entry.access,
            )

    def _mentioned_by(self, documented: LoggedChange, before: date) -> bool:
        """Whether an entry belongs to the version of a day, or to one between it and the last."""
        observed = self.entry
        if documented.version and observed.version:
            return documented.version == observed.version
        nearest = self.log.nearest(documented.day)
        between = before + NEAR < documented.day <= observed.day
        return between or (nearest is not None and nearest.day == observed.day)

    def names_another_policy(self) -> Disagreements:
        """Titles and texts that are about different policies."""
        if others := self.log.others_quoted(self.entry):
            yield self._found(
                f"the entry is listed under this policy but describes {in_backticks(others)}",
                f"list the entry under {in_backticks(others)}",
                policies=others,
            )

    def names_actions_not_granted(self) -> Disagreements:
        """Actions that it names and the version of its time does not grant."""
        entry = self.entry
        version = self.log.version_of(entry) or self.log.nearest(entry.day)
        if version is None or not entry.actions:
            return
        if version.name != entry.version and abs(version.day - entry.day) > NEAR:
            return
        if _TAKES_AWAY.search(entry.text):
            return
        case = Described(Prose(entry.actions, None, ""), version.permissions())
        missing = [each.evidence["pattern"] for each in described_actions_not_granted(case)]
        if missing:
            yield self._found(
                f"the entry names {in_backticks(missing)}, which {version.name} of "
                f"{_day_in_words(version.day)} does not grant",
                f"name the actions that {version.name} grants",
                actions=missing,
                version=version.name,
            )

    def names_absent_services(self) -> Disagreements:
        """Services to which it says that there is access, and of which no document grants any."""
        if self.log.others_quoted(self.entry) or _TAKES_AWAY.search(self.entry.text):
            return
        named = services_with_access(self.entry.text)
        if not named or not self.log.versions:
            return
        for version in self.log.versions:
            named = {
                prefix: name
                for prefix, name in named.items()
                if all(prefix != row.prefix for row in version.permissions().services)
            }
        for prefix, name in named.items():
            yield self._found(
                f"the entry says that the policy gives access to {name}, but no version of it "
                f"grants anything of `{prefix}`",
                f"leave {name} out of the entry",
                service=prefix,
                versions=[each.name for each in self.log.versions],
            )

    def without_effect(self) -> Disagreements:
        """A documented change around which the documents only changed their wording."""
        then = [each for each in self._observed if abs(each.day - self.entry.day) <= NEAR]
        # A change of what AWS is never asked, by the reference, is one all the same.
        if then and all(each.access == "none" and ONLY_WORDING in each.text for each in then):
            yield self._found(
                "the documents before and after it allow the same",
                "say that only the wording of the document changed",
            )

    @property
    def _observed(self) -> list[LoggedChange]:
        return [each for each in self.log.entries if each.is_observed]

    def dated_otherwise(self) -> Disagreements:
        """An entry of a day on which its version did not exist yet, or had long done so."""
        entry, version = self.entry, self.log.version_of(self.entry)
        if version is None or not version.is_exact:
            return
        days = (entry.day - version.day).days
        if entry.day < version.first_day:
            message = (
                f"the entry is dated before {version.name}, which it describes and which was "
                f"created on {_day_in_words(version.day)}"
            )
        elif entry.day - version.day > NEAR:
            message = (
                f"the entry comes {days} days after {version.name}, which it describes and which "
                f"was created on {_day_in_words(version.day)}"
            )
        else:
            return
        remedy = f"give the day of {version.name}, {_day_in_words(version.day)}"
        made = version.day.isoformat()
        yield self._found(message, remedy, version=version.name, versionDate=made)

    def without_version(self) -> Disagreements:
        """A documented change between two versions that follow each other, near neither."""
        entry, versions = self.entry, self.log.versions
        if entry.version or self.log.others_quoted(entry):
            return
        before = max((v for v in versions if v.day <= entry.day), key=_by_day, default=None)
        after = min((v for v in versions if v.day > entry.day), key=_by_day, default=None)
        if before is None or after is None or not _follows(before.name, after.name):
            return
        if entry.day - before.day > NEAR and after.first_day - entry.day > NEAR:
            yield self._found(
                f"no version was created within {NEAR.days} days of then: {before.name} is "
                f"{before.when}, and {after.name}, the next one, {after.when}",
                "choose the version that the entry describes, or say that there is none",
                versions=[before.name, after.name],
            )

    def allows_more(self) -> Disagreements:
        """An entry that promises no further access, of a version that allows more."""
        version = self.entry.version
        if not version or not _NO_MORE.search(self.entry.text):
            return
        if any(each.version == version and each.access in _WIDER for each in self._observed):
            yield self._found(
                f"the entry says that there is no further access, but {version} allows "
                "what the version before it did not",
                f"say what {version} newly allows",
                version=version,
            )


OBSERVED = (EntryCase.without_entry,)
DOCUMENTED = (
    EntryCase.names_another_policy,
    EntryCase.names_actions_not_granted,
    EntryCase.names_absent_services,
    EntryCase.without_effect,
    EntryCase.dated_otherwise,
    EntryCase.without_version,
    EntryCase.allows_more,
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
