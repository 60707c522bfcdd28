"""What every room shares of reading query strings and answering."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import cast

import pytest
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase

from policyhub.http import (
    ParameterProblem,
    Parameters,
    choices_in_words,
    csv_download,
    json_answer,
    json_stream,
    page_of,
    problems_answer,
    quotable,
)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", []),
        ("a=", []),
        ("a=++", []),
        ("a=x&a=&a=y", ["x", "y"]),
        ("a=+x+&a=x", ["x"]),
        ("a=%F0%9F%98%80", ["😀"]),
    ],
)
def test_values_are_trimmed_and_empty_ones_mean_nothing(query: str, values: list[str]) -> None:
    parameters = Parameters(QueryDict(query))
    assert parameters.values("a") == values
    assert parameters.value("a") == (values[-1] if values else "")
    assert parameters.problems == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("a=" + "x" * 201, "too-long"),
        ("a=x%00", "bad-character"),
        ("a=x%0Ay", "bad-character"),
        ("&".join(f"a={n}" for n in range(51)), "too-many-values"),
    ],
)
def test_an_unusable_value_is_a_problem_and_left_out(query: str, code: str) -> None:
    parameters = Parameters(QueryDict(query))
    assert len(parameters.values("a")) in {0, 50}
    assert [problem.code for problem in parameters.problems] == [code]


@pytest.mark.parametrize(
    ("query", "number", "codes"),
    [
        ("", 1, []),
        ("page=7", 7, []),
        ("page=007", 7, []),
        ("page=0", 1, ["bad-page"]),
        ("page=-1", 1, ["bad-page"]),
        ("page=1.5", 1, ["bad-page"]),
        ("page=%D9%A3", 1, ["bad-page"]),
        ("page=" + "9" * 10, 1, ["bad-page"]),
    ],
)
def test_a_page_is_a_whole_number_from_one_on(query: str, number: int, codes: list[str]) -> None:
    parameters = Parameters(QueryDict(query))
    assert parameters.page() == number
    assert [problem.code for problem in parameters.problems] == codes


def test_a_stranger_is_named_with_those_that_are_known() -> None:
    parameters = Parameters(QueryDict("a=1&z=2"))
    parameters.expect(["a", "b"])
    assert parameters.problems == [
        ParameterProblem(
            "unknown-parameter", "z", "`z` is not a parameter of this page: use `a` or `b`"
        )
    ]


@pytest.mark.parametrize(
    ("names", "words"),
    [([], ""), (["a"], "`a`"), (["a", "b"], "`a` or `b`"), (["a", "b", "c"], "`a`, `b` or `c`")],
)
def test_names_to_choose_from_are_put_in_words(names: list[str], words: str) -> None:
    assert choices_in_words(names) == words


def test_what_is_quoted_is_short_and_printable() -> None:
    assert quotable("a\0b\n") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"
    assert quotable("x" * 61) == "x" * 60 + "…"


def test_a_page_beyond_the_end_is_the_last_one_with_a_problem() -> None:
    page, problems = page_of(range(25), 9, 10)
    assert list(page) == [20, 21, 22, 23, 24]
    assert [problem.code for problem in problems] == ["beyond-last-page"]
    assert page_of([], 1, 10)[1] == ()


def test_problems_are_answered_with_400_all_at_once() -> None:
    problems = [ParameterProblem("a", "b", "c"), ParameterProblem("d", "e", "f")]
    answer = problems_answer(problems)
    assert answer.status_code == 400
    assert json.loads(answer.content) == {
        "problems": [
            {"code": "a", "parameter": "b", "message": "c"},
            {"code": "d", "parameter": "e", "message": "f"},
        ]
    }


def test_json_keeps_letters_as_they_are() -> None:
    assert "é" in json_answer({"name": "é"}).content.decode()


@pytest.mark.parametrize(
    "cell",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "\r\n=1+1"),
        *(" =1+1", "  \t -1", "\xa0+1", "\u3000@SUM(A1)", "\x0b=1", "\u2028=1", "\ufeff=1"),
        *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)", " \u200b\uff1d1+1"),
    ],
)
def test_no_cell_of_a_download_is_a_formula(cell: str) -> None:
    answer = csv_download("rows.csv", ["name"], [[cell], ["plain"]])
    rows = list(csv.reader(io.StringIO(_text_of(answer), newline="")))
    assert rows == [["name"], [f"'{cell}"], ["plain"]]


@pytest.mark.parametrize("cell", ["s3:Get*", " plain", "a=1", "arn:aws:iam::aws:policy/A-B", ""])
def test_other_cells_of_a_download_stay_as_they_are(cell: str) -> None:
    answer = csv_download("rows.csv", ["name", "n"], [[cell, -1]])
    rows = list(csv.reader(io.StringIO(_text_of(answer), newline="")))
    assert rows[1] == [cell, "-1"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("My+policy=1,v@2.csv", "My+policy=1,v@2.csv"),
        ('s3-a"; filename="b.exe.csv', "s3-a---filename=-b.exe.csv"),
        ("s3-Get\r\nX-Header: 1.csv", "s3-Get--X-Header--1.csv"),
        ("s3-é/../😀.csv", "s3---..--.csv"),
    ],
)
def test_no_name_of_a_download_breaks_out_of_its_header(name: str, kept: str) -> None:
    answer = csv_download(name, ["name"], [])
    assert answer["Content-Disposition"] == f'attachment; filename="{kept}"'


def test_a_long_download_is_sent_while_it_is_written_and_lacks_nothing() -> None:
    written: list[int] = []

    def rows() -> Iterator[tuple[int, str]]:
        for number in range(30_000):
            written.append(number)
            yield number, "x" * 60

    answer = csv_download("rows.csv", ["number", "text"], rows())
    assert isinstance(answer, StreamingHttpResponse)
    assert len(written) < 20_000
    lines = b"".join(cast(Iterator[bytes], answer.streaming_content)).decode().splitlines()
    assert lines[0] == "number,text"
    assert [int(line.split(",")[0]) for line in lines[1:]] == list(range(30_000))


def test_the_rows_of_json_may_be_written_while_they_are_sent() -> None:
    answer = json_stream({"count": 2, "results": (each for each in ("a", "b")), "none": iter(())})
    assert json.loads(_text_of(answer)) == {"count": 2, "results": ["a", "b"], "none": []}


def _text_of(answer: HttpResponseBase) -> str:
    assert isinstance(answer, HttpResponse)
    return answer.content.decode()
