"""The only writer of what is derived: from documents, and from the reference.

It writes in bulk and in the transaction of the change that it follows, so that nothing that a
reader sees disagrees with a document.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from django.db import connection, transaction

from policyhub.catalog.collecting import garbage_collection_paused
from policyhub.catalog.deriving.belonging import belonging
from policyhub.catalog.deriving.derivers import Drift, derivers
from policyhub.catalog.deriving.documents import (
    Columns,
    Derived,
    DerivedStatement,
    columns_of,
    derive,
    has_rows,
    pattern_columns,
    service_of,
)
from policyhub.catalog.deriving.drift import find_drift
from policyhub.catalog.deriving.observed_changes import write_observed_changes
from policyhub.catalog.deriving.worked_out import NOTHING, WorkedOut
from policyhub.catalog.models import (
    CatalogState,
    ChangelogEntry,
    ConditionKey,
    ConditionUse,
    Pattern,
    Policy,
    PolicyService,
    PolicyVersion,
    PowerMap,
    Service,
    ServiceGrant,
    StatementPattern,
)
from policyhub.catalog.models import Statement as StoredStatement
from policyhub.catalog.parts import in_parts
from policyhub.catalog.reference.in_database import write_reference
from policyhub.catalog.reference.in_memory import Reference, get_reference
from policyhub.catalog.signals import policies_changed

__all__ = [
    "Drift",
    "find_drift",
    "index_policies",
    "index_versions",
    "load_reference",
    "rebuild",
]

Progress = Callable[[int], None]

_VERSIONS_AT_ONCE = 500
_ROWS_AT_ONCE = 2_000


def index_versions(
    versions: Sequence[PolicyVersion],
    progress: Progress | None = None,
    known: WorkedOut = NOTHING,
) -> None:
    """Write the derived rows and columns of saved versions, in the caller's transaction.

    What was derived of them before is replaced. `progress` is called with how many versions
    were done. Nothing that is `known` is worked out again.
    """
    _write_derived(versions, progress, known)
    policies = {version.policy_id for version in versions}
    write_observed_changes(policies, known)
    index_policies(policies)


def _write_derived(
    versions: Sequence[PolicyVersion], progress: Progress | None, known: WorkedOut = NOTHING
) -> None:
    """Write what follows from each document alone."""
    reference = get_reference()
    for start in range(0, len(versions), _VERSIONS_AT_ONCE):
        chunk = versions[start : start + _VERSIONS_AT_ONCE]
        with garbage_collection_paused():
            _DerivedChunk(chunk, reference, known).write()
        if progress:
            progress(len(chunk))


def index_policies(policies: Collection[int]) -> None:
    """Write which services some policies, by their keys, belong to, in the caller's transaction.

    It follows from their names, what curators say of them, and their default versions. Until
    the reference's rows are in, which derives everything again, a service may be missing.
    """
    PolicyService.objects.filter(policy__in=policies).delete()
    services = dict(Service.objects.values_list("prefix", "pk"))
    PolicyService.objects.bulk_create(
        [
            PolicyService(policy_id=policy, service_id=services[prefix], **reasons)
            for (policy, prefix), reasons in belonging(policies).items()
            if prefix in services
        ],
        batch_size=_ROWS_AT_ONCE,
    )


@transaction.atomic
def load_reference(progress: Progress | None = None) -> bool:
    """Write the reference's rows unless that very reference is already in; whether it wrote.

    What is derived by an older one is derived again. `progress` is called with the number of
    actions or versions done.
    """
    state = CatalogState.hold()
    if state.reference_version == get_reference().version:
        return False
    rebuild(progress, with_history=False)
    return True


@transaction.atomic
def rebuild(progress: Progress | None = None, *, with_history: bool = True) -> None:
    """Write everything that is derived again, and delete what nothing uses any more.

    What follows from the history that comes with Policyhub alone can be left to the process
    that loads it, so that a start does not wait.
    """
    reference = get_reference()
    write_reference(reference, progress)
    versions = PolicyVersion.objects.all()
    entries = ChangelogEntry.objects.filter(source=ChangelogEntry.Source.OBSERVED)
    policies = Policy.objects.all()
    if not with_history:
        of_history = PolicyVersion.objects.filter(source=PolicyVersion.Source.PACKAGES)
        versions = versions.exclude(source=PolicyVersion.Source.PACKAGES, is_default=False)
        entries = entries.exclude(policy__in=of_history.values("policy"))
        policies = policies.exclude(pk__in=of_history.values("policy"))
    entries.delete()
    keys = list(versions.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), _VERSIONS_AT_ONCE):
        chunk = PolicyVersion.objects.filter(pk__in=keys[start : start + _VERSIONS_AT_ONCE])
        _write_derived(list(chunk.select_related("policy")), progress)
    write_observed_changes(set(policies.order_by().values_list("pk", flat=True)))
    for some in in_parts(Policy.objects.order_by("pk").values_list("pk", flat=True), _ROWS_AT_ONCE):
        index_policies(some)
    Pattern.objects.filter(uses=None).delete()
    Service.objects.filter(known=False, patterns=None, grants=None).delete()
    CatalogState.advance()
    CatalogState.objects.update(reference_version=reference.version)
    policies_changed.send(PolicyVersion, policies=None)


class _DerivedChunk:
    """Some versions and what is derived from them, written by a constant number of queries.

    Rows are those of default versions alone, and of those whose policies are gone only the
    services: nothing looks for statements of others. The columns are written of all.
    """

    def __init__(
        self, versions: Sequence[PolicyVersion], reference: Reference, known: WorkedOut
    ) -> None:
        self.reference = reference
        self.columns: list[tuple[PolicyVersion, Columns]] = []
        self.derived: list[tuple[PolicyVersion, Derived]] = []
        for version in versions:
            if version.is_default:
                derived = known.derived.get(version.digest) or derive(version, reference)
                self.derived.append((version, derived))
                columns = derived.columns
            else:
                columns = known.columns.get(version.digest) or columns_of(version, reference)
            self.columns.append((version, columns))

    def write(self) -> None:
        """Replace the derived rows, the ones that others point at first."""
        versions = [version for version, _ in self.columns]
        StoredStatement.objects.filter(version__in=versions).delete()
        ServiceGrant.objects.filter(version__in=versions).delete()
        PowerMap.objects.filter(version__in=versions).delete()
        if self.derived:
            self._write_rows()
        self._write_columns()
        documents = {
            version.pk: derived.policy for version, derived in self.derived if has_rows(version)
        }
        for each in derivers():
            each.write(versions, documents)

    def _write_rows(self) -> None:
        services = self._write_services()
        patterns = self._write_patterns(services)
        statements = self._write_statements()
        self._write_pattern_uses(statements, patterns)
        self._write_condition_uses(statements)
        self._write_service_grants(services)
        self._write_power_maps()

    def _write_services(self) -> dict[str, int]:
        """Add the services that the reference lacks; return all services by prefix."""
        named = {prefix for _, derived in self.derived for prefix in derived.services}
        missing = named.difference(Service.objects.values_list("prefix", flat=True))
        infos = {prefix: self.reference.services.get(prefix) for prefix in sorted(missing)}
        Service.objects.bulk_create(
            [
                Service(prefix=prefix, name=info.name, action_count=len(info.actions))
                if info
                else Service(prefix=prefix, known=False)
                for prefix, info in infos.items()
            ],
            ignore_conflicts=True,
        )
        return dict(Service.objects.values_list("prefix", "pk"))

    def _write_patterns(self, services: dict[str, int]) -> dict[str, int]:
        """Write each pattern once; return their keys in the database by text."""
        texts = {text for _, row in self._statements() for text in row.patterns}
        rows = [
            Pattern(
                text=text,
                service_id=services.get(service_of(text)),
                **pattern_columns(text, self.reference),
            )
            for text in sorted(texts)
        ]
        fields = ["service", "literal_prefix", "has_wildcard", "match_count"]
        Pattern.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["text"],
            update_fields=fields,
            batch_size=_ROWS_AT_ONCE,
        )
        return {row.text: row.pk for row in rows}

    def _write_statements(self) -> list[tuple[StoredStatement, DerivedStatement]]:
        pairs = [
            (StoredStatement(version=version, **row.elements), row)
            for version, row in self._statements()
        ]
        StoredStatement.objects.bulk_create([row for row, _ in pairs], batch_size=_ROWS_AT_ONCE)
        return pairs

    def _statements(self) -> Iterable[tuple[PolicyVersion, DerivedStatement]]:
        return (
            (version, statement)
            for version, derived in self.derived
            if has_rows(version)
            for statement in derived.statements
        )

    def _write_pattern_uses(
        self, statements: list[tuple[StoredStatement, DerivedStatement]], patterns: dict[str, int]
    ) -> None:
        StatementPattern.objects.bulk_create(
            [
                StatementPattern(statement_id=statement.pk, pattern_id=patterns[text])
                for statement, derived in statements
                for text in derived.patterns
            ],
            batch_size=_ROWS_AT_ONCE,
        )

    def _write_condition_uses(
        self, statements: list[tuple[StoredStatement, DerivedStatement]]
    ) -> None:
        keys = dict(ConditionKey.objects.order_by().values_list("name", "pk"))
        ConditionUse.objects.bulk_create(
            [
                ConditionUse(
                    statement_id=statement.pk,
                    condition_key_id=keys.get(self._known_key(condition["key"])),
                    **condition,
                )
                for statement, derived in statements
                for condition in derived.conditions
            ],
            batch_size=_ROWS_AT_ONCE,
        )

    def _known_key(self, name: str) -> str:
        key = self.reference.condition_key(name)
        return key.name if key else ""

    def _write_service_grants(self, services: dict[str, int]) -> None:
        ServiceGrant.objects.bulk_create(
            [
                ServiceGrant(version_id=version.pk, service_id=services[prefix], **counts)
                for version, derived in self.derived
                for prefix, counts in derived.services.items()
            ],
            batch_size=_ROWS_AT_ONCE,
        )

    def _write_power_maps(self) -> None:
        PowerMap.objects.bulk_create(
            [
                PowerMap(version_id=version.pk, columns=derived.power)
                for version, derived in self.derived
            ],
            batch_size=_ROWS_AT_ONCE,
        )

    def _write_columns(self) -> None:
        """Set the versions' derived columns: on the objects, and in one statement for all."""
        if not self.columns:
            return
        columns = list(self.columns[0][1])
        for version, values in self.columns:
            for column, value in values.items():
                setattr(version, column, value)
        quote = connection.ops.quote_name
        settings = ", ".join(f"{quote(column)} = %s" for column in columns)
        table = quote(PolicyVersion._meta.db_table)
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {table} SET {settings} WHERE {quote('id')} = %s",  # noqa: S608
                [(*values.values(), version.pk) for version, values in self.columns],
            )
