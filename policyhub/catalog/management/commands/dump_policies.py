"""`manage.py dump_policies`: the AWS managed policies as text that diffs well."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policyhub.catalog.aws import as_detail
from policyhub.catalog.models import PolicyVersion


class Command(BaseCommand):
    """Write a first line about the dump, then one policy a line, sorted by name."""

    help = "Write the default version of every AWS managed policy to a file, one policy a line."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file and what its first line says."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--origin", required=True, help="where the policies were read from")
        parser.add_argument(
            "--retrieved-on", type=date.fromisoformat, required=True, help="YYYY-MM-DD"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file whole or not at all."""
        versions = PolicyVersion.objects.filter(
            is_default=True, policy__arn__startswith="arn:aws:iam::aws:policy/"
        )
        rows = versions.select_related("policy").order_by("policy__name")
        lines = [as_detail(version.policy, version) for version in rows]
        about = {"origin": options["origin"], "retrievedOn": options["retrieved_on"].isoformat()}
        header = json.dumps({"Corpus": {**about, "policies": len(lines)}})
        # The database may order by another alphabet: the file's order is by code point.
        lines.sort(key=lambda line: json.loads(line)["PolicyName"])
        try:
            options["file"].write_text("\n".join([header, *lines, ""]), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['file']} can't be written: {error.strerror}") from error
        self.stdout.write(f"{len(lines):,} policies written to {options['file']}")
