"""Since which version each line of a document says what it says, in the statement it is in.

A document is read as what its lines say: of each statement, the values of its elements, such as an
action, and of its conditions. Indentation, the order of values, and whether one value is written
in a list, are no difference. A statement of one version is that of the version before which has
the same Sid, or else, with the same effect, the most in common.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from policyhub.catalog.access.blame import Since

# What a line says: the names of the elements that it is in, then its value.
Said = tuple[str, ...]
# What the lines of a statement say, with the version since which each is in it.
DatedStatement = Mapping[Said, Since]
# Documents are laid out with so many spaces for each level.
INDENT = 2
_LINE = re.compile(r'( *)(?:("(?:[^"\\]|\\.)*"): )?(.*?),?')


def statements_since(documents: Iterable[tuple[Since, str]]) -> list[DatedStatement]:
    """What each statement of the last of some documents says, with since when it says so.

    `documents` are the texts of a policy's versions, the oldest first.
    """
    dated: list[DatedStatement] = []
    before = ""
    for since, text in documents:
        if text != before:
            dated = _dated_statements(_statements(text), dated, since)
        before = text
    return dated


def _statements(text: str) -> list[frozenset[Said]]:
    statements = json.loads(text).get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return [frozenset(_values(each, ())) for each in listed]


def _values(value: Any, place: Said) -> Iterator[Said]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, (*place, name))
    elif isinstance(value, list):
        for each in value:
            yield _text_at(place, each) if isinstance(each, str) else _value_at(place, each)
    else:
        yield _value_at(place, value)


def _value_at(place: Said, value: Any) -> Said:
    return (*place, json.dumps(value, ensure_ascii=False))


@lru_cache(maxsize=16_384)
def _text_at(place: Said, text: str) -> Said:
    """A text as a line says it: nearly all are the same in the next version."""
    return _value_at(place, text)


def _dated_statements(
    now: Sequence[frozenset[Said]], before: Sequence[Mapping[Said, Since]], since: Since
) -> list[DatedStatement]:
    """The statements of a version, each value dated by the statement that it continues."""
    continued = _continued(now, before)
    return [
        {said: older.get(said, since) for said in own}
        for own, older in zip(now, continued, strict=True)
    ]


def _continued(
    now: Sequence[frozenset[Said]], before: Sequence[Mapping[Said, Since]]
) -> list[Mapping[Said, Since]]:
    """For each statement the one of the version before that it continues, or nothing."""
    left = list(range(len(before)))
    continued: list[Mapping[Said, Since]] = [{} for _ in now]
    ranked = sorted(
        ((_likeness(own, before[old]), -new, -old) for new, own in enumerate(now) for old in left),
        reverse=True,
    )
    taken: set[int] = set()
    for likeness, new, old in ranked:
        if likeness > (False, 0) and -new not in taken and -old in left:
            continued[-new] = before[-old]
            taken.add(-new)
            left.remove(-old)
    return continued


def _likeness(own: frozenset[Said], older: Mapping[Said, Since]) -> tuple[bool, int]:
    """Whether two statements have the same Sid, and how many values in common."""
    common = own & older.keys()
    if not any(said[0] == "Effect" for said in common):
        return False, 0
    return any(said[0] == "Sid" for said in common), len(common) - 1


def said_by_lines(lines: Sequence[str], start: int, stop: int) -> Iterator[tuple[int, Said]]:
    """The lines of a statement that have a value, by number from 0, with what they say.

    The statement is from line `start`, where it opens, to before `stop`.
    """
    names: list[str] = []
    margin = len(lines[start]) - len(lines[start].lstrip())
    for number in range(start + 1, stop):
        matched = _LINE.fullmatch(lines[number])
        if matched is None:
            continue
        indent, name, value = matched.groups()
        del names[(len(indent) - margin) // INDENT - 1 :]
        if name is not None:
            names.append(json.loads(name))
        if value and value[0] not in "[{]}":
            yield number, (*names, value)
