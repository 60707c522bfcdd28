"""`manage.py sync_policies`: every AWS managed policy from the IAM API."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from policyhub.catalog import aws
from policyhub.catalog.importing import ImportReport, import_policies
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.terminal import console_on, progress_bar, show_report

# Policies to a transaction: an interrupted run keeps the batches before, the next goes on there.
BATCH = 100


class Command(BaseCommand):
    """Fetch what the catalogue lacks, batch by batch."""

    help = "Bring the catalogue up to date with the AWS managed policies of the IAM API."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare where to ask and as whom."""
        parser.add_argument("--endpoint-url", help="another endpoint than AWS's own")
        parser.add_argument("--profile", help="a profile of the AWS configuration")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import in batches and report."""
        console = console_on(self.stdout)
        try:
            report = self._sync(options["endpoint_url"], options["profile"])
        except aws.AwsUnavailableError as error:
            raise CommandError(str(error)) from error
        show_report(report, console)
        if report.rejected:
            sys.exit(1)

    def _sync(self, endpoint_url: str | None, profile: str | None) -> ImportReport:
        client = aws.iam_client(endpoint_url, profile)
        listed = aws.list_policies(client)
        have = set(PolicyVersion.objects.values_list("policy__name", "version_id", "is_default"))
        report = ImportReport()
        with progress_bar("Fetching", len(listed), Console(stderr=True)) as advance:
            for start in range(0, len(listed), BATCH):
                batch = listed[start : start + BATCH]
                _merge(report, self._import(client, batch, have))
                advance(len(batch))
        return report

    def _import(
        self, client: Any, batch: list[dict[str, Any]], have: set[tuple[str, str, bool]]
    ) -> ImportReport:
        defaults = {policy["PolicyName"]: policy["DefaultVersionId"] for policy in batch}

        def known(name: str, version_id: str) -> bool:
            """Whether the version is here, and is the default if the API says it is."""
            is_default = defaults[name] == version_id
            held = (name, version_id, True) in have
            return held if is_default else held or (name, version_id, False) in have

        found = list(aws.fetch_policies(client, batch, known, date.today()))
        report = import_policies(found)
        fetched = {policy.name for policy in found}
        report.unchanged += [name for name in defaults if name not in fetched]
        return report


def _merge(total: ImportReport, part: ImportReport) -> None:
    total.created += part.created
    total.updated += part.updated
    total.unchanged += part.unchanged
    total.rejected += part.rejected
    total.skipped += part.skipped
