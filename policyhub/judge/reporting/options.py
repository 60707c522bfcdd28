"""The options that commands about documents have in common."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.management.base import CommandParser

from policyhub.iam.language.elements import Usage


def add_sources(parser: CommandParser, nargs: str = "+") -> None:
    """Declare the sources, which `gather_documents` reads."""
    parser.add_argument(
        "sources", nargs=nargs, metavar="SOURCE",
        help="a file, a folder, - for standard input, or a policy's name or ARN, NAME@v20 for a "
        "version",
    )  # fmt: skip


def add_kind(parser: CommandParser, usages: Iterable[Usage]) -> None:
    """Declare `--kind`, whose choices are the values of `usages`."""
    parser.add_argument(
        "--kind", choices=[each.value for each in usages], default=Usage.IDENTITY.value,
        help="the kind of policy; identity if left out",
    )  # fmt: skip
