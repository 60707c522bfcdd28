"""The policy documents of an input: parsed, named as AWS names them, with their places.

Source: IAM API Reference, "SimulateCustomPolicy" and "Statement".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policyhub.awsapi.errors import ApiError, invalid_input
from policyhub.iam.deciding.applied_policies import AppliedPolicy
from policyhub.iam.deciding.documents import applied_policy
from policyhub.iam.language.elements import PolicyDocument, Usage
from policyhub.iam.reading.json_text import line_and_column, locate, statement_spans

IAM_POLICY = "IAM Policy"
RESOURCE_POLICY = "Resource Policy"


@dataclass(frozen=True)
class PolicyInput:
    """A document that was given, by the name and the type that answers use for it."""

    source_id: str
    source_type: str
    text: str
    policy: PolicyDocument
    applied: AppliedPolicy
    _records: dict[int, dict[str, Any]] = field(default_factory=dict)

    def statement_record(self, position: int) -> dict[str, Any]:
        """The entry of `MatchedStatements` for a statement, made once."""
        if position not in self._records:
            start, end = self._places[position]
            self._records[position] = {
                "SourcePolicyId": self.source_id,
                "SourcePolicyType": self.source_type,
                "StartPosition": self._line_and_column(start),
                "EndPosition": self._line_and_column(end),
            }
        return self._records[position]

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """Where each statement starts and ends.

        One of a list starts after the bracket, or after the statement before it, and a single
        one after its brace; both end after their closing brace.
        """
        spans = statement_spans(self.text)
        whole = locate(self.text, "Statement")
        first = whole.start + 1 if whole is not None else 0
        starts = [first, *(span.end for span in spans)]
        return [(start, span.end) for start, span in zip(starts, spans, strict=False)]

    def _line_and_column(self, offset: int) -> dict[str, int]:
        line, column = line_and_column(self.text, offset)
        return {"Line": line, "Column": column}


def read_policy_input(source_id: str, source_type: str, text: str, usage: Usage) -> PolicyInput:
    """Read one document. Raises `ApiError` with its first error and where it is."""
    applied = applied_policy(source_id, text, usage)
    if applied.compiled is None:
        raise _syntax_error(applied)
    return PolicyInput(source_id, source_type, text, applied.compiled.policy, applied)


def read_policies(parameter: str, texts: Sequence[str]) -> tuple[PolicyInput, ...]:
    """Read a list of identity policies, named after the parameter. Raises `ApiError`."""
    return tuple(
        read_policy_input(f"{parameter}.{place}", IAM_POLICY, text, Usage.IDENTITY)
        for place, text in enumerate(texts, 1)
    )


def _syntax_error(applied: AppliedPolicy) -> ApiError:
    problem = next(each for each in applied.problems if each.severity == "error")
    line = f" line {problem.line}, column {problem.column}" if problem.line else ""
    where = f" at {problem.path}" if problem.path else ""
    return invalid_input(f"Syntax errors in policy {applied.name}{line}{where}: {problem.message}.")
