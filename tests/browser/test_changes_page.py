"""Months of the change log's calendar, chosen together by pointer and by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_months_are_chosen_by_dragging_over_them_and_the_address_keeps_them(page: Page) -> None:
    page.goto("/changes/?source=documentation")
    first = page.locator('[data-month="2023-01"]').bounding_box()
    last = page.locator('[data-month="2023-12"]').bounding_box()
    assert first
    assert last
    page.mouse.move(first["x"] + first["width"] / 2, first["y"] + 40)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] / 2, last["y"] + 40, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile("since=2023-01-01&until=2023-12-31"))
    expect(page.locator("[data-month]:not(.outside)")).to_have_count(12)
    expect(page.locator("#changes-rows time").first).to_contain_text("2023-12")
    assert "source=documentation" in page.url
    page.reload()
    expect(page.locator("[data-month]:not(.outside)")).to_have_count(12)


def test_months_are_chosen_by_the_keyboard_from_the_one_that_has_the_focus(page: Page) -> None:
    page.goto("/changes/?source=documentation")
    page.locator('[data-month="2023-11"]').focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-month="2023-12"]')).to_be_focused()
    page.keyboard.down("Shift")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.up("Shift")
    expect(page).to_have_url(re.compile("since=2023-10-01&until=2023-12-31"))
    expect(page.locator("[data-month]:not(.outside)")).to_have_count(3)


def test_a_year_is_chosen_by_its_link(page: Page) -> None:
    page.goto("/changes/?source=documentation")
    page.get_by_role("link", name="2024", exact=True).click()
    expect(page).to_have_url(re.compile("since=2024-01-01&until=2024-12-31"))
    expect(page.locator("#changes-rows time").first).to_contain_text("2024-")
