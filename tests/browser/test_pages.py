"""Every page as a person meets it: accessible, within its budget, complete on a phone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, Route

from tests.servers import Server

pytestmark = pytest.mark.browser

PAGES = [
    "/",
    "/policies/",
    "/policies/?service=ecs&level=write",
    "/policies/AmazonECS_FullAccess/",
    "/policies/AmazonECS_FullAccess/?version=v20",
    "/policies/AmazonECS_FullAccess/permissions/",
    "/policies/AmazonECS_FullAccess/document/",
    "/policies/AmazonECS_FullAccess/changes/",
    "/policies/AmazonECS_FullAccess/report/?since=v20",
    "/policies/AmazonECS_FullAccess/template/",
    "/policies/AmazonECS_FullAccess/template/?open=ecs:Write",
    "/policies/AdministratorAccess/template/?open=other:Write&cell=sns:Write&cell=sqs:Read",
    "/policies/AmazonECS_FullAccess/template/?action=ecs%3ARunTask+iam%3APassRole&requests=hello",
    "/template/",
    "/policies/AdministratorAccess/",
    "/policies/ReadOnlyAccess/",
    "/policies/SageMakerStudioProjectProvisioningRolePolicy/document/",
    "/actions/ecs:RunTask/",
    "/services/",
    "/services/ecs/",
    "/condition-keys/",
    "/condition-keys/iam:PassedToService/",
    "/risks/",
    "/risks/ecs-001/",
    "/changes/",
    "/changes/removals/",
    "/search/?q=passrole",
    "/search/?q=PasRole+level:write&in=statements",
    "/search/?q=service:",
    "/who-can/",
    "/simulate/",
    "/compare/",
    "/compare/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess",
    "/compare/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess&text=side",
    "/compare/report/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess",
    "/report/",
    "/watching/",
    "/watching/?policy=AmazonECS_FullAccess&policy=AdministratorAccess&since=2015-01-01",
    "/compare/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess"
    "&policy=AmazonECSTaskExecutionRolePolicy",
    "/simulate/?policy=AmazonECS_FullAccess%40v20&action=iam:PassRole",
    "/simulate/?policy=AmazonECS_FullAccess&action=ecs:Run*&action=iam:PassRole",
    "/who-can/?action=iam:PassRole",
    "/best-fit/?actions=ecs:RunTask,iam:PassRole",
    "/sources/",
    "/help/",
    "/help/?q=condition",
    "/help/?q=nosuchword",
    "/help/running/",
    "/help/simulating/",
    "/login/",
    "/policies/NoSuchPolicy/",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


# What passes is not described: for that axe takes longer than for looking.
FOUND_ALONE = {"resultTypes": ["violations"]}
EVERY_RULE = {"runOnly": {"type": "tag", "values": TAGS}, **FOUND_ALONE}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, **FOUND_ALONE}
# Rows are made by one template: the first of them represent all. axe takes minutes for thousands,
# also where it is told to leave them out, so that the others are taken away before it looks; with
# them places to break a line, which say nothing and are a third of all elements.
FURTHER_ROWS = (
    "tbody > tr:nth-child(n+9), ul > li:nth-child(n+17), .ledger > details:nth-child(n+9), wbr, "
    "pre > .line:nth-child(n+{lines})"
)
TAKE_AWAY = "rows => document.querySelectorAll(rows).forEach(row => row.remove())"
# `run` would load axe's half a megabyte each time.
ALREADY_THERE = "0"
NOT_CONTRAST = {**EVERY_RULE, "rules": {"color-contrast": {"enabled": False}}}
Look = tuple[int, Literal["light", "dark"], dict[str, Any]]
# Contrast takes axe longer than all its other rules together. A narrow page has the colours of a
# wide one; those of the dark are measured pair by pair, and looked at on pages before a release.
LOOKS: list[Look] = [
    (390, "light", NOT_CONTRAST),
    (1280, "light", EVERY_RULE),
]
EVERY_LOOK: list[Look] = [
    (390, "light", EVERY_RULE),
    (1280, "light", EVERY_RULE),
    (390, "dark", CONTRAST),
    (1280, "dark", CONTRAST),
]


@pytest.fixture(scope="module")
def opened(chromium: Browser, server: Server) -> Iterator[Callable[[str], Page]]:
    """Opens a page on a phone: one after the other in one window, each path loaded once."""
    # Without motion a change of theme is done at once.
    context = chromium.new_context(base_url=server.url, reduced_motion="reduce")
    page = context.new_page()

    def open_(path: str) -> Page:
        page.set_viewport_size({"width": 390, "height": 844})
        page.emulate_media(color_scheme="light")
        if page.url != server.url + path:
            page.goto(path)
        return page

    yield open_
    context.close()


def require_good_looks(page: Page) -> None:
    """axe finds nothing, and nothing scrolls sideways on a phone."""
    page.evaluate(AXE_SCRIPT)
    for width, theme, options in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        found = Axe(ALREADY_THERE).run(page, None, options)
        assert found.violations_count == 0, f"at {width}, {theme}: {found.generate_report()}"
        beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert beyond <= 0, f"{page.url}: {beyond} pixels beyond the screen at {width}"
    page.set_viewport_size({"width": 1280, "height": 900})


# Both tests of a path follow one another, on the page that the first has loaded.
@pytest.mark.parametrize("path", PAGES, scope="module")
class TestEveryPage:
    def test_nothing_scrolls_sideways_at_390_pixels(
        self, opened: Callable[[str], Page], path: str
    ) -> None:
        page = opened(path)
        beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert beyond <= 0, f"{beyond} pixels beyond the screen"

    @pytest.mark.parametrize(
        ("looks", "lines"),
        [
            pytest.param(LOOKS, 9, id="each-width"),
            pytest.param(
                EVERY_LOOK, 60, id="each-theme-at-each-width", marks=pytest.mark.endurance
            ),
        ],
    )
    def test_axe_finds_nothing(
        self, opened: Callable[[str], Page], path: str, looks: list[Look], lines: int
    ) -> None:
        page = opened(path)
        page.evaluate(TAKE_AWAY, FURTHER_ROWS.format(lines=lines))
        page.evaluate(AXE_SCRIPT)
        for width, theme, options in looks:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme)
            found = Axe(ALREADY_THERE).run(page, None, options)
            assert found.violations_count == 0, f"at {width}, {theme}: {found.generate_report()}"


@pytest.mark.parametrize(
    ("path", "kilobytes", "of_scripts"),
    [
        ("/", 40, 20),
        ("/policies/", 40, 20),
        ("/policies/AmazonECS_FullAccess/", 40, 20),
        ("/policies/AmazonECS_FullAccess/permissions/", 40, 20),
        ("/policies/AmazonECS_FullAccess/report/", 40, 20),
        ("/policies/ReadOnlyAccess/", 80, 20),
        ("/policies/AdministratorAccess/", 80, 20),
        ("/simulate/", 40, 22),
        ("/compare/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess", 40, 22),
    ],
)
def test_the_first_view_stays_within_its_budget(
    chromium: Browser, server: Server, path: str, kilobytes: int, of_scripts: int
) -> None:
    context = chromium.new_context(base_url=server.url)
    page = context.new_page()
    sizes: dict[str, int] = {}

    def measure(answer: Response) -> None:
        if "favicon" not in answer.url:
            sizes[answer.url] = answer.request.sizes()["responseBodySize"]

    page.on("response", measure)
    page.goto(path, wait_until="networkidle")
    context.close()
    scripts = sum(size for url, size in sizes.items() if ".js" in url)
    styles = sum(size for url, size in sizes.items() if ".css" in url)
    assert len(sizes) <= 5, sorted(sizes)
    assert sum(sizes.values()) <= kilobytes * 1024, sizes
    assert scripts <= of_scripts * 1024
    assert styles <= 10 * 1024


def test_no_page_needs_javascript(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("combobox").or_(page.get_by_role("searchbox")).first.fill("TaskExecutionRole")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="AmazonECSTaskExecutionRolePolicy").first.click()
    for tab in ("Permissions", "Document", "Changes"):
        tabs = page.get_by_role("navigation", name="Pages of this policy")
        tabs.get_by_role("link", name=tab).click()
        page.wait_for_url(f"**/{tab.lower()}/")
    context.close()


def test_the_strict_policy_for_content_is_sent(page: Page) -> None:
    answer = page.goto("/policies/")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "default-src 'none'" in policy


def test_the_keyboard_reaches_a_policy_from_anywhere(page: Page) -> None:
    page.goto("/changes/")
    page.keyboard.press("/")
    page.keyboard.type("AmazonECS_Full")
    # What one sees while typing is chosen too: here the list for all of it.
    page.locator("[data-q=AmazonECS_Full]").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/policies/AmazonECS_FullAccess/")


def test_escape_closes_the_suggestions_and_keeps_the_words(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("passrole")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("option").first.wait_for(state="hidden")
    assert page.locator("input[name=q]").first.input_value() == "passrole"


def test_suggestions_that_come_after_escape_do_not_open_the_list_again(page: Page) -> None:
    page.goto("/")
    page.get_by_role("combobox").click()
    page.keyboard.type("passrol")
    page.get_by_role("option").first.wait_for()

    def answer_late(route: Route) -> None:
        time.sleep(0.4)
        route.continue_()

    page.route("**/suggestions/*", answer_late)
    with page.expect_response("**/suggestions/*"):
        page.keyboard.type("e")
        page.keyboard.press("Escape")
    page.wait_for_timeout(200)
    assert not page.get_by_role("option").first.is_visible()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option").first.wait_for()


def test_question_mark_shows_the_keys(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")


def test_back_and_forward_show_whole_pages_after_a_swap(page: Page) -> None:
    page.goto("/policies/")
    page.locator("input[name=q]").last.fill("ForVolumes")
    page.wait_for_url("**q=ForVolumes**")
    page.goto("/changes/")
    page.go_back()
    assert page.get_by_role("banner").is_visible()
    assert page.get_by_role("link", name="AmazonECSInfrastructureRolePolicyForVolumes").count() > 0
    page.go_forward()
    assert page.get_by_role("heading", level=1).is_visible()


def test_the_theme_switch_is_remembered(page: Page) -> None:
    page.goto("/")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    switch = page.get_by_role("button", name="theme")
    switch.click()
    page.reload()
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    if before == after:
        switch.click()
        after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert before != after


def test_on_a_phone_the_menu_says_where_one_is_and_shows_every_entry(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path, name in (("/policies/", "Policies"), ("/best-fit/", "Best fit"), ("/", "")):
        page.goto(path)
        menu = page.locator(".site-menu > summary")
        assert menu.locator("strong").all_inner_texts() == ([name] if name else [])
        assert not page.locator(".site-nav").is_visible()
        menu.click()
        entries = page.locator(".site-nav a")
        assert entries.count() == 9
        for link in entries.all():
            box = link.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
            assert box["height"] >= 44
            assert box["y"] + box["height"] <= 844
        assert page.locator(".site-nav [aria-current]").count() == bool(name)
    page.set_viewport_size({"width": 1280, "height": 800})
    fits = "(() => { const it = document.querySelector('.site-nav ul'); "
    assert page.evaluate(fits + "return it.scrollWidth <= it.clientWidth; })()")
