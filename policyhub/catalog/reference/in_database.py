"""The service authorization reference as rows, for search, filters and foreign keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from policyhub.catalog.models import Action, ConditionKey, ResourceType, Service
from policyhub.catalog.reference.in_memory import Reference

Progress = Callable[[int], None]
Row = tuple[Any, ...]

_BATCH = 2_000
_SERVICE_FIELDS = ("prefix", "name", "action_count")
_KEY_FIELDS = ("name", "type", "description")
_ACTION_FIELDS = (
    "service__prefix",
    "name",
    "full_name",
    "level",
    "description",
    "permission_only",
)
_TYPE_FIELDS = ("service__prefix", "name", "arn")


def write_reference(reference: Reference, progress: Progress | None = None) -> None:
    """Bring the rows in line with the reference, in the caller's transaction.

    Services and condition keys keep their rows, since derived rows point at them; actions and
    resource types are written again. A service that is gone stays, marked as not known.
    `progress` is called with how many actions were written.
    """
    services = _write_services(reference)
    _write_condition_keys(reference)
    ResourceType.objects.all().delete()
    ResourceType.objects.bulk_create(
        [
            ResourceType(service_id=services[prefix], name=name, arn=arn)
            for prefix, name, arn in _type_rows(reference)
        ],
        batch_size=_BATCH,
    )
    Action.objects.all().delete()
    actions = [
        Action(service_id=services[prefix], **dict(zip(_ACTION_FIELDS[1:], values, strict=True)))
        for prefix, *values in _action_rows(reference)
    ]
    for start in range(0, len(actions), _BATCH):
        batch = Action.objects.bulk_create(actions[start : start + _BATCH])
        if progress:
            progress(len(batch))


def reference_drift(reference: Reference) -> Iterator[tuple[str, list[Row], list[Row]]]:
    """Yield for each kind of row that drifted its name, what should be there and what is."""
    tables = (
        ("services", _service_rows, Service.objects.filter(known=True), _SERVICE_FIELDS),
        ("condition keys", _key_rows, ConditionKey.objects.all(), _KEY_FIELDS),
        ("actions", _action_rows, Action.objects.all(), _ACTION_FIELDS),
        ("resource types", _type_rows, ResourceType.objects.all(), _TYPE_FIELDS),
    )
    for name, expected_rows, stored, fields in tables:
        expected = set(expected_rows(reference))
        found = set(stored.order_by().values_list(*fields))
        if expected != found:
            yield name, sorted(expected - found), sorted(found - expected)


def _write_services(reference: Reference) -> dict[str, int]:
    """Write the services; return their keys in the database by prefix."""
    Service.objects.exclude(prefix__in=reference.services).update(known=False, action_count=0)
    Service.objects.bulk_create(
        [
            Service(known=True, **dict(zip(_SERVICE_FIELDS, row, strict=True)))
            for row in _service_rows(reference)
        ],
        update_conflicts=True,
        unique_fields=["prefix"],
        update_fields=["name", "known", "action_count"],
    )
    return dict(Service.objects.values_list("prefix", "pk"))


def _write_condition_keys(reference: Reference) -> None:
    rows = list(_key_rows(reference))
    gone = list(set(ConditionKey.objects.values_list("name", flat=True)) - {row[0] for row in rows})
    for start in range(0, len(gone), _BATCH):
        ConditionKey.objects.filter(name__in=gone[start : start + _BATCH]).delete()
    ConditionKey.objects.bulk_create(
        [ConditionKey(**dict(zip(_KEY_FIELDS, row, strict=True))) for row in rows],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["type", "description"],
        batch_size=_BATCH,
    )


def _service_rows(reference: Reference) -> Iterator[Row]:
    return ((each.prefix, each.name, len(each.actions)) for each in reference.services.values())


def _key_rows(reference: Reference) -> Iterator[Row]:
    return ((key.name, key.type, key.description) for key in reference.all_condition_keys())


def _action_rows(reference: Reference) -> Iterator[Row]:
    return (
        (each.service, each.name, each.id, each.level, each.description, each.permission_only)
        for each in reference.actions
    )


def _type_rows(reference: Reference) -> Iterator[Row]:
    return (
        (each.service, each.name, each.arn)
        for service in reference.services.values()
        for each in service.resource_types
    )
