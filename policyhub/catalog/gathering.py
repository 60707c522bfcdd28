"""Files, folders and standard input, read into items to import."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from policyhub.catalog.recognising import Origin, file_day, read_text
from policyhub.catalog.sources import Item, Rejection

ENDINGS = {".json", ".jsonl", ".ndjson"}
MAX_FILE_BYTES = 512 * 1024 * 1024
STANDARD_INPUT = "-"


def gather(sources: list[str]) -> Iterator[Item]:
    """Yield everything in the sources, in the order given; folders by path, recursively."""
    for source in sources:
        if source == STANDARD_INPUT:
            origin = Origin("standard input", "", date.today())
            yield from read_text(sys.stdin.buffer.read(), origin)
        else:
            yield from _read_path(Path(source))


def _read_path(path: Path) -> Iterator[Item]:
    if not path.exists():
        yield Rejection(str(path), "no such file or folder: check the path")
        return
    if not path.is_dir():
        yield from _read_file(path)
        return
    files = sorted(each for each in path.rglob("*") if each.suffix.lower() in ENDINGS)
    if not files:
        yield Rejection(str(path), "a folder without .json or .jsonl files: name another one")
    for file in files:
        if file.is_file():
            yield from _read_file(file)


def _read_file(path: Path) -> Iterator[Item]:
    try:
        status = path.stat()
        if status.st_size > MAX_FILE_BYTES:
            yield Rejection(
                str(path),
                f"larger than {MAX_FILE_BYTES // 1024**2} MiB: split it into smaller files",
            )
            return
        data = path.read_bytes()
    except OSError as error:
        yield Rejection(str(path), f"can't be read: {error.strerror}")
        return
    yield from read_text(data, Origin(str(path), path.stem, file_day(status.st_mtime)))
