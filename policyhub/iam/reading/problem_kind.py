"""A row of the tables of problems."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class ProblemKind(NamedTuple):
    """A row of the table; `message` is a sentence with the input's names in braces."""

    severity: Severity
    title: str
    message: str
    explanation: str


def error(title: str, message: str, explanation: str) -> ProblemKind:
    """A kind of problem that keeps a document from being evaluated."""
    return ProblemKind("error", title, message, explanation)


def warning(title: str, message: str, explanation: str) -> ProblemKind:
    """A kind of problem that a document can be evaluated with."""
    return ProblemKind("warning", title, message, explanation)
