"""Prose becomes HTML that can't contain anything but prose."""

from collections.abc import Callable

import pytest

from policyhub.browse.templatetags.policyhub_markdown import markdown, markdown_line


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("One *two* **three**.", "<p>One <em>two</em> <strong>three</strong>.</p>\n"),
        ("`ecs:RunTask`", "<p><code>ecs:RunTask</code></p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        (
            "[page](https://docs.aws.amazon.com/x)",
            '<p><a href="https://docs.aws.amazon.com/x" rel="noopener noreferrer">page</a></p>\n',
        ),
    ],
)
def test_markdown_is_rendered(text: str, html: str) -> None:
    assert markdown(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Adds s3:Get*Object* and s3:Get*.", "Adds s3:Get*Object* and s3:Get*."),
        ("On arn:aws:ecs:*:*:cluster/*.", "On arn:aws:ecs:*:*:cluster/*."),
        ("*ecs:Run*Task*", "<em>ecs:Run*Task</em>"),
        ("**ecs:RunTask** and *more*", "<strong>ecs:RunTask</strong> and <em>more</em>"),
        ("note: *this* and *that*", "note: <em>this</em> and <em>that</em>"),
        ("*", "*"),
    ],
)
def test_the_wildcards_of_actions_and_resources_stay(text: str, html: str) -> None:
    assert markdown_line(text).replace("<wbr>", "") == html


def test_a_line_has_no_paragraph_around_it() -> None:
    assert markdown_line("Adds `ecs:Poll`.") == "Adds <code>ecs:Poll</code>."


def test_nothing_at_all_is_an_empty_text() -> None:
    assert markdown(None) == ""


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "[click](JAVASCRIPT:alert(1))",
        "[click](data:text/html;base64,PHNjcmlwdD4=)",
        "![picture](https://example.org/x.png)",
        '<a href="x" onclick="alert(1)">x</a>',
        "<style>body { display: none }</style>",
    ],
)
@pytest.mark.parametrize("render", [markdown, markdown_line])
def test_nothing_but_prose_comes_through(text: str, render: Callable[[object], str]) -> None:
    html = render(text).lower()
    for forbidden in ("<script", "<img", "<style", 'href="javascript', 'href="data', '<a href="x'):
        assert forbidden not in html
