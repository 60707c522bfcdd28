"""`manage.py unlock NAME|ADDRESS`: log in again without delay after wrong passwords."""

from __future__ import annotations

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.core.management.base import CommandParser

from policyhub.commands import QuickCommand
from policyhub.logins.addresses import counted


class Command(QuickCommand):
    """Forget the wrong passwords of a name or of an address."""

    help = "Lift the delay after wrong passwords, for a user name or for a client's address."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare whom to unlock."""
        parser.add_argument("who", metavar="NAME|ADDRESS", help="a user name, or an IP address")

    def handle(self, *args: Any, **options: Any) -> None:
        """Forget, and say whether there was anything to forget."""
        who = options["who"]
        address = counted(who)
        asked = {"ip_address": address} if address else {"username": who}
        count = AxesProxyHandler.reset_attempts(**asked)
        self.stdout.write(f"{who} can log in again." if count else f"{who} was not locked out.")
