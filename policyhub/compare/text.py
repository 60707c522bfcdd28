"""The text of two documents as lines, of which only those differ that say something else.

Neither the order of names in an object nor that of the items of a list, of statements among
them, means anything to IAM, nor whether a single item is in a list: both documents are written
in one order before they are compared.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from typing import Any, Literal

from policyhub.catalog.access.blame import Since
from policyhub.catalog.access.line_blame import INDENT, DatedStatement, said_by_lines
from policyhub.iam.comparing.alignment import Pair
from policyhub.iam.language.elements import PolicyDocument, Statement
from policyhub.marked_words import WORDS, Pieces, mark_differences

Kind = Literal["same", "added", "removed", "place"]
_SIGNS: dict[Kind, str] = {"same": " ", "added": "+", "removed": "-", "place": ""}
_CONTEXT = 3
_NAME = re.compile(r"\s*\"[^\"]*\": ")
# Lines less alike than this are two lines, not one that was changed.
_LIKE_ENOUGH = 0.6
# Bounds on what is compared word by word: beyond them entire lines are shown as changed.
_LONGEST_LINE = 400
_MOST_LINE_PAIRS = 400


@dataclass(frozen=True)
class Line:
    """A line of the difference: how it changed, and its pieces with whether each changed.

    `since` is the version since which it is so in its document, where that is known.
    """

    kind: Kind
    pieces: Pieces
    since: Since | None = None

    @property
    def sign(self) -> str:
        """The sign before the line, which shows the kind without its colour."""
        return _SIGNS[self.kind]


@dataclass(frozen=True)
class LineRow:
    """A line of one document next to that of the other; a place is a heading on the left."""

    left: Line | None
    right: Line | None = None

    @property
    def is_changed(self) -> bool:
        """Whether it is neither the same on both sides nor a heading."""
        return any(each and each.kind in ("added", "removed") for each in (self.left, self.right))


@dataclass(frozen=True)
class _Written:
    """A line of a document and the statement that it belongs to; None around the statements."""

    text: str
    statement: Statement | None = None
    since: Since | None = None

    @property
    def compared(self) -> str:
        """The line without the comma, which only says whether another line follows."""
        return self.text.removesuffix(",")


def differences(left: PolicyDocument, right: PolicyDocument, pairs: Sequence[Pair]) -> list[Line]:
    """The differing lines below each other, as `in_one_column` of `line_rows` gives them."""
    return in_one_column(line_rows(left, right, pairs))


def line_rows(
    left: PolicyDocument,
    right: PolicyDocument,
    pairs: Sequence[Pair],
    dated: tuple[Sequence[DatedStatement], Sequence[DatedStatement]] = ((), ()),
) -> list[LineRow]:
    """The differing lines with some around them; none where the documents say the same.

    `pairs` are the statements of both, which decides their order; `dated` says since when each
    statement of a side says what it says, nothing where that is not known.
    """
    old = list(_written_lines(left, [pair.left for pair in pairs if pair.left], dated[0]))
    new = list(_written_lines(right, [pair.right for pair in pairs if pair.right], dated[1]))
    matcher = SequenceMatcher(
        None, [each.compared for each in old], [each.compared for each in new]
    )
    rows: list[LineRow] = []
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        rows.append(LineRow(_statement_heading(group, old, new)))
        for tag, i, i_end, j, j_end in group:
            if tag == "equal":
                rows += map(_same_row, old[i:i_end], new[j:j_end])
            else:
                rows += _changed(old[i:i_end], new[j:j_end])
    return rows


def in_one_column(rows: Iterable[LineRow]) -> list[Line]:
    """The lines below each other, of changed ones all that are removed before those added."""
    lines: list[Line] = []
    for is_changed, together in groupby(rows, lambda row: row.is_changed):
        listed = list(together)
        if is_changed:
            lines += (row.left for row in listed if row.left)
            lines += (row.right for row in listed if row.right)
        else:
            lines += (line for row in listed if (line := row.right or row.left))
    return lines


def _same_row(old: _Written, new: _Written) -> LineRow:
    left, right = (Line("same", ((each.text, False),), each.since) for each in (old, new))
    return LineRow(left, right)


def _statement_heading(
    group: Sequence[tuple[str, int, int, int, int]],
    old: Sequence[_Written],
    new: Sequence[_Written],
) -> Line:
    """The name of the statement in which the first of some differences is."""
    _, i, _, j, j_end = next(each for each in group if each[0] != "equal")
    line = new[j] if j_end > j else old[i]
    if line.statement is None:
        return Line("place", (("around the statements", False),))
    sid = f" {line.statement.sid}" if line.statement.sid else ""
    gone = "" if j_end > j else ", before"
    return Line("place", ((f"statement {line.statement.position + 1}{sid}{gone}", False),))


def _changed(old: Sequence[_Written], new: Sequence[_Written]) -> Iterator[LineRow]:
    """Removed lines next to added ones, the words marked in which a line became another."""
    partners = _partners([each.text for each in old], [each.text for each in new])
    i = j = 0
    for gone, came in (*partners.items(), (len(old), len(new))):
        for one, other in zip_longest(old[i:gone], new[j:came]):
            yield LineRow(_whole("removed", one), _whole("added", other))
        if gone < len(old):
            mine, its = mark_differences(old[gone].text, new[came].text)
            yield LineRow(
                Line("removed", mine, old[gone].since), Line("added", its, new[came].since)
            )
        i, j = gone + 1, came + 1


def _whole(kind: Kind, line: _Written | None) -> Line | None:
    return Line(kind, ((line.text, False),), line.since) if line else None


def _partners(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Which removed line became which added one, in order."""
    partners: dict[int, int] = {}
    if len(old) * len(new) > _MOST_LINE_PAIRS:
        return partners
    following = 0
    for i, text in enumerate(old):
        likenesses = [(_likeness(text, new[j]), -j) for j in range(following, len(new))]
        best, place = max(likenesses, default=(0.0, 0))
        if best >= _LIKE_ENOUGH:
            partners[i] = -place
            following = partners[i] + 1
    return partners


def _likeness(one: str, other: str) -> float:
    """From 0 to 1: which part of the words is shared; 1 where an element has another value."""
    if max(len(one), len(other)) > _LONGEST_LINE:
        return 0.0
    name = _NAME.match(one)
    if name and other.startswith(name[0]):
        return 1.0
    words = (Counter(filter(str.isalnum, WORDS.findall(each))) for each in (one, other))
    mine, its = words
    return 2 * (mine & its).total() / ((mine + its).total() or 1)


def _written_lines(
    policy: PolicyDocument, statements: Iterable[Statement], dated: Sequence[DatedStatement]
) -> Iterator[_Written]:
    """A document's lines, its statements in the order given."""
    yield _Written("{")
    yield _Written(f'  "Version": {json.dumps(policy.version)},')
    if policy.id:
        yield _Written(f'  "Id": {json.dumps(policy.id, ensure_ascii=False)},')
    yield _Written('  "Statement": [')
    written = [(each, _indented(_elements(each))) for each in statements]
    for place, (statement, texts) in enumerate(written, 1):
        since = dated[statement.position] if dated else {}
        known = {number: since.get(said) for number, said in said_by_lines(texts, 0, len(texts))}
        for number, text in enumerate(texts[:-1]):
            yield _Written(text, statement, known.get(number))
        yield _Written(texts[-1] + ("," if place < len(written) else ""), statement)
    yield _Written("  ]")
    yield _Written("}")


def _indented(elements: dict[str, Any]) -> list[str]:
    text = json.dumps(elements, indent=INDENT, ensure_ascii=False)
    # Not by splitlines(): a string may contain U+2028 and similar characters.
    return [f"    {line}" for line in text.split("\n")]


def _elements(statement: Statement) -> dict[str, Any]:
    """A statement's elements in AWS's usual order."""
    elements: dict[str, Any] = {}
    if statement.sid:
        elements["Sid"] = statement.sid
    elements["Effect"] = statement.effect
    if statement.principals is not None:
        elements["NotPrincipal" if statement.not_principal else "Principal"] = _grouped(
            (each.type, each.value) for each in statement.principals
        )
    elements["NotAction" if statement.not_action else "Action"] = _sorted(statement.actions)
    if statement.resources or statement.not_resource:
        name = "NotResource" if statement.not_resource else "Resource"
        elements[name] = _sorted(statement.resources)
    if statement.conditions:
        elements["Condition"] = _conditions(statement)
    return elements


def _conditions(statement: Statement) -> dict[str, dict[str, list[str]]]:
    written: dict[str, dict[str, list[str]]] = {}
    for each in sorted(statement.conditions, key=lambda one: (one.operator, one.key)):
        written.setdefault(each.operator, {})[each.key] = _sorted(each.values)
    return written


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in sorted(pairs):
        grouped.setdefault(name, []).append(value)
    return grouped


def _sorted(items: Iterable[str]) -> list[str]:
    return sorted(set(items), key=lambda each: (each.lower(), each))
