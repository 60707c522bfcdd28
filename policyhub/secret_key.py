"""Django's secret key, kept in the data folder."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def kept_secret_key(path: Path) -> str:
    """Return the key kept in `path`, made on first use and readable by its owner alone.

    It is written aside and linked into place, so that of two processes that start at once
    both read the same whole key.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8") as fresh:
            fresh.write(secrets.token_urlsafe(64))
            fresh.flush()
            with suppress(FileExistsError):
                os.link(fresh.name, path)
    return path.read_text(encoding="utf-8").strip()


def secret_key(given: str, file: Path) -> str:
    """Return the key that is given, else the one kept in `file`.

    Raises `ImproperlyConfigured` where there is none and none can be made.
    """
    try:
        key = given or kept_secret_key(file)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        if file.exists():
            raise ImproperlyConfigured(
                f"the secret key in {file} can't be read ({reason}): give its owner read access, "
                "or move it away so that a new one is created, which logs everybody out"
            ) from error
        raise ImproperlyConfigured(
            f"the data folder {file.parent} can't be written ({reason}): give its owner "
            "write access, or name another folder in POLICYHUB_DATA_DIR"
        ) from error
    if not key:
        raise ImproperlyConfigured(
            f"the secret key in {file} is empty: restore it from a backup, or move the file away "
            "so that a new one is created, which logs everybody out"
        )
    return key
