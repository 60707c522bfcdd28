"""Files, folders, git clones and standard input, read into items to import."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from policyhub.catalog.sources.cloudformation import LARGEST_TEMPLATE
from policyhub.catalog.sources.git_history import is_git_clone, read_git_history
from policyhub.catalog.sources.items import Item, Origin, Rejection, Skipped
from policyhub.catalog.sources.text import begins_like_json, is_yaml_template_file, read_text
from policyhub.iam.language.lists import first_few

JSON_ENDINGS = frozenset({".json", ".jsonl", ".ndjson"})
# Templates of CloudFormation; files of other tools end like these as well.
TEMPLATE_ENDINGS = frozenset({".yaml", ".yml", ".template"})
# What a file may end with besides; any other ending is a part of the policy's name.
TEXT_ENDING = ".txt"
MAX_FILE_BYTES = 256 * 1024 * 1024
STANDARD_INPUT = "-"
_NAMED_AT_MOST = 10
_NUMBERED = re.compile(r"(\D+|^)(\d*)")
_VERSION = re.compile(r"v[1-9][0-9]{0,8}")


def has_history(source: str) -> bool:
    """Whether a source is a git clone, whose complete committed history is read."""
    return source != STANDARD_INPUT and is_git_clone(Path(source))


def gather_history(source: str) -> Iterator[Item]:
    """Yield each policy of a git clone with all its versions, one after the other."""
    return read_git_history(Path(source), named_after)


def gather(sources: list[str]) -> Iterator[Item]:
    """Yield everything in the sources, in the order given; folders by path, recursively."""
    for source in sources:
        if source == STANDARD_INPUT:
            yield from _read_stream(sys.stdin.buffer, Origin("standard input", ""))
        elif has_history(source):
            yield from gather_history(source)
        elif Path(source).is_dir():
            yield from _read_folder(Path(source))
        else:
            yield from _read_file(Path(source))


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The files in a folder and below it: those that may hold policies, by path, and the others.

    `unreadable` are the folders that can't be listed. Names that begin with a dot are passed over.
    """

    kept: list[Path]
    others: list[Path]
    unreadable: list[OSError]


def files_in(folder: Path) -> FolderFiles:
    """The files of a folder, chosen by name and content."""
    unreadable: list[OSError] = []
    files: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=unreadable.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(place, name) for name in names if not name.startswith(".")]
    kept = sorted(filter(_may_hold_policies, files), key=_in_natural_order)
    return FolderFiles(kept, sorted(set(files).difference(kept)), unreadable)


def _read_folder(folder: Path) -> Iterator[Item]:
    """Yield what the JSON files and templates in a folder and below it contain, by path.

    The other files are named.
    """
    found = files_in(folder)
    for error in found.unreadable:
        yield Rejection(str(error.filename), _unreadable(error))
    if not found.kept and not found.unreadable:
        yield Rejection(str(folder), "a folder without JSON files or templates: choose another one")
    for file in found.kept:
        yield from _read_file(file)
    others = sorted(str(file.relative_to(folder)) for file in found.others)
    if others:
        yield Skipped(str(folder), _files_without_json(others))


def _files_without_json(names: list[str]) -> str:
    count = f"{len(names):,} files are" if len(names) > 1 else "one file is"
    return f"{count} not JSON by name or content: {first_few(names, _NAMED_AT_MOST)}"


def _read_file(path: Path) -> Iterator[Item]:
    try:
        with path.open("rb") as file:
            name, version_id = named_after(path)
            yield from _read_stream(file, Origin(str(path), name, version_id=version_id))
    except OSError as error:
        yield Rejection(str(path), _unreadable(error))


def _read_stream(file: BinaryIO, origin: Origin) -> Iterator[Item]:
    data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1024**2
        yield Rejection(origin.place, f"larger than {limit} MiB: split it into smaller files")
    else:
        yield from read_text(data, origin)


def named_after(path: Path) -> tuple[str, str]:
    """The policy that a file is named after, and its version where a folder or file tells it.

    A policy's own name may contain dots. `NAME/v3/policy.json` is version v3 of the policy NAME.
    """
    name = path.stem if path.suffix.lower() in JSON_ENDINGS | {TEXT_ENDING} else path.name
    folders = path.parent.parts
    if len(folders) > 1 and _VERSION.fullmatch(folders[-1]):
        return folders[-2], folders[-1]
    return name, ""


def _in_natural_order(path: Path) -> list[list[tuple[str, int]]]:
    """A key that puts v10 after v9: the last version is the default one."""
    return [
        [(text, int(number or -1)) for text, number in _NUMBERED.findall(part)]
        for part in path.parts
    ]


def _may_hold_policies(path: Path) -> bool:
    """Whether a file's ending says JSON, or, where it says nothing, its first character does.

    Of templates the content does, since YAML is used for much else. A broken link may have been
    JSON; anything that is not a file is not opened.
    """
    if path.exists() and not path.is_file():
        return False
    if path.suffix.lower() in JSON_ENDINGS:
        return True
    is_template = path.suffix.lower() in TEMPLATE_ENDINGS
    if path.suffix and path.suffix.lower() != TEXT_ENDING and not is_template:
        return False
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_TEMPLATE if is_template else 64)
            return begins_like_json(data) or (is_template and is_yaml_template_file(data))
    except OSError:
        return False


def _unreadable(error: OSError) -> str:
    return f"can't be read ({error.strerror}): check the path and its permissions"
