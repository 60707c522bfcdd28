"""The version that the last review was about, by its id or by the day of the review."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from policyhub.catalog.access.on_a_day import policy_on
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.http import quotable
from policyhub.iam.language.days import read_day

_VERSION = re.compile(r"v[0-9]+\Z")


class UnusableSinceError(ValueError):
    """A last review of which nothing can be said; the message says why and how to fix it."""


@dataclass(frozen=True)
class LastReview:
    """What a report compares with: `version` is None where the policy did not exist yet.

    `reason` says how it was chosen, a clause; `doubt` what is not certain of it, "" if nothing is.
    """

    version: PolicyVersion | None
    reason: str
    doubt: str = ""


def last_review(version: PolicyVersion, since: str) -> LastReview | None:
    """The version to compare with; without `since` the one before, None if there is none.

    Raises `UnusableSinceError`.
    """
    rows = versions_of(version.policy)
    if not since:
        return _version_before(rows, version)
    if _VERSION.match(since):
        return _numbered(rows, version, since)
    return _on_a_day(rows, version, since)


def versions_of(policy: Policy) -> list[PolicyVersion]:
    """Every version of a policy, the oldest first, without their documents."""
    rows = list(policy.versions.defer("document").oldest_first())
    for row in rows:
        row.policy = policy
    return rows


def versions_between(
    versions: Sequence[PolicyVersion], older: PolicyVersion | None, newer: PolicyVersion
) -> list[PolicyVersion]:
    """The versions after one until another, that one included; the oldest first."""
    places = {each.pk: place for place, each in enumerate(versions)}
    first = 0 if older is None else places[older.pk] + 1
    return list(versions[first : places[newer.pk] + 1])


def _version_before(rows: Sequence[PolicyVersion], version: PolicyVersion) -> LastReview | None:
    before = [each for each in rows[: rows.index(version)] if each.digest != version.digest]
    return LastReview(before[-1], "the version before it") if before else None


def _numbered(rows: Sequence[PolicyVersion], version: PolicyVersion, since: str) -> LastReview:
    found = next((each for each in reversed(rows) if each.version_id == since), None)
    if found is None:
        known = ", ".join(each.version_id or "unnumbered" for each in reversed(rows))
        raise UnusableSinceError(f"`{since}` is not a known version; known: {known}")
    if rows.index(found) > rows.index(version):
        raise UnusableSinceError(
            f"`{since}` is newer than the version under review, {version.version_id}: give an "
            "older one, or a day"
        )
    return LastReview(found, "the version of the last review")


def _on_a_day(rows: Sequence[PolicyVersion], version: PolicyVersion, since: str) -> LastReview:
    try:
        day = read_day(since)
    except ValueError as error:
        raise UnusableSinceError(f"{error}; or give a version, such as v2") from error
    then = policy_on(version.policy.key, day)
    chosen = then.choice.version if then else None
    found = next((each for each in rows if chosen and each.pk == chosen.key), None)
    if found is not None and rows.index(found) > rows.index(version):
        raise UnusableSinceError(
            f"on {quotable(since)} a newer version was in force than the one under review: give an "
            "earlier day"
        )
    doubt = then.doubt_in_words if then else ""
    return LastReview(found, f"in force on {day.isoformat()}", doubt)
