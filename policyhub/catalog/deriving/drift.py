"""Whether what is derived still says what the documents and the reference say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from policyhub.catalog.deriving.belonging import REASONS, belonging
from policyhub.catalog.deriving.derivers import Drift, derivers, registered_checks
from policyhub.catalog.deriving.documents import (
    SERVICE_COLUMNS,
    derive,
    has_rows,
    pattern_columns,
    service_of,
)
from policyhub.catalog.models import (
    CatalogState,
    ConditionUse,
    Pattern,
    Policy,
    PolicyService,
    PolicyVersion,
    PowerMap,
    ServiceGrant,
    StatementPattern,
)
from policyhub.catalog.models import Statement as StoredStatement
from policyhub.catalog.parts import in_parts
from policyhub.catalog.reference.in_database import reference_drift
from policyhub.catalog.reference.in_memory import Reference, get_reference

Facts = dict[str, Any]

_VERSIONS_AT_ONCE = 500
_ELEMENTS = (
    "position", "sid", "effect", "actions", "not_action", "has_long_pattern", "resources",
    "not_resource", "conditions", "principals", "shape", "account",
)  # fmt: skip
_CONDITION_FIELDS = ("operator", "key", "key_lower", "values")


def find_drift() -> list[Drift]:
    """Return everything derived that is not what would be derived today."""
    reference = get_reference()
    return [
        *_reference_drift(reference),
        *_pattern_drift(reference),
        *_version_drift(reference),
        *_belonging_drift(),
        *(drift for check in registered_checks() for drift in check()),
    ]


def _reference_drift(reference: Reference) -> Iterator[Drift]:
    found = CatalogState.current().reference_version
    if found != reference.version:
        yield Drift("", "version of the reference", reference.version, found)
    for name, missing, extra in reference_drift(reference):
        yield Drift("", f"{name} of the reference", missing, extra)


def _pattern_drift(reference: Reference) -> Iterator[Drift]:
    fields = ("literal_prefix", "has_wildcard", "match_count")
    for pattern in Pattern.objects.select_related("service").iterator():
        expected = {"service": service_of(pattern.text), **pattern_columns(pattern.text, reference)}
        found = {
            "service": pattern.service.prefix if pattern.service else "",
            **{field: getattr(pattern, field) for field in fields},
        }
        if expected != found:
            yield Drift("", f"pattern {pattern.text}", expected, found)
    for text in Pattern.objects.filter(uses=None).values_list("text", flat=True):
        yield Drift("", f"pattern {text}", "no such row, since nothing uses it", "a row")


def _belonging_drift() -> Iterator[Drift]:
    names = dict(Policy.objects.order_by("pk").values_list("pk", "name"))
    for some in in_parts(names, _VERSIONS_AT_ONCE):
        expected = belonging(some)
        stored = PolicyService.objects.filter(policy__in=some).order_by()
        found = {
            (policy, prefix): dict(zip(REASONS, reasons, strict=True))
            for policy, prefix, *reasons in stored.values_list(
                "policy", "service__prefix", *REASONS
            )
        }
        for policy, prefix in sorted(expected.keys() | found.keys()):
            place = policy, prefix
            if expected.get(place) != found.get(place):
                what = f"belonging to {prefix}"
                yield Drift(names[policy], what, expected.get(place), found.get(place))


def _version_drift(reference: Reference) -> Iterator[Drift]:
    keys = list(PolicyVersion.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), _VERSIONS_AT_ONCE):
        chosen = PolicyVersion.objects.filter(pk__in=keys[start : start + _VERSIONS_AT_ONCE])
        versions = list(chosen.select_related("policy"))
        stored = _stored_facts(versions)
        of_rooms = {each.what: each.stored(versions) for each in derivers()}
        for version in versions:
            expected = _derived_facts(version, reference)
            expected |= {each.what: each.derived(version) for each in derivers()}
            found = stored[version.pk]
            found |= {what: rows[version.pk] for what, rows in of_rooms.items()}
            for what, value in expected.items():
                if found[what] != value:
                    yield Drift(str(version), what, value, found[what])


def _derived_facts(version: PolicyVersion, reference: Reference) -> Facts:
    derived = derive(version, reference)
    statements = derived.statements if has_rows(version) else ()
    return {
        **derived.columns,
        "statements": [row.elements for row in statements],
        "action patterns": [sorted(row.patterns) for row in statements],
        "condition uses": [
            {**condition, "reference": _key_name(condition["key"], reference)}
            for row in statements
            for condition in row.conditions
        ],
        "services": derived.services if version.is_default else {},
        "power map": derived.power if version.is_default else None,
    }


def _key_name(key: str, reference: Reference) -> str | None:
    known = reference.condition_key(key)
    return known.name if known else None


def _stored_facts(versions: Sequence[PolicyVersion]) -> dict[int, Facts]:
    """Return by version what is stored, in the shape of `_derived_facts`."""
    facts: dict[int, Facts] = {
        version.pk: {
            **{field.attname: getattr(version, field.attname) for field in version._meta.fields},
            "statements": [],
            "action patterns": [],
            "condition uses": [],
            "services": {},
            "power map": None,
        }
        for version in versions
    }
    patterns: dict[int, list[str]] = {}
    uses = StatementPattern.objects.filter(statement__version__in=versions)
    for statement, text in uses.values_list("statement", "pattern__text"):
        patterns.setdefault(statement, []).append(text)
    rows = StoredStatement.objects.filter(version__in=versions).order_by("version", "position")
    for row in rows:
        facts[row.version_id]["statements"].append({name: getattr(row, name) for name in _ELEMENTS})
        facts[row.version_id]["action patterns"].append(sorted(patterns.get(row.pk, [])))
    for use in _condition_uses(versions):
        facts[use.pop("version")]["condition uses"].append(use)
    grants = ServiceGrant.objects.filter(version__in=versions).select_related("service")
    for grant in grants.order_by("service__prefix"):
        counts = {column: getattr(grant, column) for column in SERVICE_COLUMNS}
        facts[grant.version_id]["services"][grant.service.prefix] = counts
    for power in PowerMap.objects.filter(version__in=versions):
        facts[power.version_id]["power map"] = power.columns
    return facts


def _condition_uses(versions: Sequence[PolicyVersion]) -> Iterator[Facts]:
    uses = ConditionUse.objects.filter(statement__version__in=versions)
    uses = uses.select_related("statement", "condition_key")
    for use in uses.order_by("statement__version", "statement__position", "pk"):
        yield {
            "version": use.statement.version_id,
            **{field: getattr(use, field) for field in _CONDITION_FIELDS},
            "reference": use.condition_key.name if use.condition_key else None,
        }
