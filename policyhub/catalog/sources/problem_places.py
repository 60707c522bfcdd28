"""Reasons for rejections: what is wrong in a document, and where in its file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from policyhub.catalog.sources.items import Surroundings
from policyhub.iam.reading.document import Problem
from policyhub.iam.reading.json_text import Outline, line_and_column, parse_path

_TOLD = 3


def reason_for(problems: Sequence[Problem], around: Surroundings | None) -> str:
    """Return the first problems, each with its place, and how many more there are."""
    told = [_problem_with_place(problem, around) for problem in problems[:_TOLD]]
    if len(problems) > _TOLD:
        told.append(f"and {len(problems) - _TOLD} more")
    return "; ".join(told)


def _problem_with_place(problem: Problem, around: Surroundings | None) -> str:
    place = place_in_file(problem.path, problem.line, problem.column, around)
    parts = [f"line {place[0]}, column {place[1]}"] if place else []
    parts += [problem.path] if problem.path else []
    return f"{', '.join(parts)}: {problem.message}" if parts else problem.message


def place_in_file(
    path: str, line: int | None, column: int | None, around: Surroundings | None
) -> tuple[int, int] | None:
    """Line and column in the file of what is at a path, line and column of its document.

    None where the document was not read from a text, or where the text does not show it.
    """
    if around is None:
        return None
    if not around.path:
        # The text is the document itself, unless it is one in quotes.
        is_quoted = around.text.lstrip()[:1] == '"'
        place = (None, None) if is_quoted else (line, column)
    else:
        place = _innermost_place(around.text, path, around.path)
    line, column = place
    return None if line is None or column is None else (line + around.first_line - 1, column)


def _innermost_place(text: str, path: str, prefix: str) -> tuple[int, int] | tuple[None, None]:
    """The place of the innermost element on the way to the path that the text shows.

    A document that is kept as a string is one element, whatever is wrong in it.
    """
    parts, start = parse_path(path) or (), parse_path(prefix) or ()
    for length in range(len(parts), -1, -1):
        node = _outline(text).find(start + parts[:length])
        if node is not None:
            return line_and_column(text, node.start)
    return (None, None)


@lru_cache(maxsize=1)
def _outline(text: str) -> Outline:
    return Outline(text).read_all()
