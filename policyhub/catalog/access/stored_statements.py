"""Statements as the database has them, read again as they were parsed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from policyhub.catalog.access.catalogue import CatalogPolicy, Concerned
from policyhub.catalog.models import ConditionUse
from policyhub.catalog.models import Statement as StoredStatement
from policyhub.catalog.parts import in_parts
from policyhub.iam.reading.document import Condition, PolicyDocument, Statement

_NAMED_AT_ONCE = 5_000
_ELEMENTS = (
    "position", "sid", "effect", "actions", "not_action", "resources", "not_resource",
)  # fmt: skip
_COLUMNS = (
    "pk", "version__policy__key", "version__version_id", "version__language", *_ELEMENTS,
)  # fmt: skip

# The statements of one version that are about an action, by their keys in the database.
StatementKeys = tuple[int, ...]


def read_names(keys: Collection[int]) -> dict[int, tuple[int, str]]:
    """The places of statements in their documents, and their Sids, by their keys."""
    names: dict[int, tuple[int, str]] = {}
    for some in in_parts(keys, _NAMED_AT_ONCE):
        rows = StoredStatement.objects.filter(pk__in=some).order_by()
        for key, position, sid in rows.values_list("pk", "position", "sid"):
            names[key] = position, sid
    return names


def read_statements(groups: Sequence[StatementKeys]) -> dict[StatementKeys, Concerned]:
    """Versions with their statements that have these keys, those of a group in one version."""
    keys = [key for group in groups for key in group]
    conditions: dict[int, list[Condition]] = {}
    # In the document's order, which the statement's own column loses on PostgreSQL.
    uses = ConditionUse.objects.filter(statement__in=keys).order_by("pk")
    for key, operator, name, values in uses.values_list("statement", "operator", "key", "values"):
        conditions.setdefault(key, []).append(Condition(operator, name, tuple(values)))
    found = StoredStatement.objects.filter(pk__in=keys).order_by()
    rows = {row[0]: row for row in found.values_list(*_COLUMNS)}
    return {
        group: _concerned([(rows[key], conditions.get(key, [])) for key in group])
        for group in groups
    }


def _concerned(rows: list[tuple[tuple[Any, ...], list[Condition]]]) -> Concerned:
    _, name, version_id, language, *_ = rows[0][0]
    statements = (_statement(tuple(conditions), *row[4:]) for row, conditions in rows)
    ordered = tuple(sorted(statements, key=lambda each: each.position))
    return Concerned(
        CatalogPolicy(name, version_id, PolicyDocument(language, "", ordered)), ordered
    )


def _statement(
    conditions: tuple[Condition, ...],
    position: int,
    sid: str,
    effect: str,
    actions: list[str],
    not_action: bool,
    resources: list[str],
    not_resource: bool,
) -> Statement:
    """The statement as it was parsed; an identity policy's has no principal."""
    return Statement(
        position=position,
        sid=sid,
        effect="Allow" if effect == "Allow" else "Deny",
        actions=tuple(actions),
        not_action=not_action,
        resources=tuple(resources),
        not_resource=not_resource,
        principals=None,
        not_principal=False,
        conditions=conditions,
    )
