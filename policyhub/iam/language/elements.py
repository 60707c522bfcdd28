"""What a policy document is made of: frozen records of its elements, as written.

Source: IAM User Guide, "IAM JSON policy elements reference".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Effect = Literal["Allow", "Deny"]


class Usage(Enum):
    """Where a document is used, which decides what its statements may and must contain.

    What each kind takes is in `policyhub/iam/reading/policy_kinds.py`. A document for any usage is
    read statement by statement: as a resource policy's where it names a principal, else as an
    identity policy's.
    """

    # Each is itself alone: what an enumeration hashes by, its name, is slow to ask.
    __hash__ = object.__hash__

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    RESOURCE = "resource"
    TRUST = "trust"
    SERVICE_CONTROL = "scp"
    RESOURCE_CONTROL = "rcp"
    ENDPOINT = "endpoint"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator over one key, as written; numbers and booleans are their JSON text."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Principal:
    """One principal; `type` is AWS, Service, Federated, CanonicalUser or `*` (everyone)."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, its elements as written.

    `position` counts from 0; `sid` is "" and `resources` is () where the element is absent;
    `not_action`, `not_resource` and `not_principal` say that the list is of exceptions.
    """

    position: int
    sid: str
    effect: Effect
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...]
    not_resource: bool
    principals: tuple[Principal, ...] | None
    not_principal: bool
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A whole document; `version` is that of the policy language, `id` "" when absent."""

    version: str
    id: str
    statements: tuple[Statement, ...]
