"""`manage.py createcurator NAME`: an account that may edit prose, or has another role."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from policyhub.commands import QuickCommand
from policyhub.logins.roles import ROLES

TWICE = "the two passwords differ; no account was created"


class Command(QuickCommand):
    """Create an account in the group of its role."""

    help = (
        "Create an account that may edit summaries, descriptions and the change log at /admin/, or "
        "one of another role. "
        "Asks for its password, or reads it from the first line of standard input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare who it is, and where the password comes from."""
        parser.add_argument("name", help="the user name")
        parser.add_argument(
            "--role", choices=ROLES, default="curator", help="what it may do (default: curator)"
        )
        parser.add_argument("--email", default="", help="an address, for the record")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from the first line of standard input, for scripts",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check everything, then create the account; says where it logs in."""
        role = ROLES[options["role"]]
        account = User(username=options["name"], email=options["email"], is_staff=role.is_staff)
        try:
            account.full_clean(exclude=["password"])
            password = _password(options["password_stdin"])
            validate_password(password, account)
        except ValidationError as error:
            raise CommandError(f"no account was created: {' '.join(error.messages)}") from error
        account.set_password(password)
        with transaction.atomic():
            account.save()
            account.groups.add(Group.objects.get(name=role.group))
        self.stdout.write(f"{account.username} can {role.may}.")


def _password(from_standard_input: bool) -> str:
    if from_standard_input:
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Password (again): ") != password:
        raise CommandError(TWICE)
    return password
