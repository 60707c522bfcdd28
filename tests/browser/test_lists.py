"""Lists by keyboard and on a phone: past the filters, within long ones, and from page to page."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import follow
from tests.servers import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("path", "target"), [("/policies/", "policies"), ("/search/?q=passrole", "results")]
)
def test_a_skip_link_leads_past_the_filters(page: Page, path: str, target: str) -> None:
    page.goto(path)
    skip = page.get_by_role("link", name="Skip the filters")
    skip.focus()
    assert skip.bounding_box()["width"] > 80  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == target
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.activeElement.closest('#{target}') !== null")


def test_a_long_filter_is_searched_in(page: Page) -> None:
    page.goto("/policies/")
    follow(page.get_by_role("link", name="for Service"))
    field = page.get_by_label("Find in Service")
    field.fill("ecs")
    options = page.locator("fieldset", has=field).locator("label:visible")
    assert 0 < options.count() < 20
    assert all("ecs" in text.lower() for text in options.all_inner_texts())
    page.keyboard.press("Enter")
    assert page.url.endswith("all=service")
    page.locator("[name=service][value=ecs]").check()
    page.wait_for_url("**service=ecs**")
    expect(field).to_have_value("ecs")
    expect(page.locator("[name=service][value=ecs]")).to_be_focused()
    page.get_by_label("Find in Service").fill("lambda")
    expect(page.locator("[name=service][value=ecs]")).to_be_visible()
    assert page.locator("[name=service][value=lambda]").is_visible()
    assert not page.locator("[name=service][value=s3]").is_visible()


def test_the_filters_end_with_the_window_while_the_rows_go_on(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/policies/?all=service")
    rail, table = page.locator(".rail").bounding_box(), page.locator("#policies").bounding_box()
    assert rail is not None
    assert table is not None
    assert rail["height"] <= min(800, table["height"])


def test_the_focus_goes_to_the_rows_when_what_was_pressed_is_gone(page: Page) -> None:
    page.goto("/policies/?level=tagging")
    page.get_by_role("link", name="Page 2", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**page=2")
    expect(page.locator("#policies-rows")).to_be_focused()
    page.get_by_role("link", name="Remove the filter").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/policies/")
    expect(page.locator("#policies")).to_be_focused()


def test_a_column_that_is_sorted_by_keeps_the_focus(page: Page) -> None:
    page.goto("/policies/")
    page.get_by_role("link", name="Last change").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=-changed")
    expect(page.get_by_role("link", name="Last change")).to_be_focused()


@pytest.mark.parametrize(
    ("path", "control"),
    [
        ("/policies/", ".site-menu > summary"),
        ("/policies/", ".rail > summary"),
        ("/policies/", ".search input"),
        ("/simulate/", "#simulation .button.primary"),
        ("/policies/AmazonECS_FullAccess/", ".tabs a"),
    ],
)
def test_main_controls_can_be_hit_on_a_phone(page: Page, path: str, control: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    for each in page.locator(control).all():
        box = each.bounding_box()
        assert box is not None
        assert box["height"] >= 44


def test_a_card_of_who_can_is_short_and_hides_nothing_of_the_answer(page: Page) -> None:
    page.goto("/who-can/?action=iam:PassRole&answer=yes")
    rows = page.locator("table.answers tbody tr")
    wide = rows.all_inner_texts()
    page.set_viewport_size({"width": 390, "height": 844})
    assert len(wide) >= 5
    for text, row in zip(wide, rows.all(), strict=True):
        assert sorted(row.inner_text().split()) == sorted(text.split())
        answer = row.locator(".chip.decision-allowed").bounding_box()
        amounts_to = row.locator(".chip.group").bounding_box()
        reason = row.get_by_role("link", name="statement").first.bounding_box()
        assert answer is not None
        assert amounts_to is not None
        assert reason is not None
        assert answer["y"] == amounts_to["y"] < reason["y"]
        simulate, keep = (
            row.get_by_role("link", name=name).bounding_box()
            for name in ("Simulate", "Keep only this")
        )
        assert simulate is not None
        assert keep is not None
        assert simulate["y"] == keep["y"]
        assert min(simulate["height"], keep["height"]) >= 24
        box = row.bounding_box()
        assert box is not None
        # Five lines: a name, what it amounts to, a reason of two lines, what leads on.
        assert box["height"] <= 160, text
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_sorts_a_list_on_a_phone_is_no_wider_than_its_words(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/policies/")
    page.locator(".sort-by > summary").click()
    links = page.locator("table.policies thead a")
    boxes = [box for each in links.all() if (box := each.bounding_box())]
    assert len(boxes) == 6
    lines = {round(box["y"]) for box in boxes}
    assert len(lines) == 2
    for one, other in pairwise(boxes):
        if one["y"] == other["y"]:
            assert 8 <= other["x"] - one["x"] - one["width"] <= 16
    assert all(box["height"] >= 24 for box in boxes)


LISTS = [
    "/policies/",
    "/policies/ReadOnlyAccess/permissions/",
    "/services/",
    "/services/ecs/",
    "/actions/ecs:RunTask/",
    "/condition-keys/",
    "/condition-keys/iam:PassedToService/",
    "/risks/",
]
# The background of a name in code goes beyond its letters by 3 pixels.
CUT_OFF = """cells => cells.filter(cell => {
  const { width, right } = cell.getBoundingClientRect();
  return width && (right > innerWidth || cell.scrollWidth > cell.clientWidth + 3);
}).map(cell => cell.outerHTML)"""


@pytest.mark.parametrize("path", LISTS)
def test_the_rows_of_a_list_fit_a_phone(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    cells = page.locator("table.cards > tbody > tr > *")
    assert cells.count() > 9
    assert cells.evaluate_all(CUT_OFF) == []


@pytest.mark.parametrize("path", LISTS)
def test_a_list_on_a_phone_says_in_one_line_how_it_is_sorted(page: Page, path: str) -> None:
    page.goto(path)
    sort = page.locator(".sort-by > summary")
    expect(sort).to_be_hidden()
    head = page.locator("table.cards th[aria-sort]")
    label, direction = head.inner_text(), head.get_attribute("aria-sort")
    page.set_viewport_size({"width": 390, "height": 844})
    assert sort.inner_text() == f"Sorted by {label}, {direction}"
    box = sort.bounding_box()
    assert box is not None
    assert 24 <= box["height"] <= 28
    expect(head).to_be_hidden()
    sort.click()
    expect(head).to_be_visible()
    heads = page.locator("table.cards thead th:visible")
    assert heads.count() == page.locator("table.cards thead a").count()


def test_a_list_is_sorted_on_a_phone_and_the_rows_have_the_focus(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/policies/")
    page.locator(".sort-by > summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Actions", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".sort-by > summary")).to_have_text("Sorted by Actions, descending")
    expect(page.locator("table.policies thead")).to_be_hidden()
    expect(page.locator("#policies-rows")).to_be_focused()
    expect(page.locator("table.policies tbody th").first).to_have_text("AdministratorAccess")


def test_a_list_is_sorted_on_a_phone_without_javascript(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(
        base_url=server.url, java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto("/services/")
    page.locator(".sort-by > summary").click()
    follow(page.get_by_role("link", name="Actions", exact=True))
    expect(page.locator(".sort-by > summary")).to_have_text("Sorted by Actions, descending")
    context.close()


def test_the_numbers_of_a_card_say_what_they_count(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path, said in (
        ("/policies/", "actions"),
        ("/services/", "actions"),
        ("/services/ecs/", "actions"),
        ("/condition-keys/", "policies"),
    ):
        page.goto(path)
        number = page.locator("table.cards tbody td.number:visible").first
        assert number.evaluate("cell => getComputedStyle(cell, '::after').content") == f'" {said}"'
