"""The command palette as a person uses it: by keyboard, from any page, and closed again."""

from __future__ import annotations

import time
from typing import Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.test_pages import ALREADY_THERE, EVERY_RULE
from tests.servers import Server

pytestmark = pytest.mark.browser


def open_palette(page: Page, key: str = "/") -> None:
    page.keyboard.press(key)
    expect(page.get_by_role("dialog", name="Search and commands")).to_be_visible()


@pytest.mark.parametrize("key", ["/", "Control+k"])
@pytest.mark.parametrize("path", ["/", "/changes/", "/search/?q=passrole", "/help/"])
def test_it_opens_on_every_page_and_the_only_policy_that_fits_by_enter(
    page: Page, path: str, key: str
) -> None:
    page.goto(path)
    open_palette(page, key)
    page.get_by_role("combobox").fill("ECSTaskExecutionRole")
    page.keyboard.press("Enter")
    page.wait_for_url("**/policies/AmazonECSTaskExecutionRolePolicy/")


def test_what_is_typed_before_it_has_loaded_is_kept(page: Page) -> None:
    page.goto("/changes/")

    def answer_late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    page.route("**/palette*.js", answer_late)
    page.keyboard.press("/")
    page.keyboard.type("ECSTaskExecution")
    expect(page.get_by_role("dialog", name="Search and commands")).to_be_visible()
    page.keyboard.type("Role")
    expect(page.get_by_role("combobox")).to_have_value("ECSTaskExecutionRole")
    page.keyboard.press("Enter")
    page.wait_for_url("**/policies/AmazonECSTaskExecutionRolePolicy/")


def test_it_compares_the_policy_of_the_page_with_another(page: Page) -> None:
    page.goto("/policies/AmazonECS_FullAccess/")
    open_palette(page)
    expect(page.get_by_role("option", name="Compare AmazonECS_FullAccess with …")).to_be_visible()
    page.keyboard.type("compare administratoraccess")
    wanted = page.get_by_role(
        "option", name="Compare AmazonECS_FullAccess with AdministratorAccess "
    )
    expect(wanted.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare/?policy=AmazonECS_FullAccess&policy=AdministratorAccess**")


def test_escape_closes_it_keeps_the_words_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/policies/")
    link = page.get_by_role("link", name="AdministratorAccess", exact=True)
    link.focus()
    where = page.locator("header .search").bounding_box()
    open_palette(page, "Control+k")
    page.keyboard.type("passrole")
    expect(page.get_by_role("option", name="iam:PassRole").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(link).to_be_focused()
    expect(page.get_by_role("option")).to_have_count(0)
    box = page.locator("header .search input")
    expect(box).to_have_value("passrole")
    assert page.locator("header .search").bounding_box() == where
    open_palette(page)
    expect(page.get_by_role("combobox")).to_be_focused()


def test_several_that_fit_are_searched_for(page: Page) -> None:
    page.goto("/changes/")
    open_palette(page)
    page.keyboard.type("amazonecs")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=amazonecs")


def test_a_page_is_opened_by_its_name(page: Page) -> None:
    page.goto("/")
    open_palette(page)
    page.keyboard.type("condition keys")
    page.keyboard.press("Enter")
    page.wait_for_url("**/condition-keys/")


def test_it_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/policies/")
    open_palette(page)
    page.keyboard.type("ecs")
    expect(page.get_by_role("option").first).to_be_visible()
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_the_list_of_keys_names_it(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("open the command palette")


def test_without_javascript_the_box_searches(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/changes/")
    page.locator("input[name=q]").first.fill("passrole")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=passrole")
    context.close()


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_nothing_in_it(page: Page, width: int, theme: Literal["light", "dark"]) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto("/policies/AmazonECS_FullAccess/checks/")
    open_palette(page)
    page.keyboard.type("passrole")
    page.locator("[data-q=passrole]").wait_for()
    page.keyboard.press("ArrowDown")
    page.evaluate(AXE_SCRIPT)
    found = Axe(ALREADY_THERE).run(page, None, EVERY_RULE)
    assert found.violations_count == 0, found.generate_report()
