"""A help page's Markdown as HTML: anchors, links and frames, and nothing unsafe."""

from __future__ import annotations

import pytest

from policyhub.help.rendering import Section, anchor_of, render


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Operators", "operators"),
        ("A simulation, as JSON", "a-simulation-as-json"),
        ("Facets of `/policies/`", "facets-of-policies"),
        ("What AWS has today", "what-aws-has-today"),
        ("Best-fit", "best-fit"),
    ],
)
def test_a_heading_has_the_anchor_that_code_hosting_sites_give_it(
    heading: str, anchor: str
) -> None:
    assert anchor_of(heading, {}) == anchor


def test_two_headings_of_one_name_have_two_anchors() -> None:
    sections = render("# T\n\n## Same\n\na\n\n## Same\n\nb").sections
    assert [each.anchor for each in sections] == ["", "same", "same-1"]


def test_a_page_is_its_title_its_body_and_its_sections() -> None:
    found = render("# Title\n\nBegin *well*.\n\n## Part\n\n- one\n- `two`\n")
    assert found.title == "Title"
    assert found.html.startswith("<p>Begin <em>well</em>.</p>")
    assert '<h2 id="part">Part</h2>' in found.html
    assert found.sections == (
        Section("", "Title", 1, "Begin well."),
        Section("part", "Part", 2, "one two"),
    )


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("[x](searching.md)", '<a href="/help/searching/" rel="noopener noreferrer">x</a>'),
        ("[x](who-can.md#best-fit)", 'href="/help/who-can/#best-fit"'),
        ("[x](README.md)", 'href="/help/"'),
        ("[x](#part)", 'href="#part"'),
        ("[x](https://aws.amazon.com/)", 'href="https://aws.amazon.com/"'),
        ("[the **file**](../../pyproject.toml)", "<p>the <strong>file</strong></p>"),
        ("`/who-can/?action=a`", '<a href="/who-can/?action=a" rel'),
        ("[`/who-can/`](who-can.md)", '<a href="/help/who-can/"'),
        ("`/`", "<p><code>/</code></p>"),
        ("`//elsewhere.example`", "<p><code>//elsewhere.example</code></p>"),
        ("arn:aws:ecs:*:*:cluster/*", "<p>arn:aws:ecs:*:*:cluster/*</p>"),
    ],
)
def test_links_and_names(markdown: str, html: str) -> None:
    assert html in render(markdown).html.replace("<wbr>", "")


def test_a_link_holds_no_other_link() -> None:
    html = render("[`/who-can/`](who-can.md) and `/compare/`").html
    assert html.count("<a ") == html.count("</a>") == 2


def test_tables_and_examples_are_framed_so_that_the_keyboard_reaches_them() -> None:
    html = render("# T\n\n## Part\n\n| a | b |\n|--:|---|\n| 1 | 2 |\n\n```\nx <y>\n```\n").html
    frame = 'tabindex="0" role="group" aria-label="Part"'
    assert f'<div class="scroll" {frame}>' in html
    assert f'<pre class="example" {frame}>x &lt;y&gt;\n</pre>' in html
    assert "style" not in html


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '```\n</pre><script>alert("x")</script>\n```',
        "## <img src=x onerror=alert(1)>",
        '`/"onclick="alert(1)`',
    ],
)
def test_nothing_unsafe_passes(markdown: str) -> None:
    html = render(markdown).html
    for unsafe in ("<script", "<img", '"javascript:', '" onclick', ' onclick="'):
        assert unsafe not in html
