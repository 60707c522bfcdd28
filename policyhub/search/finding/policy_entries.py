"""Entries for policies, their statements and what the documentation says of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from policyhub.catalog.access.catalogue import CatalogPolicy
from policyhub.catalog.access_levels import COUNT_COLUMNS
from policyhub.catalog.models import (
    ChangelogEntry,
    PermissionDescription,
    Policy,
    PolicyVersion,
    policy_label,
)
from policyhub.catalog.retired import retired_policy
from policyhub.iam.reading.document import Statement
from policyhub.judge.lint.filters import lint_values_by_policy
from policyhub.judge.risks.filters import values_by_policy
from policyhub.search.finding.entries import (
    CHANGES,
    POLICIES,
    STATEMENTS,
    Entry,
    Tag,
    Text,
    level_tag,
    statement_name,
    tag,
)
from policyhub.search.finding.reached import Reached

M = TypeVar("M", bound=Model)


class PolicyEntries:
    """Entries of policies, of their statements and changes, which share their tags.

    `policies` are those with a document, and `names` (keys) those that entries are made of, None
    for all. The `unlisted` services, which the reference lacks, are touched by who names them and
    by who takes every service. Without `reached` the entries have no tags.
    """

    def __init__(
        self,
        policies: Mapping[str, CatalogPolicy],
        reached: Reached | None,
        names: Collection[str] | None = None,
        unlisted: Collection[str] = (),
        *,
        judged: bool = True,
    ) -> None:
        self.policies = policies
        self.names = names
        self.reached = reached
        self.services: dict[str, list[set[str]]] = {}
        self.tags: dict[str, tuple[Tag, ...]] = {}
        if reached:
            for name, policy in policies.items():
                statements = policy.document.statements
                self.services[name] = [reached.services.of(each, unlisted) for each in statements]
            risks = values_by_policy(names) if judged else {}
            findings = lint_values_by_policy(names) if judged else {}
            self.tags = {
                row["policy__key"]: (
                    *self._tags(row),
                    *(tag("risk", each) for each in risks.get(row["policy__key"], ())),
                    *(tag("lint", each) for each in findings.get(row["policy__key"], ())),
                )
                for row in self._rows()
            }

    def _rows(self) -> Iterable[dict[str, Any]]:
        columns = ("policy__key", "policy__kind", "policy__updated_at", *COUNT_COLUMNS.values())
        versions = self._only(PolicyVersion.objects.in_force(), "policy__key")
        rows: Iterable[dict[str, Any]] = versions.order_by().values(*columns)
        return rows

    def _only(self, rows: QuerySet[M], name: str) -> QuerySet[M]:
        return rows if self.names is None else rows.filter(**{f"{name}__in": self.names})

    def _tags(self, row: Mapping[str, Any]) -> tuple[Tag, ...]:
        name, updated = row["policy__key"], row["policy__updated_at"]
        levels = {level_tag(level) for level, column in COUNT_COLUMNS.items() if row[column]}
        of_statements = {
            each for one in self._statements(name) for each in (*_condition_tags(one), _effect(one))
        }
        services = {tag("service", each) for of in self.services.get(name, ()) for each in of}
        day = {tag("changed", updated.date().isoformat())} if updated else set()
        kind = {tag("kind", row["policy__kind"])}
        return tuple(kind | levels | of_statements | services | day)

    def _statements(self, name: str) -> tuple[Statement, ...]:
        policy = self.policies.get(name)
        return policy.document.statements if policy else ()

    def entries(self) -> Iterator[Entry]:
        """Every policy, with its ARN and with what curators wrote."""
        described: dict[str, list[Text]] = {}
        descriptions = self._only(
            PermissionDescription.objects.filter(is_withdrawn=False), "policy__key"
        )
        for name, pattern, text in descriptions.values_list("policy__key", "pattern", "text"):
            told = described.setdefault(name, [])
            told.append((f"description of {pattern}", f"{pattern}: {flat(text)}"))
        columns = ("key", "name", "arn", "kind", "last_seen_on", "summary", "considerations")
        policies = self._only(Policy.objects.all(), "key").order_by()
        for key, name, arn, kind, last_seen, summary, considerations in policies.values_list(
            *columns
        ):
            texts = [
                ("ARN", arn or ""),
                ("summary", flat(summary)),
                ("considerations", flat(considerations)),
                *described.get(key, ()),
            ]
            statements = self._statements(key)
            yield Entry(
                POLICIES,
                # The name alone comes last: it is what people misspell.
                tuple(dict.fromkeys((policy_label(key), name))),
                _kind_in_words(key, kind, last_seen),
                ("browse:policy", (key,), ""),
                tuple(text for text in texts if text[1]),
                self.tags.get(key, ()),
                policy=key,
                resources=tuple(
                    dict.fromkeys(each for one in statements for each in one.resources)
                ),
            )

    def statement_entries(self) -> Iterator[Entry]:
        """Every statement of every default version, by its elements."""
        for name, policy in self.policies.items():
            for statement in policy.document.statements:
                yield self.statement_entry(name, statement)

    def _shared(self, name: str, *operators: str) -> list[Tag]:
        return [each for each in self.tags.get(name, ()) if each[0] in operators]

    def statement_entry(self, name: str, statement: Statement) -> Entry:
        """One statement of the policy of that key."""
        number = str(statement.position + 1)
        shown = statement_name(policy_label(name), statement.position)
        return Entry(
            STATEMENTS,
            (shown, statement.sid) if statement.sid else (shown,),
            f"{statement.effect} {statement.sid or ''}".rstrip(),
            ("browse:policy_document", (name,), f"?statement={number}#statement-{number}"),
            tags=self._statement_tags(name, statement, self.reached) if self.reached else (),
            statement=statement,
            resources=statement.resources,
            policy=name,
        )

    def _statement_tags(self, name: str, statement: Statement, reached: Reached) -> tuple[Tag, ...]:
        tags = {
            _effect(statement),
            *_condition_tags(statement),
            *(tag("service", prefix) for prefix in self.services[name][statement.position]),
            *map(level_tag, reached.levels(statement)),
        }
        return (*self._shared(name, "kind", "changed"), *tags)

    def change_entries(self) -> Iterator[Entry]:
        """Every entry of the change log."""
        return (entry for _, entry in self.changes(ChangelogEntry.objects.all()))

    def changes(self, rows: QuerySet[ChangelogEntry]) -> Iterator[tuple[int, Entry]]:
        """Some entries of the change log, the newest first, each behind its key in the database."""
        columns = ("pk", "date", "title", "description", "source", "policy__key")
        ordered = rows.order_by("-date", "-pk").values_list(*columns)
        for key, day, title, description, source, policy in ordered:
            texts = [("description", flat(description)), ("policy", policy_label(policy or ""))]
            page = (
                ("browse:policy_changes", (policy,), "") if policy else ("browse:changes", (), "")
            )
            yield (
                key,
                Entry(
                    CHANGES,
                    (title,),
                    f"{day.isoformat()}, {ChangelogEntry.Source(source).label.lower()}",
                    page,
                    tuple(text for text in texts if text[1]),
                    (
                        *self._shared(policy or "", "kind", "service"),
                        tag("changed", day.isoformat()),
                    ),
                ),
            )


def _kind_in_words(key: str, kind: str, last_seen: date | None) -> str:
    """The kind, and whether AWS has removed or deprecated the policy."""
    label = str(Policy.Kind(kind).label)
    if last_seen:
        return f"{label}, removed by AWS"
    return f"{label}, deprecated" if retired_policy(key) else label


def _effect(statement: Statement) -> Tag:
    return tag("effect", statement.effect.lower())


def _condition_tags(statement: Statement) -> Iterator[Tag]:
    for condition in statement.conditions:
        yield tag("condition", condition.key.lower())


def flat(markdown: str) -> str:
    """Markdown as one line of text, without the marks that only lay it out."""
    return re.sub(r"\s+", " ", markdown.replace("`", "").replace("**", "")).strip()
