"""`manage.py dump_policies`: the AWS managed policies as text that diffs well."""

from __future__ import annotations

import json
import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from policyhub.catalog.models import PolicyVersion
from policyhub.commands import QuickCommand


class Command(QuickCommand):
    """Write a first line about the dump, then one policy a line, sorted by name."""

    help = "Write the default version of every AWS managed policy to a file, one policy a line."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file and what its first line says."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--origin", default="the IAM API", help="where they were read from")
        parser.add_argument(
            "--retrieved-on",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="the date they were read; by default the latest on which one was read",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the complete file or nothing."""
        versions = PolicyVersion.objects.in_force().filter(
            policy__arn__startswith="arn:aws:iam::aws:policy/"
        )
        # The database may order by another alphabet: the file's order is by code point.
        rows = sorted(versions.select_related("policy"), key=lambda each: each.policy.name)
        if not rows:
            raise CommandError("the catalogue has no AWS managed policies: import some first")
        header = _header(rows, options["origin"], options["retrieved_on"])
        _write_whole(options["file"], "\n".join([header, *map(as_detail, rows), ""]))
        self.stdout.write(f"{len(rows):,} policies written to {options['file']}")


def _header(rows: list[PolicyVersion], origin: str, retrieved_on: date | None) -> str:
    day = retrieved_on or max(row.policy.facts_retrieved_on or date.min for row in rows)
    about = {"origin": origin, "retrievedOn": day.isoformat(), "policies": len(rows)}
    return json.dumps({"Corpus": about})


def as_detail(version: PolicyVersion) -> str:
    """One line of a dump: the API's `ManagedPolicyDetail` with its default version.

    The document is copied as it is kept, so that reading the dump gives the same one.
    """
    policy = version.policy
    created = json.dumps(_moment(version.created_at))
    detail = json.dumps(
        {
            "PolicyName": policy.name,
            "Arn": policy.arn,
            "Path": policy.path,
            "DefaultVersionId": version.version_id,
            "CreateDate": _moment(policy.created_at),
            "UpdateDate": _moment(policy.updated_at),
        },
        separators=(",", ":"),
    )
    return (
        f'{detail[:-1]},"PolicyVersionList":[{{"VersionId":{json.dumps(version.version_id)},'
        f'"IsDefaultVersion":true,"CreateDate":{created},"Document":{version.document}}}]}}'
    )


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _write_whole(path: Path, text: str) -> None:
    """Write aside, then into place. Raises `CommandError`."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise CommandError(f"{path} can't be written: {error.strerror}") from error
