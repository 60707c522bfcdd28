"""Policy variables: what is one, what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.iam.language.variables import (
    Escape,
    LiteralText,
    Part,
    Variable,
    find_variables,
    variables_work,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("plain", (LiteralText("plain"),)),
        ("${aws:username}", (Variable("${aws:username}", "aws:username", None),)),
        (
            "home/${aws:username}/*",
            (
                LiteralText("home/"),
                Variable("${aws:username}", "aws:username", None),
                LiteralText("/*"),
            ),
        ),
        (
            "${aws:a}${aws:b}",
            (Variable("${aws:a}", "aws:a", None), Variable("${aws:b}", "aws:b", None)),
        ),
        (
            "${aws:PrincipalTag/cost center}",
            (Variable("${aws:PrincipalTag/cost center}", "aws:PrincipalTag/cost center", None),),
        ),
        (
            "${aws:PrincipalTag/team, 'company-wide'}",
            (
                Variable(
                    "${aws:PrincipalTag/team, 'company-wide'}",
                    "aws:PrincipalTag/team",
                    "company-wide",
                ),
            ),
        ),
        ("${aws:a,''}", (Variable("${aws:a,''}", "aws:a", ""),)),
        ("${aws:a, '}*${x}'}", (Variable("${aws:a, '}*${x}'}", "aws:a", "}*${x}"),)),
        ("a${*}b", (LiteralText("a"), Escape("${*}", "*"), LiteralText("b"))),
        ("${?}${$}", (Escape("${?}", "?"), Escape("${$}", "$"))),
        ("${${aws:a}", (LiteralText("${"), Variable("${aws:a}", "aws:a", None))),
    ],
)
def test_a_text_is_split_into_its_parts(text: str, parts: tuple[Part, ...]) -> None:
    assert find_variables(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "$",
        "${",
        "${}",
        "${ }",
        "${aws:username",
        "$aws:username}",
        "$ {aws:username}",
        "${ aws:username}",
        "${aws:a, company-wide}",
        "${aws:a, 'company-wide}",
        "${aws:a, 'b' c}",
        "${, 'b'}",
    ],
)
def test_what_only_looks_like_a_variable_is_literal(text: str) -> None:
    assert find_variables(text) == (LiteralText(text),)


pieces = st.sampled_from(
    ["$", "{", "}", "${", "'", ",", " ", "*", "?", "aws:a", "${aws:b}", "${*}"]
)


@given(st.lists(pieces, max_size=20).map("".join) | st.text())
def test_the_parts_joined_give_the_text_back(text: str) -> None:
    assert "".join(part.text for part in find_variables(text)) == text


@pytest.mark.parametrize(
    "unit", ["${", "${a", "${a,", "${a,'", "${a   ", "$", "{", "${a ", "${a,'b' "]
)
def test_a_text_full_of_half_variables_is_read_to_its_end(unit: str) -> None:
    text = unit * (256 * 1024 // len(unit))
    assert "".join(part.text for part in find_variables(text)) == text


@pytest.mark.parametrize(
    ("version", "expected"), [("2012-10-17", True), ("2008-10-17", False), ("", False)]
)
def test_only_the_newer_language_has_variables(version: str, expected: bool) -> None:
    assert variables_work(version) is expected
