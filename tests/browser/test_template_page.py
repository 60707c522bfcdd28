"""A reviewer's way in a browser: from full access to one action on one cluster, with one role."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pypdf import PdfReader

from tests.servers import Server
from tests.workbench.templates import ACCOUNT, CLUSTER, ROLE

pytestmark = pytest.mark.browser
ADDRESS = "/policies/AmazonECS_FullAccess/template/"


@pytest.fixture
def template_page(chromium: Browser, server: Server) -> Page:
    context = chromium.new_context(base_url=server.url)
    context.grant_permissions(["clipboard-write"])
    page = context.new_page()
    page.goto("/policies/AmazonECS_FullAccess/")
    page.get_by_role("link", name="Use as a template").click()
    return page


def chosen(page: Page, label: str, text: str) -> None:
    """Fill a field and leave it, and wait for the copy that comes of it."""
    with page.expect_response(lambda answer: "/template/" in answer.url):
        page.get_by_label(label, exact=True).fill(text)
        page.get_by_label(label, exact=True).blur()


def test_a_copy_that_comes_late_takes_nothing_away_that_was_typed_meanwhile(
    template_page: Page,
) -> None:
    page = template_page
    copy = page.locator("#template-copy")
    chosen(page, "Actions in addition, or only these", "ecs:RunTask iam:PassRole")
    held = hold_the_first(page)
    with page.expect_request("**/template/**"):
        page.get_by_label("Account", exact=True).fill(ACCOUNT)
        page.get_by_label("Account", exact=True).blur()
    role = page.get_by_label("iam:role", exact=True)
    role.press_sequentially(ROLE)
    until(page, lambda: bool(held))
    with page.expect_response("**/template/**"):
        held[0].continue_()
    page.wait_for_load_state("networkidle")
    assert role.input_value() == ROLE
    with page.expect_response("**/template/**"):
        role.blur()
    expect(copy.locator("#copy-document")).to_contain_text(ROLE)
    assert role.input_value() == ROLE


def test_a_copy_that_was_left_out_is_asked_for_again_where_nothing_changed_in_the_end(
    template_page: Page,
) -> None:
    page = template_page
    held = hold_the_first(page)
    with page.expect_request("**/template/**"):
        page.get_by_label("Actions in addition, or only these", exact=True).fill("ecs:RunTask")
        page.get_by_label("Actions in addition, or only these", exact=True).blur()
    account = page.get_by_label("Account", exact=True)
    account.press_sequentially("1")
    account.press("Backspace")
    until(page, lambda: bool(held))
    with page.expect_response("**/template/**"):
        held[0].continue_()
    page.wait_for_load_state("networkidle")
    document = page.locator("#copy-document")
    assert "application-autoscaling" in document.inner_text()
    with page.expect_response("**/template/**"):
        account.blur()
    expect(document).not_to_contain_text("application-autoscaling")
    expect(document).to_contain_text("ecs:RunTask")


def hold_the_first(page: Page) -> list[Route]:
    """Hold back the next copy; those after it come as they are asked for."""
    held: list[Route] = []
    page.route("**/template/**", lambda route: route.continue_() if held else held.append(route))
    return held


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Let the browser's events come in until it is so."""
    for _ in range(200):
        if is_so():
            return
        page.wait_for_timeout(50)
    pytest.fail("it has not come about")


def test_a_reviewer_gets_from_full_access_to_one_cluster_and_one_role_and_signs(
    template_page: Page,
) -> None:
    page = template_page
    copy = page.locator("#template-copy")
    expect(copy).to_contain_text("grants nothing beyond AmazonECS_FullAccess")
    chosen(page, "Actions in addition, or only these", "ecs:RunTask iam:PassRole")
    chosen(page, "Account", ACCOUNT)
    chosen(page, "Region", "eu-west-1")
    chosen(page, "iam:role", ROLE)
    chosen(page, "ecs:cluster", CLUSTER)
    with page.expect_response(lambda answer: "/template/" in answer.url):
        page.get_by_label(f"ecs:RunTask ArnLike ecs:cluster={CLUSTER}").check()
    passing = {"action": "iam:PassRole", "resource": ROLE,
               "context": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}  # fmt: skip
    chosen(page, "Requests that it must allow", json.dumps(passing))
    expect(copy).to_contain_text("1 of 1 required requests decided as expected")
    expect(copy).to_contain_text("proved for any request in any context")
    expect(page.get_by_label(f"ecs:RunTask ArnLike ecs:cluster={CLUSTER}")).to_be_checked()
    document = json.loads(page.locator("#copy-document").inner_text())
    assert [each["Action"] for each in document["Statement"]] == ["ecs:RunTask", "iam:PassRole"]
    assert document["Statement"][0]["Condition"] == {"ArnLike": {"ecs:cluster": CLUSTER}}
    assert document["Statement"][1]["Resource"] == ROLE
    copy.get_by_text("Terraform", exact=True).click()
    copy.get_by_role("button", name="Copy Terraform").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_attached()
    page.locator("#without").focus()
    page.keyboard.press("ControlOrMeta+V")
    copied = page.locator("#without").input_value()
    assert copied.startswith('resource "aws_iam_policy"')
    assert ROLE in copied
    page.reload()
    expect(page.locator("#copy-document")).to_contain_text(ROLE)
    # The report of what was reviewed, printed with the reviewer's notes.
    page.get_by_role("link", name="Summary").click()
    page.get_by_role("link", name="Report").click()
    page.get_by_label("Notes").fill("To be replaced by the copy for one cluster.")
    page.get_by_label("Decision").fill("Rejected")
    printed = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf())).pages]
    text = re.sub(r"\s+", " ", " ".join(printed))
    for each in ("Report on AmazonECS_FullAccess", "Runs code as any role that trusts ECS tasks",
                 "all 4 requests are allowed", "To be replaced by the copy", "Rejected", "SHA-256",
                 f"{len(printed)} / {len(printed)}"):  # fmt: skip
        assert each in text


def test_a_part_of_the_picture_ticks_what_it_stands_for_and_follows_the_list(
    template_page: Page,
) -> None:
    page = template_page
    page.set_viewport_size({"width": 1280, "height": 900})
    part = page.locator("svg.wide [data-part='ecs:Tagging']")
    other = page.locator("svg.wide [data-part='ecs:Write']")
    boxes = page.locator("[data-cell='ecs:Tagging']")
    expect(part).to_have_attribute("aria-checked", "false")
    with page.expect_response(lambda answer: "/template/" in answer.url):
        part.click()
    expect(part).to_have_attribute("aria-checked", "true")
    assert [each.is_checked() for each in boxes.all()] == [True, True]
    expect(page.locator("#template-copy")).to_contain_text("2 actions")
    expect(other).to_have_class("left-out")
    expect(part).not_to_have_class("left-out")
    # What is unticked in the list is seen in the picture, and after a reload too.
    page.get_by_text("Single actions").click()
    page.get_by_text("ecs 92", exact=False).locator("visible=true").last.click()
    with page.expect_response(lambda answer: "/template/" in answer.url):
        page.get_by_role("checkbox", name="UntagResource", exact=True).locator(
            "visible=true"
        ).uncheck()
    expect(part).to_have_attribute("aria-checked", "mixed")
    expect(page.locator("#template-copy")).to_contain_text("1 action")
    page.reload()
    expect(part).to_have_attribute("aria-checked", "mixed")
    expect(other).to_have_class("left-out")


def test_the_picture_is_ticked_with_the_keyboard_alone(template_page: Page) -> None:
    page = template_page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="Use as a template").focus()
    page.keyboard.press("Tab")
    told = "document.activeElement.querySelector('title').textContent.trim()"
    assert page.evaluate(told) == "Permissions management"
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    assert page.evaluate(told).startswith("ec2, Write")
    with page.expect_response(lambda answer: "/template/" in answer.url):
        page.keyboard.press("Space")
    focused = page.locator("svg.wide [data-part='ec2:Write']")
    expect(focused).to_have_attribute("aria-checked", "true")
    expect(focused).to_be_focused()
    with page.expect_response(lambda answer: "/template/" in answer.url):
        page.keyboard.press("Space")
    expect(focused).to_have_attribute("aria-checked", "false")
    # A service and a level stand for their own boxes.
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    expect(page.locator("[name=service][value=ec2]")).to_be_checked()
    # One Tab leaves the picture.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('svg')") is None


def test_without_javascript_the_picture_is_one_and_the_list_is_ticked(
    chromium: Browser, server: Server
) -> None:
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(ADDRESS)
    expect(statement(page, 1)).to_contain_text("ECSIntegrationsManagementPolicy")
    assert statement(page, 1).get_attribute("role") is None
    assert page.locator("[name=statement]").first.is_visible()
    page.goto("/policies/AdministratorAccess/template/")
    expect(page.locator("svg.wide")).to_be_visible()
    assert not page.locator("svg [role=checkbox]").count()
    page.get_by_text("Services by access level").click()
    page.locator("[data-cell='iam:Tagging']").check()
    page.get_by_role("button", name="Show the copy").click()
    expect(page.locator("#template-copy")).to_contain_text("iam:TagRole")
    expect(page.locator("[data-cell='iam:Tagging']")).to_be_checked()
    context.close()


def statement(page: Page, number: int) -> Locator:
    return page.locator(f"[data-statement='{number}']")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_statement_is_ticked_on_the_picture_as_in_the_list(
    template_page: Page, width: int
) -> None:
    page = template_page
    page.set_viewport_size({"width": width, "height": 900})
    boxes = page.locator("[name=statement]")
    everything = page.locator("[data-ticks='[name=statement]']")
    expect(everything).to_have_attribute("aria-checked", "false")
    with page.expect_response(lambda answer: "/template/" in answer.url):
        statement(page, 3).click()
    expect(statement(page, 3)).to_have_attribute("aria-checked", "true")
    expect(boxes.nth(2)).to_be_checked()
    expect(everything).to_have_attribute("aria-checked", "mixed")
    expect(page.locator("#template-copy")).to_contain_text("4 actions")
    # What the copy has nothing of fades, the cells of the map among it.
    expect(statement(page, 4)).to_have_class(re.compile("left-out"))
    expect(statement(page, 3)).not_to_have_class(re.compile("left-out"))
    drawn = page.locator("svg.wide" if width > 1000 else "svg.phone")
    expect(drawn.locator("[data-part='ecs:Write']")).to_have_class("left-out")
    expect(drawn.locator("[data-part='ec2:Write']")).not_to_have_class("left-out")
    # The list is followed, also after a reload.
    with page.expect_response(lambda answer: "/template/" in answer.url):
        boxes.nth(3).check()
    expect(statement(page, 4)).to_have_attribute("aria-checked", "true")
    expect(statement(page, 4)).not_to_have_class(re.compile("left-out"))
    page.reload()
    for number, state in ((3, "true"), (4, "true"), (5, "false")):
        expect(statement(page, number)).to_have_attribute("aria-checked", state)
    # All of them together, then none.
    for state in ("true", "false"):
        with page.expect_response(lambda answer: "/template/" in answer.url):
            everything.click()
        expect(everything).to_have_attribute("aria-checked", state)
        assert {box.is_checked() for box in boxes.all()} == {state == "true"}
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_statements_are_ticked_with_the_keyboard_alone(template_page: Page) -> None:
    page = template_page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="Use as a template").focus()
    page.keyboard.press("Tab")
    # From the foot of the map the arrow leads to the statements; so does Tab.
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    everything = page.locator("[data-ticks='[name=statement]']")
    expect(everything).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(statement(page, 1)).to_be_focused()
    with page.expect_response(lambda answer: "/template/" in answer.url):
        page.keyboard.press("Space")
    expect(page.locator("[name=statement][value='1']")).to_be_checked()
    expect(statement(page, 1)).to_have_attribute("aria-checked", "true")
    expect(statement(page, 1)).to_be_focused()
    # Through all of them in their order, from line to line.
    for number in range(2, 11):
        page.keyboard.press("ArrowRight")
        expect(statement(page, number)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(statement(page, 10)).to_be_focused()
    lines = {round(box["y"]) for n in range(1, 11) if (box := statement(page, n).bounding_box())}
    assert len(lines) == 3
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    expect(statement(page, 3)).to_be_focused()
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.closest('svg.wide') !== null")
    # Each group is one stop of Tab, and remembers where one was.
    page.keyboard.press("Tab")
    expect(statement(page, 3)).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.blast-map')") is None


def test_a_deny_is_seen_as_kept_and_can_not_be_ticked(page: Page) -> None:
    page.goto("/policies/AmazonInspector2AmiScanServiceRolePolicy/template/")
    denies = page.locator(".part.effect-deny")
    expect(denies).to_have_count(2)
    for deny in denies.all():
        expect(deny).to_contain_text("Deny, kept")
        assert deny.get_attribute("role") is None
        deny.click()
    assert not page.locator("[name=statement]:checked").count()
    # The arrows pass over them.
    statement(page, 6).focus()
    page.keyboard.press("ArrowRight")
    expect(statement(page, 9)).to_be_focused()
    with page.expect_response(lambda answer: "/template/" in answer.url):
        page.keyboard.press("Space")
    for deny in denies.all():
        expect(deny).not_to_have_class(re.compile("left-out"))
    expect(page.locator("#copy-document")).to_contain_text('"Effect": "Deny"')


def test_of_many_statements_the_one_with_the_focus_is_in_view(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/policies/SageMakerStudioProjectProvisioningRolePolicy/template/")
    assert page.locator(".parts").evaluate("each => each.scrollHeight > each.clientHeight")
    statement(page, 1).focus()
    for _ in range(40):
        page.keyboard.press("ArrowDown")
    last = page.evaluate("Number(document.activeElement.dataset.statement)")
    assert last > 150
    seen = """part => {
      const [own, all] = [part, part.parentElement].map(each => each.getBoundingClientRect());
      return own.top >= all.top - 1 && own.bottom <= all.bottom + 1;
    }"""
    assert statement(page, last).evaluate(seen)
