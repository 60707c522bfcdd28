"""What a judgement reports: a finding, where it is, and the edits that fix it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

EditKind = Literal["replace", "remove", "rename", "add"]
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a JSON document, at a path as `json_text` writes it.

    `replace` puts `value` in the place of what is there, `rename` gives a member the name
    `value`, `add` makes a member with `value` and whatever objects lead to it, and `remove`
    takes an element out of its object or list.
    """

    kind: EditKind
    path: str
    value: Any = None

    def to_dict(self) -> dict[str, Any]:
        """The edit as JSON has it; `remove` has no value."""
        told = {"op": self.kind, "path": self.path}
        return told if self.kind == "remove" else {**told, "value": self.value}


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that together make a finding go away, and what they do in words.

    They are independent of each other and of their order: removals count in the document as it
    was.
    """

    description: str
    edits: tuple[Edit, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fix as JSON has it."""
        return {"description": self.description, "edits": [each.to_dict() for each in self.edits]}


@dataclass(frozen=True, slots=True)
class ReportedFinding:
    """One thing that is to be said of a document.

    `code` is the rule's, `type` one of the report's types. `path` leads to the element ("" is the
    document); `line` and `column` count from 1 in its file, and are None where that has no such
    place. `evidence` is plain JSON. `reference` is the address of the page that explains the rule.
    """

    code: str
    type: str
    message: str
    path: str = ""
    line: int | None = None
    column: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    fix: Fix | None = None
    reference: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON has it; `fix` is null without one."""
        return {
            "code": self.code,
            "type": self.type,
            "message": self.message,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "evidence": dict(self.evidence),
            "fix": self.fix.to_dict() if self.fix else None,
            "reference": self.reference,
        }

    def fingerprint(self, source: str) -> str:
        """What stays the same while the finding does: lines and positions may move."""
        told = [source, self.code, _INDEX.sub("[]", self.path), dict(self.evidence)]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
