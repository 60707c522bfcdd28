"""Five things that a reviewer comes for, each done as a new user would, from the start page.

At a desk there are a keyboard and the command palette, on a phone fingers and the search box. A
step is a click or a tap, or something typed and sent. The right answer must be in the first screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.browser.conftest import opened
from tests.servers import Server

pytestmark = pytest.mark.browser

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
ACTIONS = "ecs:RunTask, iam:PassRole, logs:GetLogEvents"
BOUNDARY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ec2:*", "s3:*"], '
    '"Resource": "*"}]}'
)


@dataclass
class Walk:
    """What a person does on a page, counted."""

    page: Page
    screen: ViewportSize
    steps: int = 0

    @property
    def is_phone(self) -> bool:
        """Whether there are fingers and no keyboard but that of the screen."""
        return self.screen is PHONE

    def click(self, target: Locator) -> None:
        """Click, or tap, something that can be seen without scrolling."""
        self.sees(target)
        if self.is_phone:
            target.tap()
        else:
            target.click()
        self.steps += 1

    def find(self, text: str) -> None:
        """Type into the command palette, or on a phone into the search box, and press Enter."""
        if self.is_phone:
            self.sees(self.page.get_by_role("combobox"))
            self.page.get_by_role("combobox").tap()
        else:
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
        assert 0 <= box["y"] < self.screen["height"], f"{target} is {box['y']} pixels down"


@pytest.fixture(params=["desk", "phone"])
def walk(request: pytest.FixtureRequest, chromium: Browser, server: Server) -> Iterator[Walk]:
    is_phone = request.param == "phone"
    screen = PHONE if is_phone else DESK
    with opened(chromium, server, viewport=screen, has_touch=is_phone, is_mobile=is_phone) as page:
        page.goto("/")
        yield Walk(page, screen)


def test_may_i_attach_this(walk: Walk) -> None:
    walk.find("AmazonECS_FullAcc")
    if walk.is_phone:
        walk.page.wait_for_url("**/search/**")
        found = walk.page.get_by_role("list", name="Policies")
        walk.click(found.get_by_role("link", name="AmazonECS_FullAccess", exact=True))
    walk.page.wait_for_url("**/policies/AmazonECS_FullAccess/")
    walk.sees(walk.page.locator(".verdict-band h2"))
    expect(walk.page.locator(".verdict-band")).to_contain_text("PassRole")
    assert walk.steps <= 3


@pytest.mark.parametrize(
    ("offer", "page"),
    [
        ("Who can iam:PassRole without a condition", "**/who-can/?action=iam:PassRole&answer=yes"),
        ("Policies with a free PassRole risk", "**/policies/?risk=free-passrole"),
    ],
)
def test_which_policies_pass_any_role_without_a_condition(
    walk: Walk, offer: str, page: str
) -> None:
    walk.find("PassRole without a condition")
    walk.page.wait_for_url("**/search/**")
    walk.click(walk.page.get_by_role("link", name=offer))
    walk.page.wait_for_url(page)
    walk.sees(walk.page.get_by_role("link", name="AdministratorAccess", exact=True))
    assert walk.steps <= 3


def test_the_same_is_found_by_an_operator(walk: Walk) -> None:
    walk.find("risk:free-passrole")
    walk.page.wait_for_url("**/search/**")
    walk.sees(walk.page.get_by_role("heading", name=re.compile(r"^Policies \d+")))
    walk.sees(walk.page.get_by_role("link", name="AdministratorAccess", exact=True))
    assert walk.steps <= 3


def sees_what_widened(walk: Walk) -> None:
    walk.page.wait_for_url("**since=2024-09-30**")
    walk.sees(walk.page.get_by_text(re.compile(r"widened access")).first)
    assert walk.steps <= 3


def test_what_aws_changed_in_ecs_in_two_years_and_whether_it_widens(walk: Walk) -> None:
    walk.find("what changed in ecs in the last two years")
    sees_what_widened(walk)


def test_the_overview_shows_how_to_ask_that(walk: Walk) -> None:
    walk.click(walk.page.get_by_role("link", name="what changed in ecs in the last two years"))
    sees_what_widened(walk)


def test_the_same_is_asked_by_filters(walk: Walk) -> None:
    walk.find("what changed in ecs")
    walk.page.wait_for_url("**/changes/?service=ecs")
    # The filters come after the rows; htmx writes an error for a request that another one replaces.
    walk.page.wait_for_load_state("networkidle")
    if walk.is_phone:
        walk.click(walk.page.get_by_text("Filters", exact=True))
    walk.click(walk.page.get_by_label("two years"))
    if walk.is_phone:
        walk.page.wait_for_url("**since=**")
        walk.click(walk.page.get_by_role("link", name="Show the changes"))
    walk.sees(walk.page.get_by_text(re.compile(r"widened access")).first)
    assert walk.steps <= (4 if walk.is_phone else 2)


def sees_the_document(walk: Walk) -> None:
    walk.sees(walk.page.locator("#answer"))
    walk.click(walk.page.get_by_role("link", name="the document"))
    walk.sees(walk.page.locator("#least-privilege"))
    expect(walk.page.locator("#least-privilege")).to_contain_text("logs:GetLogEvents")
    assert walk.steps <= 4


def test_the_least_document_for_three_calls(walk: Walk) -> None:
    walk.click(walk.page.get_by_role("link", name="Which policy gives just this?"))
    walk.page.wait_for_url("**/best-fit/")
    walk.type(walk.page.locator("textarea[name=actions]"), ACTIONS)
    walk.click(walk.page.get_by_role("button", name="Find", exact=True))
    sees_the_document(walk)


def test_the_same_is_asked_in_words(walk: Walk) -> None:
    walk.find(f"best fit {ACTIONS}")
    walk.page.wait_for_url("**/best-fit/?actions=**")
    sees_the_document(walk)


def test_why_a_request_is_denied_under_a_boundary(walk: Walk) -> None:
    page = walk.page
    walk.find("simulate AmazonECS_FullAcc")
    page.wait_for_url("**/simulate/?policy=AmazonECS_FullAccess")
    walk.click(page.get_by_text("Permissions boundary", exact=True))
    walk.type(page.get_by_label("Permissions boundary, first"), BOUNDARY)
    action = page.get_by_label("One more action")
    walk.type(action, "ecs:RunTask")
    # At a desk the answer follows what is typed; on a phone it has the screen once it is sent.
    if walk.is_phone:
        action.press("Enter")
        page.wait_for_url("**action=ecs%3ARunTask")
    walk.sees(page.locator(".decision .headline"))
    expect(page.locator(".decision .chip")).to_have_text("Denied: implicit deny")
    shut = page.locator(".gate-shut")
    expect(shut).to_contain_text("Boundary")
    walk.sees(shut)
    expect(shut).to_contain_text("Add ecs:RunTask to the")
    assert walk.steps <= 4
    assert urlencode({"action": "ecs:RunTask"}) in page.url
