"""The catalogue as it was on a day: of each policy the version that was in force then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from threading import Lock
from typing import Any

from cachetools import LRUCache, cached

from policyhub.catalog.access.catalogue import CatalogPolicy
from policyhub.catalog.access.in_memory import CompiledCatalogue
from policyhub.catalog.access.versions_by_day import PastVersion, VersionChoice, version_on
from policyhub.catalog.models import CatalogState, Policy, PolicyVersion
from policyhub.catalog.models.policy import PolicyVersionQuerySet, policy_label
from policyhub.catalog.parts import in_parts
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.language.lists import first_few
from policyhub.iam.reading.document import read_alone

_READ_AT_ONCE = 200
_MOST_NAMED = 10
# AWS's policies of today have about 9,000 statements.
_KEPT_DAYS = 2
_MOST_KEPT_STATEMENTS = 12_000
_FACTS = ("policy__key", "policy__kind", "policy__created_at", "policy__last_seen_on")
_COLUMNS = (
    "pk", "version_id", "number", "created_at", "not_before", "not_after", "retrieved_on",
    "is_default",
)  # fmt: skip


# What each doubt means, and which version is taken.
_SENTENCES = {
    "bounds": "Of {count} it is not known which of these versions was in force on that day; the "
    "oldest of them is asked, and none where it may be that there was none yet",
    "gap": "Of {count} a version is missing here that may have been in force on that day; the "
    "one before it is asked, if there is one",
    "undated": "Of {count} no version has a date; the one that is here is asked",
    "default": "Of {count} the account chooses the default version, and it is not known which it "
    "was on that day; the newest of then is asked",
}


@dataclass(frozen=True, slots=True)
class PolicyOnADay:
    """What is known of a policy on a day.

    `existing` counts the versions that there were then, of which a customer chooses the default.
    AWS had removed the policy by then if it was last seen earlier.
    """

    name: str
    choice: VersionChoice
    is_of_customer: bool
    existing: int
    last_seen: date | None
    was_removed: bool

    @property
    def doubt(self) -> str:
        """Why it is not certain that this version was in force; "" if it is."""
        if self.was_removed:
            return ""
        is_guess = self.is_of_customer and self.existing > 1
        return self.choice.doubt or ("default" if is_guess else "")

    @property
    def doubt_in_words(self) -> str:
        """The doubt as a sentence without a full stop; "" if there is none."""
        if not self.doubt:
            return ""
        return f"{_SENTENCES[self.doubt].format(count='this policy')}: {self.in_words}"

    @property
    def in_words(self) -> str:
        """The policy with the versions in question."""
        versions = [each.version_id or "unnumbered" for each in self.choice.candidates]
        may_be_none = "" if self.choice.version else " or none yet"
        named = f" ({' or '.join(versions)}{may_be_none})" if versions else ""
        return f"{policy_label(self.name)}{named}"


@dataclass(eq=False)
class CatalogueDay:
    """All policies on a day, by name, with how far the history had been loaded."""

    day: date
    policies: tuple[PolicyOnADay, ...]
    history_done: int
    history_total: int
    _kept: CompiledCatalogue | None = field(default=None, init=False)

    def catalogue(self, budget: Budget = NO_LIMIT) -> CompiledCatalogue:
        """The versions in force, compiled, and kept if they are not many more than today's.

        Raises `SpentError`.
        """
        if self._kept is not None:
            return self._kept
        policies = list(self._parsed(budget))
        compiled = CompiledCatalogue(policies, get_reference())
        if sum(len(each.document.statements) for each in policies) <= _MOST_KEPT_STATEMENTS:
            self._kept = compiled
        return compiled

    def _parsed(self, budget: Budget) -> Iterator[CatalogPolicy]:
        for some in in_parts(sorted(self.chosen), _READ_AT_ONCE):
            versions = PolicyVersion.objects.filter(pk__in=some).order_by()
            for key, version_id, text in versions.values_list("pk", "version_id", "document"):
                # About what reading a document costs, in steps of a decision.
                budget.spend(len(text))
                document = read_alone(text)
                if document is not None:
                    yield CatalogPolicy(self.chosen[key], version_id, document)

    @cached_property
    def chosen(self) -> dict[int, str]:
        """The versions in force by their keys in the database, with their policies' names."""
        return {
            each.choice.version.key: each.name
            for each in self.policies
            if each.choice.version and not each.was_removed
        }

    def to_dict(self) -> dict[str, Any]:
        """The day as JSON has it, with every policy that is in doubt."""
        return {
            "at": self.day.isoformat(),
            "remarks": self.remarks,
            "inDoubt": [
                {
                    "policy": each.name,
                    "doubt": each.doubt,
                    "versions": [version.version_id for version in each.choice.candidates],
                }
                for each in self.doubtful
            ],
        }

    @cached_property
    def doubtful(self) -> tuple[PolicyOnADay, ...]:
        """The policies of which it is not certain that this version was in force."""
        return tuple(each for each in self.policies if each.doubt)

    @property
    def remarks(self) -> list[str]:
        """What is not certain, a sentence each, without a full stop."""
        said = [history_remark(self.history_done, self.history_total)]
        for doubt, sentence in _SENTENCES.items():
            found = [each.in_words for each in self.doubtful if each.doubt == doubt]
            if found:
                count = "one policy" if len(found) == 1 else f"{len(found):,} policies"
                named = first_few(found, _MOST_NAMED)
                said.append(f"{sentence.format(count=count)}: {named}")
        return [each for each in said if each]


def history_remark(done: int, total: int) -> str:
    """That the history is not all in yet; "" if it is."""
    if done >= total:
        return ""
    return (
        f"The history is still being loaded: {done:,} of {total:,} policies have all their known "
        "versions so far, and of the others older versions are missing"
    )


def end_of(day: date) -> datetime:
    """The moment at which a day has ended, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def policy_on(name: str, day: date) -> PolicyOnADay | None:
    """What is known of one policy, by its key; None where no version of it is here."""
    versions = PolicyVersion.objects.filter(policy__key=name)
    return next(_policies(versions, day), None)


def catalogue_day(day: date) -> CatalogueDay:
    """All policies on a day; kept while the catalogue and its history stay as they are."""
    state = CatalogState.current()
    stamp = state.generation, state.history_digest, state.history_done, state.history_total
    return _catalogue_day(day, stamp)


@cached(LRUCache(_KEPT_DAYS), lock=Lock())
def _catalogue_day(day: date, stamp: tuple[int, str, int, int]) -> CatalogueDay:
    return CatalogueDay(day, tuple(_policies(PolicyVersion.objects.all(), day)), *stamp[2:])


def _policies(versions: PolicyVersionQuerySet, day: date) -> Iterator[PolicyOnADay]:
    rows = versions.oldest_first().values_list(*_FACTS, *_COLUMNS)
    by_name = groupby(sorted(rows, key=itemgetter(0)), key=lambda row: row[: len(_FACTS)])
    for (name, kind, created, last_seen), of_policy in by_name:
        dated = [_past_version(*row[len(_FACTS) :]) for row in of_policy]
        end = end_of(day)
        yield PolicyOnADay(
            name,
            version_on(dated, end, created),
            was_removed=last_seen is not None and last_seen < day,
            is_of_customer=kind == Policy.Kind.CUSTOMER_MANAGED,
            existing=sum(each.existed(end) for each in dated),
            last_seen=last_seen,
        )


def _past_version(
    key: int,
    version_id: str,
    number: int | None,
    created: datetime | None,
    not_before: datetime | None,
    not_after: datetime | None,
    retrieved_on: date | None,
    is_default: bool,
) -> PastVersion:
    """A version; where nothing else is known, it was there on the day of the data."""
    seen = datetime.combine(retrieved_on, time(), UTC) if retrieved_on else None
    return PastVersion(
        key, version_id, number, created or not_before, created or not_after or seen, is_default
    )
