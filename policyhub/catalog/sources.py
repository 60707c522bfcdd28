"""What every source of policies is turned into before it is imported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from policyhub.catalog.models import Policy

Json = Any

_KINDS_BY_PATH = {
    "/aws-service-role/": Policy.Kind.SERVICE_LINKED_ROLE,
    "/service-role/": Policy.Kind.SERVICE_ROLE,
    "/job-function/": Policy.Kind.JOB_FUNCTION,
}


class UnusableSourceError(ValueError):
    """A source holds no policy that can be read; the message says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class SourceVersion:
    """One document as a source gives it: its JSON text, with the source's key order.

    `version_id` is empty and `created_at` None where the source is silent.
    """

    version_id: str
    created_at: datetime | None
    is_default: bool
    document: str


@dataclass(frozen=True, slots=True)
class SourcePolicy:
    """A policy as a source gives it, and where it stands (`place`, for messages).

    `arn` is empty where only a document is known. `source` is a `PolicyVersion.Source`;
    `retrieved_on` the day the source was read or made.
    """

    name: str
    arn: str
    path: str
    created_at: datetime | None
    updated_at: datetime | None
    retrieved_on: date
    source: str
    versions: tuple[SourceVersion, ...]
    place: str = ""

    @property
    def is_customer_managed(self) -> bool:
        """Whether an account owns it; AWS's own have `aws` in the account's place."""
        return self.arn.split(":")[4:5] != ["aws"]

    @property
    def kind(self) -> str:
        """What it is made for, as ARN and path tell."""
        if self.is_customer_managed:
            return str(Policy.Kind.CUSTOMER_MANAGED)
        return str(_KINDS_BY_PATH.get(self.path, Policy.Kind.AWS_MANAGED))

    @property
    def attachable(self) -> bool:
        """Whether it can be attached. `IsAttachable` is true even for service-linked roles'."""
        return not self.path.startswith("/aws-service-role/")


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that can't be imported: where it stands and why, with the way to mend it."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is no managed policy and is left out on purpose."""

    place: str
    reason: str


Item = SourcePolicy | Rejection | Skipped


def aws_managed_arn(name: str, path: str = "/") -> str:
    """The ARN that AWS gives its own policies."""
    return f"arn:aws:iam::aws:policy{path}{name}"


def read_moment(text: str | datetime | None) -> datetime | None:
    """Read a date or moment, `Z` and offsets alike; a bare date is midnight UTC.

    Raises `UnusableSourceError` for anything else.
    """
    if text is None or text == "":
        return None
    if isinstance(text, datetime):
        return text if text.tzinfo else text.replace(tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise UnusableSourceError(
            f"`{text}` is no date: write it as 2024-01-22 or 2024-01-22T10:00:00Z"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
