"""`manage.py start`: everything that a fresh machine needs, then the production server."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from policyhub.commands import QuickCommand
from policyhub.kept_answers import keep_in_files
from policyhub.serving import preparing
from policyhub.serving.application import load_application, share_anew
from policyhub.serving.catching_up import rest_to_come
from policyhub.serving.memory import keep_memory_together
from policyhub.serving.server import (
    PortUnavailableError,
    address,
    require_free_port,
    serve,
)
from policyhub.serving.warming import beside


class Command(QuickCommand):
    """Prepare what is not prepared yet, then serve until Ctrl-C."""

    help = "Prepare the data folder, the database and the fixtures, then serve Policyhub."
    # The checks run as a step of their own, with their warnings shown.

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the address and the number of workers."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on")
        parser.add_argument(
            "--workers", type=int, default=2, help="number of processes that answer"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run every step that is still needed, then the server."""
        host, port, workers = options["host"], options["port"], options["workers"]
        if workers < 1:
            raise CommandError("--workers takes a number of processes, 1 or more")
        # All that is made from here on is for its owner alone.
        os.umask(0o077)
        keep_memory_together()
        try:
            require_free_port(host, port)
            preparing.prepare(self.stdout.write)
            keep_in_files(Path(settings.DATA_DIR) / "answers")
            application = load_application()
        except (PortUnavailableError, preparing.PreparationError) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(preparing.database_trouble(error)) from error
        except OSError as error:
            raise CommandError(
                f"{error.filename or 'the data folder'}: {error.strerror}; finished steps are "
                "kept: fix this, then start again"
            ) from error
        except KeyboardInterrupt:
            raise CommandError(
                "interrupted; finished steps are kept, and the next start continues from there"
            ) from None
        with beside(application, rest_to_come(self.stdout.write)) as process:

            def share() -> None:
                share_anew()
                process.begin_anew()

            ready = partial(self._announce, host, port)
            serve(process.application, host, port, workers, ready, share)

    def _announce(self, host: str, port: int) -> None:
        self.stdout.write(self.style.SUCCESS(f"Policyhub is ready at {address(host, port)}"))
        self.stdout.write("Stop it with Ctrl-C.")
        self.stdout.flush()
