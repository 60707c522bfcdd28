"""The search as a person uses it: by keyboard, narrowed by facets, remembered in the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers import Server

pytestmark = pytest.mark.browser


def test_recent_searches_are_offered_and_forgotten(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("ecs run")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=ecs+run")
    page.goto("/changes/")
    page.keyboard.press("/")
    recent = page.get_by_role("option", name="ecs run")
    expect(recent).to_be_visible()
    # A list that comes in meanwhile has nothing selected; it is counted once it is in place.
    expect(page.locator("dialog [role=status]")).to_contain_text("suggestion")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=ecs%20run")
    page.goto("/changes/")
    page.keyboard.press("/")
    page.get_by_role("option", name="Forget these searches").click()
    page.goto("/changes/")
    page.keyboard.press("/")
    expect(page.get_by_role("option", name="Facts")).to_be_visible()
    expect(page.get_by_role("option", name="ecs run")).to_have_count(0)


def test_recent_searches_are_kept_without_a_cookie(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("ecs run")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=ecs+run")
    assert page.context.cookies() == []
    assert "ecs run" in page.evaluate("localStorage.getItem('policyhub-recent-searches')")


def test_a_facet_narrows_and_its_chip_widens_again(page: Page) -> None:
    page.goto("/search/?q=passrole")
    page.get_by_role("link", name="Deny", exact=False).first.click()
    page.wait_for_url("**effect%3Adeny**")
    expect(page.locator("input[name=q]").first).to_have_value("passrole effect:deny")
    page.get_by_role("link", name="Remove the filter effect: Deny").click()
    page.wait_for_url("**/search/?q=passrole")


def test_the_search_needs_no_javascript(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/search/")
    page.locator("input[name=q]").first.fill("PasRole")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="iam:PassRole").first).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("passrole")
    context.close()


def test_why_a_statement_was_found_has_a_line_of_its_own(page: Page) -> None:
    page.goto("/search/?q=stops+any+trail")
    does = page.locator(".does").first
    reason = does.locator(".reason")
    box, whole = reason.bounding_box(), does.bounding_box()
    assert box is not None
    assert whole is not None
    assert box["x"] == whole["x"]
    assert box["y"] > whole["y"]


def test_where_nothing_is_to_be_narrowed_there_is_no_rail(page: Page) -> None:
    page.goto("/search/?q=free:write")
    expect(page.get_by_role("link", name="List the policies with free:write")).to_be_visible()
    expect(page.get_by_text("Narrow down")).to_have_count(0)
