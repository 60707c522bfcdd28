"""Policy documents: JSON text in, a `PolicyDocument` out, or every problem with its place."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from policyhub.iam.language.elements import (
    Condition,
    Effect,
    PolicyDocument,
    Principal,
    Statement,
    Usage,
)
from policyhub.iam.reading.grammar import read_policy
from policyhub.iam.reading.json_decoding import Json, JsonNumber
from policyhub.iam.reading.json_reading import MAX_DOCUMENT_BYTES, read_json_document
from policyhub.iam.reading.problem_collector import ProblemCollector
from policyhub.iam.reading.problem_kind import Severity
from policyhub.iam.reading.problems import PROBLEM_KINDS, Problem
from policyhub.iam.reading.problems_of_values import PROBLEMS_OF_VALUES

__all__ = [
    "MAX_DOCUMENT_BYTES",
    "PROBLEM_KINDS",
    "Condition",
    "Effect",
    "ParsedPolicy",
    "PolicyDocument",
    "Principal",
    "Problem",
    "Severity",
    "Statement",
    "Usage",
    "canonical_json",
    "digest",
    "parse_policy",
]


@dataclass(frozen=True, slots=True)
class ParsedPolicy:
    """What became of a text: `policy` is None exactly when one of the problems is an error."""

    policy: PolicyDocument | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that leave no policy."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that a policy can have."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    @property
    def never_matching(self) -> tuple[Problem, ...]:
        """The warnings about what can never match or be filled."""
        return tuple(each for each in self.warnings if each.code in PROBLEMS_OF_VALUES)

    @property
    def ok(self) -> bool:
        """Whether there is a policy."""
        return self.policy is not None


def parse_policy(text: str | bytes, usage: Usage = Usage.ANY) -> ParsedPolicy:
    """Read a policy document; never raises, whatever the text is.

    Bytes are read as UTF-8. More than `MAX_DOCUMENT_BYTES` are not read at all.
    """
    problems = ProblemCollector()
    document = read_json_document(text, problems)
    policy = read_policy(document.value, usage, problems) if document.readable else None
    in_order = problems.in_order(document.outline)
    return ParsedPolicy(None if problems.has_errors else policy, in_order)


def read_alone(text: str | bytes, usage: Usage = Usage.ANY) -> PolicyDocument | None:
    """The policy of a document as `parse_policy` reads it; None where it has an error.

    To tell where in the text its problems are takes as long again.
    """
    problems = ProblemCollector()
    document = read_json_document(text, problems)
    policy = read_policy(document.value, usage, problems) if document.readable else None
    return None if problems.has_errors else policy


def canonical_json(document: str) -> str:
    """Return the document with sorted names and no white space.

    The order of lists stays, and so does each number's spelling. Raises ValueError when the
    text is not JSON.
    """
    try:
        value: Json = json.loads(
            document, parse_int=JsonNumber, parse_float=JsonNumber, parse_constant=_refuse
        )
        return _without_numbers(value)
    except TypeError:
        return _canonical(value)
    except RecursionError as error:
        raise ValueError("lists and objects are nested too deep") from error


def digest(text: str) -> str:
    """Return the SHA-256 of the document's canonical form, in hexadecimal.

    Raises ValueError when the text is not JSON.
    """
    return hashlib.sha256(canonical_json(text).encode("ascii")).hexdigest()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _without_numbers(value: Json) -> str:
    """The same by the standard library, which is quicker. Raises TypeError for a number."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _canonical(value: Json) -> str:
    if isinstance(value, JsonNumber):
        return value.text
    if isinstance(value, dict):
        members = (f"{json.dumps(name)}:{_canonical(each)}" for name, each in sorted(value.items()))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    return json.dumps(value)
