"""Answers that are kept for whoever asks next: in the process's memory, or for a server in files.

A server's processes share the files, so that each answer is made once for all of them, and its
memory doesn't grow with what they keep.
"""

from __future__ import annotations

import logging
import os
import pickle
import shutil
import zlib
from pathlib import Path
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.filebased import FileBasedCache

# In bytes, before they are compressed. What a process keeps is bounded by the number of answers.
LARGEST_IN_MEMORY = 100_000
LARGEST_IN_FILES = 2_000_000
# All files together; as often as so many are written, the oldest beyond that are deleted.
MOST_BYTES = 256 * 1024**2
WRITTEN_BETWEEN = 256
# Until the day ends that a page names at its foot; it has another tag then.
_TIMEOUT_SECONDS = 86_400
# What Python says of a file that a full disk or a crash has cut short.
_UNREADABLE = (OSError, EOFError, pickle.UnpicklingError, zlib.error)

_log = logging.getLogger(__name__)


class AnswersInFiles(FileBasedCache):
    """A file for each answer, in a folder for its owner alone; one that can't be read is none."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), {"TIMEOUT": _TIMEOUT_SECONDS})
        self._folder = folder
        self._written = 0

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """The answer, or `default`."""
        try:
            return super().get(key, default, version)
        except _UNREADABLE:
            return default

    def set(self, *args: Any, **options: Any) -> None:
        """Keep an answer; where the disk takes none, it is made again for the next who asks."""
        try:
            super().set(*args, **options)
        except OSError as error:
            _log.warning("an answer can't be kept in %s: %s", self._folder, error.strerror)

    def _cull(self) -> None:
        """Called before each write: now and then make room, by deleting the oldest files."""
        self._written += 1
        if self._written % WRITTEN_BETWEEN:
            return
        with os.scandir(self._folder) as found:
            files = [(entry.stat(), entry.path) for entry in found if entry.is_file()]
        room = MOST_BYTES
        for status, path in sorted(files, key=lambda file: -file[0].st_mtime):
            room -= status.st_size
            if room < 0:
                Path(path).unlink(missing_ok=True)


_in_files: AnswersInFiles | None = None


def keep_in_files(folder: Path) -> None:
    """From now on keep answers in a folder; those of an earlier server had its settings, and go."""
    global _in_files
    shutil.rmtree(folder, ignore_errors=True)
    _in_files = AnswersInFiles(folder)


def kept_answers() -> BaseCache:
    """Where answers are kept."""
    return _in_files or caches["answers"]


def largest_kept() -> int:
    """Answers of more bytes are made each time."""
    return LARGEST_IN_FILES if _in_files else LARGEST_IN_MEMORY
