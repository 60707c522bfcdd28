"""Statements that were found, as people read them: in few words, those of one policy in one row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from policyhub.catalog.models import policy_label
from policyhub.iam.language.wording import Words, join_words, list_words, quote, say
from policyhub.iam.reading.document import Statement
from policyhub.search.finding.results import FoundEntry

_MOST_ACTIONS = 3
_MOST_RESOURCES = 1


@dataclass(frozen=True)
class FoundStatement:
    """A statement that was found, and the words of the query in it."""

    found: FoundEntry
    statement: Statement

    @property
    def number(self) -> int:
        """Its number in the document, from 1."""
        return self.statement.position + 1

    @property
    def slug(self) -> str:
        """The effect as CSS classes have it."""
        return self.statement.effect.lower()

    @property
    def in_few_words(self) -> Words:
        """What it does, the actions and resources with the words of the query first."""
        return in_few_words(self.statement, self.found.words)


@dataclass(frozen=True)
class FoundStatements:
    """The statements of one policy that were found, the best first."""

    policy: str
    statements: Sequence[FoundStatement]

    @property
    def label(self) -> str:
        """The policy's name."""
        return policy_label(self.policy)

    @property
    def url(self) -> str:
        """The policy's document."""
        return reverse("browse:policy_document", args=[self.policy])

    @property
    def first(self) -> FoundStatement:
        """The best of them."""
        return self.statements[0]


def by_policy(results: Iterable[FoundEntry]) -> list[FoundStatements]:
    """The statements among some results, in one row for each policy, the best first."""
    rows: dict[str, list[FoundStatement]] = {}
    for found in results:
        if found.entry.statement is not None:
            row = rows.setdefault(found.entry.policy, [])
            row.append(FoundStatement(found, found.entry.statement))
    return [FoundStatements(policy, statements) for policy, statements in rows.items()]


def in_few_words(statement: Statement, words: Sequence[str] = ()) -> Words:
    """The actions, the resources, and how many conditions there are; the effect is left out."""
    actions = _few("action", statement.actions, words, _MOST_ACTIONS)
    resources = _few("resource", statement.resources, words, _MOST_RESOURCES)
    count = len(statement.conditions)
    return join_words(
        "every action except " if statement.not_action else "",
        actions,
        " on " if resources else "",
        "every resource except " if statement.not_resource else "",
        resources,
        f", under {count} condition{'s' if count > 1 else ''}" if count else "",
    )


def _few(kind: str, patterns: Sequence[str], words: Sequence[str], most: int) -> Words:
    """The first patterns, those with the words before others, and how many more there are."""
    ordered = sorted(patterns, key=lambda each: not any(word in each.lower() for word in words))
    shown = [_named(kind, each) for each in ordered[:most]]
    more = len(ordered) - len(shown)
    return list_words([*shown, *([say(f"{more:,} more")] if more > 0 else [])], " and ")


def _named(kind: str, pattern: str) -> Words:
    if pattern == "*":
        return say(f"every {kind}")
    return quote("action" if kind == "action" else "resource", pattern)
