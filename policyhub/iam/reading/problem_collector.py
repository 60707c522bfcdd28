"""Problems as they are found, while reading; their places in the text are sought at the end."""

from __future__ import annotations

from typing import NamedTuple

from policyhub.iam.reading.json_text import Outline, Parts, format_path, line_and_column
from policyhub.iam.reading.problem_kind import Severity
from policyhub.iam.reading.problems import PROBLEM_KINDS, Problem

MAX_OF_A_SEVERITY = 250
_LONGEST_INPUT = 80


class OwnWords(str):
    """Words of our own in a message: they are never shortened, as a document's are."""

    __slots__ = ()


class _Noted(NamedTuple):
    code: str
    parts: Parts
    inputs: dict[str, str | int]
    at_name: bool
    offset: int | None


class ProblemCollector:
    """What was found so far; no more than `MAX_OF_A_SEVERITY` errors and warnings."""

    def __init__(self) -> None:
        self._kept: dict[Severity, list[_Noted]] = {"error": [], "warning": []}
        self._dropped: set[Severity] = set()

    def add(
        self,
        code: str,
        parts: Parts,
        *,
        at_name: bool = False,
        offset: int | None = None,
        **inputs: str | int,
    ) -> None:
        """Note a problem with the element at `parts`, or with its name.

        `offset` says where in the text, if that is known already.
        """
        severity = PROBLEM_KINDS[code].severity
        kept = self._kept[severity]
        if len(kept) < MAX_OF_A_SEVERITY:
            kept.append(_Noted(code, parts, inputs, at_name, offset))
        else:
            self._dropped.add(severity)

    @property
    def full(self) -> bool:
        """Whether reading on can't change the answer: there are already that many errors."""
        return "error" in self._dropped

    @property
    def errors(self) -> int:
        """How many errors were found, as far as they are kept."""
        return len(self._kept["error"])

    @property
    def has_errors(self) -> bool:
        """Whether an error was added."""
        return bool(self._kept["error"])

    @property
    def has_any(self) -> bool:
        """Whether an error or a warning was added."""
        return any(self._kept.values())

    def in_order(self, outline: Outline) -> tuple[Problem, ...]:
        """Return the problems in the order of the text, those about the whole of it first."""
        placed = [
            (_offset(noted, outline), noted) for kept in self._kept.values() for noted in kept
        ]
        placed.sort(key=lambda each: -1 if each[0] is None else each[0])
        return (
            *(_problem(noted, outline.text, offset) for offset, noted in placed),
            *self._more(),
        )

    def _more(self) -> list[Problem]:
        return [
            _problem(
                _Noted(f"further-{severity}s", (), {"count": len(kept)}, False, None), "", None
            )
            for severity, kept in self._kept.items()
            if severity in self._dropped
        ]


def _offset(noted: _Noted, outline: Outline) -> int | None:
    if noted.offset is not None or not outline.text:
        return noted.offset
    node = outline.find(noted.parts)
    if node is None:
        return None
    return node.named_at if noted.at_name else node.start


def _problem(noted: _Noted, text: str, offset: int | None) -> Problem:
    kind = PROBLEM_KINDS[noted.code]
    inputs = {name: input_in_message(value) for name, value in noted.inputs.items()}
    line, column = (None, None) if offset is None else line_and_column(text, offset)
    return Problem(
        code=noted.code,
        path=format_path(noted.parts),
        message=kind.message.format_map(inputs),
        line=line,
        column=column,
        severity=kind.severity,
    )


def input_in_message(value: str | int) -> str:
    """Return an input as a message can contain it: short, on one line, and printable."""
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, OwnWords):
        return value
    if not value:
        return '""'
    shortened = value if len(value) <= _LONGEST_INPUT else value[:_LONGEST_INPUT] + "…"
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in shortened
    )
