"""The actions of a cell of the picture, in a browser: by mouse, keyboard and finger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_template_page import ADDRESS
from tests.servers import Server

pytestmark = pytest.mark.browser


def opened_by(page: Page, cell: str) -> Locator:
    return page.locator(f"svg.wide .opener[data-opens='{cell}']")


def action(page: Page, name: str) -> Locator:
    return page.locator(f"[data-action='{name}']")


@contextmanager
def answered(page: Page) -> Iterator[None]:
    with page.expect_response(lambda answer: "/template/" in answer.url):
        yield


def test_a_cell_opens_to_its_actions_which_are_ticked_by_mouse_in_step_with_the_list(
    page: Page,
) -> None:
    page.goto(ADDRESS)
    cell = page.locator("svg.wide [data-part='ecs:Write']")
    service = page.locator("svg.wide [data-contains='ecs:']")
    level = page.locator("svg.wide [data-contains=':Write']")
    box = page.locator("[name=action][value='ecs:RunTask']")
    with answered(page):
        opened_by(page, "ecs:Write").click()
    run = action(page, "RunTask")
    expect(run).to_have_attribute("aria-checked", "false")
    expect(run).to_have_accessible_name("RunTask (Write, free, part of a risk)")
    with answered(page):
        run.click()
    expect(run).to_have_attribute("aria-checked", "true")
    expect(box).to_be_checked()
    for each in (cell, service, level):
        expect(each).to_have_attribute("aria-checked", "mixed")
    state = page.locator("#opened-state")
    expect(state).to_have_text("1 of 54 ticked, the copy has 1")
    expect(run).not_to_have_class(re.compile("left-out"))
    expect(action(page, "StopTask")).to_have_class(re.compile("left-out"))
    expect(page.locator("#copy-document")).to_contain_text('"ecs:RunTask"')
    # The list is followed, the address has it all, and what is there after a reload is the same.
    with answered(page):
        box.evaluate("box => box.click()")
    expect(run).to_have_attribute("aria-checked", "false")
    with answered(page):
        action(page, "StopTask").click()
    expect(page).to_have_url(re.compile(r"/template/\?open=ecs%3AWrite&action=ecs%3AStopTask$"))
    page.reload()
    expect(action(page, "StopTask")).to_have_attribute("aria-checked", "true")
    expect(run).to_have_class(re.compile("left-out"))
    # All of the cell at once, then none, by its mark.
    for ticked in ("true", "false"):
        with answered(page):
            cell.click()
        for each in (cell, run, action(page, "StopTask")):
            expect(each).to_have_attribute("aria-checked", ticked)
    expect(state).to_have_text("0 of 54 ticked, the copy has 54")
    # Another level of the service, and closed; Back opens it again.
    page.get_by_role("link", name="Tagging 2").click()
    expect(page.locator("[data-action]")).to_have_count(2)
    page.get_by_role("link", name="Close Esc").click()
    expect(page.locator("#opened-cell")).to_be_hidden()
    page.go_back()
    expect(page.locator("[data-action][role]")).to_have_count(2)


def test_actions_of_a_cell_are_ticked_with_the_keyboard_alone(page: Page) -> None:
    page.goto(ADDRESS)
    page.get_by_role("link", name="Use as a template").focus()
    for key in ("Tab", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    first = page.locator(".actions .part").first
    expect(page.locator("#opened-head")).to_have_text("ecs Permissions management: actions")
    expect(first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#opened-cell")).to_be_hidden()
    cell = page.locator("svg.wide [data-part='ecs:Permissions management']")
    expect(cell).to_be_focused()
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#opened-head")).to_have_text("ecs Write: actions")
    expect(first).to_be_focused()
    # Down a line, to the right, and back.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    named = page.evaluate("document.activeElement.dataset.action")
    with answered(page):
        page.keyboard.press("Space")
    expect(action(page, named)).to_have_attribute("aria-checked", "true")
    expect(action(page, named)).to_be_focused()
    expect(page.locator("#copy-document")).to_contain_text(f'"ecs:{named}"')
    expect(page.locator(f"[name=action][value='ecs:{named}']")).to_be_checked()
    # Up from its first line is the map, and Tab comes back to where one was.
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.closest('svg.wide') !== null")
    # The name of a service opens its gravest level.
    page.locator("svg.wide [data-contains='ec2:']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#opened-head")).to_have_text("ec2 Write: actions")


def test_actions_are_ticked_with_a_finger_on_a_phone(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(
        base_url=server.url, viewport={"width": 390, "height": 844}, has_touch=True
    )
    page = context.new_page()
    page.goto(ADDRESS)
    arrow = page.locator("svg.phone .opener[data-opens^='ecs:']")
    with answered(page):
        arrow.tap()
    page.locator("#opened-cell .chips [data-opens='ecs:Write']").tap()
    expect(page.locator("#opened-head")).to_have_text("ecs Write: actions")
    expect(arrow).to_have_class(re.compile("is-open"))
    expect(page.locator("svg.phone .is-open")).to_have_count(1)
    with answered(page):
        action(page, "RunTask").tap()
    expect(action(page, "RunTask")).to_have_attribute("aria-checked", "true")
    expect(page.locator("#opened-state")).to_have_text("1 of 54 ticked, the copy has 1")
    pressed = [arrow, *page.locator("#opened-cell :is(a, .part):visible").all()]
    for each in pressed:
        box = each.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    context.close()


def test_a_cell_of_hundreds_is_shown_by_fifties_and_left_out_of_one_by_one(page: Page) -> None:
    page.goto("/policies/AdministratorAccess/template/")
    with answered(page):
        opened_by(page, "ec2:Write").click()
    expect(page.locator("[data-action]")).to_have_count(50)
    with answered(page):
        page.get_by_role("button", name="50 more").click()
    expect(page.locator("[data-action]")).to_have_count(100)
    expect(page.locator("[data-action]").nth(50)).to_be_focused()
    with answered(page):
        page.keyboard.press("Space")
    named = page.locator("[data-action]").nth(50).get_attribute("data-action")
    expect(page.locator("#opened-state")).to_have_text("1 of 517 ticked, the copy has 1")
    # What is ticked stays when its box goes with the cell.
    with answered(page):
        page.keyboard.press("Escape")
    expect(page.locator("#actions")).to_have_value(f"ec2:{named}")
    cell = page.locator("svg.wide [data-part='ec2:Write']")
    expect(cell).to_have_attribute("aria-checked", "mixed")
    # Of the whole cell, one action is left out.
    with answered(page):
        cell.click()
    with answered(page):
        page.keyboard.press("Enter")
    with answered(page):
        action(page, "RunInstances").click()
    expect(cell).to_have_attribute("aria-checked", "mixed")
    expect(page.locator("#without")).to_have_value("ec2:RunInstances")
    expect(page.locator("#opened-state")).to_have_text("516 of 517 ticked, the copy has 516")
    with answered(page):
        page.locator("[name=action][value='ec2:RunInstances']").check()
    expect(page.locator("#without")).to_have_value("")
    expect(cell).to_have_attribute("aria-checked", "true")


def test_without_javascript_a_number_opens_the_actions_and_their_boxes(
    chromium: Browser, server: Server
) -> None:
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{ADDRESS}?region=eu-west-1")
    opened_by(page, "ecs:Tagging").click()
    assert "?region=eu-west-1&open=ecs:Tagging#opened-cell" in page.url
    expect(page.locator("[data-action]")).to_have_count(2)
    page.get_by_role("link", name="Single actions").click()
    page.get_by_role("checkbox", name="UntagResource", exact=True).locator("visible=true").check()
    page.get_by_role("button", name="Show the copy").click()
    expect(page.locator("#opened-state")).to_have_text("1 of 2 ticked, the copy has 1")
    page.goto("/policies/AdministratorAccess/template/?open=ec2%3AWrite")
    page.get_by_role("checkbox", name="RunInstances", exact=True).check()
    page.get_by_role("button", name="50 more").click()
    expect(page.locator("[data-action]")).to_have_count(100)
    expect(page.get_by_role("checkbox", name="RunInstances", exact=True)).to_be_checked()
    context.close()
