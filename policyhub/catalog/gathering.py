"""Files, folders and standard input, read into items to import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from policyhub.catalog.source_text import read_text
from policyhub.catalog.sources import Item, Origin, Rejection, today

ENDINGS = frozenset({".json", ".jsonl", ".ndjson"})
MAX_FILE_BYTES = 512 * 1024 * 1024
STANDARD_INPUT = "-"


def gather(sources: list[str]) -> Iterator[Item]:
    """Yield everything in the sources, in the order given; folders by path, recursively."""
    for source in sources:
        if source == STANDARD_INPUT:
            yield from read_text(sys.stdin.buffer.read(), Origin("standard input", "", today()))
        elif Path(source).is_dir():
            yield from _read_folder(Path(source))
        else:
            yield from _read_file(Path(source))


def _read_folder(folder: Path) -> Iterator[Item]:
    """Yield what the JSON files in a folder and below it hold, by path."""
    unreadable: list[OSError] = []
    files: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=unreadable.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(place, name) for name in names if _may_hold_policies(Path(place, name))]
    for error in unreadable:
        yield Rejection(str(error.filename), _unreadable(error))
    if not files and not unreadable:
        yield Rejection(str(folder), "a folder without JSON files: name another one")
    for file in sorted(files):
        yield from _read_file(file)


def _read_file(path: Path) -> Iterator[Item]:
    try:
        status = path.stat()
        data = b"" if status.st_size > MAX_FILE_BYTES else path.read_bytes()
    except OSError as error:
        yield Rejection(str(path), _unreadable(error))
        return
    if status.st_size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1024**2
        yield Rejection(str(path), f"larger than {limit} MiB: split it into smaller files")
        return
    yield from read_text(data, Origin(str(path), path.stem, _day(status.st_mtime)))


def _may_hold_policies(path: Path) -> bool:
    """Whether a file's ending says JSON, or, where it has none, its first character does.

    Names that begin with a dot are passed over; a link that leads nowhere is not.
    """
    if path.name.startswith(".") or (path.exists() and not path.is_file()):
        return False
    if path.suffix:
        return path.suffix.lower() in ENDINGS
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    except OSError:
        return False


def _unreadable(error: OSError) -> str:
    return f"can't be read ({error.strerror}): check the path and who may read it"


def _day(modified: float) -> date:
    """The day of a file's last change, which is as fresh as its facts can be."""
    return min(datetime.fromtimestamp(modified, UTC).date(), today())
