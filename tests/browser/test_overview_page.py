"""Fields of the map of all policies, chosen together by pointer and by keyboard; one's own."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def open_map(page: Page) -> None:
    """Open the page and point at its map, which loads the script of it."""
    page.goto("/")
    page.locator("svg.wide").hover()
    page.locator("html[data-map]").wait_for()


def middle(page: Page, query: str) -> tuple[float, float]:
    box = page.locator(f'svg.wide a[href$="{query}"] .field').bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_fields_dragged_over_lead_to_the_list_of_all_their_policies(page: Page) -> None:
    open_map(page)
    page.mouse.move(*middle(page, "reach=3&power=10-19"))
    page.mouse.down()
    page.mouse.move(*middle(page, "reach=5-6&power=1"), steps=4)
    assert page.locator("svg.wide a.outside").count() > 0
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"/policies/\?reach=3-6&power=1-19$"))
    expect(page.get_by_role("list", name="Active filters")).to_contain_text("1 to 19")


def test_fields_are_chosen_by_the_keyboard_and_escape_chooses_none(page: Page) -> None:
    open_map(page)
    page.locator('svg.wide a[href$="reach=3&power=2"]').focus()
    page.keyboard.down("Shift")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    page.keyboard.up("Shift")
    assert page.locator("svg.wide a.outside").count() == 0
    assert page.url.endswith("/")
    page.keyboard.down("Shift")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#announcement")).to_have_text("Services 4, free actions 2-4")
    page.keyboard.up("Shift")
    expect(page).to_have_url(re.compile(r"/policies/\?reach=4&power=2-4$"))


def test_a_click_still_opens_one_field(page: Page) -> None:
    open_map(page)
    page.mouse.click(*middle(page, "reach=3&power=2"))
    expect(page).to_have_url(re.compile(r"/policies/\?reach=3&power=2$"))


def test_policies_that_this_browser_watches_are_ringed_and_named(page: Page) -> None:
    page.goto("/")
    assert page.locator("#own-wide circle").count() == 0
    page.evaluate("localStorage.setItem('policyhub-watching', '[\"ReadOnlyAccess\"]')")
    page.reload()
    expect(page.locator("#own-wide circle")).to_have_count(1)
    expect(page.locator("#own-policies")).to_contain_text("You watch ReadOnlyAccess")
