"""What linting and the comparison of risks find in versions that are new to a curator."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import OperationalError
from django.db.models import Max, QuerySet
from django.utils import timezone

from policyhub.catalog.models import CatalogState, PolicyVersion
from policyhub.desk.models import DeskVisit, NewVersionFindings
from policyhub.desk.queue import Kind, QueuedFinding, finding_key
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.json_text import parse_path
from policyhub.judge.lint.codes import lint_codes
from policyhub.judge.lint.linting import findings_of
from policyhub.judge.reporting.documents import is_of_aws
from policyhub.judge.risks.attached import read_judged
from policyhub.judge.risks.changes import RiskChange, risk_changes
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.rules_of_today import rules_of_today

# A visit ends after so many hours without one; then what is new counts from it.
_VISIT = timedelta(hours=8)
# Before the first visit: the versions of the last week of the data.
_FIRST = timedelta(days=7)
# What is still to be judged waits for the next request.
SECONDS = 1.0
# Raised when what is found, or how it is kept, changes.
_FORM = "1"
_SEVERITIES = {"error": "high", "security-warning": "high", "warning": "medium"}
_RISK = "risk-gained"


@dataclass(frozen=True, slots=True)
class NewVersions:
    """Findings about new versions; `left` of the `count` versions are still to be judged."""

    findings: Sequence[QueuedFinding]
    count: int
    left: int


def begin_visit(user: Any) -> None:
    """Note that a curator is here: the next visit begins with what comes after this one."""
    now, newest = timezone.now(), PolicyVersion.objects.aggregate(pk=Max("pk"))["pk"] or 0
    visit = DeskVisit.objects.filter(user=user).first()
    if visit is None:
        DeskVisit.objects.get_or_create(user=user, defaults={"began_at": now, "seen_now": newest})
    elif now - visit.began_at > _VISIT:
        DeskVisit.objects.filter(user=user).update(
            began_at=now, seen_before=visit.seen_now, seen_now=newest
        )


def new_to(user: Any) -> QuerySet[PolicyVersion]:
    """The versions in force that came since a curator's last visit, the newest first."""
    versions = PolicyVersion.objects.in_force().select_related("policy").newest_first()
    visit = DeskVisit.objects.filter(user=user).first()
    if visit is not None and visit.seen_before is not None:
        return versions.filter(pk__gt=visit.seen_before)
    newest = versions.aggregate(moment=Max("existed_by"))["moment"]
    return versions.filter(existed_by__gte=newest - _FIRST) if newest else versions.none()


def judged_new(user: Any) -> NewVersions:
    """What is found in the versions that are new to a curator, as far as time allows."""
    versions, made_by = list(new_to(user)), _made_by()
    kept = {
        row.version_id: row.findings
        for row in NewVersionFindings.objects.filter(made_by=made_by, version__in=versions)
    }
    until = time.monotonic() + SECONDS
    for version in versions:
        if version.pk not in kept and time.monotonic() < until:
            kept[version.pk] = _findings_of_version(version)
            _keep(version, made_by, kept[version.pk])
    judged = [each for each in versions if each.pk in kept]
    findings = [_queued(each, row) for each in judged for row in kept[each.pk]]
    return NewVersions(findings, len(versions), len(versions) - len(judged))


def _made_by() -> str:
    reference = CatalogState.current().reference_version
    return hashlib.sha256(f"{_FORM} {reference}".encode()).hexdigest()[:32]


def _keep(version: PolicyVersion, made_by: str, findings: list[dict[str, Any]]) -> None:
    """Keep what was found; where the database is busy it is found again the next time."""
    try:
        NewVersionFindings.objects.update_or_create(
            version=version, defaults={"made_by": made_by, "findings": findings}
        )
    except OperationalError:
        return


def _findings_of_version(version: PolicyVersion) -> list[dict[str, Any]]:
    return [*_linted(version), *_risks_gained(version)]


def _linted(version: PolicyVersion) -> Iterator[dict[str, Any]]:
    """What is wrong with the document, without the rules that compare it with itself."""
    of_aws = is_of_aws(version.policy.arn)
    for each in findings_of(version.document, Usage.IDENTITY, is_aws_managed=of_aws, proves=False):
        if each.type in _SEVERITIES:
            yield {
                "kind": "lint",
                "code": each.code,
                "severity": _SEVERITIES[each.type],
                "message": each.message,
                "remedy": each.fix.description if each.fix else "",
                "evidence": {"path": each.path, **each.evidence},
                "positions": _statement_of(each.path),
            }


def _statement_of(path: str) -> list[int]:
    parts = parse_path(path) or ()
    index = parts[1] if len(parts) > 1 and parts[0] == "Statement" else None
    return [index] if isinstance(index, int) else []


def _risks_gained(version: PolicyVersion) -> Iterator[dict[str, Any]]:
    """What the version makes possible that the one before it did not."""
    earlier = version.policy.versions.exclude(pk=version.pk).exclude(digest=version.digest)
    before = earlier.newest_first().first()
    older, newer = read_judged(before.document if before else "{}"), read_judged(version.document)
    if before is None or older is None or newer is None:
        return
    vocabulary = rules_of_today().vocabulary
    judged = [risks_of(each, vocabulary=vocabulary) for each in (older, newer)]
    for change in risk_changes(judged[0], judged[1]):
        if change.is_gain:
            yield _risk(change, before)


def _risk(change: RiskChange, before: PolicyVersion) -> dict[str, Any]:
    risk = change.risk
    return {
        "kind": "risk",
        "code": risk.id,
        "severity": "high" if change.after == "free" else "medium",
        "message": f"{risk.title}: {change.after}, which {before.version_id} did not allow so far",
        "remedy": "",
        "evidence": change.to_dict(),
        "positions": [],
    }


def _queued(version: PolicyVersion, row: dict[str, Any]) -> QueuedFinding:
    kind: Kind = row["kind"]
    rule = lint_codes().get(row["code"])
    subject = f"{version.digest} {row['evidence'].get('path', '')} {row['message']}"
    digest = finding_key(version.policy, row["code"], subject)
    return QueuedFinding(
        key=digest,
        digest=digest,
        kind=kind,
        code=row["code"],
        title=rule.title if rule and kind == "lint" else "Risk of a new version",
        severity=row["severity"],
        message=row["message"],
        remedy=row["remedy"],
        policy=version.policy,
        evidence=row["evidence"],
        explanation=rule.explanation if rule and kind == "lint" else "",
        version=version,
        positions=row["positions"],
    )
