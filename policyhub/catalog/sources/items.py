"""What every source of policies is turned into before it is imported."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from policyhub.catalog.models import Policy, PolicyVersion

_KINDS_BY_PATH = {
    "/aws-service-role/": Policy.Kind.SERVICE_LINKED_ROLE,
    "/service-role/": Policy.Kind.SERVICE_ROLE,
    "/job-function/": Policy.Kind.JOB_FUNCTION,
}


class UnusableSourceError(ValueError):
    """A source contains no policy that can be read; the message says why and how to fix it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The text that a document is in, so that a problem is reported with its place there.

    `path` leads to the document inside the text ("" if it is the whole text); the text
    begins on line `first_line` of its file.
    """

    text: str
    path: str = ""
    first_line: int = 1

    def inside(self, path: str) -> Surroundings:
        """The same text, further in."""
        return replace(self, path=f"{self.path}.{path}".removeprefix(".").replace(".[", "["))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text comes from: its place for messages, a name to fall back on, its day.

    `stem` is empty where there is no name, `version_id` where no path names a version, and
    `retrieved_on` None where only the day of a file is known, not that of its data. `source`
    is the `PolicyVersion.Source` of policies that the text describes in full.
    """

    place: str
    stem: str
    retrieved_on: date | None = None
    source: str = PolicyVersion.Source.EXPORT
    first_line: int = 1
    version_id: str = ""


@dataclass(frozen=True, slots=True)
class SourceVersion:
    """One document as a source gives it: its JSON text, with the source's key order.

    `version_id` is empty and `created_at` None where the source is silent; `surroundings` is
    None where the document was not read from a text, or from too long a one. `not_before` and
    `not_after` are the moments between which it was created, where no more is known.
    """

    version_id: str
    created_at: datetime | None
    is_default: bool
    document: str
    surroundings: Surroundings | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourcePolicy:
    """A policy as a source gives it, and where it is (`place`, for messages).

    `arn` is empty where only a document is known. `source` is a `PolicyVersion.Source`;
    `retrieved_on` the day of the data, None where nothing tells it. At most one version is the
    default. `is_gone` says that AWS has removed it since that day.
    """

    name: str
    arn: str
    path: str
    created_at: datetime | None
    updated_at: datetime | None
    retrieved_on: date | None
    source: str
    versions: tuple[SourceVersion, ...]
    place: str = ""
    is_gone: bool = False

    @property
    def key(self) -> str:
        """What it is called, as `Policy.key` has it."""
        return self.arn if self.arn and self.is_customer_managed else self.name

    @property
    def is_customer_managed(self) -> bool:
        """Whether an account owns it; AWS's own have `aws` in the account's place."""
        return self.arn.split(":")[4:5] != ["aws"]

    @property
    def kind(self) -> Policy.Kind:
        """What it is made for, according to ARN and path."""
        if self.is_customer_managed:
            return Policy.Kind.CUSTOMER_MANAGED
        return _KINDS_BY_PATH.get(self.path, Policy.Kind.AWS_MANAGED)

    @property
    def attachable(self) -> bool:
        """Whether it can be attached. `IsAttachable` is true even for service-linked roles'."""
        return not self.path.startswith("/aws-service-role/")


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that can't be imported: where it is and why, and how to fix it."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is not a managed policy and is left out on purpose."""

    place: str
    reason: str


Item = SourcePolicy | Rejection | Skipped


def read_moment(text: object) -> datetime | None:
    """Read a date or moment, `Z` and offsets alike, as UTC; a bare date is its midnight.

    Raises `UnusableSourceError` for anything else; None and "" are None.
    """
    if text is None or text == "":
        return None
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        if moment is not None:
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    raise UnusableSourceError(
        f"{quoted(text)} is not a date: write it as 2024-01-22 or 2024-01-22T10:00:00Z"
    )


def quoted(value: object, length: int = 60) -> str:
    """What is in place of a string, for a message; cut short if it is long."""
    return f"`{value[:length]}`" if isinstance(value, str) else "a value that is not a string"
