"""What the rules look up: the keys of an action, the ARNs of a service, Regions, partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.catalog.facts.tables import fact_rows
from policyhub.catalog.reference.in_memory import ActionInfo, Reference, ResourceTypeInfo
from policyhub.iam.language.arn_formats import ArnFormats

# Global keys that only requests about tags have, which the reference lists by action.
_TAG_FAMILIES = frozenset({"aws:requesttag/${tagkey}", "aws:tagkeys"})


class Knowledge:
    """Look-ups in a reference that more than one rule needs; what was found once is kept."""

    def __init__(self, facts: ReferenceFacts) -> None:
        self.facts, self.reference = facts, facts.reference
        self._arns: dict[tuple[str, bool], ArnFormats] = {}
        self._alike: dict[tuple[str, frozenset[str]], ActionInfo] = {}
        self._key_sets: dict[frozenset[str], frozenset[str]] = {}
        self._types_by_arn_service = _types_by_arn_service(facts.reference)
        self.arn_fits = lru_cache(32_768)(self._arn_fits)
        self.takes_keys = lru_cache(32_768)(self._takes_keys)
        self.canonical = lru_cache(8_192)(self._canonical)

    def _takes_keys(self, action: ActionInfo) -> frozenset[str]:
        """The condition keys of an action and of its resource types, in lower case.

        A resource type lists the keys about tags that some request for it has, not each.
        """
        names = {each.name for each in action.resource_types}
        types = self.reference.resource_types(action.service)
        of_types = {
            key.lower() for each in types if each.name in names for key in each.condition_keys
        }
        own = [
            *action.condition_keys,
            *(k for r in action.resource_types for k in r.condition_keys),
        ]
        found = frozenset(map(str.lower, own)) | (of_types - _TAG_FAMILIES)
        # Most actions of a service take the same keys: for these it is one object.
        return self._key_sets.setdefault(found, found)

    def like(self, action: ActionInfo) -> ActionInfo:
        """An action with the same resource types, the same for all of these; itself without any."""
        if not action.resource_types:
            return action
        types = frozenset(each.name for each in action.resource_types)
        return self._alike.setdefault((action.service, types), action)

    def takes(self, action: ActionInfo, key: str) -> bool:
        """Whether requests for an action can have a key, by the reference."""
        return self.canonical(key) in self.takes_keys(action)

    def _canonical(self, key: str) -> str:
        """The name of a key or of its family, in lower case."""
        found = self.reference.condition_key(key)
        return found.name.lower() if found else key.lower()

    def is_general(self, key: str) -> bool:
        """Whether a key may be in requests for any action, so that none lists it.

        Among these are keys of services that come with a session's credentials.
        """
        prefix = key.partition(":")[0]
        if prefix == "aws":
            return self.canonical(key) not in _TAG_FAMILIES
        if prefix not in self.reference.services or prefix == "sts":
            return True
        known = self.facts.condition_key(key)
        return known is not None and known.is_certain and prefix != "iam"

    def knows_arn_service(self, service: str) -> bool:
        """Whether an ARN format has the service, in lower case."""
        return service in self._types_by_arn_service

    def _arn_fits(self, service: str, pattern: str, *, wide: bool = True) -> bool:
        """Whether some ARN that a pattern matches is of a type with this service in its ARN.

        Not `wide` counts only what placeholders are known to contain.
        """
        if (service, wide) not in self._arns:
            types = self._types_by_arn_service[service]
            formats = [each for info in types for each in self.facts.formats_of_type(info)]
            self._arns[service, wide] = ArnFormats(formats, wide=wide)
        return self._arns[service, wide].meet(pattern)


@lru_cache(maxsize=4)
def knowledge(facts: ReferenceFacts) -> Knowledge:
    """The look-ups of some facts, made on the first call."""
    return Knowledge(facts)


def _types_by_arn_service(reference: Reference) -> Mapping[str, Sequence[ResourceTypeInfo]]:
    """The resource types by the service in their ARNs, which may differ from the prefix."""
    found: dict[str, dict[ResourceTypeInfo, None]] = {}
    for service in reference.services.values():
        for each in service.resource_types:
            for text in each.formats:
                parts = text.split(":", 3)
                if len(parts) > 3 and "$" not in parts[2]:
                    found.setdefault(parts[2].lower(), {})[each] = None
    return {service: tuple(types) for service, types in found.items()}


@cache
def regions() -> Mapping[str, str]:
    """The partition of each Region."""
    return {row["region"]: row["partition"] for row in fact_rows("regions")}


@cache
def partitions() -> frozenset[str]:
    """The partitions that exist."""
    return frozenset(regions().values())
