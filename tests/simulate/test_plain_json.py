"""Lines read by the quicker library: answered as those that are read with more care."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.iam.reading.encoding import decoded
from policyhub.simulate import lines
from policyhub.simulate.lines import answer_line, to_line
from policyhub.simulate.managed import CatalogueMoment
from policyhub.simulate.plain_json import NotPlainError, read_plain, shortest_json
from tests.iam.generation import Json, random_simulation, simulations
from tests.iam.reading.damage import damaged

SEEDS = 150
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=9,
)


def now() -> CatalogueMoment:
    return CatalogueMoment(0, "", 0, 0)


def answers(texts: Iterable[bytes]) -> list[str | None]:
    found = (answer_line(each, False, now) for each in texts)
    return [None if each is None else to_line(each) for each in found]


def careful_answers(texts: Iterable[bytes]) -> list[str | None]:
    """As if no text were plain and no document without faults."""

    def refuse(_: object) -> bytes:
        raise NotPlainError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lines, "read_plain", refuse)
        patched.setattr(lines, "shortest_json", refuse)
        return answers(texts)


@given(simulations(), st.booleans())
def test_a_line_is_answered_as_with_more_care(simulation: Json, in_ascii: bool) -> None:
    text = json.dumps({"id": "one", **simulation}, ensure_ascii=in_ascii)
    twice = [text.encode("utf-8", "replace")] * 2
    assert answers(twice) == careful_answers(twice)


def test_damaged_lines_are_answered_as_with_more_care() -> None:
    source = random.Random(5)
    texts = [json.dumps({"id": at, **random_simulation(source)}) for at in range(SEEDS)]
    broken = [damaged(texts, source).encode("utf-8", "surrogatepass") for _ in range(2 * SEEDS)]
    one_each = [b" ".join(each.split(b"\n")) for each in broken]
    found = answers(one_each)
    assert found == careful_answers(one_each)
    assert len({"error" in (each or "") for each in found}) == 2


@given(VALUES, st.booleans(), st.sampled_from([None, (",", ":"), (" , ", " : ")]))
def test_what_is_plain_is_read_as_by_the_standard_library(
    value: Json, in_ascii: bool, separators: tuple[str, str] | None
) -> None:
    text = json.dumps(value, ensure_ascii=in_ascii, separators=separators)
    data = text.encode("utf-8", "replace")
    try:
        found = read_plain(data)
    except NotPlainError:
        return
    assert repr(found) == repr(json.loads(decoded(data)))


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        '{"a": {"b": [{"c": 1, "c": 2}]}}',
        '{"a": "\\u003a"}',
        '["\\ud800"]',
        '["\\u0000"]',
        '["\ufeff1"',
        "\ufeff1",
        "NaN",
        "-Infinity",
        "1e999",
        "18446744073709551616",
        "[-9223372036854775809]",
        "[" * 900 + "]" * 900,
        "{} {}",
        "",
    ],
)
def test_what_readers_may_differ_on_is_not_plain(text: str) -> None:
    with pytest.raises(NotPlainError):
        read_plain(text.encode())


def test_a_usual_line_is_plain() -> None:
    text = b' {"id": 7, "context": {"a:b": ["c", 1.5, -0, true, null]}, "name": "\xc3\xa9"}\r\n'
    assert read_plain(text) == json.loads(text)


@pytest.mark.parametrize("value", ["\ud800", 1 << 64])
def test_what_has_no_json_of_that_library_is_told(value: object) -> None:
    with pytest.raises(ValueError, match=r"surrogates|64-bit"):
        shortest_json([value])


@pytest.mark.parametrize("name", [None, True, 7, 1 << 70, 1e16, 1.0, "é\x7f\ud800", ["a"], {}])
def test_an_answer_is_written_as_by_the_standard_library(name: object) -> None:
    result = {"id": name, "decision": "allowed", "problems": []}
    assert to_line(result) == json.dumps(result, separators=(",", ":"))
