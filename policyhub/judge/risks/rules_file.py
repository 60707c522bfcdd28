"""Paths of one's own in a YAML file, in the form of the table that comes with Policyhub."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from policyhub.catalog.reference.in_memory import get_reference
from policyhub.catalog.sources.yaml_text import YamlProblemError, read_yaml
from policyhub.judge.risks.paths import InvalidPathError, RiskPath, known_paths, read_paths

_KEYS = ("id", "title", "kind", "requests", "name", "gives", "needs", "source")


def read_rules(path: Path, taken: Collection[str] = ()) -> tuple[RiskPath, ...]:
    """The paths of a file. Raises `InvalidPathError`, with the file and what is wrong with it."""
    try:
        return read_rules_text(path.read_text(encoding="utf-8"), taken)
    except (OSError, UnicodeDecodeError, InvalidPathError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidPathError(f"{path}: {reason}") from error


def read_rules_text(text: str, taken: Collection[str] = ()) -> tuple[RiskPath, ...]:
    """The paths of a YAML text. Raises `InvalidPathError`; other paths have the ids `taken`."""
    try:
        value = read_yaml(text)
    except YamlProblemError as error:
        raise InvalidPathError(str(error)) from error
    rows = value.get("paths") if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidPathError("must be a list of paths, or an object with it as `paths`")
    return _checked(rows, {each.id for each in known_paths()}.union(taken))


def _checked(rows: list[dict[str, object]], taken: set[str]) -> tuple[RiskPath, ...]:
    for row in rows:
        strange = sorted(set(row) - set(_KEYS))
        if strange:
            known = ", ".join(_KEYS)
            raise InvalidPathError(f"`{strange[0]}` is not a known key; known keys: {known}")
    paths = read_paths(rows, get_reference())
    for each in paths:
        if each.id in taken:
            raise InvalidPathError(f"path `{each.id}`: another path has this id, choose a new one")
        taken.add(each.id)
    return paths
