"""The fixtures that come with Policyhub: the curated ECS page and the corpus.

The page is loaded first, so that its documents keep the page's own key order; the corpus,
which is fresher, then gives every policy its facts and its default version. What the page said
two years later comes last: it shows no documents, and tells of policies that the corpus has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from policyhub.catalog.deriving.indexing import index_policies
from policyhub.catalog.importing.report import Conflict, ImportOutcome, ImportReport
from policyhub.catalog.importing.run import Progress, import_policies
from policyhub.catalog.models import (
    CatalogState,
    ChangelogEntry,
    DocumentedPolicy,
    PermissionDescription,
    Policy,
    PolicyVersion,
)
from policyhub.catalog.signals import policies_changed
from policyhub.catalog.sources.iam_shapes import document_text
from policyhub.catalog.sources.items import Origin, SourcePolicy, SourceVersion, read_moment
from policyhub.catalog.sources.text import read_text

ECS_PAGE = "ecs.json"
LATER_ECS_PAGE = "ecs-2026.json"
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
        left_out = f", {len(self.report.rejected):,} left out" if self.report.rejected else ""
        return f"{self.name}: {self.report.usable:,} policies{left_out}"


@transaction.atomic
def load_fixtures(progress: Progress | None = None) -> list[FixtureResult]:
    """Load each fixture that changed since it was last loaded, all in one transaction.

    A policy that disagrees with one that is here (a name that an organisation gave to its own)
    is left out and reported. Raises `BrokenFixtureError` for anything that does not validate.
    """
    loaders: dict[str, Callable[[bytes, Progress | None], ImportReport]] = {
        ECS_PAGE: _load_page,
        CORPUS: _load_corpus,
        LATER_ECS_PAGE: _load_later_page,
    }
    return [_load(name, loader, progress) for name, loader in loaders.items()]


def _load(
    name: str,
    loader: Callable[[bytes, Progress | None], ImportReport],
    progress: Progress | None,
) -> FixtureResult:
    path = Path(settings.FIXTURES_DIR) / name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BrokenFixtureError(f"{path} can't be read: {error.strerror}") from error
    digest = hashlib.sha256(data).hexdigest()
    if CatalogState.current().fixture_digests.get(name) == digest:
        return FixtureResult(name, loaded=False, report=ImportReport())
    try:
        report = loader(data, progress)
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise BrokenFixtureError(f"{name} is not in the expected form: {error!r}") from error
    broken = [each for each in report.rejected if not isinstance(each, Conflict)]
    if broken:
        reasons = "; ".join(f"{each.place}: {each.reason}" for each in broken[:5])
        raise BrokenFixtureError(f"{name} has {len(broken)} rejected: {reasons}")
    digests = {**CatalogState.current().fixture_digests, name: digest}
    CatalogState.objects.update(fixture_digests=digests)
    CatalogState.advance_prose()
    return FixtureResult(name, loaded=True, report=report)


def _load_corpus(data: bytes, progress: Progress | None) -> ImportReport:
    # Its first line has the date; without one, every other source takes precedence.
    return import_policies(read_text(data, Origin(CORPUS, "", date.min)), progress=progress)


def _load_page(data: bytes, progress: Progress | None) -> ImportReport:
    page = json.loads(data)
    day = date.fromisoformat(page["page"]["asOf"])
    sources = [_page_policy(policy, day) for policy in page["policies"]]
    report = import_policies([each for each in sources if each.versions], progress=progress)
    for source, policy in zip(sources, page["policies"], strict=True):
        if not source.versions:
            report.note(source.name, _make_without_document(source))
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


def _make_without_document(source: SourcePolicy) -> ImportOutcome:
    """A policy that the page names without showing its document; another source brings it."""
    if Policy.objects.filter(key=source.key).exists():
        return ImportOutcome.UNCHANGED
    Policy.objects.create(
        name=source.name,
        arn=source.arn,
        path=source.path,
        kind=source.kind,
        attachable=source.attachable,
        created_at=source.created_at,
        facts_retrieved_on=source.retrieved_on,
    )
    return ImportOutcome.CREATED


def _take_prose(given: dict[str, Any], page: dict[str, Any], day: date) -> None:
    """Write what the page says, and, unless a curator has edited them, our texts as it says."""
    policy = Policy.objects.get(key=given["name"])
    version = _described_version(policy, given["describesVersion"])
    policy.claim = {
        "summary": given["summary"],
        "considerations": given["considerations"],
        "documented_attachable": given["documentedAttachable"],
    }
    claims = [
        {"pattern": each["pattern"], "text": each["text"]}
        for each in given["permissionDescriptions"]
    ]
    descriptions = [
        PermissionDescription(
            policy=policy,
            version=version,
            claim=claim,
            **claim,
            order=order,
            source_url=page["url"],
            source_date=day,
        )
        for order, claim in enumerate(claims, start=1)
    ]
    for each in descriptions:
        each.clean_fields(exclude=["policy", "version"])
    if policy.curated_at is not None:
        policy.save()
        _claim_for_edited(policy, descriptions)
        return
    policy.summary = given["summary"]
    policy.considerations = given["considerations"]
    policy.documented_attachable = given["documentedAttachable"]
    policy.trusted_services = given["trustedServices"]
    policy.documentation_url = given["documentationUrl"]
    policy.described_version = version
    policy.clean_fields(exclude=["described_version", "successor"])
    policy.save()
    index_policies([policy.pk])
    PermissionDescription.with_withdrawn.filter(policy=policy).delete()
    PermissionDescription.objects.bulk_create(descriptions)
    policies_changed.send(PermissionDescription, policies=[policy.pk])


def _claim_for_edited(policy: Policy, page: list[PermissionDescription]) -> None:
    """Let each edited description have the claim that it corrects, by pattern or else by order.

    What the page describes and no row does was deleted: it is kept as withdrawn.
    """
    rows = list(PermissionDescription.with_withdrawn.filter(policy=policy))
    for claimed in page:
        row = _row_about(claimed, rows)
        if row is None:
            claimed.is_withdrawn = True
            claimed.save()
        else:
            rows.remove(row)
            row.claim = claimed.claim
            row.save()


def _row_about(
    claimed: PermissionDescription, rows: list[PermissionDescription]
) -> PermissionDescription | None:
    """The row that corrects a claim: the one that has it, else one that says where it is from."""
    known = (row for row in rows if (row.claim or {}).get("pattern") == claimed.pattern)
    same = (row for row in rows if row.claim is None and row.pattern == claimed.pattern)
    of_page = (row for row in rows if row.claim is None and row.source_url == claimed.source_url)
    in_order = (row for row in of_page if row.order == claimed.order)
    return next((each for each in (*known, *same, *in_order)), None)


def _described_version(policy: Policy, version_id: str) -> PolicyVersion | None:
    """The version that the prose is about; none where the page shows no document."""
    version = policy.versions.filter(version_id=version_id).first() if version_id else None
    if version_id and version is None:
        raise ValueError(f"{policy.name} has no version {version_id} to describe")
    return version


def _load_later_page(data: bytes, progress: Progress | None) -> ImportReport:
    page = json.loads(data)
    report = ImportReport()
    for given in page["policies"]:
        policy = Policy.objects.get(key=given["name"])
        _take_documented(policy, given, page["page"])
        report.note(policy.name, ImportOutcome.UPDATED)
    _take_changelog(page)
    return report


def _take_documented(policy: Policy, given: dict[str, Any], page: dict[str, Any]) -> None:
    documented = DocumentedPolicy(
        policy=policy,
        source_url=page["url"],
        as_of=date.fromisoformat(page["asOf"]),
        version_id=given["describesVersion"],
        summary=given["summary"],
        considerations=given["considerations"],
        documented_attachable=given["documentedAttachable"],
    )
    documented.clean_fields(exclude=["policy"])
    policy.documented.filter(source_url=page["url"], as_of=documented.as_of).delete()
    documented.save()


def _take_changelog(page: dict[str, Any]) -> None:
    """Write the entries that the page has, except those that a curator has edited."""
    policies = {
        policy["name"]: Policy.objects.get(key=policy["name"]) for policy in page["policies"]
    }
    curated = ChangelogEntry.objects.filter(curated_at__isnull=False)
    kept = set(curated.values_list("key", flat=True))
    for entry in page["changelog"]:
        key = f"ecs-page:{entry['date']}:{entry['policy'] or 'tracking'}"
        claim = {name: entry[name] for name in ("date", "title", "description")}
        if key in kept:
            ChangelogEntry.objects.filter(key=key).update(claim=claim)
            continue
        told = {
            "policy": policies[entry["policy"]] if entry["policy"] else None,
            "date": date.fromisoformat(entry["date"]),
            "title": entry["title"],
            "description": entry["description"],
            "version_id": entry.get("version", ""),
            "source": ChangelogEntry.Source.DOCUMENTATION,
            "source_url": entry.get("sourceUrl", page["page"]["url"]),
            "claim": claim,
        }
        ChangelogEntry(key=key, **told).clean_fields(exclude=["policy"])
        ChangelogEntry.objects.update_or_create(key=key, defaults=told)
