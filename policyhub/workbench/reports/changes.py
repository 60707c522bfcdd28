"""What became of a policy since the last review: versions, access, actions, risks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from policyhub.catalog.models import ChangelogEntry, PolicyVersion
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.workbench.reports.pairing import SubjectPair
from policyhub.workbench.reports.since import (
    LastReview,
    last_review,
    versions_between,
    versions_of,
)
from policyhub.workbench.reports.subject import ReportSubject, subject_of_version

_ACCESS = dict(ChangelogEntry.Access.choices)


@dataclass(frozen=True)
class VersionSinceReview:
    """A version that came since, and what it did to access against the one before it.

    `access` is that of the change log, "" where it is not known.
    """

    version: PolicyVersion
    access: str

    @property
    def name(self) -> str:
        """Its id."""
        return self.version.version_id or "unnumbered"

    @property
    def access_in_words(self) -> str:
        """What it did, as the change log says it."""
        return _ACCESS.get(self.access, "Not known")

    def to_dict(self) -> dict[str, Any]:
        """The version as JSON has it."""
        return {
            "versionId": self.version.version_id,
            "createdAt": self.version.created_at,
            "access": self.access or None,
        }


@dataclass(frozen=True, eq=False)
class ChangesSince:
    """What changed from the version of the last review to the one under review.

    `pair` is None where the policy did not exist at the last review.
    """

    review: LastReview
    versions: Sequence[VersionSinceReview]
    documented: Sequence[ChangelogEntry]
    pair: SubjectPair | None

    @property
    def base(self) -> str:
        """The version of the last review, or that there was none."""
        if self.review.version is None:
            return "none"
        return self.review.version.version_id or "unnumbered"

    @property
    def sentence(self) -> str:
        """What happened, without a full stop."""
        if self.pair is None:
            return "The policy did not exist at the last review: everything in it is new"
        if not self.versions:
            return "There is no newer version: nothing changed"
        return self.pair.sentence

    @cached_property
    def is_nothing(self) -> bool:
        """Whether there is no newer version."""
        return self.pair is not None and not self.versions

    def to_dict(self) -> dict[str, Any]:
        """The changes as JSON has them."""
        return {
            "since": self.base if self.review.version else None,
            "reason": self.review.reason,
            "doubt": self.review.doubt,
            "sentence": self.sentence,
            "versions": [each.to_dict() for each in self.versions],
            "documented": [
                {"date": each.date, "title": each.title, "sourceUrl": each.source_url or None}
                for each in self.documented
            ],
            "comparison": self.pair.to_dict() if self.pair else None,
        }


def changes_since(
    subject: ReportSubject, since: str = "", budget: Budget = NO_LIMIT
) -> ChangesSince | None:
    """The changes until a version of the catalogue; None for the first version and for a file.

    Raises `UnusableSinceError`.
    """
    version = subject.version
    review = last_review(version, since) if version else None
    if version is None or review is None:
        return None
    rows = versions_between(versions_of(version.policy), review.version, version)
    effects = _observed_effects(version)
    came = [VersionSinceReview(each, effects.get(each.version_id, "")) for each in rows]
    pair = None
    if review.version is not None:
        pair = SubjectPair(subject_of_version(review.version), subject, budget)
    return ChangesSince(review, came, _documented(review, version), pair)


def _observed_effects(version: PolicyVersion) -> Mapping[str, str]:
    """What each version of the policy did to access, by its id, where that was observed."""
    entries = version.policy.changelog.filter(source=ChangelogEntry.Source.OBSERVED)
    return dict(entries.exclude(version_id="").values_list("version_id", "access"))


def _documented(review: LastReview, version: PolicyVersion) -> Sequence[ChangelogEntry]:
    """What the documentation says happened between the two, the newest first."""
    entries = version.policy.changelog.filter(source=ChangelogEntry.Source.DOCUMENTATION)
    if after := _day(review.version):
        entries = entries.filter(date__gt=after)
    if (until := _day(version)) and not version.is_default:
        entries = entries.filter(date__lte=until)
    return list(entries)


def _day(version: PolicyVersion | None) -> date | None:
    return version.existed_by.date() if version and version.existed_by else None
