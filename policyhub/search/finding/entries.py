"""What can be found: every policy, statement, action, service, resource type, key and change.

An entry has a name, which counts most, and other texts, each with a word for what it is. The
tags of an entry are what the operators of a query and the facets next to the results use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from django.urls import reverse

from policyhub.catalog.access_levels import LEVEL_SLUGS, Level
from policyhub.iam.reading.document import Statement

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

    `names` are its complete names, the one that is shown first: of an action with and without
    its service. `page` is a URL name with its arguments and what follows the path. `policy` is
    the key of the policy that it is, or of which it is a statement; "" for all else.
    """

    group: Group
    names: tuple[str, ...]
    detail: str
    page: tuple[str, tuple[str, ...], str]
    own_texts: tuple[Text, ...] = ()
    tags: tuple[Tag, ...] = ()
    statement: Statement | None = None
    resources: tuple[str, ...] = ()
    policy: str = ""

    @property
    def identity(self) -> str:
        """What distinguishes it from all others of its group."""
        if self.statement is not None:
            return statement_name(self.policy, self.statement.position)
        return self.policy or self.name

    @property
    def name(self) -> str:
        """The name that is shown."""
        return self.names[0]

    @property
    def texts(self) -> tuple[Text, ...]:
        """What it contains besides its names, each with a word for what it is."""
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
    def order(self) -> tuple[int, str, int]:
        """The shorter name comes first, if nothing else distinguishes two entries.

        Of changes that are called the same the newest comes first.
        """
        # The detail of a change begins with its date.
        day = int(self.detail[:10].replace("-", "")) if self.group is CHANGES else 0
        return len(self.name), self.name.lower(), -day


def statement_name(policy: str, position: int) -> str:
    """What a statement is called, by its policy and its position from 0."""
    return f"{policy}, statement {position + 1}"


@cache
def tag(operator: str, value: str) -> Tag:
    """A value of an operator that an entry has; the same one for all entries."""
    return operator, value


def level_tag(level: Level) -> Tag:
    """The tag of an access level, such as `permissions-management`."""
    return tag("level", LEVEL_SLUGS[level])


def sorted_by_part(parts: Iterable[Iterable[Entry]]) -> list[Entry]:
    """All entries, each part sorted by itself."""
    return [entry for part in parts for entry in sorted(part, key=lambda entry: entry.order)]


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
