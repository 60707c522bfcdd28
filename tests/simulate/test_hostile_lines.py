"""JSON lines that mean harm: each gets one answer, in order, and the rest goes on."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from policyhub.simulate.lines import LONGEST_LINE, answer_lines

ALLOW = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
GOOD = f'{{"id":"good","action":"ecs:RunTask","identityPolicies":[{ALLOW}]}}'
ROUNDS = 3_000


def answers(*lines: bytes) -> list[dict[str, Any]]:
    return list(answer_lines(io.BytesIO(b"\n".join(lines))))


HOSTILE: list[tuple[str, bytes, str | None]] = [
    ("no JSON", b"{", "not-json"),
    ("two values", b"{} {}", "not-json"),
    ("a byte-order mark behind its line", GOOD.encode() + b"\xef\xbb\xbf", "not-json"),
    ("bytes that are no UTF-8", b'{"id":"\xff\xfe"}', "not-json"),
    ("Latin-1", '{"id":"é"}'.encode("latin-1"), "not-json"),
    ("a NUL", b'{"id":"\x00"}', "not-json"),
    ("5 MB of white space", b" " * 5_000_000 + b"x", "not-json"),
    ("5 MB of a text", b'{"id":"' + b"a" * 5_000_000 + b'"}', "missing"),
    ("more than is read", b'"' + b"a" * LONGEST_LINE + b'"', "too-long"),
    ("lists 10,000 deep", b"[" * 10_000 + b"]" * 10_000, "not-json"),
    ("objects 10,000 deep", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "not-json"),
    ("an open list 1,000,000 deep", b"[" * 1_000_000, "not-json"),
    ("a number of 5,000 digits", b'{"id":' + b"1" * 5_000 + b"}", "not-json"),
    ("a list", b"[]", "not-an-object"),
    ("a text", b'"x"', "not-an-object"),
    ("null", b"null", "not-an-object"),
    ("no action", b"{}", "missing"),
    ("a key twice", b'{"action":"a:b","action":"a:c"}', "duplicate-key"),
    (
        "an effect twice, deep in a document",
        b'{"action":"a:b","identityPolicies":[{"Statement":{"Effect":"Deny","Effect":"Allow",'
        b'"Action":"*","Resource":"*"}}]}',
        "duplicate-key",
    ),
    (
        "a context value of half a pair",
        b'{"action":"a:b","context":{"k:k":"\\ud800"}}',
        "unstorable-character",
    ),
    ("an infinite number", b'{"action":"a:b","context":{"k:k":1e999}}', None),
    ("no number", b'{"action":"a:b","context":{"k:k":NaN}}', None),
    ("an id that is an object", b'{"id":{"a":[1]},"action":"a:b"}', None),
]


@pytest.mark.parametrize(
    ("line", "code"), [pytest.param(*case[1:], id=case[0]) for case in HOSTILE]
)
def test_a_hostile_line_has_one_answer_and_the_next_is_answered_as_ever(
    line: bytes, code: str | None
) -> None:
    first, second = answers(line, GOOD.encode())
    if code is None:
        assert first["decision"] == "implicitDeny"
    else:
        assert first["error"]["code"] == code
        assert first["error"]["message"]
        assert len(first["error"]["message"]) < 1_000
    assert json.loads(json.dumps(first)) == first
    assert (second["id"], second["decision"]) == ("good", "allowed")


DOCUMENTS: list[tuple[str, str]] = [
    ("nested 10,000 deep", "[" * 10_000 + "]" * 10_000),
    ("of 5 MB", json.dumps({"Statement": [], "Id": "x" * 5_000_000})),
    ("with NaN", ALLOW.replace('"Allow"', "NaN")),
    ("with a name twice", ALLOW.replace('"Effect":', '"Effect":"Deny","Effect":')),
    ("that is a number", "1"),
    ("that is nothing", ""),
]


@pytest.mark.parametrize(("text"), [pytest.param(each[1], id=each[0]) for each in DOCUMENTS])
def test_a_hostile_document_given_as_text_allows_nothing(text: str) -> None:
    line = json.dumps({"id": 1, "action": "a:b", "identityPolicies": [text, json.loads(ALLOW)]})
    (answer,) = answers(line.encode())
    assert (answer["decision"], answer["complete"]) == ("implicitDeny", False)
    assert answer["problems"]


@pytest.mark.parametrize(
    "key", ["action", "resource", "principal", "context", "identityPolicies", "resourcePolicy",
            "serviceControlPolicies", "trace", "expect", "managementAccount"],
)  # fmt: skip
@pytest.mark.parametrize("value", [1, 1.5, "x", [], [[]], {}, True, [None], {"a": None}])
def test_a_value_of_any_type_has_an_answer(key: str, value: Any) -> None:
    (answer,) = answers(json.dumps({"id": "x", "action": "ecs:RunTask", key: value}).encode())
    assert answer["id"] == "x"
    assert ("error" in answer) != ("decision" in answer)
    assert answer.get("decision") != "allowed"


def test_as_many_answers_as_lines_in_their_order() -> None:
    lines = [
        GOOD.replace("good", str(number)).encode() if number % 3 else HOSTILE[number % 8][1]
        for number in range(60)
    ]
    found = answers(*lines)
    assert len(found) == 60
    assert [each["id"] for each in found if "decision" in each] == [
        str(number) for number in range(60) if number % 3
    ]


def test_memory_does_not_grow_with_the_number_of_lines() -> None:
    """Each line has a document of its own, so that nothing kept for one serves the next."""

    def run(count: int) -> None:
        lines = (
            GOOD.replace("ecs:RunTask", f"ecs:Run{number}").replace('"*"}', f'"arn:{number}:*"}}')
            for number in range(count)
        )
        for _ in answer_lines(io.BytesIO("\n".join(lines).encode())):
            pass

    run(6_000)  # fills every cache
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(ROUNDS)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 20_000, f"{grown:,} KB for {ROUNDS:,} lines"


def test_a_reader_that_leaves_ends_the_command_without_a_word(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text(f"{GOOD}\n" * 20_000)
    command = [sys.executable, "manage.py", "simulate", "--jsonl", str(file)]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b'"good"' in process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=60) != 0
    assert b"Traceback" not in said
    assert b"Exception" not in said
