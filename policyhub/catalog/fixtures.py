"""The fixtures that come with Policyhub: the curated ECS page and the corpus.

The page is loaded first, so that its documents keep the page's own key order; the corpus,
which is fresher, then gives every policy its facts and its default version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from policyhub.catalog.importing import ImportReport, Progress, import_policies
from policyhub.catalog.models import (
    CatalogState,
    ChangelogEntry,
    PermissionDescription,
    Policy,
    PolicyVersion,
)
from policyhub.catalog.recognising import Origin, document_text, from_detail
from policyhub.catalog.sources import SourcePolicy, SourceVersion, read_moment

ECS_PAGE = "ecs.json"
CORPUS = "corpus.jsonl"


class BrokenFixtureError(Exception):
    """A fixture that does not load as a whole; the message lists what is wrong."""


@dataclass(frozen=True, slots=True)
class FixtureResult:
    """What loading one fixture did; `loaded` is false when it was already in."""

    name: str
    loaded: bool
    report: ImportReport

    def __str__(self) -> str:
        return f"{self.name}: {self.report.usable:,} policies"


def load_fixtures(progress: Progress | None = None) -> list[FixtureResult]:
    """Load each fixture that changed since it was last loaded, each in one transaction.

    Raises `BrokenFixtureError` when a fixture has anything that does not validate.
    """
    loaders: dict[str, Callable[[bytes, Progress | None], ImportReport]] = {
        ECS_PAGE: _load_page,
        CORPUS: _load_corpus,
    }
    return [_load(name, loader, progress) for name, loader in loaders.items()]


@transaction.atomic
def _load(
    name: str,
    loader: Callable[[bytes, Progress | None], ImportReport],
    progress: Progress | None,
) -> FixtureResult:
    data = (Path(settings.FIXTURES_DIR) / name).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    state = CatalogState.current()
    if state.fixture_digests.get(name) == digest:
        return FixtureResult(name, loaded=False, report=ImportReport())
    report = loader(data, progress)
    if report.rejected:
        reasons = "; ".join(f"{each.place}: {each.reason}" for each in report.rejected[:5])
        raise BrokenFixtureError(f"{name} has {len(report.rejected)} rejected: {reasons}")
    digests = {**CatalogState.current().fixture_digests, name: digest}
    CatalogState.objects.update(fixture_digests=digests)
    return FixtureResult(name, loaded=True, report=report)


def corpus_day(header: dict[str, Any]) -> date:
    """The day that the corpus was read, from its first line."""
    return date.fromisoformat(header["Corpus"]["retrievedOn"])


def _load_corpus(data: bytes, progress: Progress | None) -> ImportReport:
    header, *lines = data.decode("utf-8").splitlines()
    day = corpus_day(json.loads(header))

    def policies() -> Iterator[SourcePolicy]:
        for number, line in enumerate(lines, start=2):
            origin = Origin(f"{CORPUS} line {number}", "", day)
            yield from_detail(json.loads(line), origin, PolicyVersion.Source.IAM_API)

    return import_policies(policies(), progress=progress)


def _load_page(data: bytes, progress: Progress | None) -> ImportReport:
    page = json.loads(data)
    day = date.fromisoformat(page["page"]["asOf"])
    sources = [_page_policy(policy, day) for policy in page["policies"]]
    report = import_policies([each for each in sources if each.versions], progress=progress)
    for source, policy in zip(sources, page["policies"], strict=True):
        if not source.versions:
            _make_without_document(source)
        _take_prose(policy, page["page"], day)
    _take_changelog(page)
    return report


def _page_policy(policy: dict[str, Any], day: date) -> SourcePolicy:
    versions = tuple(
        SourceVersion(
            version_id=version["versionId"],
            created_at=read_moment(version["createdAt"]),
            is_default=True,
            document=document_text(version["document"]),
        )
        for version in policy["versions"]
    )
    return SourcePolicy(
        name=policy["name"],
        arn=policy["arn"],
        path=policy["path"],
        created_at=read_moment(policy["createdAt"]),
        updated_at=versions[-1].created_at if versions else None,
        retrieved_on=day,
        source=PolicyVersion.Source.DOCUMENTATION,
        versions=versions,
        place=f"{ECS_PAGE} {policy['name']}",
    )


def _make_without_document(source: SourcePolicy) -> None:
    """A policy that the page names without showing its document; another source brings it."""
    Policy.objects.get_or_create(
        name=source.name,
        defaults={
            "arn": source.arn,
            "path": source.path,
            "kind": source.kind,
            "attachable": source.attachable,
            "created_at": source.created_at,
            "facts_retrieved_on": source.retrieved_on,
        },
    )


def _take_prose(given: dict[str, Any], page: dict[str, Any], day: date) -> None:
    """Write summary, considerations and descriptions, unless a curator has edited them."""
    policy = Policy.objects.get(name=given["name"])
    if policy.curated_at is not None:
        return
    version = policy.versions.filter(version_id=given["describesVersion"]).first()
    policy.summary = given["summary"]
    policy.considerations = given["considerations"]
    policy.documented_attachable = given["documentedAttachable"]
    policy.trusted_services = given["trustedServices"]
    policy.documentation_url = given["documentationUrl"]
    policy.described_version = version
    policy.save()
    policy.descriptions.all().delete()
    PermissionDescription.objects.bulk_create(
        PermissionDescription(
            policy=policy,
            version=version,
            pattern=description["pattern"],
            text=description["text"],
            order=order,
            source_url=page["url"],
            source_date=day,
        )
        for order, description in enumerate(given["permissionDescriptions"], start=1)
    )


def _take_changelog(page: dict[str, Any]) -> None:
    """Write the entries that the page has, except those that a curator has edited."""
    policies = {
        policy.name: policy
        for policy in Policy.objects.filter(
            name__in=[entry["policy"] for entry in page["changelog"] if entry["policy"]]
        )
    }
    kept = set(
        ChangelogEntry.objects.filter(curated_at__isnull=False).values_list("key", flat=True)
    )
    for entry in page["changelog"]:
        key = f"ecs-page:{entry['date']}:{entry['policy'] or 'tracking'}"
        if key in kept:
            continue
        ChangelogEntry.objects.update_or_create(
            key=key,
            defaults={
                "policy": policies.get(entry["policy"]),
                "date": date.fromisoformat(entry["date"]),
                "title": entry["title"],
                "description": entry["description"],
                "source": ChangelogEntry.Source.DOCUMENTATION,
                "source_url": page["page"]["url"],
            },
        )
