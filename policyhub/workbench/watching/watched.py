"""What became of watched policies: the version in force, its verdict, and changes since a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from policyhub.catalog.models import ChangelogEntry, Policy, PolicyVersion
from policyhub.judge.models import ObservedRisks, PolicyVerdict
from policyhub.judge.risks.verdict import GROUPS, VerdictGroup

_GROUPS = {each.slug: each for each in GROUPS}


@dataclass(frozen=True)
class WatchedChange:
    """An entry of the change log with what it did to risks, None where that was not judged."""

    entry: ChangelogEntry
    risks: ObservedRisks | None

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON has it."""
        entry = self.entry
        return {
            "date": entry.date,
            "title": entry.title,
            "source": entry.source,
            "versionId": entry.version_id or None,
            "access": entry.access or None,
            "risksGained": self.risks.gained if self.risks else None,
            "risksLost": self.risks.lost if self.risks else None,
        }


@dataclass(frozen=True)
class PolicyUnderWatch:
    """A watched policy with its version in force and its changes since a day, newest first.

    `version` and `verdict` are None of a policy that AWS has removed.
    """

    policy: Policy
    version: PolicyVersion | None
    verdict: PolicyVerdict | None
    changes: Sequence[WatchedChange]

    @property
    def group(self) -> VerdictGroup | None:
        """What the version amounts to."""
        return _GROUPS.get(self.verdict.group) if self.verdict else None

    @property
    def gained(self) -> int:
        """How many risks its changes brought."""
        return sum(each.risks.gained_count for each in self.changes if each.risks)

    def to_dict(self) -> dict[str, Any]:
        """The policy as JSON has it."""
        verdict = self.verdict
        return {
            "name": self.policy.key,
            "arn": self.policy.arn,
            "versionId": self.version.version_id if self.version else None,
            "createdAt": self.version.created_at if self.version else None,
            "lastSeen": self.policy.last_seen_on,
            "verdict": self.group.slug if self.group else None,
            "sentence": verdict.sentence if verdict else None,
            "free": verdict.free_count if verdict else None,
            "bounded": verdict.bounded_count if verdict else None,
            "changes": [each.to_dict() for each in self.changes],
        }


def changes_of(keys: Sequence[str], since: date | None = None) -> QuerySet[ChangelogEntry]:
    """The entries of policies by their keys, the newest first, with policy and risks at hand."""
    entries = ChangelogEntry.objects.filter(policy__key__in=keys)
    if since is not None:
        entries = entries.filter(date__gte=since)
    return entries.select_related("policy", "risks").order_by("-date", "-pk")


def risks_of_change(entry: ChangelogEntry) -> ObservedRisks | None:
    """What a change did to risks; None where that was not judged."""
    return getattr(entry, "risks", None)


def watched(keys: Sequence[str], since: date) -> list[PolicyUnderWatch]:
    """The policies in the order of their keys as given; those that are not known are missing."""
    policies = {each.key: each for each in Policy.objects.filter(key__in=keys)}
    versions = PolicyVersion.objects.in_force().filter(policy__key__in=keys).defer("document")
    in_force = {each.policy_id: each for each in versions.select_related("verdict")}
    changes: dict[str, list[WatchedChange]] = {key: [] for key in policies}
    for entry in changes_of(keys, since):
        if entry.policy is not None:
            changes[entry.policy.key].append(WatchedChange(entry, risks_of_change(entry)))
    return [
        PolicyUnderWatch(
            policies[key],
            version := in_force.get(policies[key].pk),
            getattr(version, "verdict", None),
            changes[key],
        )
        for key in keys
        if key in policies
    ]
