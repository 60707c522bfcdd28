"""Policies from any source into the database: all that is good, in one transaction.

A version is known by policy, version id and the digest of its document, so importing the same
thing again changes nothing. Documents are never edited. Facts and the default version follow
the freshest source; what curators wrote is not touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from policyhub.catalog.deriving import indexing
from policyhub.catalog.importing.checking import CheckedVersion, check_version
from policyhub.catalog.importing.report import Conflict, ImportReport, Outcome
from policyhub.catalog.models import CatalogState, Policy, PolicyVersion
from policyhub.catalog.parts import in_parts
from policyhub.catalog.signals import policies_changed
from policyhub.catalog.sources.items import (
    Item,
    Rejection,
    Skipped,
    SourcePolicy,
)
from policyhub.catalog.sources.moments import is_bare_date, may_be_one_moment

CHUNK = 500
# Policies of a history, which may have a hundred versions each.
PART = 100
_FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)
_TOLD_BY_ARN = ("arn", "path", "kind", "attachable")
_FACTS = (*_TOLD_BY_ARN, "created_at", "updated_at", "facts_retrieved_on")

Progress = Callable[[int], None]
Checked = tuple[SourcePolicy, list[CheckedVersion]]


def import_in_parts(items: Iterable[Item], *, progress: Progress | None = None) -> ImportReport:
    """Import a long history, some policies at a time: what is in stays, whatever ends it.

    Each policy comes in with all its versions at once, so that none is ever half there. To
    import the same again goes on with the rest.
    """
    report = ImportReport()
    for part in in_parts(items, PART):
        report.add(import_policies(part))
        if progress:
            progress(len(part))
    return report


@transaction.atomic
def import_policies(
    items: Iterable[Item], *, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Import every usable policy of `items`; report the others. All or nothing on a crash.

    With `dry_run` the report is the same and nothing is kept. `progress` is called with how
    many items were done.
    """
    # One import after the other: what is decided here holds until it is written.
    CatalogState.hold()
    run = _Run()
    for chunk in in_parts(items, CHUNK):
        _Chunk(run.check(chunk), run.report).bring_in()
        if progress:
            progress(len(chunk))
    if dry_run:
        transaction.set_rollback(True)
    elif run.report.created or run.report.updated:
        CatalogState.advance()
    return run.report


@dataclass(slots=True)
class _Run:
    """The report on a run, and where in it each version of each policy stood."""

    report: ImportReport = field(default_factory=ImportReport)
    seen: dict[tuple[str, str, object], tuple[str, str]] = field(default_factory=dict)

    def check(self, items: list[Item]) -> list[Checked]:
        """Return the policies that can be kept; what is wrong goes to the report."""
        checked = []
        for item in items:
            if isinstance(item, Rejection):
                self.report.rejected.append(item)
            elif isinstance(item, Skipped):
                self.report.skipped.append(item)
            elif versions := self._check_versions(item):
                checked.append((item, versions))
        return checked

    def _check_versions(self, policy: SourcePolicy) -> list[CheckedVersion]:
        good = []
        for version in policy.versions:
            checked = check_version(version)
            fault = checked if isinstance(checked, str) else self._clash(policy, checked)
            if fault is None and not isinstance(checked, str):
                good.append(checked)
            else:
                place = _place_of(policy, version.version_id)
                self.report.rejected.append(Rejection(place, f"{policy.name}: {fault}"))
        return good

    def _clash(self, policy: SourcePolicy, version: CheckedVersion) -> str | None:
        """Say which place gave another document for the same version, if one did."""
        key = (policy.name, version.given.version_id, version.given.created_at)
        place, known = self.seen.setdefault(key, (policy.place, version.digest))
        if known == version.digest:
            return None
        return f"another document for the same version is in {place}: keep the right one"


class _Chunk:
    """Some policies of a run, brought in with a constant number of queries."""

    def __init__(self, sources: list[Checked], report: ImportReport) -> None:
        self.sources, self.report = sources, report
        names = {source.name for source, _ in sources}
        self.policies = {each.name: each for each in Policy.objects.filter(name__in=names)}
        self.versions: dict[str, list[PolicyVersion]] = defaultdict(list)
        known = PolicyVersion.objects.filter(policy__name__in=names).defer("document")
        for version in known.select_related("policy").order_by("pk"):
            self.versions[version.policy.name].append(version)
        self.changed_policies: dict[int, Policy] = {}
        self.changed_versions: dict[int, PolicyVersion] = {}

    def bring_in(self) -> None:
        """Decide for each policy what is new, then write."""
        for source, versions in self.sources:
            outcome = self._bring_in(source, versions)
            if outcome is not None:
                self.report.note(source.name, outcome)
        self._write()

    def _bring_in(self, source: SourcePolicy, versions: list[CheckedVersion]) -> Outcome | None:
        """Take in one policy; None when nothing of it is."""
        known = self.versions[source.name]
        fault = self._fault(source, versions)
        if fault is not None:
            self.report.rejected.append(fault)
            return None
        versions = [each for each in versions if not self._contradicts(source, each, known)]
        if not versions:
            return None
        policy, outcome = self.policies.get(source.name), Outcome.UNCHANGED
        if policy is None:
            policy, outcome = Policy(name=source.name, attachable=True), Outcome.CREATED
            policy.kind = Policy.Kind.CUSTOMER_MANAGED
            self.policies[source.name] = policy
        leads = _leads(policy, source, versions, known)
        changes = [self._take_facts(policy, source, leads)]
        taken = []
        for checked in versions:
            version, is_news = self._take_version(policy, source, checked, known)
            taken.append((version, checked))
            changes.append(is_news)
        changes.append(self._settle_default(taken, known, leads))
        return max(outcome, Outcome.UPDATED if any(changes) else Outcome.UNCHANGED)

    def _fault(self, source: SourcePolicy, versions: list[CheckedVersion]) -> Rejection | None:
        """Why the policy can't come in beside what is here, if it can't."""
        policy = self.policies.get(source.name)
        if policy is not None:
            if not (policy.arn and source.arn) or policy.arn == source.arn:
                return None
            reason = f"{policy.name} is already here as {policy.arn}: names are unique"
            return Conflict(source.place, reason)
        default = next((each for each in source.versions if each.is_default), None)
        if default is None or any(each.given is default for each in versions):
            return None
        return Rejection(
            source.place,
            f"{source.name} is left out: its default version is rejected, and another would "
            "pass for it",
        )

    def _contradicts(
        self, source: SourcePolicy, checked: CheckedVersion, known: list[PolicyVersion]
    ) -> bool:
        """Reject another document for a version that is known, made at the same time.

        A policy that was deleted and made again repeats its version ids at a later time.
        """
        given = checked.given
        other = next((each for each in known if _is_another_document(each, checked)), None)
        if other is None:
            return False
        day = f" of {other.retrieved_on}" if other.retrieved_on else ""
        reason = (
            f"{source.name} {given.version_id} is already here with another document, from "
            f"{other.get_source_display()}{day}: a version never changes, so one of them is wrong"
        )
        self.report.rejected.append(Conflict(_place_of(source, given.version_id), reason))
        return True

    def _take_facts(self, policy: Policy, source: SourcePolicy, leads: bool) -> bool:
        """Set what AWS owns, or only what was not known; say whether a fact changed."""
        facts = _facts_of(source)
        if not leads:
            facts = {name: fact for name, fact in facts.items() if _is_unknown(policy, name)}
        changed = {name: fact for name, fact in facts.items() if getattr(policy, name) != fact}
        for name, fact in changed.items():
            setattr(policy, name, fact)
        is_fresher = leads and policy.facts_retrieved_on != source.retrieved_on
        if is_fresher:
            policy.facts_retrieved_on = source.retrieved_on
        if policy.pk and (changed or is_fresher):
            self.changed_policies[policy.pk] = policy
        return bool(changed)

    def _take_version(
        self,
        policy: Policy,
        source: SourcePolicy,
        checked: CheckedVersion,
        known: list[PolicyVersion],
    ) -> tuple[PolicyVersion, bool]:
        """Find the version or add it; say whether anything about it is new."""
        version = next((each for each in known if _is_same(each, checked)), None)
        if version is not None:
            return version, self._learn(version, checked)
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
        return version, True

    def _learn(self, version: PolicyVersion, checked: CheckedVersion) -> bool:
        """Take in a number or a time that an earlier source did not tell."""
        given, known = checked.given, version.created_at
        tells_number = bool(given.version_id and not version.version_id)
        tells_time = given.created_at is not None and (
            known is None or _is_the_time_of(known, given.created_at)
        )
        if tells_number:
            version.version_id = given.version_id
        if tells_time:
            version.created_at = given.created_at
        if tells_number or tells_time:
            self._note_change(version)
        return tells_number or tells_time

    def _settle_default(
        self,
        taken: list[tuple[PolicyVersion, CheckedVersion]],
        known: list[PolicyVersion],
        leads: bool,
    ) -> bool:
        """Let exactly one version be the default; say whether it is another one now."""
        current = next((each for each in known if each.is_default), None)
        chosen = next((version for version, checked in taken if checked.given.is_default), None)
        if current is None:
            chosen = chosen or max((version for version, _ in taken), key=_age)
        elif not leads or chosen is None or chosen is current:
            return False
        else:
            current.is_default = False
            self._note_change(current)
        chosen.is_default = True
        self._note_change(chosen)
        return True

    def _note_change(self, version: PolicyVersion) -> None:
        if version.pk:
            self.changed_versions[version.pk] = version

    def _write(self) -> None:
        """Write what was decided; derived rows follow in the same transaction."""
        new_policies = [each for each in self.policies.values() if not each.pk]
        Policy.objects.bulk_create(new_policies)
        Policy.objects.bulk_update(self.changed_policies.values(), _FACTS, batch_size=CHUNK)
        # The old default steps down first: at no moment may a policy have two.
        for is_default in (False, True):
            versions = [
                each for each in self.changed_versions.values() if each.is_default is is_default
            ]
            PolicyVersion.objects.bulk_update(
                versions, ["is_default", "version_id", "created_at"], batch_size=CHUNK
            )
        added = [each for known in self.versions.values() for each in known if not each.pk]
        for version in added:
            version.policy_id = version.policy.pk
        PolicyVersion.objects.bulk_create(added)
        if added:
            indexing.index_versions(added)
        # Another default version, though an old one, may be of other services.
        indexing.index_policies({each.policy_id for each in self.changed_versions.values()})
        touched = {each.policy_id for each in (*added, *self.changed_versions.values())}
        policies_changed.send(_Chunk, policies=touched | self.changed_policies.keys())


def _facts_of(source: SourcePolicy) -> dict[str, Any]:
    """What the source tells of what AWS owns, by field of `Policy`."""
    facts: dict[str, Any] = {"created_at": source.created_at, "updated_at": source.updated_at}
    if source.arn:
        facts |= {"arn": source.arn, "path": source.path, "kind": source.kind}
        facts["attachable"] = source.attachable
    return {name: fact for name, fact in facts.items() if fact is not None}


def _is_unknown(policy: Policy, fact: str) -> bool:
    """Whether no source told the fact before: path and kind follow from the ARN."""
    return getattr(policy, fact) is None or (fact in _TOLD_BY_ARN and not policy.arn)


def _leads(
    policy: Policy,
    source: SourcePolicy,
    versions: list[CheckedVersion],
    known: list[PolicyVersion],
) -> bool:
    """Whether the source may say which version is the default, and what the facts are.

    It must say so and be no older than what did before: neither read earlier nor, as a copy
    of an old answer is, told of an earlier change. A document without a number can't stand
    before one with a number, for it does not tell which version it is.
    """
    claim = next((each.given for each in versions if each.given.is_default), None)
    if claim is None or source.retrieved_on < (policy.facts_retrieved_on or date.min):
        return False
    if source.updated_at and policy.updated_at and source.updated_at < policy.updated_at:
        return False
    has_number = any(each.is_default and each.version_id for each in known)
    return bool(claim.version_id) or not has_number


def _is_another_document(known: PolicyVersion, checked: CheckedVersion) -> bool:
    given = checked.given
    return (
        bool(given.version_id)
        and known.version_id == given.version_id
        and known.digest != checked.digest
        and may_be_one_moment(known.created_at, given.created_at)
    )


def _is_the_time_of(day: datetime, moment: datetime) -> bool:
    """Whether only the day was known, and this is the time on it."""
    return day != moment and is_bare_date(day) and may_be_one_moment(day, moment)


def _is_same(known: PolicyVersion, checked: CheckedVersion) -> bool:
    """Whether the same document is known under the same number, or one side lacks a number."""
    numbers = {known.version_id, checked.given.version_id}
    return known.digest == checked.digest and (len(numbers) == 1 or "" in numbers)


def _age(version: PolicyVersion) -> tuple[datetime, int]:
    """What the latest version is greatest by, where no source names the default."""
    return version.created_at or _FIRST_MOMENT, int(version.version_id[1:] or 0)


def _place_of(policy: SourcePolicy, version_id: str) -> str:
    """Where a version stands: its policy's place, and its number if it has one."""
    return f"{policy.place} {version_id}".rstrip()
