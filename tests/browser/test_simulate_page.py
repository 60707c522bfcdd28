"""The simulator as a person uses it: by mouse, by keyboard, without JavaScript, and handed on."""

from __future__ import annotations

import time

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.test_pages import ALREADY_THERE, EVERY_RULE
from tests.servers import Server

pytestmark = pytest.mark.browser

ROLE = "arn:aws:iam::123456789012:role/app"


def verdict(page: Page, text: str) -> None:
    expect(page.locator(".decision .chip")).to_have_text(text)


def build(page: Page) -> None:
    """Name a policy, an action and a resource, and ask."""
    page.get_by_label("Identity policies, first").fill("AmazonECS_FullAccess@v20")
    page.get_by_label("One more action").fill("iam:PassRole")
    page.get_by_label("One more resource").fill(ROLE)
    page.get_by_role("button", name="Simulate", exact=True).click()


def test_a_simulation_is_built_run_and_turned_by_mouse(page: Page) -> None:
    page.goto("/simulate/")
    build(page)
    verdict(page, "Depends")
    page.wait_for_url("**policy=AmazonECS_FullAccess%40v20**")
    page.get_by_label("iam:PassedToService").fill("lambda.amazonaws.com")
    page.get_by_role("button", name="Simulate", exact=True).click()
    verdict(page, "Denied: implicit deny")
    page.get_by_role("link", name="Try it").first.click()
    verdict(page, "Allowed")
    expect(page.locator(".statement.decides")).to_have_count(1)


def test_back_and_forward_bring_the_whole_page_with_its_answer(page: Page) -> None:
    page.goto("/simulate/")
    build(page)
    verdict(page, "Depends")
    page.get_by_label("iam:PassedToService").fill("ecs-tasks.amazonaws.com")
    page.keyboard.press("Enter")
    verdict(page, "Allowed")
    page.go_back()
    verdict(page, "Depends")
    expect(page.get_by_role("banner")).to_be_visible()
    page.go_forward()
    verdict(page, "Allowed")


def test_a_simulation_is_built_by_keyboard_alone(page: Page) -> None:
    page.goto("/policies/AmazonECS_FullAccess/")
    page.keyboard.press("s")
    page.wait_for_url("**/simulate/?policy=AmazonECS_FullAccess")
    page.get_by_label("One more action").focus()
    page.keyboard.type("ecs:RunTask")
    page.keyboard.press("Enter")
    verdict(page, "Allowed")


def test_the_link_gives_the_same_answer_elsewhere(
    page: Page, chromium: Browser, server: Server
) -> None:
    page.goto("/simulate/")
    document = '{"Statement": {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}}'
    page.get_by_label("Identity policies, first").fill(document)
    page.get_by_label("One more action").fill("ecs:RunTask")
    page.get_by_role("button", name="Simulate", exact=True).click()
    verdict(page, "Allowed")
    link = page.get_by_role("link", name="Link to this simulation").get_attribute("href")
    assert link is not None
    elsewhere = chromium.new_context(base_url=server.url).new_page()
    elsewhere.goto(link)
    verdict(elsewhere, "Allowed")
    expect(elsewhere.get_by_label("Identity policies, row 1")).to_have_value(document)
    elsewhere.context.close()


def test_nothing_of_it_needs_javascript(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/simulate/")
    build(page)
    verdict(page, "Depends")
    page.get_by_label("iam:PassedToService").fill("ecs-tasks.amazonaws.com")
    page.get_by_role("button", name="Simulate", exact=True).click()
    verdict(page, "Allowed")
    page.get_by_label("Switched off").check()
    page.get_by_role("button", name="Simulate", exact=True).click()
    verdict(page, "Denied: implicit deny")
    context.close()


def test_what_is_wrong_with_a_document_is_said_while_it_is_typed(page: Page) -> None:
    page.goto("/simulate/")
    page.get_by_label("Identity policies, first").fill('{"Statement": {"Effect": "Permit"}}')
    expect(page.locator("#policy-new-problem")).to_contain_text("Permit")
    expect(page.locator("#policy-new-problem")).to_contain_text("line 1, column")
    page.get_by_label("Identity policies, first").fill("AmazonECS_FullAccess")
    expect(page.locator("#policy-new-problem")).to_have_text("")
    page.get_by_label("One more resource").fill(ROLE)
    page.get_by_text("Resource policy", exact=True).click()
    page.get_by_label("Resource policy, first").fill(
        '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, '
        '"Action": "sts:AssumeRole", "Resource": "*"}}'
    )
    expect(page.locator("#resource-policy-new-problem")).to_contain_text("a trust policy takes no")


def test_an_unfinished_policy_name_is_finished_by_a_button(page: Page) -> None:
    page.goto("/simulate/")
    page.get_by_label("Identity policies, first").fill("ecs_full")
    page.get_by_role("button", name="AmazonECS_FullAccess").click()
    expect(page.get_by_label("Identity policies, first")).to_have_value("AmazonECS_FullAccess")
    expect(page.locator("#policy-new-problem")).to_have_text("")


def test_actions_are_offered_while_one_is_typed(page: Page) -> None:
    page.goto("/simulate/")
    page.get_by_label("One more action").fill("passro")
    expect(page.locator("#offered-actions option").first).to_have_attribute("value", "iam:PassRole")


def active_label(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''"))


def test_the_answer_follows_what_is_typed_and_the_focus_stays(page: Page) -> None:
    page.goto("/simulate/")
    page.get_by_label("Identity policies, first").fill("AmazonECS_FullAccess@v20")
    action = page.get_by_label("One more action")
    action.focus()
    page.keyboard.type("iam:PassRole")
    verdict(page, "Depends")
    assert active_label(page) == "One more action"
    expect(action).to_have_value("iam:PassRole")
    page.wait_for_url("**action=iam%3APassRole**")
    key = page.get_by_label("iam:PassedToService")
    key.focus()
    page.keyboard.type("ecs-tasks.amazonaws.com")
    verdict(page, "Allowed")
    assert page.evaluate("document.activeElement.id") == "key-1"
    expect(key).to_have_value("ecs-tasks.amazonaws.com")
    expect(page.get_by_role("status").filter(has_text="Allowed")).to_have_count(1)
    page.get_by_role("button", name="Simulate", exact=True).click()
    verdict(page, "Allowed")
    expect(page.locator("#answer-head")).to_be_focused()


def test_what_is_typed_is_one_step_back(page: Page) -> None:
    page.goto("/simulate/?policy=AmazonECS_FullAccess%40v20&action=iam%3APassRole")
    verdict(page, "Depends")
    key = page.get_by_label("iam:PassedToService")
    for text in ("lambda.amazonaws.com", "ecs-tasks.amazonaws.com"):
        key.fill(text)
        verdict(page, "Allowed" if text.startswith("ecs") else "Denied: implicit deny")
    page.go_back()
    verdict(page, "Depends")
    expect(key).to_have_value("")


def test_a_resource_that_is_offered_is_filled_in(page: Page) -> None:
    page.goto("/simulate/?policy=AmazonECS_FullAccess%40v20&action=ecs%3ARunTask")
    offer = page.locator("#resource-offers button").first
    arn = offer.inner_text()
    offer.click()
    expect(page.get_by_label("One more resource")).to_have_value(arn)
    expect(page.locator("#answer .decision code").nth(1)).to_have_text(arn)


def test_the_form_is_next_to_the_answer_and_stays_there(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/simulate/?policy=AmazonECS_FullAccess%40v20&action=iam%3APassRole")
    form, answer = page.locator(".asked"), page.locator("#answer")
    before = form.bounding_box()
    beside = answer.bounding_box()
    assert before is not None
    assert beside is not None
    assert before["x"] >= beside["x"] + beside["width"]
    page.evaluate("window.scrollTo(0, 400)")
    assert page.evaluate("window.scrollY") > 100
    after = form.bounding_box()
    assert after is not None
    assert 0 < after["y"] < before["y"]
    assert after["y"] + after["height"] <= 800


DOCUMENT = """{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Permit",
    "Action": "ecs:*",
    "Resource": "*"
  }
}"""


def test_a_document_has_an_editor_above_its_field_and_each_follows_the_other(page: Page) -> None:
    page.goto("/simulate/")
    field = page.get_by_label("Identity policies, first")
    editor = page.get_by_role("textbox", name="JSON editor: Identity policies first")
    field.fill("AmazonECS_FullAccess")
    expect(page.locator(".decision, .empty").first).to_be_visible()
    expect(editor).to_have_count(0)
    field.fill(DOCUMENT)
    expect(editor).to_be_visible()
    expect(field).to_be_visible()
    expect(page.locator(".editor .cm-lint-marker")).to_have_count(1)
    assert page.evaluate("document.activeElement.name") == "policy"
    editor.press("Control+End")
    # Letters that are keys of every page elsewhere.
    page.keyboard.type(" s?/jkc")
    expect(field).to_have_value(f"{DOCUMENT} s?/jkc")
    expect(page.get_by_role("dialog")).to_have_count(0)
    field.fill(DOCUMENT.replace("Permit", "Allow"))
    expect(editor).to_contain_text("Allow")
    expect(page.locator(".editor .cm-lint-marker")).to_have_count(0)
    page.get_by_label("One more action").fill("ecs:RunTask")
    page.get_by_role("button", name="Simulate", exact=True).click()
    verdict(page, "Allowed")
    expect(page.get_by_label("Identity policies, row 1")).to_contain_text("Allow")
    expect(page.get_by_role("textbox", name="JSON editor: Identity policies row 1")).to_be_visible()


def test_the_editor_is_no_part_of_the_first_page(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/simulate/")
    page.get_by_label("One more action").focus()
    assert not [url for url in asked if "editor" in url]
    with page.expect_request("**/built/editor*.js"):
        page.get_by_label("Identity policies, first").focus()


def test_what_is_typed_before_the_editor_has_loaded_is_kept(page: Page) -> None:
    page.goto("/simulate/")

    def answer_late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    page.route("**/built/editor*.js", answer_late)
    field = page.get_by_label("Identity policies, first")
    field.focus()
    page.keyboard.insert_text('{"Statement": [')
    page.keyboard.type("]}")
    expect(page.locator(".editor")).to_be_visible()
    expect(field).to_have_value('{"Statement": []}')
    expect(field).to_be_focused()
    expect(page.locator(".editor .cm-content")).to_have_text('{"Statement": []}')


def test_axe_finds_nothing_where_a_document_is_edited(page: Page) -> None:
    page.goto("/simulate/")
    page.get_by_label("Identity policies, first").fill(DOCUMENT)
    expect(page.locator(".editor .cm-lint-marker")).to_have_count(1)
    page.evaluate(AXE_SCRIPT)
    found = Axe(ALREADY_THERE).run(page, None, EVERY_RULE)
    assert found.violations_count == 0, found.generate_report()
