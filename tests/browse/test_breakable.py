"""Long names break at suitable places and stay what they are."""

import html

import pytest

from policyhub.browse.templatetags.policyhub_text import breakable, with_marks


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("", [""]),
        ("iam", ["iam"]),
        ("ReadOnlyAccess", ["Read", "Only", "Access"]),
        ("AmazonECS_FullAccess", ["Amazon", "ECS_", "Full", "Access"]),
        ("ecs:RunTask", ["ecs:", "Run", "Task"]),
        ("arn:aws:iam::aws:policy/x", ["arn:", "aws:", "iam::", "aws:", "policy/", "x"]),
        ("ecs-tasks.amazonaws.com", ["ecs-", "tasks.", "amazonaws.", "com"]),
        ("trailing/", ["trailing/"]),
        ("ALLCAPS", ["ALLCAPS"]),
    ],
)
def test_a_name_breaks_after_its_separators_and_between_humps(name: str, pieces: list[str]) -> None:
    assert breakable(name).split("<wbr>") == pieces


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a\"b'c", "R&D:Write", "a:<b>"])
def test_markup_in_a_name_is_escaped_and_no_entity_is_broken(name: str) -> None:
    marked = breakable(name)
    assert html.unescape(marked.replace("<wbr>", "")) == name
    assert "<" not in marked.replace("<wbr>", "")


def test_a_name_that_is_escaped_already_is_not_escaped_again() -> None:
    assert breakable(breakable("R&D")) == "R&amp;D"


def test_what_is_no_text_is_shown_as_text() -> None:
    assert breakable(12) == "12"


def test_the_words_of_a_query_are_marked_and_escaped_as_all_text() -> None:
    pieces = [("a<b ", False), ("passRole", True), ("", False)]
    assert with_marks(pieces) == "a&lt;b <mark>pass<wbr>Role</mark>"
