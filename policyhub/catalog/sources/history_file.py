"""The file of every known version: one policy a line, compressed, each document written out once.

The first line says where the versions come from, the newest day of the data, and how many
policies and versions follow. A version whose document is that of the one before it names the first
of these in `SameAs` instead of repeating the document.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.sources.iam_shapes import document_text
from policyhub.catalog.sources.items import (
    SourcePolicy,
    SourceVersion,
    UnusableSourceError,
    read_moment,
)
from policyhub.catalog.sources.version_dates import VersionDate

HEADER = "History"


@dataclass(frozen=True, slots=True)
class HistoryVersion:
    """A version by its number: its document, when it was created, which packages have it."""

    number: int
    document: str
    date: VersionDate
    packages: tuple[str, ...]
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryPolicy:
    """A policy with its known versions, the oldest first.

    `last_seen` is the newest moment at which a source had it; `is_gone` says that the newest
    snapshot no longer does.
    """

    name: str
    arn: str
    path: str
    created: datetime | None
    last_seen: datetime
    is_gone: bool
    versions: tuple[HistoryVersion, ...]

    def as_source(self, place: str) -> SourcePolicy:
        """The same in the form of every source. No version claims to be the default."""
        newest = self.versions[-1].date
        return SourcePolicy(
            name=self.name,
            arn=self.arn,
            path=self.path,
            created_at=self.created,
            updated_at=newest.at or newest.not_before,
            retrieved_on=self.last_seen.date(),
            source=PolicyVersion.Source.PACKAGES,
            versions=tuple(
                SourceVersion(
                    version_id=f"v{each.number}",
                    created_at=each.date.at,
                    is_default=False,
                    document=each.document,
                    not_before=each.date.not_before,
                    not_after=each.date.not_after,
                )
                for each in self.versions
            ),
            place=f"{place} {self.name}",
            is_gone=self.is_gone,
        )


@dataclass(frozen=True, slots=True)
class HistoryHeader:
    """What the first line says: the releases that were read, by package; day; counts."""

    releases: dict[str, list[str]]
    as_of: date
    policies: int
    versions: int


def write_history(path: Path, header: HistoryHeader, policies: Iterable[HistoryPolicy]) -> None:
    """Write the whole file, or none. Raises OSError."""
    about = {
        "releases": header.releases,
        "asOf": header.as_of.isoformat(),
        "policies": header.policies,
        "versions": header.versions,
    }
    lines = [json.dumps({HEADER: about}), *map(_line, policies), ""]
    aside = path.with_name(f".{path.name}.part")
    try:
        aside.write_bytes(lzma.compress("\n".join(lines).encode(), preset=6))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def read_history_file(
    path: Path, skipped: int = 0
) -> tuple[HistoryHeader, Iterator[HistoryPolicy]]:
    """Return the header, and the policies one after the other: the file is never whole in memory.

    The first `skipped` policies are left out. Raises `UnusableSourceError` for what is no such
    file, the iterator also where it ends early.
    """
    lines = _lines(path)
    try:
        about = json.loads(next(lines))[HEADER]
        day = date.fromisoformat(about["asOf"])
        header = HistoryHeader(about["releases"], day, about["policies"], about["versions"])
    except (StopIteration, ValueError, KeyError, TypeError) as error:
        raise _broken(path, error) from error
    return header, _policies(path, islice(lines, skipped, None), header.policies - skipped)


def _lines(path: Path) -> Iterator[str]:
    try:
        with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
            yield from file
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise _broken(path, error) from error


def _policies(path: Path, lines: Iterator[str], count: int) -> Iterator[HistoryPolicy]:
    found = 0
    for line in lines:
        try:
            yield _policy(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise _broken(path, error) from error
        found += 1
    if found != count:
        raise _broken(path, ValueError(f"{found} policies follow, not {count}"))


def _broken(path: Path, error: Exception) -> UnusableSourceError:
    return UnusableSourceError(
        f"{path} is not a whole history ({error!r}): get it again, or make it with "
        "`manage.py build_history`"
    )


def _line(policy: HistoryPolicy) -> str:
    row = {
        "PolicyName": policy.name,
        "Arn": policy.arn,
        "Path": policy.path,
        "CreateDate": _moment_as_text(policy.created),
        "LastSeen": _moment_as_text(policy.last_seen),
        "IsGone": policy.is_gone,
    }
    versions = ",".join(map(_version_line, policy.versions))
    return f'{json.dumps(row, separators=(",", ":"))[:-1]},"PolicyVersionList":[{versions}]}}'


def _version_line(version: HistoryVersion) -> str:
    """A version as JSON; its document is written as it is, so that its key order stays."""
    row: dict[str, Any] = {
        "VersionId": f"v{version.number}",
        "DateKnown": version.date.known,
        "CreateDate": _moment_as_text(version.date.at),
        "NotBefore": _moment_as_text(version.date.not_before),
        "NotAfter": _moment_as_text(version.date.not_after),
        "From": list(version.packages),
        "SameAs": f"v{version.same_as}" if version.same_as else None,
    }
    told = json.dumps({k: each for k, each in row.items() if each}, separators=(",", ":"))
    return told if version.same_as else f'{told[:-1]},"Document":{version.document}}}'


def _moment_as_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _policy(row: dict[str, Any]) -> HistoryPolicy:
    versions: dict[int, HistoryVersion] = {}
    for each in row["PolicyVersionList"]:
        version = _version(each, versions)
        versions[version.number] = version
    last_seen = read_moment(row["LastSeen"])
    if last_seen is None or not versions:
        raise ValueError(f"{row['PolicyName']} has no versions, or was never seen")
    return HistoryPolicy(
        name=row["PolicyName"],
        arn=row["Arn"],
        path=row["Path"],
        created=read_moment(row["CreateDate"]),
        last_seen=last_seen,
        is_gone=row["IsGone"],
        versions=tuple(versions.values()),
    )


def _version(row: dict[str, Any], before: dict[int, HistoryVersion]) -> HistoryVersion:
    dated = VersionDate(
        read_moment(row.get("CreateDate")),
        read_moment(row.get("NotBefore")),
        read_moment(row.get("NotAfter")),
    )
    number, packages = int(row["VersionId"][1:]), tuple(row["From"])
    if "SameAs" in row:
        first = before[int(row["SameAs"][1:])]
        return replace(first, number=number, date=dated, packages=packages, same_as=first.number)
    return HistoryVersion(number, document_text(row["Document"]), dated, packages)
