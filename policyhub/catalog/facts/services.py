"""What is known of services and their actions: the reference, and the tables of facts."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache

from policyhub.catalog.facts.condition_keys import KnownKeys
from policyhub.catalog.facts.tables import fact_rows
from policyhub.catalog.reference.in_memory import Reference, get_reference
from policyhub.catalog.reference.records import ResourceTypeInfo
from policyhub.iam.deciding.condition_keys import KeyTraits
from policyhub.iam.deciding.decision import Possibility
from policyhub.iam.deciding.service_facts import TypeOfAction, judge
from policyhub.iam.language.arn_formats import ArnFormats, Holds, HoldsOf
from policyhub.iam.language.patterns import compile_pattern

_CACHED_ACTIONS = 4_096
_CACHED_REQUESTS = 65_536
# More than there are: most actions share their types with others.
_CACHED_SETS_OF_TYPES = 8_192
_LONGEST_CACHED = 512
_CACHED_REFERENCES = 4
_MOST_NEAR = 3
_ALIKE = 0.75
# Two letters that changed places in a name of ten, or one that is missing.
_NEARLY_ALIKE = 0.85


class ReferenceFacts:
    """The `ServiceFacts` of a reference; what was found out once is kept."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self._keys = KnownKeys(reference)
        self._bounding: Mapping[str, Sequence[str]] = {
            row["action"].lower(): row["policies"] for row in fact_rows("actions-bounded-untyped")
        }
        self._operations: Mapping[str, str] = {
            row["operation"].lower(): row["action"] for row in fact_rows("api-operations")
        }
        self._reached = {row["service"] for row in fact_rows("rcp-services") if "service" in row}
        self._never_reached = {
            row["action"].lower() for row in fact_rows("rcp-exemptions") if row["action"]
        }
        self._without_owner = [
            compile_pattern(row["action"], ignore_case=True)
            for row in fact_rows("resource-owner-exceptions")
            if not row["onlySometimes"]
        ]
        self._holds = {
            (row["service"], row["type"], row["placeholder"]): Holds(row["holds"], row["never"])
            for row in fact_rows("arn-placeholders")
        }
        self._further = {
            (row["service"], row["type"]): (row["format"],)
            for row in fact_rows("further-arn-formats")
        }
        self._judge_and_keep = lru_cache(_CACHED_REQUESTS)(self._judge)
        self._compile_and_keep = lru_cache(_CACHED_SETS_OF_TYPES)(self._compile)
        self._tells_owner_and_keep = lru_cache(_CACHED_ACTIONS)(self._tells_owner)
        self._meets_and_keep = lru_cache(_CACHED_REQUESTS)(self._meets)
        self._fits_and_keep = lru_cache(_CACHED_REQUESTS)(self._fits)
        self._example_and_keep = lru_cache(_CACHED_REQUESTS)(self._example)
        self._types_and_keep = lru_cache(_CACHED_ACTIONS)(self._types)

    def possibility(self, action: str, resource: str) -> Possibility:
        """Whether AWS can be asked about the action on the resource."""
        if len(resource) > _LONGEST_CACHED or len(action) > _LONGEST_CACHED:
            return self._judge(action, resource)
        return self._judge_and_keep(action, resource)

    def meets(self, action: str, pattern: str) -> bool:
        """False only if no resource that the pattern matches is one that the action works on."""
        if len(pattern) > _LONGEST_CACHED or len(action) > _LONGEST_CACHED:
            return self._meets(action, pattern)
        return self._meets_and_keep(action, pattern)

    def example(self, action: str, pattern: str) -> str:
        """A resource that the action works on and that the pattern matches; "" without such."""
        if len(pattern) > _LONGEST_CACHED or len(action) > _LONGEST_CACHED:
            return self._example(action, pattern)
        return self._example_and_keep(action, pattern)

    def _example(self, action: str, pattern: str) -> str:
        return self._formats_of_action(action)[0].example(pattern)

    def types_named(self, action: str, pattern: str) -> Sequence[str]:
        """The resource types of the action's service that a pattern can match."""
        service = action.partition(":")[0]
        types = [each.name for each in self.reference.resource_types(service)]
        return [each for each in types if self._compile_and_keep(service, each)[0].meet(pattern)]

    def condition_key(self, name: str) -> KeyTraits | None:
        """What is known of a condition key."""
        return self._keys.condition_key(name)

    def knows_service(self, action: str) -> bool:
        """Whether the reference has the action's service."""
        return action.partition(":")[0].lower() in self.reference.services

    def types(self, action: str) -> Sequence[TypeOfAction] | None:
        """The resource types that an action works on; None for an action that is not known."""
        if len(action) > _LONGEST_CACHED:
            return self._types(action)
        return self._types_and_keep(action)

    def _types(self, action: str) -> Sequence[TypeOfAction] | None:
        if self.reference.action(action) is None:
            return None
        return tuple(
            TypeOfAction(each.name, self._formats_of(each))
            for each in self._infos_of_action(action)
        )

    def formats(self, action: str) -> Sequence[tuple[str, HoldsOf]]:
        """The ARN formats of an action's types, each with what its placeholders hold."""
        return self._with_holds(self._infos_of_action(action))

    def formats_of_type(self, info: ResourceTypeInfo) -> Sequence[tuple[str, HoldsOf]]:
        """The ARN formats of a resource type, each with what its placeholders hold."""
        return self._with_holds([info])

    def actions_matching(self, pattern: str) -> Sequence[str]:
        """The known actions that an action pattern matches, by service and name."""
        return [each.id for each in self.reference.expand(pattern)]

    def is_misnamed(self, action: str) -> bool:
        """Whether there never was such an action, as far as a name tells that is not known.

        It is an API operation's, for which AWS asks for another action; or its service is not
        known, and one that is spelled nearly alike has an action of this name.
        """
        if self.reference.action(action) is not None:
            return False
        if self.knows_service(action):
            return bool(self.asked_instead(action))
        service, _, name = action.lower().partition(":")
        near = get_close_matches(service, self.reference.services, _MOST_NEAR, _NEARLY_ALIKE)
        return any(self.reference.action(f"{each}:{name}") for each in near)

    def fits(self, action: str, resource: str) -> bool | None:
        """Whether an ARN has a format of the action's types; None where only perhaps."""
        if len(resource) > _LONGEST_CACHED or len(action) > _LONGEST_CACHED:
            return self._fits(action, resource)
        return self._fits_and_keep(action, resource)

    def _fits(self, action: str, resource: str) -> bool | None:
        narrow, wide = self._formats_of_action(action)
        if narrow.fit(resource):
            return True
        return None if wide.fit(resource) else False

    def bounding_policies(self, action: str) -> Sequence[str]:
        """The policies of AWS that bound an action by ARNs though no type of it is known."""
        return self._bounding.get(action.lower(), ())

    def asked_instead(self, action: str) -> str:
        """The action that AWS asks for where this is an API operation's name; else ""."""
        return self._operations.get(action.lower(), "")

    def nearest(self, action: str) -> Sequence[str]:
        """Actions of the service with a similar name, the most similar first."""
        service, _, name = action.lower().partition(":")
        known = {each.name.lower(): each.id for each in self.reference.services[service].actions}
        return [known[each] for each in get_close_matches(name, known, _MOST_NEAR, _ALIKE)]

    def rcps_reach(self, action: str) -> bool:
        """Whether resource control policies have a say about the action.

        They count for an action of their services that the reference does not know: it may be
        newer.
        """
        service = action.partition(":")[0].lower()
        if service not in self._reached or action.lower() in self._never_reached:
            return False
        found = self.reference.action(action)
        return found is None or bool(found.resource_types)

    def tells_owner(self, action: str) -> bool:
        """Whether requests for the action carry the account that owns the resource."""
        if len(action) > _LONGEST_CACHED:
            return self._tells_owner(action)
        return self._tells_owner_and_keep(action)

    def _tells_owner(self, action: str) -> bool:
        return not any(each.matches(action) for each in self._without_owner)

    def _judge(self, action: str, resource: str) -> Possibility:
        return judge(self, action, resource)

    def _meets(self, action: str, pattern: str) -> bool:
        found = self.reference.action(action)
        if found is None or not pattern.strip("*"):
            return True
        if not found.resource_types:
            return not pattern.strip("*?") or bool(self.bounding_policies(action))
        return self._formats_of_action(action)[1].meet(pattern)

    def _formats_of_action(self, action: str) -> tuple[ArnFormats, ArnFormats]:
        found = self.reference.action(action)
        if found is None:
            return self._compile_and_keep("")
        names = (each.name for each in found.resource_types)
        return self._compile_and_keep(found.service, *names)

    def _compile(self, service: str, *names: str) -> tuple[ArnFormats, ArnFormats]:
        """The formats of types of a service in their narrow and in their wide reading."""
        formats = self._with_holds(self._infos(service, names))
        return ArnFormats(formats, wide=False), ArnFormats(formats, wide=True)

    def _with_holds(self, infos: Sequence[ResourceTypeInfo]) -> list[tuple[str, HoldsOf]]:
        return [(text, self._holds_of(info)) for info in infos for text in self._formats_of(info)]

    def _infos_of_action(self, action: str) -> list[ResourceTypeInfo]:
        found = self.reference.action(action)
        if found is None:
            return []
        return self._infos(found.service, {each.name for each in found.resource_types})

    def _infos(self, service: str, names: Container[str]) -> list[ResourceTypeInfo]:
        return [each for each in self.reference.resource_types(service) if each.name in names]

    def _formats_of(self, info: ResourceTypeInfo) -> tuple[str, ...]:
        """The formats of a type: the reference's, and those that it lacks."""
        return (*info.formats, *self._further.get((info.service, info.name), ()))

    def _holds_of(self, info: ResourceTypeInfo) -> HoldsOf:
        """What placeholders of a type hold: by the type, else in all types of the service."""

        def holds_of(placeholder: str) -> Holds:
            of_type = self._holds.get((info.service, info.name, placeholder))
            return of_type or self._holds.get((info.service, "", placeholder)) or Holds()

        return holds_of


@lru_cache(maxsize=_CACHED_REFERENCES)
def service_facts(reference: Reference) -> ReferenceFacts:
    """The facts of a reference, made on the first call."""
    return ReferenceFacts(reference)


def get_service_facts() -> ReferenceFacts:
    """The facts of this process's reference."""
    return service_facts(get_reference())
