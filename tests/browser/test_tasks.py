"""Five things that a reviewer comes for, each done as a new user would, from the start page.

A step is a click, or something typed and sent. The right answer must be in the first screen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

SCREEN = {"width": 1280, "height": 800}
BOUNDARY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ec2:*", "s3:*"], '
    '"Resource": "*"}]}'
)


@dataclass
class Walk:
    """What a person does on a page, counted."""

    page: Page
    steps: int = 0

    def click(self, target: Locator) -> None:
        """Click something that can be seen without scrolling."""
        self.sees(target)
        target.click()
        self.steps += 1

    def find(self, text: str) -> None:
        """Type into the command palette and press Enter."""
        self.page.keyboard.press("/")
        expect(self.page.get_by_role("dialog")).to_be_visible()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self.steps += 1

    def type(self, field: Locator, text: str) -> None:
        """Type into a field that can be seen without scrolling."""
        self.sees(field)
        field.fill(text)
        self.steps += 1

    def sees(self, target: Locator) -> None:
        """Check that something is on the screen."""
        expect(target).to_be_visible()
        box = target.bounding_box()
        assert box is not None
        assert 0 <= box["y"] < SCREEN["height"], f"{target} is {box['y']} pixels down"


@pytest.fixture
def walk(page: Page) -> Walk:
    page.set_viewport_size({"width": SCREEN["width"], "height": SCREEN["height"]})
    page.goto("/")
    return Walk(page)


def test_may_i_attach_this(walk: Walk) -> None:
    walk.find("AmazonECS_FullAcc")
    walk.page.wait_for_url("**/policies/AmazonECS_FullAccess/")
    walk.sees(walk.page.locator(".verdict-band h2"))
    expect(walk.page.locator(".verdict-band")).to_contain_text("PassRole")
    assert walk.steps <= 3


def test_which_policies_pass_any_role_without_a_condition(walk: Walk) -> None:
    walk.find("risk:free-passrole")
    walk.page.wait_for_url("**/search/**")
    walk.sees(walk.page.get_by_role("heading", name=re.compile(r"^Policies \d+")))
    walk.sees(walk.page.get_by_role("link", name="AdministratorAccess", exact=True))
    assert walk.steps <= 3


def test_what_aws_changed_in_ecs_in_two_years_and_whether_it_widens(walk: Walk) -> None:
    walk.click(walk.page.get_by_role("navigation", name="Main").get_by_role("link", name="Changes"))
    walk.page.wait_for_url("**/changes/")
    walk.click(walk.page.locator("[name=service][value=ecs]"))
    walk.page.wait_for_url("**service=ecs**")
    # The filters come after the rows; htmx writes an error for a request that another one replaces.
    walk.page.wait_for_load_state("networkidle")
    walk.click(walk.page.get_by_label("two years"))
    walk.page.wait_for_url("**since=**")
    walk.sees(walk.page.get_by_text(re.compile(r"widened access")).first)
    assert walk.steps <= 3


def test_the_same_is_asked_in_words(walk: Walk) -> None:
    walk.find("what changed in ecs")
    walk.page.wait_for_url("**/changes/?service=ecs")
    walk.page.wait_for_load_state("networkidle")
    walk.click(walk.page.get_by_label("two years"))
    walk.page.wait_for_url("**since=**")
    walk.sees(walk.page.get_by_text(re.compile(r"widened access")).first)
    assert walk.steps <= 2


def test_the_least_document_for_three_calls(walk: Walk) -> None:
    walk.find("best fit")
    walk.page.wait_for_url("**/best-fit/")
    walk.type(
        walk.page.locator("textarea[name=actions]"), "ecs:RunTask, iam:PassRole, logs:GetLogEvents"
    )
    walk.click(walk.page.get_by_role("button", name="Find", exact=True))
    walk.sees(walk.page.locator("#answer"))
    walk.click(walk.page.get_by_role("link", name="the document"))
    walk.sees(walk.page.locator("#least-privilege"))
    expect(walk.page.locator("#least-privilege")).to_contain_text("logs:GetLogEvents")
    assert walk.steps <= 4


def test_why_a_request_is_denied_under_a_boundary(walk: Walk) -> None:
    page = walk.page
    walk.find("simulate AmazonECS_FullAcc")
    page.wait_for_url("**/simulate/?policy=AmazonECS_FullAccess")
    page.get_by_text("Permissions boundary", exact=True).click()
    walk.steps += 1
    walk.type(page.get_by_label("Permissions boundary, first"), BOUNDARY)
    page.get_by_label("One more action").fill("ecs:RunTask")
    walk.steps += 1
    walk.sees(page.locator(".decision .headline"))
    expect(page.locator(".decision .chip")).to_have_text("Denied: implicit deny")
    shut = page.locator(".gate-shut")
    expect(shut).to_contain_text("Boundary")
    walk.sees(shut)
    expect(shut).to_contain_text("Add ecs:RunTask to the")
    assert walk.steps <= 4
    assert urlencode({"action": "ecs:RunTask"}) in page.url
