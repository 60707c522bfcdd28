"""`manage.py sync_policies`: every AWS managed policy from the IAM API."""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import date, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console

from policyhub.catalog.importing.readiness import ready_database
from policyhub.catalog.importing.report import ImportOutcome, ImportReport
from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.moments import may_be_one_moment
from policyhub.catalog.signals import import_finished
from policyhub.catalog.sources import iam_api
from policyhub.commands import QuickCommand
from policyhub.terminal import progress_bar

# Policies to a transaction: an interrupted run keeps the batches before, the next goes on there.
BATCH = 100


class Command(QuickCommand):
    """Fetch what the catalogue lacks, batch by batch."""

    gives_way = True
    help = "Bring the catalogue up to date with the AWS managed policies of the IAM API."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare where to ask and as whom."""
        parser.add_argument("--endpoint-url", help="use another endpoint than AWS's own")
        parser.add_argument("--profile", help="a profile of the AWS configuration")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import in batches and report."""
        report = ImportReport()
        try:
            with ready_database():
                self._sync(report, options["endpoint_url"], options["profile"])
                import_finished.send(Command)
        except iam_api.AwsUnavailableError as error:
            raise CommandError(f"{error}{_resumable(report)}") from error
        except KeyboardInterrupt:
            raise CommandError(f"interrupted{_resumable(report)}") from None
        self.stdout.write("\n".join(report.lines()))
        if report.rejected:
            sys.exit(1)

    def _sync(self, report: ImportReport, endpoint_url: str | None, profile: str | None) -> None:
        client = iam_api.iam_client(endpoint_url, profile)
        listed = iam_api.list_aws_policies(client)
        stored = _stored_versions()
        with progress_bar("Fetching", len(listed), Console(stderr=True)) as advance:
            for start in range(0, len(listed), BATCH):
                batch = listed[start : start + BATCH]
                report.add(_import(client, batch, stored))
                advance(len(batch))


# The versions that are here, by policy name and version id: each one's moment, and whether it
# is the default.
StoredVersions = dict[tuple[str, str], list[tuple[datetime | None, bool]]]


def _resumable(report: ImportReport) -> str:
    """What an unfinished run leaves behind, as the end of a sentence."""
    done = (
        f"{report.usable:,} policies are imported and stay"
        if report.usable
        else "nothing has been imported yet"
    )
    return f" ({done}; sync again to continue from there)"


def _stored_versions() -> StoredVersions:
    stored: StoredVersions = defaultdict(list)
    rows = PolicyVersion.objects.order_by().values_list(
        "policy__key", "version_id", "created_at", "is_default"
    )
    for name, version_id, created_at, is_default in rows:
        stored[name, version_id].append((created_at, is_default))
    return stored


def _import(client: Any, batch: list[dict[str, Any]], stored: StoredVersions) -> ImportReport:
    """Bring in what a batch of listed policies has and the catalogue lacks."""
    defaults = {policy["PolicyName"]: policy["DefaultVersionId"] for policy in batch}

    def is_known(name: str, version_id: str, created_at: datetime | None) -> bool:
        """Whether the version is here, and is the default if the API says it is."""
        must_be_default = defaults[name] == version_id
        return any(
            may_be_one_moment(moment, created_at) and (is_default or not must_be_default)
            for moment, is_default in stored.get((name, version_id), [])
        )

    found = list(iam_api.fetch_policies(client, batch, is_known, date.today()))
    report = import_policies(found)
    missing = {each.place.removeprefix("IAM API ") for each in found}
    for policy in batch:
        if policy["Arn"] not in missing:
            report.note(policy["PolicyName"], ImportOutcome.UNCHANGED)
    return report
