"""Long names break at suitable places and stay what they are."""

import html

import pytest

from policyhub.browse.templatetags.policyhub_markdown import markdown_line
from policyhub.browse.templatetags.policyhub_text import breakable, breakable_words, with_marks
from policyhub.seams import with_seams_in_long_words


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


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("", ""),
        ("iam:PassRole, and no more", "iam:PassRole, and no more"),
        ("ecs:RegisterTaskDefinition.", "ecs:<wbr>Register<wbr>Task<wbr>Definition."),
        ('"iam:PassedToService":', "&quot;iam:PassedToService&quot;:"),
        ('["ecs:RunTaskDefinition"]', "[&quot;ecs:<wbr>Run<wbr>Task<wbr>Definition&quot;]"),
        (
            "<i>https://aws.amazon.com</i>",
            "&lt;i&gt;https://<wbr>aws.<wbr>amazon.<wbr>com&lt;/<wbr>i&gt;",
        ),
    ],
)
def test_of_a_text_only_the_long_words_break(text: str, marked: str) -> None:
    assert breakable_words(text) == marked


def test_no_tag_is_broken() -> None:
    link = '<a href="https://docs.aws.amazon.com/a>b/LongNamesOfPages">IAM</a>'
    assert with_seams_in_long_words(f"{link} TheVeryLongNamesOfAllPages") == (
        f"{link} The<wbr>Very<wbr>Long<wbr>Names<wbr>Of<wbr>All<wbr>Pages"
    )


def test_long_names_in_markdown_break_as_they_do_elsewhere() -> None:
    told = "Adds `notifications:ListManagedNotificationEvents`."
    name = "notifications:<wbr>List<wbr>Managed<wbr>Notification<wbr>Events"
    assert markdown_line(told) == f"Adds <code>{name}</code>."
