"""What the style sheets and scripts promise, seen in a real browser."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers import Server

pytestmark = pytest.mark.browser

POLICY = "/policies/AmazonECS_FullAccess/"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize(
    ("scheme", "background"), [("light", "rgb(253, 253, 252)"), ("dark", "rgb(18, 21, 24)")]
)
def test_the_theme_is_the_systems_with_and_without_javascript(
    chromium: Browser,
    server: Server,
    scheme: Literal["light", "dark"],
    background: str,
) -> None:
    for scripted in (True, False):
        context = chromium.new_context(
            base_url=server.url, color_scheme=scheme, java_script_enabled=scripted
        )
        page = context.new_page()
        page.goto("/")
        assert page.evaluate(BACKGROUND) == background
        context.close()


def test_a_theme_that_equals_the_systems_is_not_remembered(page: Page) -> None:
    page.goto("/")
    switch = page.get_by_role("button", name="Dark theme")
    switch.click()
    assert switch.get_attribute("aria-pressed") == "true"
    assert page.evaluate("localStorage.getItem('theme')") == "dark"
    switch.click()
    assert switch.get_attribute("aria-pressed") == "false"
    assert page.evaluate("localStorage.getItem('theme')") is None


def test_the_arn_is_copied_and_said(page: Page) -> None:
    page.context.grant_permissions(["clipboard-write"])
    page.goto(POLICY)
    page.get_by_role("button", name="Copy the ARN").first.click()
    page.get_by_text("Copied").wait_for(state="attached")
    # Pasted as a person does: no page of ours may read the clipboard.
    page.locator("input[name=q]").first.focus()
    page.keyboard.press("Control+V")
    pasted = page.locator("input[name=q]").first.input_value()
    assert pasted == "arn:aws:iam::aws:policy/AmazonECS_FullAccess"


def test_j_and_k_go_from_row_to_row(page: Page) -> None:
    page.goto("/policies/")
    rows = page.locator("table.data tbody tr > :first-child a")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert rows.nth(1).evaluate("row => row === document.activeElement")
    page.keyboard.press("k")
    assert rows.nth(0).evaluate("row => row === document.activeElement")


def test_a_letter_typed_in_a_box_is_only_a_letter(page: Page) -> None:
    page.goto("/policies/")
    page.keyboard.press("/")
    page.keyboard.type("j?/")
    page.locator("[data-q='j?/']").wait_for()
    assert page.get_by_role("combobox").input_value() == "j?/"
    assert page.get_by_role("dialog", name="Keyboard shortcuts").count() == 0


def test_the_skip_link_comes_first_and_leads_to_the_content(page: Page) -> None:
    page.goto(POLICY)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    assert skip.evaluate("link => link === document.activeElement")
    assert skip.bounding_box()["width"] > 100  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_printed_policy_is_dark_on_white_without_navigation(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(POLICY)
    assert page.evaluate(BACKGROUND) == "rgb(255, 255, 255)"
    assert page.get_by_role("navigation").count() == 0
    assert page.get_by_role("search").count() == 0
    assert page.get_by_role("heading", level=1).is_visible()


def test_nothing_moves_where_less_motion_is_asked_for(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(POLICY)
    moving = """[...document.querySelectorAll("*")].filter((element) => {
        const style = getComputedStyle(element);
        return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0;
    }).length"""
    assert page.evaluate(moving) == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_a_name_of_any_length_stays_on_the_page(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for tab in ("", "document/"):
        page.goto(f"{POLICY}{tab}")
        for place in ("h1", ".breadcrumbs li:last-child", ".columns dd"):
            page.evaluate(
                "place => document.querySelectorAll(place).forEach(each => "
                "{ each.textContent = 'W'.repeat(128) })",
                place,
            )
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_header_fits_a_window_of_any_width(page: Page) -> None:
    page.goto("/policies/")
    for width in (320, 390, 600, 899, 900, 1024, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        help_link = page.get_by_role("link", name="Help on this page").bounding_box()
        assert help_link is not None
        assert help_link["x"] + help_link["width"] <= width
        search = page.get_by_role("combobox").bounding_box()
        assert search is not None
        assert search["width"] >= 160


@pytest.mark.parametrize(
    "policy", ["AmazonECS_FullAccess", "AdministratorAccess", "AWSLambdaBasicExecutionRole"]
)
def test_the_first_screen_of_a_policy_has_its_verdict_its_map_and_its_tabs(
    page: Page, policy: str
) -> None:
    for width, height, map_ in ((1280, 800, ".blast-map"), (390, 844, ".to-map")):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"/policies/{policy}/")
        for part in (".verdict-band h2", ".verdict-band .group", ".tabs", map_):
            box = page.locator(part).first.bounding_box()
            assert box is not None, part
            assert box["y"] + box["height"] <= height, f"{part} at {width}"
    page.locator(".to-map").click()
    expect(page.locator(".blast-map")).to_be_in_viewport()


@pytest.mark.parametrize("path", ["/", "/policies/"])
@pytest.mark.parametrize("width", [390, 1280])
def test_what_the_search_box_asks_for_is_not_cut(page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    assert page.get_by_role("combobox").evaluate("""box => {
      const style = getComputedStyle(box);
      const pen = document.createElement("canvas").getContext("2d");
      pen.font = style.font;
      const sides = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
      return pen.measureText(box.placeholder).width <= box.clientWidth - sides;
    }""")
