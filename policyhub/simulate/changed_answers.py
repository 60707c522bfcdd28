"""Which answers to the lines of a scenario file changed with new versions, since a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from typing import IO, Any

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.simulate.lines import answer_line, read_lines
from policyhub.simulate.managed import catalogue_now
from policyhub.simulate.recoded_lines import RecodedLines

Json = dict[str, Any]
_NOT_THERE: Json = {"decision": None, "versions": {}}
_IN_WORDS = {
    "allowed": "allowed",
    "explicitDeny": "explicit deny",
    "implicitDeny": "implicit deny",
    None: "no such policy",
}


@dataclass(frozen=True, slots=True)
class ChangedAnswer:
    """An answer that is another one since a day, with the versions that were in force then.

    A decision is None while a policy of the simulation did not exist.
    """

    id: Any
    since: date
    before: str | None
    after: str | None
    versions: Mapping[str, str]

    @property
    def before_in_words(self) -> str:
        """The answer before in AWS's words."""
        return _IN_WORDS[self.before]

    @property
    def after_in_words(self) -> str:
        """The answer since then in AWS's words."""
        return _IN_WORDS[self.after]

    @property
    def after_class(self) -> str:
        """The answer since then as CSS classes have it."""
        return self.after_in_words.replace(" ", "-")

    @property
    def by(self) -> str:
        """The versions in words."""
        return ", ".join(f"{name} {version or 'unnumbered'}"
                         for name, version in self.versions.items())  # fmt: skip

    @property
    def in_words(self) -> str:
        """What changed, without a full stop."""
        return (
            f"{self.id}: {self.after_in_words} since {self.since} ({self.by}), "
            f"before: {self.before_in_words}"
        )

    def to_dict(self) -> Json:
        """The change as JSON has it."""
        return {
            "id": self.id,
            "since": self.since.isoformat(),
            "before": self.before,
            "after": self.after,
            "versions": dict(self.versions),
        }


@dataclass(frozen=True, slots=True)
class ReplayedLine:
    """A line by its number from 1 on, with its id, the answer of today and what changed.

    `problem` says what is wrong with a line that can't be used; then there is no answer.
    """

    number: int
    id: Any
    answer: str | None = None
    changes: tuple[ChangedAnswer, ...] = ()
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called: its id, else its number."""
        return str(self.id) if self.id is not None else f"line {self.number}"


def replayed_lines(
    file: IO[bytes], since: date, budget: Budget = NO_LIMIT
) -> Iterator[ReplayedLine]:
    """The lines of a scenario file in order, blank ones passed over. Raises `SpentError`."""
    now = cache(catalogue_now)
    for number, line in enumerate(read_lines(RecodedLines(file)), 1):
        result = answer_line(line, False, now, replay=True, since=since, budget=budget)
        if result is None:
            continue
        name = result["id"]
        if "error" in result:
            yield ReplayedLine(number, name, problem=result["error"]["message"])
        else:
            changes = tuple(changes_since(result, since))
            yield ReplayedLine(number, name, result["history"][-1]["decision"], changes)


def changes_since(result: Mapping[str, Any], since: date) -> Iterator[ChangedAnswer]:
    """The changes of a replayed answer from a day on, each with what it was before."""
    for old, new in pairwise([_NOT_THERE, *result["history"]]):
        if new["since"] and (day := date.fromisoformat(new["since"])) >= since:
            yield ChangedAnswer(
                result["id"], day, old["decision"], new["decision"], new["versions"]
            )
