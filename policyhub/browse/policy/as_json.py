"""A policy as JSON: the twin of its page."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse

from policyhub.browse.policy.changes_and_checks import change_as_json, findings, logged_changes
from policyhub.browse.policy.linted import lint
from policyhub.browse.policy.shown import KnownVersion, ShownPolicy, of_a_policy
from policyhub.browse.reading.services import ServiceRow
from policyhub.browse.reading.statements import StatementReading
from policyhub.catalog.access.permissions import ServicePermissions, UnmatchedPattern
from policyhub.catalog.deriving.grant_sentence import grant_sentence
from policyhub.catalog.models import DocumentedPolicy, PermissionDescription
from policyhub.catalog.retired import retired_policy
from policyhub.http import HtmxHttpRequest, json_answer
from policyhub.iam.language.wording import plain
from policyhub.judge.risks.known import risks_of_version, verdict_of_version


@of_a_policy
def policy_json(request: HtmxHttpRequest, shown: ShownPolicy) -> HttpResponse:
    """Everything that is known of a policy, at the version shown."""
    described = PermissionDescription.with_withdrawn.filter(policy=shown.policy)
    descriptions = list(described.select_related("version"))
    permissions = shown.permissions
    body = {
        **_facts(shown),
        "versions": [_version_as_json(known) for known in shown.versions],
        "versionId": shown.version.version_id,
        "document": json.loads(shown.version.document),
        "statements": [_statement(each) for each in shown.reading.statements],
        "services": [_service(each, shown) for each in permissions.services],
        "unmatchedPatterns": [_unmatched(each) for each in permissions.unmatched],
        "permissions": {
            "count": len(permissions.grants),
            "url": request.build_absolute_uri(shown.url("policy_permissions_json")),
        },
        "documented": [_documented(each) for each in shown.policy.documented.all()],
        "permissionDescriptions": [_description(each) for each in descriptions],
        "changelog": [change_as_json(entry, wrong) for entry, wrong in logged_changes(shown)],
        "findings": [each.to_dict() for each in findings(shown, descriptions)],
        "lint": [each.to_dict() for each in lint(shown)],
        "verdict": verdict_of_version(shown.version).to_dict(),
        "risks": [each.to_dict() for each in risks_of_version(shown.version)],
    }
    return json_answer(body)


def _facts(shown: ShownPolicy) -> dict[str, Any]:
    """What is true for the policy at any version."""
    policy = shown.policy
    described = shown.known_version(policy.described_version_id)
    retired = retired_policy(policy.key)
    stated = retired.successor_in_words if retired else ""
    return {
        "name": policy.name,
        "arn": policy.arn,
        "account": policy.account or None,
        "path": policy.path,
        "kind": policy.kind,
        "attachable": policy.attachable,
        "documentedAttachable": policy.as_claimed().documented_attachable,
        "trustedServices": policy.trusted_services,
        "summary": policy.summary,
        "generatedSummary": grant_sentence(shown.version),
        "considerations": policy.considerations,
        "pageSays": policy.corrected,
        "describedVersionId": described.row.version_id if described else None,
        "documentationUrl": policy.documentation_url,
        "createdAt": policy.created_at,
        "updatedAt": policy.updated_at,
        "deprecatedOn": policy.deprecated_on,
        "lastSeen": policy.last_seen_on,
        "retired": retired.state if retired else "gone" if policy.last_seen_on else None,
        "successor": policy.successor.key if policy.successor else stated or None,
    }


def _version_as_json(known: KnownVersion) -> dict[str, Any]:
    return {
        "versionId": known.row.version_id,
        "createdAt": known.row.created_at,
        "dateKnown": known.row.date_known or None,
        "notBefore": known.row.not_before,
        "notAfter": known.row.not_after,
        "sameAs": known.same_as or None,
        "isDefault": known.row.is_default,
        "source": known.row.source,
        "retrievedOn": known.row.retrieved_on,
        "digest": known.row.digest,
    }


def _statement(reading: StatementReading) -> dict[str, Any]:
    """A statement's elements, lists even where the document has a single value, and its words."""
    statement = reading.statement
    conditions: dict[str, dict[str, list[str]]] = {}
    for condition in statement.conditions:
        conditions.setdefault(condition.operator, {})[condition.key] = list(condition.values)
    return {
        "statement": reading.number,
        "sid": statement.sid,
        "effect": statement.effect,
        ("notAction" if statement.not_action else "action"): statement.actions,
        ("notResource" if statement.not_resource else "resource"): statement.resources,
        "condition": conditions,
        "inWords": plain(reading.full_sentence),
    }


def _service(permissions: ServicePermissions, shown: ShownPolicy) -> dict[str, Any]:
    row = ServiceRow(permissions, shown.reading)
    return {
        "prefix": row.prefix,
        "name": row.name,
        "access": row.access if permissions.grants else "",
        "actionCount": row.action_count,
        "actionTotal": permissions.total,
        "levels": {
            each.level: {"granted": each.granted, "total": each.total}
            for each in permissions.levels
        },
        "scopes": [
            {
                "effect": scope.first.statement.effect,
                "statements": [each.number for each in scope.statements],
                "actionCount": scope.action_count,
                "resources": plain(scope.first.resources),
                "conditions": plain(scope.first.conditions),
            }
            for scope in row.scopes
        ],
        "unmatchedPatterns": [each.pattern for each in permissions.unmatched],
    }


def _unmatched(row: UnmatchedPattern) -> dict[str, Any]:
    return {
        "pattern": row.pattern,
        "statement": row.statement.position + 1,
        "effect": row.statement.effect,
        "reason": row.reason,
    }


def _documented(page: DocumentedPolicy) -> dict[str, Any]:
    return {
        "asOf": page.as_of,
        "sourceUrl": page.source_url,
        "versionId": page.version_id or None,
        "summary": page.summary,
        "considerations": page.considerations,
        "attachable": page.documented_attachable,
    }


def _description(row: PermissionDescription) -> dict[str, Any]:
    """An entry as AWS's page has it, and next to it what we say instead."""
    page = row.as_claimed()
    ours = {"pattern": row.pattern, "text": row.text}
    return {
        "pattern": page.pattern,
        "text": page.text,
        "versionId": row.version.version_id if row.version else None,
        "sourceUrl": row.source_url,
        "sourceDate": row.source_date,
        "correction": ours if row.corrected else None,
        "withdrawn": row.is_withdrawn,
    }
