"""What only a phone shows otherwise: the menu over the page, and filters as a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import opened
from tests.servers import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(chromium: Browser, server: Server) -> Iterator[Page]:
    screen = {"width": 390, "height": 844}
    with opened(chromium, server, viewport=screen, has_touch=True, is_mobile=True) as page:
        yield page


@pytest.mark.parametrize(("path", "rows"), [("/", 1), ("/search/", 1), ("/condition-keys/", 2)])
def test_the_header_takes_a_row_and_one_for_the_search_box(
    phone: Page, path: str, rows: int
) -> None:
    phone.goto(path)
    box = phone.locator(".site-header").bounding_box()
    assert box is not None
    assert box["height"] <= 16 + rows * 48


def test_the_menu_opens_over_the_page_and_moves_nothing(phone: Page) -> None:
    phone.goto("/condition-keys/")
    menu = phone.locator(".site-menu > summary")
    expect(menu).to_have_accessible_name(re.compile(r"^Menu ?, Condition keys"))
    head = phone.get_by_role("heading", level=1)
    before = head.bounding_box()
    menu.tap()
    changes = phone.get_by_role("link", name="Changes", exact=True)
    expect(changes).to_be_in_viewport()
    assert head.bounding_box() == before
    changes.tap()
    phone.wait_for_url("**/changes/")


def test_what_is_not_among_the_first_of_a_facet_is_typed_and_its_rows_are_a_tap_away(
    phone: Page,
) -> None:
    phone.goto("/policies/")
    phone.get_by_text("Filters", exact=True).tap()
    shown = phone.get_by_role("link", name="Show the policies")
    expect(shown).to_be_in_viewport(ratio=1)
    phone.get_by_label("Service: another").fill("ecr")
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/policies/?service=ecr")
    expect(phone.get_by_role("checkbox", name="ecr", exact=False).first).to_be_checked()
    phone.wait_for_load_state("networkidle")
    expect(phone.get_by_label("Service: another")).to_have_value("")
    shown.tap()
    expect(phone.get_by_role("list", name="Active filters")).to_be_in_viewport()
    background = phone.locator("#policies").evaluate("rows => getComputedStyle(rows).background")
    assert background.startswith("rgba(0, 0, 0, 0)")


@pytest.mark.parametrize(
    "path", ["/", "/policies/AmazonECS_FullAccess/", "/policies/AmazonECS_FullAccess/document/"]
)
def test_most_of_a_page_is_written_in_letters_that_can_be_read(phone: Page, path: str) -> None:
    # As Lighthouse counts: of all letters, those of less than 12 pixels.
    phone.goto(path)
    small, all_letters = phone.evaluate(
        """() => {
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          let small = 0, all = 0;
          while (texts.nextNode()) {
            const { parentElement: element, data } = texts.currentNode;
            if (!element.checkVisibility()) continue;
            const count = data.trim().length;
            all += count;
            if (parseFloat(getComputedStyle(element).fontSize) < 12) small += count;
          }
          return [small, all];
        }"""
    )
    assert small < all_letters * 0.4
