"""Entries for the service authorization reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.models import ConditionUse
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
    actions, services, keys = unlisted_parts(catalogue, reference)
    return [
        chain(_actions(reference), actions),
        chain(_services(reference), services),
        _resource_types(reference),
        chain(_condition_keys(reference), keys),
    ]


def unlisted_parts(
    catalogue: Catalogue, reference: Reference
) -> tuple[list[Entry], list[Entry], list[Entry]]:
    """The actions, services and condition keys that policies name and the reference lacks."""
    listed = {info.name.lower() for info in reference.all_condition_keys()}
    uses = ConditionUse.objects.filter(statement__version__is_default=True).order_by()
    # Of several spellings the first one.
    keys: dict[str, str] = {}
    for key in sorted(set(uses.values_list("key", flat=True))):
        keys.setdefault(key.lower(), key)
    return (
        [_unlisted_action(each) for each in catalogue.unlisted_actions().values()],
        [
            _service(prefix, (prefix,), "not in the reference")
            for prefix in catalogue.unlisted_services
        ],
        [_condition_key(key, "in policies", ()) for low, key in keys.items() if low not in listed],
    )


def _actions(reference: Reference) -> Iterator[Entry]:
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


def _unlisted_action(name: str) -> Entry:
    prefix, bare = split_action(name)
    page = ("browse:action", (name,), "")
    return Entry(
        ACTIONS, (name, bare), "not in the reference", page, tags=(tag("service", prefix),)
    )


def _services(reference: Reference) -> Iterator[Entry]:
    for prefix, info in reference.services.items():
        yield _service(prefix, (prefix, *info.other_names, info.name), info.name)


def _service(prefix: str, names: tuple[str, ...], detail: str) -> Entry:
    page = ("browse:service", (prefix,), "")
    return Entry(SERVICES, names, detail, page, tags=(tag("service", prefix),))


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
    for info in reference.all_condition_keys():
        texts = (("description", info.description),) if info.description else ()
        yield _condition_key(info.name, info.type, texts)


def _condition_key(name: str, detail: str, texts: tuple[Text, ...]) -> Entry:
    tags = [tag("condition", name.lower())]
    if ":" in name:
        tags.append(tag("service", name.partition(":")[0].lower()))
    page = ("browse:condition_key", (name,), "")
    return Entry(CONDITION_KEYS, (name,), detail, page, texts, tuple(tags))
