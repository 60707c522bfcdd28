"""Paths of one's own in a YAML file, in the form of the table that comes with Policyhub."""

from __future__ import annotations

from pathlib import Path

from policyhub.catalog.reference.in_memory import get_reference
from policyhub.catalog.sources.yaml_text import YamlProblemError, read_yaml
from policyhub.judge.risks.paths import InvalidPathError, RiskPath, known_paths, read_paths

_KEYS = ("id", "title", "kind", "requests", "name", "gives", "needs", "source")


def read_rules(path: Path) -> tuple[RiskPath, ...]:
    """The paths of a file. Raises `InvalidPathError`, with the file and what is wrong with it."""
    try:
        value = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YamlProblemError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidPathError(f"{path}: {reason}") from error
    rows = value.get("paths") if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidPathError(f"{path}: must be a list of paths, or an object with it as `paths`")
    try:
        return _checked(rows)
    except InvalidPathError as error:
        raise InvalidPathError(f"{path}: {error}") from error


def _checked(rows: list[dict[str, object]]) -> tuple[RiskPath, ...]:
    for row in rows:
        strange = sorted(set(row) - set(_KEYS))
        if strange:
            known = ", ".join(_KEYS)
            raise InvalidPathError(f"`{strange[0]}` is not a known key; known keys: {known}")
    paths = read_paths(rows, get_reference())
    taken = {each.id for each in known_paths()}
    for each in paths:
        if each.id in taken:
            raise InvalidPathError(f"path `{each.id}`: another path has this id, choose a new one")
        taken.add(each.id)
    return paths
