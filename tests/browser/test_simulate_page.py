"""The simulator as a person uses it: by mouse, by keyboard, without JavaScript, and handed on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers import StartedServer

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
    page: Page, chromium: Browser, server: StartedServer
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


def test_nothing_of_it_needs_javascript(chromium: Browser, server: StartedServer) -> None:
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
    expect(page.locator("#policy-problem")).to_contain_text("Permit")
    expect(page.locator("#policy-problem")).to_contain_text("line 1, column")
    page.get_by_label("Identity policies, first").fill("AmazonECS_FullAccess")
    expect(page.locator("#policy-problem")).to_have_text("")
    page.get_by_label("One more resource").fill(ROLE)
    page.get_by_text("Resource policy", exact=True).click()
    page.get_by_label("Resource policy, first").fill(
        '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, '
        '"Action": "sts:AssumeRole", "Resource": "*"}}'
    )
    expect(page.locator("#resource-policy-problem")).to_contain_text("a trust policy takes no")


def test_an_unfinished_policy_name_is_finished_by_a_button(page: Page) -> None:
    page.goto("/simulate/")
    page.get_by_label("Identity policies, first").fill("ecs_full")
    page.get_by_role("button", name="AmazonECS_FullAccess").click()
    expect(page.get_by_label("Identity policies, first")).to_have_value("AmazonECS_FullAccess")
    expect(page.locator("#policy-problem")).to_have_text("")


def test_actions_are_offered_while_one_is_typed(page: Page) -> None:
    page.goto("/simulate/")
    page.get_by_label("One more action").fill("passro")
    expect(page.locator("#offered-actions option").first).to_have_attribute("value", "iam:PassRole")
