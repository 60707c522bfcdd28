"""What is wrong in a document is reported with its place in the file that contains it."""

from __future__ import annotations

import json
from datetime import date
from urllib.parse import quote

import pytest

from policyhub.catalog.sources.items import Origin, SourcePolicy
from policyhub.catalog.sources.problem_places import reason_for
from policyhub.catalog.sources.text import read_text
from policyhub.iam.reading.document import Usage, parse_policy
from tests.catalog.given_sources import detail

BROKEN = '{"Statement": [\n  {"Effect": "Allow",\n   "Action": "s3:*",\n   "Resource": ["oops"]}]}'
PLACE = "Statement[0].Resource[0]: "


def reason(text: str) -> str:
    (policy,) = read_text(text.encode(), Origin("x.json", "x", date(2026, 1, 1)))
    assert isinstance(policy, SourcePolicy)
    (version,) = policy.versions
    problems = parse_policy(version.document, Usage.IDENTITY).errors
    assert problems
    return reason_for(problems, version.surroundings)


def answer(document: str) -> str:
    return f'{{\n "PolicyVersion": {{\n  "VersionId": "v1", "Document":\n{document}}}}}'


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (BROKEN, "line 4, column 17, " + PLACE),
        (answer(BROKEN), "line 7, column 17, " + PLACE),
        (answer(json.dumps(BROKEN)), "line 4, column 1, " + PLACE),
        (answer(json.dumps(quote(BROKEN))), "line 4, column 1, " + PLACE),
        (json.dumps(BROKEN), PLACE),
        ('{"statement": []}', "line 1, column 2, statement: "),
    ],
    ids=[
        "a bare document",
        "an object in an answer",
        "text in an answer",
        "encoded text in an answer",
        "a document in quotes",
        "a wrong name",
    ],
)
def test_a_problem_is_told_with_its_line_and_column_in_the_file(text: str, start: str) -> None:
    assert reason(text).startswith(start)


def test_in_json_lines_a_problem_is_told_with_the_line_of_the_file() -> None:
    good, bad = detail("Good"), detail("Bad")
    bad["PolicyVersionList"][0]["Document"] = json.loads(BROKEN)
    lines = "\n".join(json.dumps(each) for each in (good, bad))
    _, policy = read_text(lines.encode(), Origin("x.json", "x", date(2026, 1, 1)))
    assert isinstance(policy, SourcePolicy)
    (version,) = policy.versions
    told = reason_for(parse_policy(version.document).errors, version.surroundings)
    column = json.dumps(bad).index('"oops"') + 1
    assert told.startswith(f"line 2, column {column}, {PLACE}")


def test_a_missing_element_is_told_where_the_statement_begins() -> None:
    text = answer('{"Statement": [\n  {"Effect": "Allow", "Action": "s3:*"}]}')
    assert reason(text).startswith("line 5, column 3, Statement[0]: ")


def test_without_the_text_around_it_a_problem_is_told_with_its_path() -> None:
    assert reason_for(parse_policy(BROKEN).errors, None).startswith(PLACE)


def test_of_many_problems_three_are_told_and_the_others_counted() -> None:
    statements = ", ".join('{"Effect": "Allow", "Action": "s3:*"}' for _ in range(5))
    told = reason(f'{{"Statement": [{statements}]}}')
    assert told.count("Statement[") == 3
    assert told.endswith("; and 2 more")


def test_a_text_of_many_megabytes_is_not_searched_for_places() -> None:
    text = answer(BROKEN) + " " * 5_000_000
    assert reason(text).startswith(PLACE)
