"""One history out of many releases: every version that any of them has, each dated once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from policyhub.catalog.sources.history_file import HistoryPolicy, HistoryVersion
from policyhub.catalog.sources.history_releases import Release, SeenPolicy
from policyhub.catalog.sources.items import UnusableSourceError
from policyhub.catalog.sources.version_dates import Default, VersionDate, date_versions
from policyhub.iam.reading.document import digest

_TOLD = 5


@dataclass(slots=True)
class _GatheredVersion:
    document: str
    digest: str
    packages: set[str] = field(default_factory=set)
    moments: list[datetime] = field(default_factory=list)
    known: VersionDate | None = None


@dataclass(slots=True)
class _GatheredPolicy:
    arn: str
    path: str
    created: datetime | None = None
    last_seen: datetime | None = None
    versions: dict[int, _GatheredVersion] = field(default_factory=dict)
    defaults: list[Default] = field(default_factory=list)
    was_gone: bool = False


class HistoryBuilder:
    """Takes in releases, and earlier histories, and puts them together.

    Of a version that several have, the document is written as the first one has it.
    """

    def __init__(self) -> None:
        self._policies: dict[str, _GatheredPolicy] = {}
        self._snapshots: list[Release] = []
        self._seen: dict[str, dict[str, int]] = {}
        self._differing: list[str] = []

    def add_history(self, policies: Iterable[HistoryPolicy]) -> None:
        """Take in what an earlier run wrote."""
        for given in policies:
            policy = self._policy(given.name, given.arn, given.path, given.created)
            policy.was_gone = given.is_gone
            policy.last_seen = _newest(policy.last_seen, given.last_seen)
            for each in given.versions:
                version = self._version(given.name, policy, each.number, each.document)
                version.packages.update(each.packages)
                version.known = each.date

    def add_release(self, release: Release) -> None:
        """Take in a release of a package."""
        for name, given in release.policies.items():
            policy = self._policy(name, given.arn, given.path, given.created)
            policy.last_seen = _newest(policy.last_seen, _last_moment(release, given))
            for number, each in given.versions.items():
                version = self._version(name, policy, number, each.document)
                version.packages.add(release.package)
                if each.moment:
                    version.moments.append(each.moment)
        if release.is_snapshot:
            # Which documents it has is in by now: what it had on which day is all that is kept.
            self._seen[release.version] = {
                name: each.default or 0 for name, each in release.policies.items()
            }
            self._snapshots.append(
                Release(release.package, release.version, release.as_of, policies={})
            )

    def policies(self) -> Iterator[HistoryPolicy]:
        """The policies, by name. Raises `UnusableSourceError` where two documents differ."""
        if self._differing:
            more = len(self._differing) - _TOLD
            raise UnusableSourceError(
                "a version never changes, but the releases have different documents of "
                f"{', '.join(self._differing[:_TOLD])}{f' and {more} more' if more > 0 else ''}: "
                "leave out the release that is wrong"
            )
        self._snapshots.sort(key=lambda each: each.as_of)
        for name, policy in sorted(self._policies.items()):
            yield self._finished(name, policy)

    def _policy(self, name: str, arn: str, path: str, created: datetime | None) -> _GatheredPolicy:
        policy = self._policies.setdefault(name, _GatheredPolicy(arn, path))
        if policy.arn != arn:
            raise UnusableSourceError(
                f"{name} is {policy.arn} in one release and {arn} in another: names are unique"
            )
        if created and (policy.created is None or created < policy.created):
            policy.created = created
        return policy

    def _version(
        self, name: str, policy: _GatheredPolicy, number: int, document: str
    ) -> _GatheredVersion:
        found = digest(document)
        version = policy.versions.setdefault(number, _GatheredVersion(document, found))
        if version.digest != found:
            self._differing.append(f"{name} v{number}")
        return version

    def _finished(self, name: str, policy: _GatheredPolicy) -> HistoryPolicy:
        dates = date_versions(
            policy.versions,
            {number: each.moments for number, each in policy.versions.items()},
            list(self._defaults(name)),
            {number: each.known for number, each in policy.versions.items() if each.known},
            policy.created,
        )
        if policy.last_seen is None:
            raise UnusableSourceError(f"{name} has no date in any release")
        return HistoryPolicy(
            name=name,
            arn=policy.arn,
            path=policy.path,
            created=policy.created,
            last_seen=policy.last_seen,
            is_gone=self._is_gone(name, policy.last_seen, policy.was_gone),
            versions=tuple(_versions(policy, dates)),
        )

    def _defaults(self, name: str) -> Iterator[Default]:
        """The default version in each snapshot until the policy is gone."""
        was_there = False
        for snapshot in self._snapshots:
            number = self._seen[snapshot.version].get(name, 0)
            was_there = was_there or number > 0
            if number or not was_there:
                yield Default(snapshot.as_of, number)

    def _is_gone(self, name: str, last_seen: datetime, was_gone: bool) -> bool:
        """Whether the newest snapshot lacks it, though it is no newer than that."""
        if not self._snapshots:
            return was_gone
        newest = self._snapshots[-1]
        return name not in self._seen[newest.version] and last_seen <= newest.as_of


def _last_moment(release: Release, policy: SeenPolicy) -> datetime | None:
    """The newest moment at which the policy is known to have been there.

    What is no snapshot never drops a policy, so it tells only when the policy last changed.
    """
    if release.is_snapshot:
        return release.as_of
    moments = [policy.created, *(each.moment for each in policy.versions.values())]
    return max((each for each in moments if each), default=None)


def _newest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((each for each in (one, other) if each), default=None)


def _versions(policy: _GatheredPolicy, dates: dict[int, VersionDate]) -> Iterator[HistoryVersion]:
    first: int | None = None
    for number, version in sorted(policy.versions.items()):
        is_same = first is not None and policy.versions[first].digest == version.digest
        same_as = first if is_same else None
        first = first if is_same else number
        yield HistoryVersion(
            number=number,
            document=version.document,
            date=dates[number],
            packages=tuple(sorted(version.packages)),
            same_as=same_as,
        )
