"""What an import did, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from policyhub.catalog.sources.items import Rejection, Skipped


class ImportOutcome(IntEnum):
    """What became of a policy; of several the greatest counts."""

    UNCHANGED = 0
    UPDATED = 1
    CREATED = 2


class Conflict(Rejection):
    """Something that is well-formed and disagrees with what is already here."""


@dataclass(slots=True)
class ImportReport:
    """What became of each policy by its `Policy.key`, and everything left out with its reason."""

    outcomes: dict[str, ImportOutcome] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def created(self) -> list[str]:
        """Policies that were not here before."""
        return self._names(ImportOutcome.CREATED)

    @property
    def updated(self) -> list[str]:
        """Policies of which something is new: a version, the default, a fact."""
        return self._names(ImportOutcome.UPDATED)

    @property
    def unchanged(self) -> list[str]:
        """Policies of which nothing is new."""
        return self._names(ImportOutcome.UNCHANGED)

    @property
    def usable(self) -> int:
        """How many policies came in or were already here."""
        return len(self.outcomes)

    @property
    def exit_status(self) -> int:
        """0 all in, 1 some rejected, 2 nothing usable."""
        if not self.usable:
            return 2
        return 1 if self.rejected else 0

    def note(self, key: str, outcome: ImportOutcome) -> None:
        """Record what happened to a policy, which several places may contain."""
        self.outcomes[key] = max(outcome, self.outcomes.get(key, outcome))

    def add(self, part: ImportReport) -> None:
        """Take in the report on a further part of the same run."""
        for key, outcome in part.outcomes.items():
            self.note(key, outcome)
        self.rejected += part.rejected
        self.skipped += part.skipped

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it: names, and the place and reason of what is left out.

        A name appears once for each policy that has it; `customerManaged` names these by ARN.
        """
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "customerManaged": self._of_customers(),
            "rejected": [_as_dict(each) for each in self.rejected],
            "skipped": [_as_dict(each) for each in self.skipped],
        }

    def lines(self, dry_run: bool = False) -> list[str]:
        """The report as a person reads it, one line a thing; nothing in it is control text."""
        verb = "would be " if dry_run else ""
        counts = (
            f"{len(self.created):,} {verb}created, {len(self.updated):,} {verb}updated, "
            f"{len(self.unchanged):,} unchanged, {len(self.rejected):,} rejected, "
            f"{len(self.skipped):,} left out"
        )
        rejected = [f"rejected: {each.place}: {each.reason}" for each in self.rejected]
        skipped = [f"left out: {each.place}: {each.reason}" for each in self.skipped]
        return [counts, *map(printable, [*rejected, *skipped])]

    def _names(self, outcome: ImportOutcome) -> list[str]:
        return [_name(key) for key, each in self.outcomes.items() if each is outcome]

    def _of_customers(self) -> list[dict[str, str]]:
        """Customers' policies, which share their names with others, by their ARNs."""
        return [
            {"name": _name(key), "arn": key, "outcome": outcome.name.lower()}
            for key, outcome in self.outcomes.items()
            if key.startswith("arn:")
        ]


def _name(key: str) -> str:
    """A policy's name out of its key, which may be its ARN."""
    return key.rpartition("/")[2]


def printable(text: str) -> str:
    """The text with what would steer a terminal, or can't be written to one, escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def _as_dict(item: Rejection | Skipped) -> dict[str, str]:
    return {"place": item.place, "reason": item.reason}
