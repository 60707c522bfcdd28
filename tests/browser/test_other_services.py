"""The services that share a column of the picture, in a browser: by mouse, keyboard and finger."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import follow
from tests.browser.test_opened_cell import action, answered
from tests.servers import Server
from tests.workbench.choosing.test_other_services import long_document

pytestmark = pytest.mark.browser
ADMINISTRATOR = "/policies/AdministratorAccess/template/"


def shared(page: Page, level: str, drawn: str = "wide") -> Locator:
    return page.locator(f"svg.{drawn} [data-shared='{level}']")


def row(page: Page, cell: str) -> Locator:
    return page.locator(f"#opened-cell [data-part='{cell}']")


def number(page: Page, cell: str) -> Locator:
    return page.locator(f"#opened-cell .service .opener[data-opens='{cell}']")


@pytest.fixture
def plain(chromium: Browser, server: Server) -> Iterator[Page]:
    """A page without JavaScript."""
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_the_column_opens_to_services_that_are_ticked_by_mouse_in_step_with_the_list(
    page: Page,
) -> None:
    page.goto(ADMINISTRATOR)
    with answered(page):
        shared(page, "Write").click()
    ecs = row(page, "ecs:Write")
    expect(ecs).to_have_attribute("aria-checked", "false")
    expect(ecs).to_have_accessible_name("ecs (Write: 54 free, part of a risk)")
    expect(shared(page, "Write")).to_have_class(re.compile("is-open"))
    with answered(page):
        ecs.click()
    expect(ecs).to_have_attribute("aria-checked", "true")
    expect(page.locator("input[name=cell][value='ecs:Write']")).to_be_checked()
    expect(page.locator("#opened-state")).to_have_text(
        "1 of 422 ticked, the copy has some of 1", use_inner_text=True
    )
    expect(row(page, "ssm:Write")).to_have_class(re.compile("left-out"))
    expect(ecs).not_to_have_class(re.compile("left-out"))
    # The column says that some of it is ticked, and where the copy has nothing of it.
    expect(shared(page, "Write")).to_have_class(re.compile("in-part"))
    expect(shared(page, "Write")).not_to_have_class(re.compile("left-out"))
    expect(shared(page, "Read")).to_have_class(re.compile("left-out"))
    # Its actions: one is left out, and back again the service is ticked in part.
    with answered(page):
        number(page, "ecs:Write").click()
    run = action(page, "RunTask")
    expect(run).to_have_attribute("aria-checked", "true")
    with answered(page):
        run.click()
    expect(page.locator("#without")).to_have_value("ecs:RunTask")
    with answered(page):
        page.get_by_role("link", name="Back to other services").click()
    expect(ecs).to_be_focused()
    expect(page.locator("#opened-state")).to_have_text(
        "0 of 422 ticked, 1 in part, the copy has some of 1", use_inner_text=True
    )
    # What is ticked stays when its box goes with the column, and can be unticked in the list.
    with answered(page):
        page.get_by_role("link", name="Close Esc").click()
    expect(page.locator("#opened-cell")).to_be_hidden()
    page.locator("summary", has_text="Services by access level").click()
    box = page.locator("input[name=cell][value='ecs:Write']")
    expect(box).to_be_checked()
    with answered(page):
        page.locator("svg.wide [data-part='iam:Tagging']").click()
    with answered(page):
        box.uncheck()
    expect(shared(page, "Write")).not_to_have_class(re.compile("in-part"))


def test_whole_services_of_the_column_are_ticked_and_more_of_them_shown(page: Page) -> None:
    page.goto(ADMINISTRATOR)
    with answered(page):
        shared(page, "").click()
    expect(page.locator("#opened-head")).to_have_text("Other services, all levels")
    rows = page.locator("#opened-cell [data-service]")
    expect(rows).to_have_count(50)
    with answered(page):
        page.get_by_role("button", name="50 more").click()
    expect(rows).to_have_count(100)
    expect(rows.nth(50)).to_be_focused()
    named = rows.nth(50).get_attribute("data-service")
    with answered(page):
        page.keyboard.press("Space")
    expect(rows.nth(50)).to_have_attribute("aria-checked", "true")
    expect(page.locator(f"[name=service][value='{named}']")).to_be_checked()
    expect(rows.nth(50)).not_to_have_class(re.compile("left-out"))
    expect(rows.nth(0)).to_have_class(re.compile("left-out"))


def test_services_of_the_column_are_ticked_and_opened_with_the_keyboard_alone(page: Page) -> None:
    page.goto(ADMINISTRATOR)
    page.get_by_role("link", name="Use as a template").focus()
    page.keyboard.press("Tab")
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(shared(page, "Permissions management")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(shared(page, "")).to_be_focused()
    for key in ("ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(shared(page, "Write")).to_be_focused()
    with answered(page):
        page.keyboard.press("Space")
    expect(page.locator(".services .part").first).to_be_focused()
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    cell = page.evaluate("document.activeElement.dataset.part")
    with answered(page):
        page.keyboard.press("Space")
    expect(row(page, cell)).to_have_attribute("aria-checked", "true")
    expect(row(page, cell)).to_be_focused()
    with answered(page):
        page.keyboard.press("Enter")
    expect(page.locator(".actions .part").first).to_be_focused()
    expect(page.locator(".actions [aria-checked='false']")).to_have_count(0)
    # Back to the service, and from there to the map.
    page.keyboard.press("Escape")
    expect(row(page, cell)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#opened-cell")).to_be_hidden()
    expect(shared(page, "Write")).to_be_focused()
    # One Tab leaves the picture.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('svg')") is None


def test_from_a_service_far_down_one_comes_back_to_it(page: Page) -> None:
    page.goto(f"{ADMINISTRATOR}?open=other:Write&shown=150")
    far = page.locator(".services .part").nth(130)
    cell = far.get_attribute("data-part")
    assert cell
    far.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".actions .part").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".services .part")).to_have_count(150, timeout=30_000)
    expect(row(page, cell)).to_be_focused()
    seen = """part => {
      const [own, all] = [part, part.closest(".parts")].map(each => each.getBoundingClientRect());
      return own.top >= all.top - 1 && own.bottom <= all.bottom + 1;
    }"""
    assert row(page, cell).evaluate(seen)


def test_services_of_the_column_are_ticked_with_a_finger_on_a_phone(
    chromium: Browser, server: Server
) -> None:
    context = chromium.new_context(
        base_url=server.url, viewport={"width": 390, "height": 844}, has_touch=True
    )
    page = context.new_page()
    page.goto(ADMINISTRATOR)
    with answered(page):
        shared(page, "Write", "phone").tap()
    with answered(page):
        row(page, "ecs:Write").tap()
    expect(row(page, "ecs:Write")).to_have_attribute("aria-checked", "true")
    expect(page.locator("#copy-document")).to_contain_text("ecs:")
    targets = [
        *page.locator("svg.phone [data-shared]").all(),
        *page.locator("#opened-cell :is(a, .part):visible").all()[:40],
    ]
    for each in targets:
        box = each.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    with answered(page):
        number(page, "ecs:Write").tap()
    expect(action(page, "RunTask")).to_have_attribute("aria-checked", "true")
    with answered(page):
        page.get_by_role("link", name="Back to other services").tap()
    expect(row(page, "ecs:Write")).to_have_attribute("aria-checked", "true")
    context.close()


def test_without_javascript_the_column_is_opened_by_links_and_ticked_by_buttons(
    plain: Page,
) -> None:
    plain.goto(f"{ADMINISTRATOR}?region=eu-west-1")
    follow(shared(plain, "Write"))
    assert "?region=eu-west-1&open=other:Write#opened-cell" in plain.url
    follow(plain.get_by_role("button", name="Keep ecs, Write"))
    expect(plain.locator("#copy-document")).to_contain_text("ecs:")
    expect(plain.locator("#opened-state")).to_contain_text("1 of ")
    expect(plain.locator("input[name=cell][value='ecs:Write']")).to_be_checked()
    follow(number(plain, "ecs:Write"))
    expect(action(plain, "RunTask")).to_be_visible()
    follow(plain.get_by_role("link", name="Back to other services"))
    plain.locator("input[name=cell][value='ecs:Write']").uncheck()
    follow(plain.get_by_role("button", name="Show the copy"))
    expect(plain.get_by_role("button", name="Keep ecs, Write")).to_be_visible()


def test_without_javascript_a_document_too_long_for_an_address_is_opened_by_buttons(
    plain: Page,
) -> None:
    plain.goto("/template/")
    plain.get_by_label("Document").fill(long_document())
    follow(plain.get_by_role("button", name="Choose parts"))
    plain.locator("summary", has_text="Open a part of the picture").click()
    follow(plain.get_by_role("button", name="iam, Write"))
    expect(plain.locator("#opened-head")).to_contain_text("Write: actions")
    plain.locator("summary", has_text="Open a part of the picture").click()
    follow(plain.get_by_role("button", name="other services, Write"))
    expect(plain.locator("#opened-head")).to_have_text("Other services, Write")
    follow(plain.get_by_role("button", name="Keep ecs, Write"))
    expect(plain.locator("#opened-head")).to_have_text("Other services, Write")
    expect(plain.locator("#copy-document")).to_contain_text("ecs:")
    follow(plain.locator(".service .opener[data-opens='ecs:Write']"))
    expect(action(plain, "RunTask")).to_be_visible()
    follow(plain.get_by_role("button", name="Close"))
    expect(plain.locator("#opened-cell")).to_be_hidden()
    expect(plain.locator("input[name=cell][value='ecs:Write']")).to_be_checked()


def test_with_a_script_the_same_buttons_open_in_place(page: Page) -> None:
    page.goto("/template/")
    page.get_by_label("Document").fill(long_document())
    follow(page.get_by_role("button", name="Choose parts"))
    with answered(page):
        shared(page, "Write").click()
    with answered(page):
        row(page, "ecs:Write").click()
    with answered(page):
        number(page, "ecs:Write").click()
    expect(action(page, "RunTask")).to_have_attribute("aria-checked", "true")
    with answered(page):
        page.get_by_role("button", name="Back to other services").click()
    expect(row(page, "ecs:Write")).to_be_focused()
    assert page.url.endswith("/template/")
