"""What tests of imports do again and again: bring something in, and look what is there."""

from __future__ import annotations

from typing import Any

from policyhub.catalog.importing.report import ImportReport
from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.sources.items import Item, SourcePolicy
from tests.catalog.given_sources import NAME, policy, version

FILE = PolicyVersion.Source.FILE


def bring_in(*items: Item, **options: Any) -> ImportReport:
    """Import these items."""
    return import_policies(items, **options)


def bare(*actions: str, day: str = "2026-01-01", **facts: Any) -> SourcePolicy:
    """A document out of a file named after the policy: nothing else is known of it."""
    unnumbered = version("", *actions, created=None)
    return policy(unnumbered, arn="", source=FILE, day=day, **facts)


def kept(name: str = NAME) -> Policy:
    """The policy as it is kept."""
    return Policy.objects.get(name=name)


def versions_of(name: str = NAME) -> dict[str, bool]:
    """The version ids of a policy, each with whether it is the default."""
    rows = PolicyVersion.objects.filter(policy__name=name).order_by("pk")
    return {row.version_id: row.is_default for row in rows}


def default_of(name: str = NAME) -> PolicyVersion:
    """The version in force."""
    return PolicyVersion.objects.get(policy__name=name, is_default=True)


def reasons(report: ImportReport) -> list[str]:
    """Why things were rejected, in order."""
    return [each.reason for each in report.rejected]
