"""The codes: each has a type of AWS's, a page that explains it, and is reached by a problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyhub.iam.reading.problems import PROBLEM_KINDS
from policyhub.judge.lint.codes import LINT, lint_codes
from policyhub.judge.lint.own_codes import OWN_CODES
from policyhub.judge.lint.rules_grammar import (
    NEVER_OF_A_DOCUMENT,
    code_of,
    codes_covered,
)

ROOT = Path(__file__).resolve().parents[3]
CODES = lint_codes()


@pytest.mark.parametrize("code", CODES)
def test_a_code_says_what_it_means_and_where_aws_explains_it(code: str) -> None:
    note = CODES[code]
    assert note.type in LINT.types
    assert note.title
    assert note.explanation.endswith(".")
    assert note.reference.startswith("https://docs.aws.amazon.com/")


def test_no_code_of_our_own_hides_one_of_aws() -> None:
    assert len(CODES) == 155 + len(OWN_CODES)


def test_the_help_lists_each_code_of_our_own_with_its_type_and_title() -> None:
    text = (ROOT / "policyhub" / "help" / "linting.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `") and line.count("|") == 4]
    expected = [f"| `{code}` | {own.type} | {own.title} |" for code, own in OWN_CODES.items()]
    assert sorted(row for row in rows if row[3].isupper()) == sorted(expected)


def test_every_problem_of_the_grammar_has_a_code() -> None:
    assert codes_covered() | NEVER_OF_A_DOCUMENT == set(PROBLEM_KINDS)


def test_every_code_for_a_problem_exists() -> None:
    fixed = {code_of(each) for each in codes_covered() if code_of(each)}
    assert fixed <= set(CODES)
