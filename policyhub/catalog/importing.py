"""Policies from any source into the database: all that is good, in one transaction.

A version is known by policy, version id and the digest of its document, so importing the same
thing again changes nothing. Documents are never edited. Facts and the default version follow
the freshest source; what curators wrote is not touched.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from django.db import transaction

from policyhub.catalog import indexing
from policyhub.catalog.models import CatalogState, Policy, PolicyVersion
from policyhub.catalog.sources import Item, Rejection, Skipped, SourcePolicy, SourceVersion
from policyhub.iam.document import Usage, digest, parse_policy

CHUNK = 500
POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_LONG_AGO = date.min

Progress = Callable[[int], None]


@dataclass(slots=True)
class ImportReport:
    """What an import did: names of policies, and everything left out with its reason."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def usable(self) -> int:
        """How many policies came in or were already there."""
        return len(self.created) + len(self.updated) + len(self.unchanged)

    @property
    def exit_status(self) -> int:
        """0 all in, 1 some rejected, 2 nothing usable."""
        if not self.usable:
            return 2
        return 1 if self.rejected else 0

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": len(self.unchanged),
            "rejected": [{"place": each.place, "reason": each.reason} for each in self.rejected],
            "skipped": [{"place": each.place, "reason": each.reason} for each in self.skipped],
        }


@dataclass(frozen=True, slots=True)
class CheckedVersion:
    """A version whose document was read by the grammar, with its compact text and digest."""

    given: SourceVersion
    text: str
    digest: str


@transaction.atomic
def import_policies(
    items: Iterable[Item], *, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Import every usable policy of `items`; report the others. All or nothing on a crash.

    With `dry_run` the report is the same and nothing is kept.
    """
    report, run = ImportReport(), _Run()
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK)):
        _Chunk(chunk, report, run).bring_in()
        if progress:
            progress(len(chunk))
    if dry_run:
        transaction.set_rollback(True)
    elif report.created or report.updated:
        CatalogState.advance()
    return report


@dataclass(slots=True)
class _Run:
    """What this run has seen: where each version of each policy stood, and its digest."""

    versions: dict[tuple[str, str, object], tuple[str, str]] = field(default_factory=dict)

    def clash(self, policy: SourcePolicy, version: CheckedVersion) -> str | None:
        """The place that gave another document for the same version, if one did."""
        key = (policy.name, version.given.version_id, version.given.created_at)
        place, known = self.versions.setdefault(key, (policy.place, version.digest))
        return place if known != version.digest else None


class _Chunk:
    """Some policies of a run, brought in with a constant number of queries."""

    def __init__(self, items: list[Item], report: ImportReport, run: _Run) -> None:
        self.report, self.run = report, run
        self.sources = [self._checked(item) for item in items]
        names = {policy.name for policy, _ in self._pairs()}
        arns = {policy.arn for policy, _ in self._pairs() if policy.arn}
        self.policies = {each.name: each for each in Policy.objects.filter(name__in=names)}
        owners = Policy.objects.filter(arn__in=arns).values_list("arn", "name")
        self.owner_of_arn = {arn: name for arn, name in owners if arn}
        self.versions: dict[str, list[PolicyVersion]] = defaultdict(list)
        known = PolicyVersion.objects.filter(policy__name__in=names).defer("document")
        for version in known.select_related("policy"):
            self.versions[version.policy.name].append(version)
        self.new_policies: dict[str, Policy] = {}
        self.changed_policies: dict[str, Policy] = {}
        self.new_versions: list[PolicyVersion] = []
        self.changed_versions: set[PolicyVersion] = set()

    def _pairs(self) -> Iterator[tuple[SourcePolicy, list[CheckedVersion]]]:
        return (pair for pair in self.sources if pair is not None)

    def bring_in(self) -> None:
        """Decide for each policy what is new, then write."""
        outcomes: dict[str, list[str]] = {}
        for policy, versions in self._pairs():
            outcome = self._bring_in(policy, versions)
            if outcome is not None and outcomes.get(policy.name) is not self.report.created:
                outcomes[policy.name] = outcome
        for name, outcome in outcomes.items():
            outcome.append(name)
        self._write()

    def _checked(self, item: Item) -> tuple[SourcePolicy, list[CheckedVersion]] | None:
        """Read the documents by the grammar; what is wrong goes to the report."""
        if isinstance(item, Rejection):
            self.report.rejected.append(item)
        elif isinstance(item, Skipped):
            self.report.skipped.append(item)
        elif not POLICY_NAME.fullmatch(item.name):
            self._reject(item, f"`{item.name}` is no policy name: letters, digits and +=,.@-_ are")
        else:
            versions = [self._check(item, version) for version in item.versions]
            good = [version for version in versions if version is not None]
            return (item, good) if good else None
        return None

    def _check(self, policy: SourcePolicy, version: SourceVersion) -> CheckedVersion | None:
        parsed = parse_policy(version.document, Usage.IDENTITY)
        if parsed.errors:
            problem = parsed.errors[0]
            more = f" (and {len(parsed.errors) - 1} more)" if len(parsed.errors) > 1 else ""
            where = f"line {problem.line}, column {problem.column}" if problem.line else "document"
            at = f" at {problem.path}" if problem.path else ""
            self._reject(policy, f"{where}{at}: {problem.message}{more}", version)
            return None
        text = json.dumps(json.loads(version.document), ensure_ascii=False, separators=(",", ":"))
        checked = CheckedVersion(version, text, digest(version.document))
        elsewhere = self.run.clash(policy, checked)
        if elsewhere:
            self._reject(
                policy,
                f"another document for the same version of {policy.name} is in {elsewhere}: "
                "keep the right one",
                version,
            )
            return None
        return checked

    def _reject(
        self, policy: SourcePolicy, reason: str, version: SourceVersion | None = None
    ) -> None:
        place = policy.place or policy.name
        if version is not None and version.version_id:
            place = f"{place} {version.version_id}"
        self.report.rejected.append(Rejection(place, reason))

    def _bring_in(self, source: SourcePolicy, versions: list[CheckedVersion]) -> list[str] | None:
        """Take in one policy; return the report's list that it belongs on."""
        policy = self.policies.get(source.name)
        if policy is not None and policy.arn and source.arn and policy.arn != source.arn:
            self._reject(source, f"{policy.name} is already here as {policy.arn}: names are unique")
            return None
        if source.arn and self.owner_of_arn.setdefault(source.arn, source.name) != source.name:
            owner = self.owner_of_arn[source.arn]
            self._reject(source, f"{source.arn} is already here under the name {owner}")
            return None
        versions = [each for each in versions if not self._contradicts(source, each)]
        if not versions:
            return None
        is_new = policy is None
        if policy is None:
            policy = Policy(name=source.name, attachable=True, kind=Policy.Kind.CUSTOMER_MANAGED)
            self.policies[source.name] = self.new_policies[source.name] = policy
        leads = source.retrieved_on >= (policy.facts_retrieved_on or _LONG_AGO)
        changed = leads and self._take_facts(policy, source)
        for version in versions:
            changed |= self._take_version(policy, source, version, leads)
        if is_new:
            return self.report.created
        return self.report.updated if changed else self.report.unchanged

    def _contradicts(self, source: SourcePolicy, checked: CheckedVersion) -> bool:
        """Reject a document for a version that is known with another one, made the same day.

        A policy that was deleted and made again repeats its version ids on a later day.
        """
        for known in self.versions[source.name]:
            given = checked.given
            days = {each.created_at.date() for each in (known, given) if each.created_at}
            if (
                given.version_id
                and known.version_id == given.version_id
                and known.digest != checked.digest
                and len(days) < 2
            ):
                self._reject(
                    source,
                    f"{source.name} {given.version_id} is already here with another document, "
                    f"from {known.get_source_display()}: a version never changes, so one is wrong",
                    given,
                )
                return True
        return False

    def _take_facts(self, policy: Policy, source: SourcePolicy) -> bool:
        """Set what AWS owns; whether anything but the day of retrieval changed."""
        facts: dict[str, Any] = {"created_at": source.created_at, "updated_at": source.updated_at}
        if source.arn:
            facts |= {"arn": source.arn, "path": source.path, "kind": source.kind}
            facts["attachable"] = source.attachable
        different = {
            name: value
            for name, value in facts.items()
            if value is not None and getattr(policy, name) != value
        }
        for name, value in different.items():
            setattr(policy, name, value)
        if different or policy.facts_retrieved_on != source.retrieved_on:
            policy.facts_retrieved_on = source.retrieved_on
            if policy.pk:
                self.changed_policies[policy.name] = policy
        return bool(different)

    def _take_version(
        self, policy: Policy, source: SourcePolicy, checked: CheckedVersion, leads: bool
    ) -> bool:
        """Add the version, or find it; make it the default where the source may say so."""
        known = self.versions[policy.name]
        version = next((each for each in known if _is_same(each, checked)), None)
        changed = version is None
        if version is None:
            version = PolicyVersion(
                policy=policy,
                version_id=checked.given.version_id,
                created_at=checked.given.created_at,
                document=checked.text,
                digest=checked.digest,
                source=source.source,
                retrieved_on=source.retrieved_on,
            )
            known.append(version)
            self.new_versions.append(version)
        elif checked.given.version_id and not version.version_id:
            # A later source tells the number of a document that was known without one.
            version.version_id = checked.given.version_id
            version.created_at = version.created_at or checked.given.created_at
            self.changed_versions.add(version)
            changed = True
        default = next((each for each in known if each.is_default), None)
        if default is version or not (default is None or (checked.given.is_default and leads)):
            return changed
        if default is not None:
            default.is_default = False
            self._note_change(default)
        version.is_default = True
        self._note_change(version)
        return True

    def _note_change(self, version: PolicyVersion) -> None:
        if version.pk:
            self.changed_versions.add(version)

    def _write(self) -> None:
        """Write what was decided; derived rows follow in the same transaction."""
        Policy.objects.bulk_create(self.new_policies.values())
        Policy.objects.bulk_update(
            self.changed_policies.values(),
            ["arn", "path", "kind", "attachable", "created_at", "updated_at", "facts_retrieved_on"],
            batch_size=CHUNK,
        )
        # The old default steps down first: at no moment may a policy have two.
        falling = [each for each in self.changed_versions if not each.is_default]
        rising = [each for each in self.changed_versions if each.is_default]
        for versions in (falling, rising):
            PolicyVersion.objects.bulk_update(
                versions, ["is_default", "version_id", "created_at"], batch_size=CHUNK
            )
        for version in self.new_versions:
            version.policy_id = version.policy.pk
        PolicyVersion.objects.bulk_create(self.new_versions)
        indexing.index_versions(self.new_versions)


def _is_same(known: PolicyVersion, given: CheckedVersion) -> bool:
    """Whether the same document is known under the same number, or one side lacks a number."""
    numbers = {known.version_id, given.given.version_id}
    return known.digest == given.digest and (len(numbers) == 1 or "" in numbers)
