"""What a search finds: group by group for people, one list for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.http import QueryDict

from policyhub.http import ParameterProblem, Parameters, in_words
from policyhub.search.names import GROUPS, Found, Group


@dataclass(frozen=True)
class Question:
    """What is searched for: words, and the one group that is looked into, if any."""

    text: str = ""
    group: Group | None = None
    page: int = 1
    problems: tuple[ParameterProblem, ...] = ()

    @property
    def words(self) -> list[str]:
        """The words, each of which must stand in a name."""
        return self.text.split()

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups that are looked into."""
        return (self.group,) if self.group else GROUPS


def understand(query: QueryDict) -> Question:
    """Read a query string; what can't be searched for becomes a problem."""
    parameters = Parameters(query)
    parameters.expect(("q", "in", "page"))
    wanted = parameters.value("in")
    group = next((group for group in GROUPS if group.key == wanted), None)
    if wanted and group is None:
        names = in_words([group.key for group in GROUPS])
        message = f"`{wanted}` is nothing to search in: use {names}"
        parameters.complain("unknown-value", "in", message)
    return Question(parameters.words("q"), group, parameters.page(), tuple(parameters.problems))


@dataclass(frozen=True)
class GroupResults:
    """The first results of a group, and how many there are in all."""

    group: Group
    count: int
    results: list[Found] = field(default_factory=list)

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.results)


def first_of_each(question: Question, most: int) -> list[GroupResults]:
    """The first results of every group that has any."""
    found = []
    for group in question.groups if question.words else ():
        rows = group.matching(question.words)
        results = group.found(rows[: most + 1])
        if results:
            count = rows.count() if len(results) > most else len(results)
            found.append(GroupResults(group, count, results[:most]))
    return found


class Results:
    """All results of all groups, one group after the other, read from the database in slices."""

    def __init__(self, question: Question) -> None:
        self.parts = [
            (group, rows, rows.count())
            for group in (question.groups if question.words else ())
            for rows in [group.matching(question.words)]
        ]

    def __len__(self) -> int:
        return sum(count for _, _, count in self.parts)

    def __getitem__(self, place: slice) -> list[Found]:
        start, stop, _ = place.indices(len(self))
        return list(self._between(start, stop))

    def _between(self, start: int, stop: int) -> Iterator[Found]:
        for group, rows, count in self.parts:
            if start < count and stop > 0:
                yield from group.found(rows[max(start, 0) : min(stop, count)])
            start, stop = start - count, stop - count
