"""What an evaluation found, as data: clauses, statements, the decision, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Literal, NamedTuple

from policyhub.iam.language.elements import Condition, Statement
from policyhub.iam.reading.problems import Problem

DecisionName = Literal["allowed", "explicitDeny", "implicitDeny"]


class Verdict(Enum):
    """Whether a clause or a statement matches a request."""

    MATCHES = "matches"
    DOES_NOT_MATCH = "doesNotMatch"
    CANNOT_TELL = "cannotTell"


class Reason(StrEnum):
    """Why a clause matches or doesn't: the whole vocabulary."""

    LISTED = "listed"
    NOT_LISTED = "notListed"
    NOT_AMONG_EXCEPTIONS = "notAmongExceptions"
    AMONG_EXCEPTIONS = "amongExceptions"
    NO_ELEMENT = "noElement"
    VARIABLE_WITHOUT_VALUE = "variableWithoutValue"
    ACCOUNT_NOT_EXCEPTED = "accountNotExcepted"
    BOUNDARY_ATTACHED = "boundaryAttached"
    VALUE_MATCHES = "valueMatches"
    VALUE_DOES_NOT_MATCH = "valueDoesNotMatch"
    KEY_MISSING = "keyMissing"
    HOLDS_WITHOUT_KEY = "holdsWithoutKey"
    UNKNOWN_OPERATOR = "unknownOperator"
    NEEDS_SET_OPERATOR = "needsSetOperator"
    INVALID_VALUE = "invalidValue"


class Layer(StrEnum):
    """A kind of policy, by the name that answers use for it."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    BOUNDARY = "permissionsBoundary"
    SESSION = "session"
    SERVICE_CONTROL = "serviceControl"
    RESOURCE_CONTROL = "resourceControl"
    ENDPOINT = "endpoint"
    # No policies: what AWS can be asked at all.
    REFERENCE = "reference"


class Grade(Enum):
    """How a policy's Principal names the caller; it decides what a grant is limited by."""

    NOT_ASKED = "no principal element"
    SELF = "the user or session itself"
    BY_PRINCIPAL_ARN = "everyone, with a condition on aws:PrincipalArn"
    ROLE = "the caller's role"
    EVERYONE = "everyone"
    ACCOUNT = "the caller's account"


@dataclass(frozen=True, slots=True)
class Clause:
    """One element of a statement, or one condition, against the request.

    `detail` is the pattern, principal or value that settled it, "" where none did.
    """

    element: str
    verdict: Verdict
    reason: Reason
    detail: str = ""
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class StatementMatch:
    """A statement against the request, with every clause of it."""

    statement: Statement
    verdict: Verdict
    clauses: tuple[Clause, ...]
    grade: Grade = Grade.NOT_ASKED


class Deciding(NamedTuple):
    """A statement that decided, in which policy of which layer, and how it names the caller."""

    policy: str
    layer: Layer
    statement: Statement
    grade: Grade
    place: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The entry of `decidedBy`."""
        return place_of_statement(self.policy, self.place, self.layer, self.statement)


def place_of_statement(
    policy: str, place: str, layer: Layer, statement: Statement
) -> dict[str, Any]:
    """Where a statement is, as JSON has it: `place` in the simulation; numbers count from 0."""
    return {
        "policy": policy,
        "place": place,
        "type": str(layer),
        "statement": statement.position,
        "sid": statement.sid,
        "effect": statement.effect,
    }


@dataclass(frozen=True, slots=True)
class LocatedProblem:
    """A problem, with the policy that it is in."""

    policy: str
    layer: Layer
    problem: Problem
    place: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The entry of `problems`; the path begins with the policy's own place."""
        path = ".".join(part for part in (self.place or self.policy, self.problem.path) if part)
        return {"code": self.problem.code, "path": path, "message": self.problem.message}


@dataclass(frozen=True, slots=True)
class Possibility:
    """Whether AWS can be asked a request: None where that is not known.

    `blocks` says that it is not allowed whatever the policies say, and `is_complete` that this
    is known for certain. `noted` tells why, and about which part of the request.
    """

    possible: bool | None
    blocks: bool = False
    is_complete: bool = True
    noted: LocatedProblem | None = None

    @property
    def problem(self) -> Problem | None:
        """Why AWS can't be asked, or why that is not known; None where it can."""
        return None if self.noted is None else self.noted.problem


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a request, and what it is based on.

    `complete` is false when something could not be evaluated: then it is never "allowed" on
    that account. `possibility` is None where the facts about services were left aside.
    """

    name: DecisionName
    complete: bool
    decided_by: tuple[Deciding, ...] = ()
    blocked_by: tuple[Layer, ...] = ()
    missing_context: tuple[str, ...] = ()
    problems: tuple[LocatedProblem, ...] = ()
    possibility: Possibility | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether the request is allowed."""
        return self.name == "allowed"

    @property
    def possible(self) -> bool | None:
        """Whether AWS can be asked the request; None where that is not known."""
        return None if self.possibility is None else self.possibility.possible

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON has it, without id and trace."""
        return {
            "decision": self.name,
            "possible": self.possible,
            "complete": self.complete,
            "decidedBy": [each.to_dict() for each in self.decided_by],
            "blockedBy": [str(layer) for layer in self.blocked_by],
            "missingContext": list(self.missing_context),
            "problems": [each.to_dict() for each in self.problems],
        }
