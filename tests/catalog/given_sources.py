"""Sources as tests give them: documents, versions and policies that differ in little."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.sources.items import Item, Origin, Rejection, SourcePolicy, SourceVersion
from policyhub.catalog.sources.text import read_text

NAME = "ExampleTestPolicy"
ACCOUNT = "123456789012"
ARN = f"arn:aws:iam::{ACCOUNT}:policy/{NAME}"
LABEL = f"{NAME} ({ACCOUNT})"
DAY = date(2026, 1, 31)


def document(*actions: str, **elements: Any) -> str:
    """A policy document that allows these actions, as compact JSON."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **elements}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return json.dumps(policy, separators=(",", ":"))


def moment(text: str) -> datetime:
    """The moment that a text such as 2024-01-22T10:00 names, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def version(
    version_id: str = "v1", *actions: str, default: bool = True, created: str | None = "2024-01-22"
) -> SourceVersion:
    """A version that allows these actions."""
    return SourceVersion(
        version_id=version_id,
        created_at=moment(created) if created else None,
        is_default=default,
        document=document(*actions or ("s3:GetObject",)),
    )


def policy(
    *versions: SourceVersion,
    name: str = NAME,
    arn: str | None = None,
    path: str = "/",
    day: str = "2026-01-01",
    **facts: Any,
) -> SourcePolicy:
    """A policy of an account, read on that day; `arn=""` for one of which no ARN is known."""
    created, updated = facts.pop("created", None), facts.pop("updated", None)
    return SourcePolicy(
        name=name,
        arn=f"arn:aws:iam::{ACCOUNT}:policy{path}{name}" if arn is None else arn,
        path=path,
        created_at=moment(created) if created else None,
        updated_at=moment(updated) if updated else None,
        retrieved_on=date.fromisoformat(day),
        source=facts.pop("source", PolicyVersion.Source.EXPORT),
        versions=versions or (version(),),
        place=facts.pop("place", "export.json Policies[0]"),
    )


def detail(name: str = NAME, **members: Any) -> dict[str, Any]:
    """A `ManagedPolicyDetail` of one version, as the IAM API gives it."""
    return {
        "PolicyName": name,
        "Arn": f"arn:aws:iam::{ACCOUNT}:policy/{name}",
        "Path": "/",
        "DefaultVersionId": "v1",
        "CreateDate": "2024-01-22T10:00:00Z",
        "UpdateDate": "2024-01-22T10:00:00+00:00",
        "PolicyVersionList": [
            {
                "VersionId": "v1",
                "IsDefaultVersion": True,
                "CreateDate": "2024-01-22T10:00:00Z",
                "Document": json.loads(document("s3:GetObject")),
            }
        ],
        **members,
    }


def read(text: str | bytes, stem: str = NAME) -> list[Item]:
    """Everything in a text that is in a file of that name."""
    data = text.encode() if isinstance(text, str) else text
    return list(read_text(data, Origin(f"{stem}.json", stem, DAY)))


def the_policy(text: str | bytes, stem: str = NAME) -> SourcePolicy:
    """The one policy that a text gives."""
    (item,) = read(text, stem)
    assert isinstance(item, SourcePolicy), item
    return item


def the_reason(text: str | bytes, stem: str = NAME) -> str:
    """The one reason for which a text is rejected."""
    (item,) = read(text, stem)
    assert isinstance(item, Rejection), item
    return item.reason


def version_detail(number: str, **members: Any) -> dict[str, Any]:
    """A version as the IAM API gives it within a `ManagedPolicyDetail`."""
    return {"VersionId": number, "Document": json.loads(DOCUMENT), **members}


DOCUMENT = document("s3:GetObject")
ANSWER = {
    "PolicyVersion": {
        "Document": json.loads(DOCUMENT),
        "VersionId": "v3",
        "IsDefaultVersion": True,
        "CreateDate": "2024-01-22T10:00:00Z",
    }
}
