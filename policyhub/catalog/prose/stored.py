"""What the database has of policies' documentation, as the checks want it, and what they find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from django.db.models import Exists, Max, Min, OuterRef, Prefetch, Q, QuerySet

from policyhub.catalog.access.permissions import EffectivePermissions, effective_permissions_of
from policyhub.catalog.models import (
    ChangelogEntry,
    DocumentedPolicy,
    PermissionDescription,
    Policy,
    PolicyVersion,
)
from policyhub.catalog.prose.change_log import ChangeLog, DatedVersion, LoggedChange
from policyhub.catalog.prose.checks import (
    Finding,
    Outgrown,
    Prose,
    disagreements,
    log_disagreements,
)

_DOCUMENTED = ChangelogEntry.objects.filter(source=ChangelogEntry.Source.DOCUMENTATION)


@dataclass(frozen=True, slots=True)
class FoundInProse:
    """A finding about a policy.

    `description` and `entry` are the row with the sentence concerned, where there is one;
    `version` is the one whose statements the evidence counts.
    """

    policy: Policy
    finding: Finding
    version: PolicyVersion | None = None
    description: PermissionDescription | None = None
    entry: ChangelogEntry | None = None


def policies_with_prose() -> QuerySet[Policy]:
    """The policies about which the documentation says something that can be checked."""
    return Policy.objects.filter(
        Q(Exists(PermissionDescription.objects.filter(policy=OuterRef("pk"))))
        | Q(Exists(_DOCUMENTED.filter(policy=OuterRef("pk"))))
        | Q(Exists(DocumentedPolicy.objects.filter(policy=OuterRef("pk"))))
        | Q(documented_attachable__isnull=False)
        | Q(described_version__isnull=False)
    )


def found_in_prose(policies: QuerySet[Policy], *, ours: bool = False) -> Iterator[FoundInProse]:
    """Yield every finding about policies, by name; what has no prose costs nothing.

    Judged is what AWS's pages say; with `ours` what Policyhub says, corrections included.
    """
    kept = documentation_kept()
    rows = policies.filter(pk__in=policies_with_prose().values("pk")).order_by("key")
    # Documents are read where a check needs them: of few versions.
    versions = Prefetch("versions", PolicyVersion.objects.defer("document"))
    described = Prefetch("descriptions", PermissionDescription.with_withdrawn.all())
    related = (described, "changelog", versions)
    for policy in rows.select_related("described_version").prefetch_related(*related):
        yield from found_in_policy(policy, kept, ours=ours)


def found_in_policy(
    policy: Policy, kept: tuple[date, date] | None, *, ours: bool = False
) -> Iterator[FoundInProse]:
    """Yield the findings about one policy; `kept` is of `documentation_kept`."""
    versions = list(policy.versions.all())
    described = next((row for row in versions if row.pk == policy.described_version_id), None)
    default = next((row for row in versions if row.is_default), None)
    descriptions = list(policy.descriptions.all())
    found = disagreements(
        prose_of(policy, descriptions, ours=ours),
        permissions_of(described) if described else None,
        outgrown(described, default),
    )
    for finding in found:
        about = finding.evidence.get("pattern") or finding.evidence.get("service")
        judged = {(row if ours else row.as_claimed()).pattern: row for row in descriptions}
        row = judged.get(str(about))
        yield FoundInProse(policy, finding, described, description=row)
    entries = {entry.pk: entry for entry in policy.changelog.all()}
    log = change_log_of(policy, entries.values(), versions, kept, ours=ours)
    for key, finding in log_disagreements(log):
        yield FoundInProse(policy, finding, default, entry=entries[key])


def prose_of(
    policy: Policy, descriptions: Iterable[PermissionDescription], *, ours: bool = False
) -> Prose:
    """What AWS's page says about a policy, whatever curators say instead; or, with `ours`, that."""
    if ours:
        rows = [each for each in descriptions if not each.is_withdrawn]
    else:
        policy, rows = policy.as_claimed(), [each.as_claimed() for each in descriptions]
    return Prose(
        tuple(row.pattern for row in rows),
        policy.documented_attachable,
        policy.path,
        {row.pattern: row.text for row in rows},
        policy.summary,
        policy.considerations,
        policy.kind != Policy.Kind.CUSTOMER_MANAGED,
    )


def outgrown(described: PolicyVersion | None, default: PolicyVersion | None) -> Outgrown | None:
    """The described version with the default one, where that has another document."""
    if described is None or default is None or described.digest == default.digest:
        return None
    return Outgrown(
        described.version_id,
        default.version_id,
        partial(permissions_of, described),
        partial(permissions_of, default),
    )


def change_log_of(
    policy: Policy,
    entries: Iterable[ChangelogEntry],
    versions: Sequence[PolicyVersion],
    kept: tuple[date, date] | None,
    *,
    ours: bool = False,
) -> ChangeLog:
    """A policy's change log; `kept` is of `documentation_kept`."""
    changes = [_logged(entry if ours else entry.as_claimed()) for entry in entries]
    quoted = {name for change in changes if not change.is_observed for name in change.quoted}
    quoted.add(policy.name)
    return ChangeLog(
        policy.name,
        changes,
        [dated for row in versions if (dated := _dated_version(row))],
        set(Policy.objects.filter(name__in=quoted).values_list("name", flat=True)),
        kept,
        _quoting(policy),
        policy.documented.exists(),
    )


def _dated_version(row: PolicyVersion) -> DatedVersion | None:
    """The version with what is known of its date; None if nothing is."""
    permissions, name = partial(permissions_of, row), row.version_id or "unnumbered version"
    if row.created_at:
        return DatedVersion.made_at(name, row.created_at, permissions)
    if row.not_before and row.not_after:
        return DatedVersion.made_between(name, row.not_before, row.not_after, permissions)
    return None


def _logged(entry: ChangelogEntry) -> LoggedChange:
    return LoggedChange(
        entry.pk,
        entry.date,
        f"{entry.title}\n{entry.description}",
        entry.source == ChangelogEntry.Source.OBSERVED,
        entry.access,
        entry.version_id,
    )


def _quoting(policy: Policy) -> list[LoggedChange]:
    """The documented entries of other policies that name this one."""
    elsewhere = _DOCUMENTED.filter(description__contains=f"`{policy.name}`")
    return [_logged(each) for each in elsewhere.exclude(policy=policy)]


def permissions_of(version: PolicyVersion) -> EffectivePermissions:
    """What a version grants."""
    return effective_permissions_of(version.document, version.digest)


def documentation_kept() -> tuple[date, date] | None:
    """From when to when the change log of the documentation goes, of all policies together."""
    days = _DOCUMENTED.aggregate(first=Min("date"), last=Max("date"))
    return (days["first"], days["last"]) if days["first"] else None
