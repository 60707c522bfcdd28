"""What the documentation says of a policy: its change log, and where it errs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from policyhub.browse.policy import timeline
from policyhub.browse.policy.growth import growth_of
from policyhub.browse.policy.head import head
from policyhub.browse.policy.linted import lint_rows
from policyhub.browse.policy.shown import ShownPolicy, of_a_policy
from policyhub.browse.policy.version_maps import are_many, can_differ, version_maps
from policyhub.browse.policy.version_risks import RiskChanges, risk_changes_by_version
from policyhub.catalog.models import (
    ChangelogEntry,
    PermissionDescription,
)
from policyhub.catalog.prose.checks import CHECKS, Finding, disagreements
from policyhub.catalog.prose.stored import (
    change_log_of,
    documentation_kept,
    outgrown,
    permissions_of,
    prose_of,
)
from policyhub.http import HtmxHttpRequest, json_answer, render_page, wants_partial

# Of the number of a page; converting longer ones is slow.
_LONGEST_NUMBER = 6
EVIDENCE = {
    "actions": "Actions",
    "defaultVersion": "In force",
    "deniedBy": "Denied by",
    "describedVersion": "Described version",
    "documentedAttachable": "Attachable, as documented",
    "gained": "Newly granted",
    "granted": "Actions granted",
    "lost": "No longer granted",
    "nearest": "Nearest action",
    "path": "Path",
    "pattern": "Described",
    "sentence": "Sentence",
    "service": "Service",
    "statements": "Statements",
    "suggestions": "Similar actions",
}


@dataclass(frozen=True)
class EvidenceItem:
    """A piece of evidence, and where it can be seen."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class CheckedFinding:
    """A finding with what its check is called and why it matters."""

    finding: Finding
    title: str
    explanation: str
    evidence: list[tuple[str, list[EvidenceItem]]]


@of_a_policy
def policy_changes(request: HtmxHttpRequest, shown: ShownPolicy) -> HttpResponse:
    """The versions that are known and the documented changes.

    `?maps=2` draws the second page of the versions' maps; htmx gets these alone.
    """
    template = "browse/policy/policy_changes.html"
    context = {**_maps(request, shown)}
    if not wants_partial(request):
        context |= _versions_and_changes(shown)
    return render_page(request, template, "browse/policy/_version_maps.html", context)


def _maps(request: HtmxHttpRequest, shown: ShownPolicy) -> dict[str, Any]:
    """The page of maps that is asked for, the first where all are few, else none yet."""
    page = request.GET.get("maps", "")
    is_number = page.isascii() and page.isdigit() and len(page) < _LONGEST_NUMBER
    is_shown = is_number or not are_many(shown.versions)
    has_maps = can_differ(shown.versions)
    drawn = version_maps(shown, int(page) if is_number else 1) if is_shown and has_maps else None
    return {
        "has_maps": has_maps,
        "maps": drawn,
        "maps_url": shown.url("policy_changes", maps=""),
    }


def _versions_and_changes(shown: ShownPolicy) -> dict[str, Any]:
    top = head(shown, "policy_changes")
    entries = logged_changes(shown)
    marks = timeline.marks(shown.versions, _observed_effects(entry for entry, _ in entries))
    risks = risk_changes_by_version(shown.versions)
    changed = [risks.get(each.key, ()) for each in shown.versions]
    listed = zip(timeline.rows(shown.versions), top["chooser"], changed, strict=True)
    return {
        **top,
        "version_rows": list(listed),
        "has_risk_changes": bool(risks),
        "marks": marks,
        "growth": growth_of(marks),
        "entries": entries,
    }


def _observed_effects(entries: Iterable[ChangelogEntry]) -> dict[str, str]:
    """What each version did to access, by its id, where that was observed."""
    observed = (each for each in entries if each.source == ChangelogEntry.Source.OBSERVED)
    return {each.version_id: each.access for each in observed if each.version_id}


@of_a_policy
def policy_changes_json(request: HtmxHttpRequest, shown: ShownPolicy) -> HttpResponse:
    """The documented changes of the policy as JSON, and which versions changed its risks."""
    results = [change_as_json(entry, wrong) for entry, wrong in logged_changes(shown)]
    changed = risk_changes_by_version(shown.versions)
    risks = [
        {"versionId": each.row.version_id, **_risks_as_json(changes)}
        for each in shown.versions
        if (changes := changed.get(each.key))
    ]
    return json_answer({"count": len(results), "next": None, "results": results, "risks": risks})


def _risks_as_json(changes: RiskChanges) -> dict[str, Any]:
    return {
        "risksGained": [each.to_dict() for each in changes if each.is_gain],
        "risksLost": [each.to_dict() for each in changes if not each.is_gain],
    }


@of_a_policy
def policy_checks(request: HtmxHttpRequest, shown: ShownPolicy) -> HttpResponse:
    """What the documentation says against what the document that it describes grants."""
    descriptions = list(PermissionDescription.with_withdrawn.filter(policy=shown.policy))
    context = {
        **head(shown, "policy_checks"),
        "findings": [
            _checked(finding, _statement_base(shown)) for finding in findings(shown, descriptions)
        ],
        "description_count": len(descriptions),
        "checks": CHECKS.values(),
        "lint": lint_rows(shown),
    }
    return render_page(
        request, "browse/policy/policy_checks.html", "browse/policy/policy_checks.html", context
    )


def findings(
    shown: ShownPolicy, descriptions: Iterable[PermissionDescription]
) -> tuple[Finding, ...]:
    """Check the prose against the version that it describes, even if another version is shown."""
    described = shown.known_version(shown.policy.described_version_id)
    default = next((each.row for each in shown.versions if each.row.is_default), None)
    aged = outgrown(described.row if described else None, default)
    permissions = permissions_of(described.row) if described else None
    return disagreements(prose_of(shown.policy, descriptions), permissions, aged)


def _statement_base(shown: ShownPolicy) -> str:
    """The address of a statement of the version that the prose describes."""
    described = shown.known_version(shown.policy.described_version_id)
    return shown.at(described).statement_base if described else shown.statement_base


def logged_changes(shown: ShownPolicy) -> list[tuple[ChangelogEntry, list[str]]]:
    """The policy's entries, documented and observed, each with what contradicts it."""
    entries = list(shown.policy.changelog.select_related("policy"))
    rows = [each.row for each in shown.versions]
    wrong = change_log_of(shown.policy, entries, rows, documentation_kept()).disagreements()
    return [(entry, wrong.get(entry.pk, [])) for entry in entries]


def change_as_json(entry: ChangelogEntry, disagreements: list[str]) -> dict[str, Any]:
    """An entry of the change log as a policy's JSON has it."""
    return {
        "date": entry.date,
        "title": entry.title,
        "description": entry.description,
        "versionId": entry.version_id or None,
        "source": entry.source,
        "access": entry.access or None,
        "denies": entry.denies,
        "notBefore": entry.not_before,
        "sourceUrl": entry.source_url,
        "pageSays": entry.corrected,
        "disagreements": disagreements,
    }


def _checked(finding: Finding, statement_base: str) -> CheckedFinding:
    check = CHECKS[finding.code]
    evidence = [
        (EVIDENCE.get(name, name), _evidence_items(value, statement_base))
        for name, value in finding.evidence.items()
    ]
    return CheckedFinding(finding, check.title, check.explanation, evidence)


def _evidence_items(value: Any, statement_base: str) -> list[EvidenceItem]:
    """Make a list of whatever a check gave as evidence: a text, names, statements."""
    values = value if isinstance(value, list) else [value]
    return [_item(each, statement_base) for each in values]


def _item(value: Any, statement_base: str) -> EvidenceItem:
    if not isinstance(value, dict):
        return EvidenceItem("no" if value is False else "yes" if value is True else str(value))
    number = value["position"] + 1
    named = f" {value['sid']}" if value["sid"] else ""
    return EvidenceItem(
        f"statement {number}{named}", f"{statement_base}{number}#statement-{number}"
    )
