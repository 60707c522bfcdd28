"""What can be wrong with a policy document: the one table of codes, and `Problem`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document, and where.

    `path` is a JSON path such as `Statement[1].Condition.StringEquals`; "" is the document.
    `line` and `column` count from 1; both are None where the text has no such place.
    """

    code: str
    path: str
    message: str
    line: int | None
    column: int | None
    severity: Severity

    def to_dict(self) -> dict[str, str | int | None]:
        """Return the problem as JSON-ready keys and values, named as the fields are."""
        return {
            "code": self.code,
            "path": self.path,
            "message": self.message,
            "line": self.line,
            "column": self.column,
            "severity": self.severity,
        }
