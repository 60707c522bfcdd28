"""The main navigation says where the reader is, and a list's pages lead everywhere."""

from dataclasses import replace

import pytest
from django.core.paginator import Paginator
from django.template import Context
from django.test import Client, RequestFactory

from policyhub.browse.templatetags.policyhub_navigation import current, elided_pages, statement_link
from policyhub.iam.reading.document import parse_policy
from tests.html_text import markup_of


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        ("/admin/", ' aria-current="page"'),
        ("/admin/catalog/policy/", ' aria-current="true"'),
        ("/", ""),
        ("/administration/", ""),
    ],
)
def test_a_section_is_marked_on_its_page_and_below_it(path: str, mark: str) -> None:
    context = Context({"request": RequestFactory().get(path)})
    assert current(context, "admin:index") == mark


def test_without_a_request_nothing_is_marked() -> None:
    assert current(Context(), "admin:index") == ""


@pytest.mark.parametrize(
    ("rows", "number", "pages"),
    [
        (1, 1, [1]),
        (50, 3, [1, 2, 3, 4, 5]),
        (320, 10, [1, "…", 8, 9, 10, 11, 12, "…", 32]),
    ],
)
def test_gaps_between_pages_are_shown(rows: int, number: int, pages: list[str | int]) -> None:
    assert list(elided_pages(Paginator(range(rows), 10), number)) == pages


@pytest.mark.parametrize(
    ("sid", "is_pinned", "link"),
    [
        ("", False, '?statement=1#statement-1">statement 1</a>'),
        ("", True, '?version=v%2F2&amp;statement=1#statement-1">statement 1</a>'),
        ("ReadAll", False, '?statement=1#statement-1">statement 1 (Read<wbr>All)</a>'),
        ("<b>", False, '?statement=1#statement-1">statement 1 (&lt;b&gt;)</a>'),
    ],
)
def test_a_statement_is_linked_by_number_and_sid(sid: str, is_pinned: bool, link: str) -> None:
    policy = parse_policy(
        '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
    ).policy
    assert policy is not None
    statement = replace(policy.statements[0], sid=sid)
    made = statement_link("A", statement, "v/2", is_pinned)
    assert made == f'<a href="/policies/A/document/{link}'


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/who-can/", "/best-fit/", "/compare/", "/simulate/"])
def test_the_menu_has_every_tool_and_marks_the_one_that_is_open(client: Client, path: str) -> None:
    page = markup_of(client.get(path))
    menu = page[page.index('aria-label="Main"') : page.index("</nav>")]
    for each in ("/who-can/", "/best-fit/", "/compare/", "/simulate/"):
        assert f'href="{each}"' in menu
    assert menu.count("aria-current") == 1
    assert f'href="{path}" aria-current="page"' in menu
