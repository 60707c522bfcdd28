"""Texts read as JSON or JSON Lines, whatever is in them: policies, or reasons why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.sources.cloudformation import is_yaml_template
from policyhub.catalog.sources.iam_shapes import url_decoded
from policyhub.catalog.sources.items import (
    Item,
    Origin,
    Rejection,
    Surroundings,
    UnusableSourceError,
    read_moment,
)
from policyhub.catalog.sources.other_tools import items_of_another_tool
from policyhub.catalog.sources.problem_places import reason_for
from policyhub.catalog.sources.shapes import (
    DUMP_HEADER,
    HOW_TO_FIX,
    SHAPES,
    Json,
    LoadedJson,
    read_value,
)
from policyhub.iam.reading.document import MAX_DOCUMENT_BYTES, parse_policy
from policyhub.iam.reading.encoding import decoded, encoding_of
from policyhub.iam.reading.json_decoding import JsonNumber, json_decoder


def read_text(text: bytes, origin: Origin) -> Iterator[Item]:
    """Yield every policy of a text, and a `Rejection` for each that can't be read."""
    try:
        given = url_decoded(decoded(text))
    except UnicodeDecodeError as error:
        name = error.encoding.upper()
        yield Rejection(origin.place, f"not {name} text (byte {error.start + 1}): save it as UTF-8")
        return
    if not given.strip():
        yield Rejection(origin.place, f"an empty text: {HOW_TO_FIX}")
        return
    try:
        loaded = load_json(given)
    except ValueError as error:
        lines = list(_numbered_lines(given))
        if _are_json_lines(lines):
            yield from _read_lines(lines, origin)
        else:
            found = items_of_another_tool(given, origin)
            yield from found or [Rejection(origin.place, _not_json(given, error, origin))]
    else:
        yield from read_value(loaded, origin)


def begins_like_json(data: bytes) -> bool:
    """Whether the first character of a text is one that objects and lists begin with."""
    start = data[:64].decode(encoding_of(data[:4]), errors="ignore")
    return start.lstrip()[:1] in ("{", "[")


def is_yaml_template_file(data: bytes) -> bool:
    """Whether a file's content is a CloudFormation template in YAML."""
    try:
        return is_yaml_template(decoded(data))
    except UnicodeDecodeError:
        return False


def load_json(text: str) -> LoadedJson:
    """Read JSON, numbers as they are written, noting names that an object repeats.

    Raises ValueError for all that is not JSON.
    """
    repeated: list[str] = []
    try:
        value = json_decoder(repeated.append, numbers_as_written=True).decode(text)
    except RecursionError as error:
        raise ValueError("lists and objects are nested too deep") from error
    return LoadedJson(value, text, tuple(repeated))


def _not_json(text: str, error: ValueError, origin: Origin) -> str:
    """Why a text is not JSON, in the words of the grammar unless it is too long for a policy."""
    if len(text.encode()) <= MAX_DOCUMENT_BYTES:
        # Without the last line's end, a string that was cut short is reported as such.
        problems = parse_policy(text.rstrip()).errors[:1]
        return reason_for(problems, Surroundings(text, first_line=origin.first_line))
    if isinstance(error, json.JSONDecodeError):
        line = error.lineno + origin.first_line - 1
        return f"line {line}, column {error.colno}: not JSON ({error.msg}): fix it there"
    return f"{error}: {HOW_TO_FIX}"


def _numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    # Not by splitlines(): JSON strings may contain U+2028 and similar characters.
    lines = enumerate(text.split("\n"), start=1)
    return ((number, line) for number, line in lines if line.strip())


def _are_json_lines(lines: list[tuple[int, str]]) -> bool:
    """Whether one of several unindented lines is by itself something that is recognised."""
    return len(lines) > 1 and any(_is_recognised(line) for _, line in lines)


def _is_recognised(line: str) -> bool:
    try:
        value = load_json(line).value if line.startswith("{") else None
    except ValueError:
        return False
    return isinstance(value, dict) and not SHAPES.isdisjoint(value)


def _read_lines(lines: list[tuple[int, str]], origin: Origin) -> Iterator[Item]:
    """Yield the policies of JSON Lines; what a dump's first line says is true for all."""
    header = _header_of(lines[0][1])
    if header is not None:
        lines = lines[1:]
        try:
            origin = _described_by(header, len(lines), origin)
        except UnusableSourceError as error:
            yield Rejection(f"{origin.place} line 1", str(error))
    for number, line in lines:
        here = replace(origin, place=f"{origin.place} line {number}", first_line=number)
        try:
            loaded = load_json(line)
        except ValueError as error:
            yield Rejection(here.place, _not_json(line, error, here))
        else:
            yield from read_value(loaded, here)


def _header_of(line: str) -> Json | None:
    """What the first line says about a dump, if the text is one."""
    try:
        value = load_json(line).value
    except ValueError:
        return None
    header = value.get(DUMP_HEADER) if isinstance(value, dict) else None
    return header if isinstance(header, dict) else None


def _described_by(header: Json, count: int, origin: Origin) -> Origin:
    """The origin as a dump gives it: read from the IAM API, on that day.

    Raises `UnusableSourceError` if its day is invalid, or if it was cut short.
    """
    moment = read_moment(header.get("retrievedOn"))
    if header.get("policies") != JsonNumber(str(count)):
        raise UnusableSourceError(
            f"`policies` does not say {count}, which is how many lines follow: get the complete "
            "dump"
        )
    day = moment.date() if moment else origin.retrieved_on
    return replace(origin, retrieved_on=day, source=PolicyVersion.Source.IAM_API)
