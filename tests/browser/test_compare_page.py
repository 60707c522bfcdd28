"""The comparison as a person meets it: added while browsing, and typed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.servers import Server

pytestmark = pytest.mark.browser


def test_policies_are_added_by_key_and_by_button_and_compared(page: Page) -> None:
    page.goto("/policies/AmazonECSTaskExecutionRolePolicy/")
    page.keyboard.press("c")
    expect(page.get_by_role("complementary", name="Comparison")).to_contain_text(
        "AmazonECSTaskExecutionRolePolicy"
    )
    page.goto("/policies/AmazonECS_FullAccess/?version=v20")
    page.get_by_role("button", name="Add to comparison").click()
    page.goto("/")
    tray = page.get_by_role("complementary", name="Comparison")
    expect(tray.get_by_role("listitem")).to_have_count(2)
    tray.get_by_role("link", name="Compare 2").click()
    page.wait_for_url(
        "**/compare/?policy=AmazonECSTaskExecutionRolePolicy&policy=AmazonECS_FullAccess%40v20"
    )
    expect(page.locator(".verdict .sentence")).to_contain_text("have nothing in common")
    tray.get_by_role("button", name="Remove AmazonECSTaskExecutionRolePolicy").click()
    expect(tray.get_by_role("listitem")).to_have_count(1)
    tray.get_by_role("button", name="Clear").click()
    expect(tray).to_be_hidden()


def test_a_service_of_the_matrix_is_opened_and_closed_by_keyboard(page: Page) -> None:
    page.goto("/compare/?policy=AmazonEC2FullAccess&policy=AmazonECS_FullAccess")
    page.get_by_role("row", name="ecs Open").get_by_role("link", name="ecs", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    action = page.get_by_role("link", name="ecs:DeleteCluster", exact=True)
    expect(action).to_be_visible()
    expect(page.locator("#open-ecs")).to_be_focused()
    expect(page.locator("#open-ecs")).to_contain_text("Close")
    page.keyboard.press("Enter")
    expect(action).to_be_hidden()
    expect(page.locator("#open-ecs")).to_be_focused()


def test_the_next_rows_of_a_long_service_take_the_focus(page: Page) -> None:
    page.goto("/compare/?policy=AmazonEC2FullAccess&policy=AmazonECS_FullAccess&open=ec2#open-ec2")
    rows = page.locator("#service-ec2 tr")
    before = rows.count()
    more = page.locator("#service-ec2").get_by_role("link", name="Show 50 more of")
    more.focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(before + 50)
    expect(rows.nth(before - 1).get_by_role("link")).to_be_focused()
    page.locator("#open-ec2").click()
    expect(rows).to_have_count(1)


def test_on_a_phone_each_row_of_the_matrix_shows_both_sides_by_name(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/compare/?policy=AmazonEC2FullAccess&policy=AmazonECS_FullAccess&open=ec2#open-ec2")
    row = page.locator("#service-ec2 tr", has_text="ec2:AcceptAddressTransfer")
    for side, said in (("AmazonEC2FullAccess@v5", "free"), ("AmazonECS_FullAccess@v22", "lost")):
        cell = row.locator(f"[data-name='{side}']")
        expect(cell).to_contain_text(said)
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        named = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
        assert side in named


def test_on_a_phone_a_service_of_the_matrix_says_what_its_numbers_count(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/compare/?policy=AmazonEC2FullAccess&policy=AmazonECS_FullAccess")
    cells = page.locator(".matrix .service [data-name]").all()
    assert len(cells) > 20
    for cell in cells:
        unit = "action" if cell.inner_text().strip() == "1" else "actions"
        after = cell.evaluate("cell => getComputedStyle(cell, '::after').content")
        assert after == f'" {unit}"'


def test_a_comparison_is_typed_without_javascript(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/compare/")
    page.get_by_label("Policy 1").fill("AmazonECS_FullAccess@v20")
    page.get_by_label("One more policy").fill("AmazonECS_FullAccess")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".verdict .sentence")).to_contain_text("and more.")
    page.get_by_text("Try it").first.click()
    page.get_by_role("link", name="Allowed by AmazonECS_FullAccess@v22").first.click()
    expect(page.locator(".decision .chip")).to_have_text("Allowed")
    context.close()


def test_of_three_policies_the_lost_risks_stand_apart_from_the_gained_and_on_one_line(
    page: Page,
) -> None:
    names = ("AmazonEC2FullAccess", "AmazonECS_FullAccess", "AmazonS3FullAccess")
    page.goto("/compare/?" + "&".join(f"policy={name}" for name in names))
    page.locator("summary", has_text=re.compile(r"risks gained and \d+ risks lost")).first.click()
    chip = page.get_by_text("no longer", exact=True).first.bounding_box()
    more = page.get_by_role("link", name=re.compile(r"^\d+ more$")).first.bounding_box()
    lost = page.locator(".risk-changes li", has_text="no longer").first.bounding_box()
    assert chip is not None
    assert more is not None
    assert lost is not None
    assert chip["height"] <= 20
    assert lost["y"] - more["y"] - more["height"] >= 8


def test_of_several_policies_the_sentence_comes_before_the_picture(page: Page) -> None:
    names = ("AmazonEC2FullAccess", "AmazonECS_FullAccess", "AmazonS3FullAccess")
    page.goto("/compare/?" + "&".join(f"policy={name}" for name in names))
    said = page.get_by_text("None of them is proved to allow all that another does.")
    sentence, picture = said.bounding_box(), page.locator("figure.lattice").bounding_box()
    assert sentence is not None
    assert picture is not None
    assert sentence["y"] < picture["y"]
    expect(page.locator("figcaption")).not_to_contain_text("Solid")


THREE = "?policy=AmazonEC2FullAccess&policy=AmazonECS_FullAccess&policy=AWSLambda_FullAccess"
# What a page has while the rest of a long comparison is on its way, whatever is left of this one.
ON_ITS_WAY = """address => {
  const answer = document.getElementById("answer");
  answer.insertAdjacentHTML("afterbegin", `<p role="status" hx-get="${address}"
    hx-trigger="load delay:200ms" hx-target="#answer" hx-select="#answer" hx-swap="outerHTML">`);
  htmx.process(answer.firstElementChild);
}"""


def test_what_was_opened_stays_open_while_a_comparison_goes_on_by_itself(page: Page) -> None:
    held: list[Route] = []
    page.route(re.compile("[?&]left="), lambda route: held.append(route))
    page.goto(f"/compare/{THREE}")
    ec2, ecs, elb = (
        page.locator(f"#open-{prefix}") for prefix in ("ec2", "ecs", "elasticloadbalancing")
    )
    details = page.locator("#answer details").filter(has_text="statements differ")
    ec2.click()
    page.locator("#service-ec2").get_by_role("link", name="Show 50 more of").click()
    expect(page.locator("#service-ec2 [scope=row]")).to_have_count(100)
    ecs.click()
    expect(ecs).to_contain_text("Close")
    details.last.locator("> summary").click()
    expect(details.last).to_have_attribute("open", "")
    page.evaluate("window.isSamePage = true")
    for left in ("2.0", "1.0"):
        page.evaluate(ON_ITS_WAY, f"{THREE}&left={left}")
        while not held:
            page.wait_for_timeout(20)
        # While it is answered one is opened, and then another one closed.
        (elb if left == "2.0" else ecs).click()
        expect(elb).to_contain_text("Close")
        held.pop().continue_()
        expect(page.locator("#answer > [hx-trigger]")).to_have_count(0)
        for each, said in (
            (ec2, "Close"),
            (elb, "Close"),
            (ecs, "Close" if left == "2.0" else "Open"),
        ):
            expect(each).to_contain_text(said)
        expect(page.locator("#service-ec2 [scope=row]")).to_have_count(100)
        expect(details.last).to_have_attribute("open", "")
        expect(details.first).not_to_have_attribute("open", "")
        assert page.evaluate("window.isSamePage")
