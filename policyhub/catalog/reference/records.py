"""What the service authorization reference is made of: frozen records.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS services".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from policyhub.catalog.access_levels import Level


@dataclass(frozen=True, slots=True)
class ActionResource:
    """A resource type that an action works on."""

    name: str
    required: bool
    condition_keys: tuple[str, ...]
    dependent_actions: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ActionInfo:
    """An action, compared by identity: a reference contains each once.

    `dependent_actions` are those that every call needs; those of a resource type are with it.
    `permission_only` says that no API operation has this name.
    """

    service: str
    name: str
    level: Level
    description: str
    resource_types: tuple[ActionResource, ...]
    condition_keys: tuple[str, ...]
    dependent_actions: tuple[str, ...]
    permission_only: bool
    id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", f"{self.service}:{self.name}")


@dataclass(frozen=True, slots=True)
class ResourceTypeInfo:
    """A kind of resource of a service; `arn` is its ARN format, or several joined by commas."""

    service: str
    name: str
    arn: str
    condition_keys: tuple[str, ...]

    @property
    def formats(self) -> tuple[str, ...]:
        """Each of its ARN formats by itself."""
        return tuple(map(str.strip, self.arn.split(",")))


@dataclass(frozen=True, slots=True)
class ConditionKeyInfo:
    """A condition key; the name of a family has a placeholder: `aws:ResourceTag/${TagKey}`."""

    name: str
    type: str
    description: str


class ServiceParts(Protocol):
    """What a service consists of, sorted by name without regard to case.

    A part may be read when it is first asked for; how many actions there are is known before.
    """

    @property
    def actions(self) -> tuple[ActionInfo, ...]:
        """Its actions."""

    @property
    def action_count(self) -> int:
        """How many actions it has."""

    @property
    def resource_types(self) -> tuple[ResourceTypeInfo, ...]:
        """Its resource types."""

    @property
    def condition_keys(self) -> tuple[ConditionKeyInfo, ...]:
        """The keys that its actions and resources know."""


@dataclass(frozen=True, slots=True, eq=False)
class ServiceInfo:
    """A service by its action prefix.

    `pages` are the titles of the reference's pages that share the prefix, `former_names` what
    these were called before, and `policy_names` what policies' names call it otherwise; `note`
    says with what the prefix is easily confused.
    """

    prefix: str
    name: str
    parts: ServiceParts
    pages: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    policy_names: tuple[str, ...] = ()
    note: str = ""

    @property
    def actions(self) -> tuple[ActionInfo, ...]:
        """Its actions, sorted by name without regard to case, as all its parts are."""
        return self.parts.actions

    @property
    def resource_types(self) -> tuple[ResourceTypeInfo, ...]:
        """Its resource types."""
        return self.parts.resource_types

    @property
    def condition_keys(self) -> tuple[ConditionKeyInfo, ...]:
        """The keys that its actions and resources know."""
        return self.parts.condition_keys

    @property
    def other_names(self) -> tuple[str, ...]:
        """What else it is called or was called: the pages' titles and the former names."""
        names = dict.fromkeys((*self.pages, *self.former_names))
        return tuple(name for name in names if name != self.name)
