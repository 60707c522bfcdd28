"""What the commands of all rooms have in common."""

from __future__ import annotations

import gc
from typing import Any

from django.core.management.base import BaseCommand


class QuickCommand(BaseCommand):
    """A command that begins at once.

    Django's checks of the whole site import every view, which takes longer than most answers:
    `start` and `check` make them.
    """

    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own signature

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Answer; where no garbage was looked for while modules were loaded, it is from now on."""
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        return super().execute(*args, **options)
