"""What a search finds: group by group for people, one list for scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.http import QueryDict

from policyhub.catalog.access.power import PowerColumn
from policyhub.catalog.access.power_maps import power_of_policies
from policyhub.catalog.models import Policy, policy_label
from policyhub.catalog.naming import find_policy, keys_in_any_case
from policyhub.http import ParameterProblem, Parameters, choices_in_words
from policyhub.search.finding.entries import (
    ACTIONS,
    CONDITION_KEYS,
    GROUPS,
    POLICIES,
    Entry,
    Group,
    Text,
)
from policyhub.search.finding.index import Hits, Index, reason
from policyhub.search.finding.query import OPERATORS, Query, parse_query

LONGEST_REASON = 160


@dataclass(frozen=True)
class SearchQuestion:
    """What is searched for, and the one group that is looked into, if any."""

    text: str = ""
    query: Query = field(default_factory=Query)
    group: Group | None = None
    page: int = 1
    opened: str = ""
    problems: tuple[ParameterProblem, ...] = ()

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups that are looked into."""
        return (self.group,) if self.group else GROUPS

    @property
    def asked_arn(self) -> str:
        """The ARN that is the whole question, or ""."""
        words = self.query.words
        is_arn = len(self.query.terms) == 1 and len(words) == 1 and words[0].startswith("arn:")
        return self.text.strip() if is_arn else ""


def read_search_question(given: QueryDict) -> SearchQuestion:
    """Read a query string; what can't be searched for becomes a problem."""
    parameters = Parameters(given)
    parameters.expect(("q", "in", "page", "all"))
    wanted, opened = parameters.value("in"), parameters.value("all")
    group = next((group for group in GROUPS if group.key == wanted), None)
    if wanted and group is None:
        names = choices_in_words([group.key for group in GROUPS])
        message = f"`{wanted}` is not a kind of result: use {names}"
        parameters.complain("unknown-value", "in", message)
    if opened and opened not in OPERATORS:
        message = f"`{opened}` is not an operator: use {choices_in_words(OPERATORS)}"
        parameters.complain("unknown-value", "all", message)
    text = parameters.value("q")
    query, mistakes = parse_query(text)
    page = parameters.page()
    problems = (*parameters.problems, *mistakes)
    return SearchQuestion(text, query, group, page, opened, problems)


def exactly(question: SearchQuestion, index: Index) -> Entry | None:
    """What the whole question names: a policy, its ARN, an action or a condition key."""
    words = question.query.words
    if question.group or question.problems or len(question.query.terms) != 1 or len(words) != 1:
        return None
    name = words[0]
    if name.startswith("arn:"):
        key = Policy.objects.filter(arn__iexact=name).values_list("key", flat=True).first()
        almost = find_policy(question.text)
        keys = [key] if key else [almost.key] if almost else []
    elif ":" in name:
        return index.named(name, (ACTIONS, CONDITION_KEYS))
    else:
        keys = keys_in_any_case(name)
    return index.named(policy_label(keys[0]), (POLICIES,)) if len(keys) == 1 else None


Piece = tuple[str, bool]


def mark_matches(text: str, words: Sequence[str]) -> list[Piece]:
    """A text in pieces, and of each whether it is one of the words, ignoring case."""
    if not words:
        return [(text, False)]
    longest_first = sorted(words, key=len, reverse=True)
    pieces = re.split(f"({'|'.join(map(re.escape, longest_first))})", text, flags=re.IGNORECASE)
    return [(piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece]


def spans(text: str, words: Sequence[str]) -> list[list[int]]:
    """Where the words are in a text: [start, end], in characters."""
    pieces = mark_matches(text, words)
    ends = [0]
    for piece, _ in pieces:
        ends.append(ends[-1] + len(piece))
    return [
        [start, end]
        for (start, end), (_, is_word) in zip(pairwise(ends), pieces, strict=True)
        if is_word
    ]


@dataclass(frozen=True)
class FoundEntry:
    """A result: an entry, and where the words of the query are in it.

    `power` is what the smallest map of a policy shows, None where it is not asked for.
    """

    entry: Entry
    words: Sequence[str]
    power: Sequence[PowerColumn] | None = None

    @property
    def name(self) -> list[Piece]:
        """The name, the words marked."""
        return mark_matches(self.entry.name, self.words)

    @cached_property
    def reason(self) -> Text | None:
        """What it is that was found, and its text, if the name does not show it."""
        found = reason(self.entry, self.words)
        if found is None or found[1] in self.entry.detail:
            return None
        return found

    @property
    def because(self) -> list[Piece]:
        """The text of the reason around the first word, the words marked."""
        return mark_matches(_excerpt(self.reason[1], self.words), self.words) if self.reason else []

    @property
    def detail(self) -> list[Piece]:
        """The detail, the words marked."""
        return mark_matches(self.entry.detail, self.words)

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON has it."""
        entry = self.entry
        told = reason(entry, self.words)
        return {
            "group": entry.group.key,
            "name": entry.name,
            "detail": entry.detail,
            "url": entry.url,
            "marks": spans(entry.name, self.words),
            "reason": told
            and {"what": told[0], "text": told[1], "marks": spans(told[1], self.words)},
        }


def _excerpt(text: str, words: Sequence[str]) -> str:
    """As much of a long text as fits a line, from before the first word on."""
    if len(text) <= LONGEST_REASON:
        return text
    places = [at for word in words if (at := text.lower().find(word)) >= 0]
    start = max(min(places, default=0) - LONGEST_REASON // 3, 0)
    end = start + LONGEST_REASON
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


@dataclass(frozen=True)
class GroupResults:
    """The first results of a group, and how many there are in all."""

    group: Group
    count: int
    results: list[FoundEntry]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.results)


def with_power(results: Sequence[FoundEntry]) -> list[FoundEntry]:
    """The same results, the policies among them with what their maps show."""
    keys = {found.entry.policy for found in results if found.entry.group == POLICIES}
    power = power_of_policies(keys) if keys else {}
    return [
        replace(found, power=power.get(found.entry.policy)) if power else found for found in results
    ]


def first_of_each(hits: Hits, groups: Sequence[Group], most: int) -> list[GroupResults]:
    """The first results of every group that has any."""
    counts, words = hits.counts(), hits.query.words
    return [
        GroupResults(
            group, counts[group], [FoundEntry(entry, words) for entry in hits.page(group, 0, most)]
        )
        for group in groups
        if group in counts
    ]


class Results:
    """All results of some groups, one group after the other, to be cut into pages."""

    def __init__(self, hits: Hits, groups: Sequence[Group]) -> None:
        self._hits = hits
        counts: Mapping[Group, int] = hits.counts()
        self._parts = [(group, counts[group]) for group in groups if group in counts]

    def __len__(self) -> int:
        return sum(count for _, count in self._parts)

    def __getitem__(self, place: slice) -> list[FoundEntry]:
        start, stop, _ = place.indices(len(self))
        return [FoundEntry(entry, self._hits.query.words) for entry in self._between(start, stop)]

    def _between(self, start: int, stop: int) -> Iterator[Entry]:
        for group, count in self._parts:
            if start < count and stop > 0:
                yield from self._hits.page(group, max(start, 0), min(stop, count))
            start, stop = start - count, stop - count
