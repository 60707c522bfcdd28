"""Policies from the IAM API, by boto3: the same client, credentials and profiles as the CLI.

`ListPolicies`, `ListPolicyVersions` and `GetPolicyVersion` of the IAM API Reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.sources.iam_shapes import document_text
from policyhub.catalog.sources.items import Rejection, SourcePolicy, SourceVersion

THREADS = 8
PAGE = 100
# Adaptive: the client slows down when the API asks for it, and tries again.
RETRIES = {"mode": "adaptive", "max_attempts": 10}

# Whether a version of a policy, made at that moment, needs no fetching.
Known = Callable[[str, str, datetime | None], bool]


class AwsUnavailableError(Exception):
    """The IAM API can't be used; the message says why and how to fix it."""


def iam_client(endpoint_url: str | None = None, profile: str | None = None) -> Any:
    """Make a boto3 client that reaches its endpoint.

    Raises `AwsUnavailableError` without boto3, the profile, credentials or an answer.
    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise AwsUnavailableError(
            "boto3 is not installed: run `uv run --extra aws manage.py sync_policies`"
        ) from error
    with _explaining():
        session = boto3.Session(profile_name=profile)
        # IAM is one service for all regions; without a region set anywhere this one signs.
        where = {
            "endpoint_url": endpoint_url,
            "region_name": session.region_name or "us-east-1",
        }
        once = Config(retries={"total_max_attempts": 1}, connect_timeout=10)
        _require_endpoint(session.client("iam", config=once, **where))
        config = Config(retries=RETRIES, max_pool_connections=THREADS)
        return session.client("iam", config=config, **where)


def _require_endpoint(client: Any) -> None:
    """Ask once: a wrong address is reported immediately, not after ten attempts and a minute."""
    from botocore.exceptions import ClientError

    try:
        client.list_policies(Scope="AWS", MaxItems=1)
    except ClientError:
        # It answers. What it says is asked for again, with patience.
        return


def list_aws_policies(client: Any) -> list[dict[str, Any]]:
    """All AWS managed policies, without documents, page after page.

    Raises `AwsUnavailableError` when the API refuses, does not answer, or has none.
    """
    pages = client.get_paginator("list_policies").paginate(
        Scope="AWS", PaginationConfig={"PageSize": PAGE}
    )
    with _explaining():
        listed = [policy for page in pages for policy in page.get("Policies", [])]
    if not listed:
        raise AwsUnavailableError(
            "the API lists no AWS managed policy: check that --endpoint-url names an IAM API"
        )
    return listed


def fetch_policies(
    client: Any, listed: list[dict[str, Any]], known: Known, today: date
) -> Iterator[SourcePolicy | Rejection]:
    """Yield the listed policies with every version that the API has and `known` denies.

    A policy with nothing new is not yielded; one that is gone by now is a `Rejection`. Raises
    `AwsUnavailableError`.
    """

    def fetch(policy: dict[str, Any]) -> SourcePolicy | Rejection | None:
        return _fetch(client, policy, known, today)

    with _explaining(), ThreadPoolExecutor(max_workers=THREADS) as pool:
        yield from (found for found in pool.map(fetch, listed) if found is not None)


def _fetch(
    client: Any, policy: dict[str, Any], known: Known, today: date
) -> SourcePolicy | Rejection | None:
    place = f"IAM API {policy['Arn']}"
    try:
        versions = tuple(_missing_versions(client, policy, known))
    except client.exceptions.NoSuchEntityException:
        return Rejection(place, "removed after it was listed and before it was fetched: sync again")
    if not versions:
        return None
    return SourcePolicy(
        name=policy["PolicyName"],
        arn=policy["Arn"],
        path=policy["Path"],
        created_at=policy.get("CreateDate"),
        updated_at=policy.get("UpdateDate"),
        retrieved_on=today,
        source=PolicyVersion.Source.IAM_API,
        versions=versions,
        place=place,
    )


def _missing_versions(client: Any, policy: dict[str, Any], known: Known) -> Iterator[SourceVersion]:
    pages = client.get_paginator("list_policy_versions").paginate(PolicyArn=policy["Arn"])
    for page in pages:
        for version in page["Versions"]:
            version_id = version["VersionId"]
            if not known(policy["PolicyName"], version_id, version.get("CreateDate")):
                yield _get_version(client, policy["Arn"], version_id)


def _get_version(client: Any, arn: str, version_id: str) -> SourceVersion:
    version = client.get_policy_version(PolicyArn=arn, VersionId=version_id)["PolicyVersion"]
    return SourceVersion(
        version_id=version_id,
        created_at=version.get("CreateDate"),
        is_default=version["IsDefaultVersion"],
        document=document_text(version["Document"]),
    )


@contextmanager
def _explaining() -> Iterator[None]:
    """Turn whatever boto3 raises into an `AwsUnavailableError`."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ResponseParserError as error:
        raise AwsUnavailableError(
            "the answer is not the IAM API's: check that --endpoint-url names an IAM API"
        ) from error
    except (BotoCoreError, ClientError, ValueError) as error:
        raise AwsUnavailableError(_explained(error)) from error


def _explained(error: Exception) -> str:
    """The error in one sentence, with the fix for common ones."""
    text = " ".join(str(error).split()).rstrip(".")
    hints = {
        "credentials": "name a profile with --profile, or set AWS_ACCESS_KEY_ID and its secret",
        "config profile": "name one of those that `aws configure list-profiles` lists",
        "AccessDenied": (
            "the caller needs iam:ListPolicies, iam:ListPolicyVersions and iam:GetPolicyVersion"
        ),
        "connect": "check that --endpoint-url is correct and reachable",
    }
    hint = next((hint for word, hint in hints.items() if word.lower() in text.lower()), "")
    return f"the IAM API can't be used: {text}" + (f": {hint}" if hint else "")
