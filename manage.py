#!/usr/bin/env python
"""Policyhub's commands: `uv run manage.py start` is the one to begin with."""

import os
import sys


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
    main()
