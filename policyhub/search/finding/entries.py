"""What can be found: every policy, statement, action, service, resource type, key and change.

An entry has a name, which counts most, and other texts, each with a word for what it is. The
tags of an entry are what the operators of a query and the facets beside the results look at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.urls import reverse

from policyhub.catalog.access.catalogue import Catalogue, CompiledPolicy
from policyhub.catalog.access.in_memory import CompiledCatalogue
from policyhub.catalog.models import (
    ChangelogEntry,
    ConditionUse,
    PermissionDescription,
    Policy,
    PolicyVersion,
)
from policyhub.catalog.reference.in_memory import LEVELS, Reference
from policyhub.iam.language.patterns import split_action
from policyhub.iam.reading.document import Statement
from policyhub.search.finding.reached import Reached

M = TypeVar("M", bound=Model)
Text = tuple[str, str]
Tag = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """A kind of thing that is found; `is_suggested` says whether the search box offers it."""

    key: str
    label: str
    is_suggested: bool = True


POLICIES = Group("policies", "Policies")
STATEMENTS = Group("statements", "Statements", is_suggested=False)
ACTIONS = Group("actions", "Actions")
SERVICES = Group("services", "Services")
RESOURCE_TYPES = Group("resource-types", "Resource types", is_suggested=False)
CONDITION_KEYS = Group("condition-keys", "Condition keys")
CHANGES = Group("changes", "Changes")
GROUPS = (
    POLICIES,
    ACTIONS,
    SERVICES,
    RESOURCE_TYPES,
    CONDITION_KEYS,
    STATEMENTS,
    CHANGES,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found.

    `names` are the texts that name it whole, the shown one first: of an action with and without
    its service. `page` is a URL name with its arguments and what follows the path.
    """

    group: Group
    names: tuple[str, ...]
    detail: str
    page: tuple[str, tuple[str, ...], str]
    own_texts: tuple[Text, ...] = ()
    tags: tuple[Tag, ...] = ()
    statement: Statement | None = None
    resources: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name that is shown."""
        return self.names[0]

    @property
    def texts(self) -> tuple[Text, ...]:
        """What it holds beside its names, each with a word for what it is."""
        return self.own_texts if self.statement is None else tuple(_texts_of(self.statement))

    @property
    def actions(self) -> tuple[str, ...]:
        """The action patterns that it is about."""
        if self.group is ACTIONS:
            return (self.name,)
        return () if self.statement is None else self.statement.actions

    @property
    def url(self) -> str:
        """Its page."""
        name, arguments, rest = self.page
        return reverse(name, args=arguments) + rest

    @property
    def order(self) -> tuple[int, str]:
        """The shorter name comes first, where nothing else tells two entries apart."""
        return len(self.name), self.name.lower()


@cache
def tag(operator: str, value: str) -> Tag:
    """A value of an operator that an entry has; the same one for all entries."""
    return operator, value


def level_tag(level: str) -> Tag:
    """The tag of an access level, such as `permissions-management`."""
    return tag("level", level.lower().replace(" ", "-"))


def gather_entries(catalogue: CompiledCatalogue, reference: Reference) -> list[Entry]:
    """Everything that can be found, group after group, in each the shortest name first."""
    unlisted = catalogue.unlisted_services
    policies = PolicyEntries(catalogue.policies, Reached(reference), unlisted=unlisted)
    parts = [
        policies.entries(),
        *_reference_parts(catalogue, reference),
        policies.statement_entries(),
        policies.change_entries(),
    ]
    return _in_order(parts)


def gather_reference_entries(catalogue: Catalogue, reference: Reference) -> list[Entry]:
    """What can be found beside policies, their statements and changes."""
    return _in_order(_reference_parts(catalogue, reference))


def _reference_parts(catalogue: Catalogue, reference: Reference) -> list[Iterable[Entry]]:
    return [
        _actions(catalogue, reference),
        _services(catalogue, reference),
        _resource_types(reference),
        _condition_keys(reference),
    ]


def _in_order(parts: Iterable[Iterable[Entry]]) -> list[Entry]:
    return [entry for part in parts for entry in sorted(part, key=lambda entry: entry.order)]


class PolicyEntries:
    """Entries of policies, of their statements and changes, which share their tags.

    `policies` are those with a document, and `names` those that entries are made of, None for
    all. The `unlisted` services, which the reference lacks, are touched by who names them and
    by who takes every service. Without `reached` the entries have no tags.
    """

    def __init__(
        self,
        policies: Mapping[str, CompiledPolicy],
        reached: Reached | None,
        names: Collection[str] | None = None,
        unlisted: Collection[str] = (),
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
            self.tags = {row["policy__name"]: self._tags(row) for row in self._rows()}

    def _rows(self) -> Iterable[dict[str, Any]]:
        counts = [f"{name}_count" for name in _LEVEL_COLUMNS]
        columns = ("policy__name", "policy__kind", "policy__updated_at", *counts)
        versions = self._only(PolicyVersion.objects.in_force(), "policy__name")
        return versions.order_by().values(*columns)

    def _only(self, rows: QuerySet[M], name: str) -> QuerySet[M]:
        return rows if self.names is None else rows.filter(**{f"{name}__in": self.names})

    def _tags(self, row: Mapping[str, Any]) -> tuple[Tag, ...]:
        name, updated = row["policy__name"], row["policy__updated_at"]
        levels = {
            level_tag(level)
            for level, column in zip(LEVELS, _LEVEL_COLUMNS, strict=True)
            if row[f"{column}_count"]
        }
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
        descriptions = self._only(PermissionDescription.objects.all(), "policy__name")
        for name, pattern, text in descriptions.values_list("policy__name", "pattern", "text"):
            told = described.setdefault(name, [])
            told.append((f"description of {pattern}", f"{pattern}: {_flat(text)}"))
        columns = ("name", "arn", "kind", "summary", "considerations")
        policies = self._only(Policy.objects.all(), "name").order_by()
        for name, arn, kind, summary, considerations in policies.values_list(*columns):
            texts = [
                ("ARN", arn or ""),
                ("summary", _flat(summary)),
                ("considerations", _flat(considerations)),
                *described.get(name, ()),
            ]
            statements = self._statements(name)
            yield Entry(
                POLICIES,
                (name,),
                str(Policy.Kind(kind).label),
                ("browse:policy", (name,), ""),
                tuple(text for text in texts if text[1]),
                self.tags.get(name, ()),
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
        """One statement of the policy of that name."""
        number = str(statement.position + 1)
        shown = statement_name(name, statement.position)
        return Entry(
            STATEMENTS,
            (shown, statement.sid) if statement.sid else (shown,),
            f"{statement.effect} {statement.sid or ''}".rstrip(),
            ("browse:policy_document", (name,), f"?statement={number}#statement-{number}"),
            tags=self._statement_tags(name, statement, self.reached) if self.reached else (),
            statement=statement,
            resources=statement.resources,
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
        """Some entries of the change log, each behind its key in the database."""
        columns = ("pk", "date", "title", "description", "source", "policy__name")
        ordered = rows.order_by("pk").values_list(*columns)
        for key, day, title, description, source, policy in ordered:
            texts = [("description", _flat(description)), ("policy", policy or "")]
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


def statement_name(policy: str, position: int) -> str:
    """What a statement is called, by its policy and its position from 0."""
    return f"{policy}, statement {position + 1}"


_LEVEL_COLUMNS = ("list", "read", "write", "permissions", "tagging")


def _effect(statement: Statement) -> Tag:
    return tag("effect", statement.effect.lower())


def _condition_tags(statement: Statement) -> Iterator[Tag]:
    for condition in statement.conditions:
        yield tag("condition", condition.key.lower())


def _texts_of(statement: Statement) -> Iterator[Text]:
    if statement.sid:
        yield "Sid", statement.sid
    for action in statement.actions:
        yield ("NotAction" if statement.not_action else "Action"), action
    for resource in statement.resources:
        yield ("NotResource" if statement.not_resource else "Resource"), resource
    for condition in statement.conditions:
        yield f"{condition.operator} key", condition.key
        for value in condition.values:
            yield f"value of {condition.key}", str(value)


def _actions(catalogue: Catalogue, reference: Reference) -> Iterator[Entry]:
    for service in reference.services.values():
        for action in service.actions:
            yield Entry(
                ACTIONS,
                (action.id, action.name),
                action.level,
                ("browse:action", (action.id,), ""),
                (("description", action.description),) if action.description else (),
                (tag("service", service.prefix), level_tag(action.level)),
            )
    for name in catalogue.unlisted_actions().values():
        prefix, bare = split_action(name)
        page = ("browse:action", (name,), "")
        tags = (tag("service", prefix),)
        yield Entry(ACTIONS, (name, bare), "not in the reference", page, tags=tags)


def _services(catalogue: Catalogue, reference: Reference) -> Iterator[Entry]:
    for prefix in catalogue.services:
        info = reference.services.get(prefix)
        names = (prefix, *info.other_names, info.name) if info else (prefix,)
        yield Entry(
            SERVICES,
            names,
            info.name if info else "not in the reference",
            ("browse:service", (prefix,), ""),
            tags=(tag("service", prefix),),
        )


def _resource_types(reference: Reference) -> Iterator[Entry]:
    for service in reference.services.values():
        for kind in service.resource_types:
            yield Entry(
                RESOURCE_TYPES,
                (f"{service.prefix} {kind.name}", kind.name),
                kind.arn,
                ("browse:service", (service.prefix,), ""),
                (("ARN format", kind.arn),),
                (tag("service", service.prefix),),
            )


def _condition_keys(reference: Reference) -> Iterator[Entry]:
    seen: set[str] = set()
    for info in reference.all_condition_keys():
        seen.add(info.name.lower())
        texts = (("description", info.description),) if info.description else ()
        yield _condition_key(info.name, info.type, texts)
    uses = ConditionUse.objects.filter(statement__version__is_default=True)
    for key in sorted(set(uses.order_by().values_list("key", flat=True))):
        if key.lower() not in seen:
            seen.add(key.lower())
            yield _condition_key(key, "in policies", ())


def _condition_key(name: str, detail: str, texts: tuple[Text, ...]) -> Entry:
    tags = [tag("condition", name.lower())]
    if ":" in name:
        tags.append(tag("service", name.partition(":")[0].lower()))
    page = ("browse:condition_key", (name,), "")
    return Entry(CONDITION_KEYS, (name,), detail, page, texts, tuple(tags))


def _flat(markdown: str) -> str:
    """Markdown as one line of text, without the marks that only lay it out."""
    return re.sub(r"\s+", " ", markdown.replace("`", "").replace("**", "")).strip()
