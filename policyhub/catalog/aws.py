"""Policies from the IAM API, by boto3: the same client, credentials and profiles as the CLI.

`ListPolicies`, `ListPolicyVersions` and `GetPolicyVersion` of the IAM API Reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.recognising import document_text
from policyhub.catalog.sources import SourcePolicy, SourceVersion

THREADS = 8
PAGE = 100
# Adaptive: the client slows down when the API asks for it, and tries again.
RETRIES = {"mode": "adaptive", "max_attempts": 10}

Known = Callable[[str, str], bool]


class AwsUnavailableError(Exception):
    """The IAM API can't be asked; the message says why and how to mend it."""


def iam_client(endpoint_url: str | None = None, profile: str | None = None) -> Any:
    """Make a boto3 client. Raises `AwsUnavailableError` without boto3 or a known profile."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise AwsUnavailableError(
            "boto3 is not installed: run `uv run --extra aws manage.py sync_policies`"
        ) from error
    try:
        session = boto3.Session(profile_name=profile)
        config = Config(retries=RETRIES, max_pool_connections=THREADS)
        # IAM is one service for all regions; without a region set anywhere this one signs.
        region = session.region_name or "us-east-1"
        return session.client("iam", endpoint_url=endpoint_url, config=config, region_name=region)
    except (BotoCoreError, ValueError) as error:
        raise AwsUnavailableError(f"the IAM API can't be asked: {error}") from error


def list_policies(client: Any) -> list[dict[str, Any]]:
    """All AWS managed policies, without documents, page after page.

    Raises `AwsUnavailableError` when the API refuses or does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    pages = client.get_paginator("list_policies").paginate(
        Scope="AWS", PaginationConfig={"PageSize": PAGE}
    )
    try:
        return [policy for page in pages for policy in page["Policies"]]
    except (BotoCoreError, ClientError) as error:
        raise AwsUnavailableError(_explained(error)) from error


def fetch_policies(
    client: Any, listed: list[dict[str, Any]], known: Known, today: date
) -> Iterator[SourcePolicy]:
    """Yield the listed policies with every version that the API has and `known` denies.

    A policy with nothing new is not yielded. Raises `AwsUnavailableError`.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    def fetch(policy: dict[str, Any]) -> SourcePolicy | None:
        return _fetch(client, policy, known, today)

    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        try:
            yield from (found for found in pool.map(fetch, listed) if found is not None)
        except (BotoCoreError, ClientError) as error:
            pool.shutdown(cancel_futures=True)
            raise AwsUnavailableError(_explained(error)) from error


def _fetch(client: Any, policy: dict[str, Any], known: Known, today: date) -> SourcePolicy | None:
    arn, name = policy["Arn"], policy["PolicyName"]
    pages = client.get_paginator("list_policy_versions").paginate(PolicyArn=arn)
    listed = [version for page in pages for version in page["Versions"]]
    wanted = [version for version in listed if not known(name, version["VersionId"])]
    if not wanted:
        return None
    return SourcePolicy(
        name=name,
        arn=arn,
        path=policy["Path"],
        created_at=policy.get("CreateDate"),
        updated_at=policy.get("UpdateDate"),
        retrieved_on=today,
        source=PolicyVersion.Source.IAM_API,
        versions=tuple(_get_version(client, arn, version["VersionId"]) for version in wanted),
        place=arn,
    )


def _get_version(client: Any, arn: str, version_id: str) -> SourceVersion:
    version = client.get_policy_version(PolicyArn=arn, VersionId=version_id)["PolicyVersion"]
    return SourceVersion(
        version_id=version_id,
        created_at=version.get("CreateDate"),
        is_default=version["IsDefaultVersion"],
        document=document_text(version["Document"]),
    )


def _explained(error: Exception) -> str:
    """The API's complaint in one sentence, with the way to mend the common ones."""
    text = " ".join(str(error).split())
    if "credentials" in text.lower():
        return f"{text}: name a profile with --profile, or set AWS_ACCESS_KEY_ID and its secret"
    if "AccessDenied" in text:
        return (
            f"{text}: the caller needs iam:ListPolicies, iam:ListPolicyVersions and "
            "iam:GetPolicyVersion"
        )
    if "Could not connect" in text:
        return f"{text}: see that --endpoint-url is right and the network reaches it"
    return text


def as_detail(policy: Any, version: PolicyVersion) -> str:
    """One line of a dump: the API's `ManagedPolicyDetail` with its default version."""
    detail = {
        "PolicyName": policy.name,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": version.version_id,
        "CreateDate": _moment(policy.created_at),
        "UpdateDate": _moment(policy.updated_at),
        "PolicyVersionList": [
            {
                "VersionId": version.version_id,
                "IsDefaultVersion": True,
                "CreateDate": _moment(version.created_at),
                "Document": json.loads(version.document),
            }
        ],
    }
    return json.dumps(detail, ensure_ascii=False, separators=(",", ":"))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
