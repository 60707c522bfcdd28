#!/usr/bin/env python
"""Policyhub's commands: `uv run manage.py start` is the one to begin with."""

import os
import sys


def keep_compiled_modules() -> None:
    """Keep compiled modules in the user's cache where Python is told not to write them elsewhere.

    Containers often tell it so. To compile all modules again takes longer than most answers.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser(os.path.join("~", ".cache"))
    if sys.dont_write_bytecode and sys.pycache_prefix is None and os.path.isabs(cache):
        sys.pycache_prefix = os.path.join(cache, "policyhub")
        sys.dont_write_bytecode = False


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    try:
        # Read before any command runs: else a wrong setting shows as an unknown command.
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        sys.exit(f"Invalid setting: {error}")
    from policyhub.command_line import run

    run(sys.argv)


if __name__ == "__main__":
    keep_compiled_modules()
    main()
