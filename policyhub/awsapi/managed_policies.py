"""The managed policies of the catalogue, in the shapes of the IAM API.

Nothing is attached here, so that every count is 0. Policies without an ARN and versions
without an id, not given by any source, can't be requested with this API and are left out.
Source: IAM API Reference, "ListPolicies", "GetPolicy", "GetPolicyVersion" and
"ListPolicyVersions".
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.db.models.functions import Substr

from policyhub.awsapi.errors import invalid_input, no_such_entity, validation_error
from policyhub.awsapi.paging import DEFAULT_ITEMS, end_of_page, start_of_page
from policyhub.catalog.models import NEWEST_FIRST, Policy, PolicyVersion
from policyhub.iam.language.arn import parse_arn

Given = Mapping[str, Any]

_LONGEST_DESCRIPTION = 1000
_CHARACTERS_OF_AN_ID = 17


def list_policies(given: Given) -> dict[str, Any]:
    """A page of the policies, in the order in which they came into the catalogue."""
    after = start_of_page("ListPolicies", given["Marker"])
    size = given["MaxItems"] or DEFAULT_ITEMS
    found = list(_asked_for(given).filter(pk__gt=after).order_by("pk")[: size + 1])
    page = found[:size]
    defaults = _default_version_ids(page)
    return {
        "Policies": [_policy(each, defaults.get(each.pk)) for each in page],
        **end_of_page("ListPolicies", page[-1].pk if len(found) > size else None),
    }


def get_policy(given: Given) -> dict[str, Any]:
    """One policy, with its summary for a description. Raises `ApiError`."""
    policy = _policy_of(given["PolicyArn"])
    default = _default_version_ids([policy]).get(policy.pk)
    description = policy.summary[:_LONGEST_DESCRIPTION] or None
    return {"Policy": {**_policy(policy, default), "Description": description, "Tags": []}}


def get_policy_version(given: Given) -> dict[str, Any]:
    """One version with its document, URL-encoded. Raises `ApiError`."""
    arn, version_id = given["PolicyArn"], given["VersionId"]
    # A policy deleted and made again repeats its version ids: the newest is meant.
    version = _versions_of(_policy_of(arn)).filter(version_id=version_id).first()
    if version is None:
        message = f"Policy {arn} version {version_id} does not exist or is not attachable."
        raise no_such_entity(message)
    document = quote(version.document, safe="")
    return {"PolicyVersion": {"Document": document, **_version_record(version)}}


def list_policy_versions(given: Given) -> dict[str, Any]:
    """A page of a policy's versions, the default one first, then the newest."""
    start = start_of_page("ListPolicyVersions", given["Marker"])
    end = start + (given["MaxItems"] or DEFAULT_ITEMS)
    versions = list(_versions_of(_policy_of(given["PolicyArn"])))
    if start and start >= len(versions):
        raise validation_error("Invalid Marker.")
    return {
        "Versions": [_version_record(each) for each in versions[start:end]],
        **end_of_page("ListPolicyVersions", end if end < len(versions) else None),
    }


def _asked_for(given: Given) -> QuerySet[Policy]:
    if given["OnlyAttached"] or given["PolicyUsageFilter"] == "PermissionsBoundary":
        return Policy.objects.none()
    policies = Policy.objects.filter(arn__isnull=False, last_seen_on=None)
    if given["Scope"] == "AWS":
        policies = policies.exclude(kind=Policy.Kind.CUSTOMER_MANAGED)
    elif given["Scope"] == "Local":
        policies = policies.filter(kind=Policy.Kind.CUSTOMER_MANAGED)
    prefix = given["PathPrefix"]
    if prefix:
        # SQLite's LIKE would ignore case.
        policies = policies.annotate(beginning=Substr("path", 1, len(prefix)))
        policies = policies.filter(beginning=prefix)
    return policies


def _policy_of(arn: str) -> Policy:
    if parse_arn(arn) is None:
        raise invalid_input(f"ARN {arn} is not valid.")
    policy = Policy.objects.filter(arn=arn).first()
    if policy is None:
        raise no_such_entity(f"Policy {arn} does not exist or is not attachable.")
    return policy


def _versions_of(policy: Policy) -> QuerySet[PolicyVersion]:
    numbered = policy.versions.exclude(version_id="")
    return numbered.order_by("-is_default", *NEWEST_FIRST)


def _default_version_ids(policies: list[Policy]) -> dict[int, str]:
    """The default versions' ids by policy, where they are known."""
    versions = PolicyVersion.objects.filter(is_default=True, policy__in=policies)
    return dict(versions.exclude(version_id="").values_list("policy_id", "version_id"))


def _policy(policy: Policy, default_version_id: str | None) -> dict[str, Any]:
    return {
        "PolicyName": policy.name,
        "PolicyId": _stable_id(policy.arn or ""),
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": default_version_id,
        "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": policy.attachable and policy.last_seen_on is None,
        "CreateDate": policy.created_at,
        "UpdateDate": policy.updated_at or policy.created_at,
    }


def _version_record(version: PolicyVersion) -> dict[str, Any]:
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version.is_default,
        "CreateDate": version.created_at,
    }


def _stable_id(arn: str) -> str:
    """An id in the form of AWS's, which publishes none: the same wherever the ARN is."""
    letters = b32encode(sha256(arn.encode()).digest()).decode("ascii")
    return f"ANPA{letters[:_CHARACTERS_OF_AN_ID]}"
