"""Which of two sources is believed, and whether two documents are the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from policyhub.catalog.importing.checking import CheckedVersion
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.moments import is_bare_date, may_be_one_moment
from policyhub.catalog.sources.items import SourcePolicy, SourceVersion

_FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)
_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)

_TOLD_BY_ARN = ("arn", "path", "kind", "attachable")

FACTS = (*_TOLD_BY_ARN, "created_at", "updated_at", "facts_retrieved_on", "last_seen_on")


def facts_of(source: SourcePolicy) -> dict[str, Any]:
    """What the source says about what AWS owns, by field of `Policy`."""
    facts: dict[str, Any] = {"created_at": source.created_at, "updated_at": source.updated_at}
    if source.arn:
        facts |= {"arn": source.arn, "path": source.path, "kind": source.kind}
        facts["attachable"] = source.attachable
    return {name: fact for name, fact in facts.items() if fact is not None}


def is_unknown(policy: Policy, fact: str) -> bool:
    """Whether no source gave the fact before: path and kind follow from the ARN."""
    return getattr(policy, fact) is None or (fact in _TOLD_BY_ARN and not policy.arn)


def leads(
    policy: Policy,
    source: SourcePolicy,
    versions: list[CheckedVersion],
    known: list[PolicyVersion],
) -> bool:
    """Whether the source may say which version is the default, and what the facts are.

    It must say so and be no older than what did before: neither read earlier nor, as a copy
    of an old answer is, mentioned an earlier change. A document without a number can't come
    before one with a number, because it does not say which version it is.
    """
    claim = next((each.given for each in versions if each.given.is_default), None)
    if claim is None or not is_as_fresh(source, policy):
        return False
    if source.updated_at and policy.updated_at and source.updated_at < policy.updated_at:
        return False
    has_number = any(each.is_default and each.version_id for each in known)
    return bool(claim.version_id) or not has_number


def is_as_fresh(source: SourcePolicy, policy: Policy) -> bool:
    """Whether a source was read no earlier; one of no known day, whether it tells of news."""
    if policy.facts_retrieved_on is None:
        return True
    if source.retrieved_on is not None:
        return source.retrieved_on >= policy.facts_retrieved_on
    told, known = source.updated_at, policy.updated_at
    return told is not None and (known is None or told > known)


def is_another_document(known: PolicyVersion, checked: CheckedVersion) -> bool:
    """Whether two documents claim one version: same number and moment, other text."""
    given = checked.given
    return (
        bool(given.version_id)
        and known.version_id == given.version_id
        and known.digest != checked.digest
        and may_be_one_moment(known.created_at, given.created_at)
    )


def is_the_time_of(day: datetime, moment: datetime) -> bool:
    """Whether only the day was known, and this is the time on it."""
    return day != moment and is_bare_date(day) and may_be_one_moment(day, moment)


def is_same(known: PolicyVersion, checked: CheckedVersion) -> bool:
    """Whether the same document is known under the same number, or one side lacks a number."""
    numbers = {known.version_id, checked.given.version_id}
    return known.digest == checked.digest and (len(numbers) == 1 or "" in numbers)


def has_closer_bounds(known: PolicyVersion, given: SourceVersion) -> bool:
    """Whether a source tells more closely than is known between which moments a version was made.

    A source that tells the moment itself has no bounds.
    """
    after, by = known.not_before or _FIRST_MOMENT, known.not_after or _LAST_MOMENT
    told = given.not_before or _FIRST_MOMENT, given.not_after or _LAST_MOMENT
    return after <= told[0] <= told[1] <= by and told != (after, by)


def age(version: PolicyVersion) -> tuple[datetime, int]:
    """What determines the latest version, if no source names the default."""
    moment = version.created_at or version.not_after or _FIRST_MOMENT
    return moment, int(version.version_id[1:] or 0)
