"""Lines answered by several processes: as by one, in order, and never kept back."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from policyhub.simulate import line_processes
from policyhub.simulate.expectations import AnsweredLine
from policyhub.simulate.line_processes import answered_lines
from policyhub.simulate.lines import LONGEST_LINE, answer_lines, to_line

COUNT = 3_000


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(line_processes, "_processors", lambda: 2)
    yield
    assert multiprocessing.active_children() == []


def line(number: int, **more: Any) -> bytes:
    statement = {"Effect": "Allow", "Action": f"ecs:Run{number % 7}*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": statement}
    made = {"id": number, "action": "ecs:Run3", "identityPolicies": [document], **more}
    return json.dumps(made).encode() + b"\n"


def mixed(number: int) -> bytes:
    """Mostly answers; errors, blank lines and what is expected in between."""
    odd = {0: b"\n", 1: b"{\n", 2: line(number, expect="allowed"), 3: line(number, unknown=1)}
    return odd.get(number % 50) or line(number)


MANY = b"".join(map(mixed, range(COUNT)))


def texts(found: Iterable[AnsweredLine]) -> list[str]:
    return [each.text for each in found]


def test_several_processes_answer_as_one_does_and_in_order() -> None:
    assert texts(answered_lines(io.BytesIO(MANY))) == list(
        map(to_line, answer_lines(io.BytesIO(MANY)))
    )


def test_what_is_reported_of_a_line_comes_along() -> None:
    outcomes = [each.outcome for each in answered_lines(io.BytesIO(MANY))]
    passed = sum(number % 7 == 3 for number in range(2, COUNT, 50))
    assert outcomes.count("error") == 2 * COUNT // 50
    assert outcomes.count("passed") == passed
    assert outcomes.count("failed") == COUNT // 50 - passed


def test_few_lines_begin_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_processes, "Pipe", None)
    assert len(texts(answered_lines(io.BytesIO(line(1) * 10)))) == 10


def test_one_processor_begins_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_processes, "_processors", lambda: 1)
    monkeypatch.setattr(line_processes, "Pipe", None)
    assert len(texts(answered_lines(io.BytesIO(MANY)))) == COUNT - COUNT // 50


@pytest.mark.parametrize("count", [1, 290])
def test_answers_are_there_before_more_is_asked(count: int) -> None:
    """Of one line, and of as many as one reading brings."""
    asked, answered = os.pipe()
    with os.fdopen(asked, "rb") as reading, os.fdopen(answered, "wb") as writing:
        found = answered_lines(reading)
        for _ in range(3):
            writing.write(b"".join(map(line, range(count))))
            writing.flush()
            ids = [json.loads(next(found).text)["id"] for _ in range(count)]
            assert ids == list(range(count))
        # The processes have the end that is written to, too: the pipe has no end of file.
        found.close()


def test_a_line_that_is_too_long_is_refused_among_many() -> None:
    text = MANY + b"x" * (2 * LONGEST_LINE) + b"\n" + line(5)
    *_, refused, last = texts(answered_lines(io.BytesIO(text)))
    assert json.loads(refused)["error"]["code"] == "too-long"
    assert json.loads(last)["id"] == 5


def test_what_goes_wrong_in_a_process_goes_wrong_in_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such table")

    monkeypatch.setattr(line_processes, "answer_line", fail)
    with pytest.raises(ValueError, match="no such table"):
        list(answered_lines(io.BytesIO(MANY)))


def test_a_process_that_is_killed_is_told() -> None:
    found = answered_lines(io.BytesIO(MANY))
    next(found)
    for each in multiprocessing.active_children():
        os.kill(each.pid or 0, signal.SIGKILL)
    with pytest.raises(OSError, match="ended from outside"):
        list(found)


def test_a_reader_that_stops_ends_the_processes() -> None:
    found = answered_lines(io.BytesIO(MANY))
    next(found)
    assert multiprocessing.active_children()
    found.close()
