"""How every command ends: with its answer, or with a sentence, and never with a trace."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import execute_from_command_line

# What a shell reports of a program that SIGINT or SIGPIPE ended.
_INTERRUPTED, _PIPE_CLOSED = 130, 141
# The commands that ask and change nothing, and the rooms that they need: with the admin, the pages
# and what is about accounts they would take longer to begin than to answer.
ASKING = ("compare", "lint", "risks", "simulate", "who_can")
_ROOMS_OF_QUESTIONS = (
    "policyhub.catalog",
    "policyhub.judge",
    "policyhub.search",
    "policyhub.compare",
    "policyhub.simulate",
    "django.contrib.auth",
    "django.contrib.contenttypes",
)
# How SQLite and PostgreSQL say that the tables were never made, or are of another release.
_NO_TABLES = ("no such table", "no such column", "does not exist")


def run(arguments: list[str]) -> None:
    """Run a command of `manage.py`. With `--traceback` the complete error is shown."""
    try:
        if arguments[1:2] and arguments[1] in ASKING:
            _begin_soon()
        execute_from_command_line(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain once more when it closes the pipe at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_PIPE_CLOSED)
    except KeyboardInterrupt:
        _end("interrupted", _INTERRUPTED)
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None or "--traceback" in arguments:
            raise
        # As Django shows a CommandError.
        _end(f"CommandError: {sentence}", 1)


def _begin_soon() -> None:
    """Load what questions need alone; it all stays, so that until then no garbage is looked for."""
    settings.INSTALLED_APPS = list(_ROOMS_OF_QUESTIONS)
    gc.disable()


def _end(sentence: str, status: int) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(status)


def _missing_file() -> Path | None:
    """SQLite's file, where it is not there."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] != "policyhub.sqlite":
        return None
    file = Path(database["NAME"])
    return None if file.exists() else file


def _sentence(error: Exception) -> str | None:
    """What went wrong and how to fix it; None for a fault of ours."""
    # Imported where something went wrong: it takes the answers of pages along.
    from policyhub.failures import FailedRequestError, is_trouble_of_the_database

    if isinstance(error, FailedRequestError):
        return str(error)
    text = " ".join(str(error).split())
    if isinstance(error, OSError):
        return text
    if not is_trouble_of_the_database(error):
        return None
    if any(sign in text for sign in _NO_TABLES):
        return (
            f"the database is not prepared ({text}): run `uv run manage.py start` once, which "
            "prepares it"
        )
    if missing := _missing_file():
        return (
            f"there is no database at {missing}: run `uv run manage.py start` once, which creates "
            "it; if there was one before, restore it from a backup"
        )
    return (
        f"the database can't be used ({text}): check that it exists, is intact and is writable, "
        "and that no other program is using it"
    )
