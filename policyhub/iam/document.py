"""Policy documents: JSON text in, frozen `Policy` and `Statement` out, or every problem."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from policyhub.iam.problems import Problem

MAX_DOCUMENT_BYTES = 256 * 1024

Effect = Literal["Allow", "Deny"]


class Usage(Enum):
    """Where a document is used, which decides what its statements may and must hold."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
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
    """One statement, its elements as written; `position` counts from 0."""

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
class Policy:
    """A whole document; `version` is that of the policy language."""

    version: str
    id: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class ParsedPolicy:
    """The policy, unless an error stands among the problems."""

    policy: Policy | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    @property
    def ok(self) -> bool:
        return self.policy is not None


def parse_policy(text: str | bytes, usage: Usage = Usage.ANY) -> ParsedPolicy:
    """Read a policy document; never raises, whatever the text is."""
    raise NotImplementedError


def canonical_json(document: str) -> str:
    """Return the document with sorted keys and no white space; list order stays.

    Raises ValueError when the text is not JSON.
    """
    raise NotImplementedError


def digest(text: str) -> str:
    """Return the SHA-256 (hexadecimal) of the document's canonical form."""
    raise NotImplementedError
