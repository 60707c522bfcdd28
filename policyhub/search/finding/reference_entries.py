"""Entries for the service authorization reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.models import (
    ConditionUse,
)
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.language.patterns import split_action
from policyhub.search.finding.entries import (
    ACTIONS,
    CONDITION_KEYS,
    RESOURCE_TYPES,
    SERVICES,
    Entry,
    Text,
    level_tag,
    sorted_by_part,
    tag,
)


def gather_reference_entries(catalogue: Catalogue, reference: Reference) -> list[Entry]:
    """What can be found besides policies, their statements and changes."""
    return sorted_by_part(reference_parts(catalogue, reference))


def reference_parts(catalogue: Catalogue, reference: Reference) -> list[Iterable[Entry]]:
    """The entries by kind, in the order in which they are listed."""
    return [
        _actions(catalogue, reference),
        _services(catalogue, reference),
        _resource_types(reference),
        _condition_keys(reference),
    ]


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
