"""The list of watched policies as a browser remembers it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.simulate.test_watch_command import TAGGING

pytestmark = pytest.mark.browser


def test_watch_adds_and_remove_forgets_and_the_list_is_there_again(page: Page) -> None:
    for name in ("AmazonECS_FullAccess", "AdministratorAccess"):
        page.goto(f"/policies/{name}/")
        page.get_by_role("link", name="Watch").click()
        page.wait_for_url(f"**policy={name}")
    page.goto("/watching/")
    page.wait_for_url("**/watching/?policy=AmazonECS_FullAccess&policy=AdministratorAccess")
    page.get_by_role("link", name="Remove AdministratorAccess").click()
    page.wait_for_url("**/watching/?policy=AmazonECS_FullAccess")
    page.goto("/watching/")
    page.wait_for_url("**/watching/?policy=AmazonECS_FullAccess")


def test_a_shared_list_is_remembered_only_when_asked(page: Page) -> None:
    page.goto("/watching/?policy=ReadOnlyAccess")
    page.get_by_role("button", name="Remember this list").wait_for()
    assert page.evaluate("localStorage.getItem('policyhub-watching')") is None
    page.get_by_role("button", name="Remember this list").click()
    page.goto("/watching/")
    page.wait_for_url("**/watching/?policy=ReadOnlyAccess")


def test_a_scenario_file_is_remembered_with_the_list_and_forgotten_again(
    page: Page, tmp_path: Path
) -> None:
    file = tmp_path / "team.jsonl"
    file.write_text(json.dumps(TAGGING))
    page.goto("/watching/?add=AmazonECS_FullAccess")
    page.wait_for_url("**/watching/?policy=AmazonECS_FullAccess")
    page.locator("#since").fill("2024-01-01")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_label("Scenario file").set_input_files(file)
    page.get_by_role("button", name="Watch it").click()
    page.wait_for_url("**/watching/?policy=AmazonECS_FullAccess&scenarios=*&since=2024-01-01*")
    expect(page.locator("main")).to_contain_text("1 answer changed since 1 January 2024")
    assert (
        "answer-changed"
        in page.request.get(
            page.get_by_role("link", name="Atom").get_attribute("href") or ""
        ).text()
    )
    page.goto("/watching/")
    page.wait_for_url("**&scenarios=*")
    expect(page.locator("main")).to_contain_text("Scenarios of this address")
    page.get_by_role("link", name="Remove Scenarios of this address").click()
    page.goto("/watching/")
    page.wait_for_url("**/watching/?policy=AmazonECS_FullAccess")


LISTED = "&".join(
    f"policy={name}"
    for name in (
        "AmazonECS_FullAccess",
        "AdministratorAccess",
        "SageMakerStudioProjectProvisioningRolePolicy",
    )
)
CELLS = """() => Array.from(document.querySelectorAll('table.watched tbody tr'), row =>
  Array.from(row.cells, cell => {
    const { left, right, width, height } = cell.getBoundingClientRect();
    const name = getComputedStyle(cell, '::before').content;
    const text = cell.innerText.trim();
    return { left, right, width, height, text, name: name === 'none' ? '' : JSON.parse(name) };
  }))"""


def test_on_a_phone_each_policy_is_a_card_and_every_cell_says_what_it_is(page: Page) -> None:
    page.goto(f"/watching/?{LISTED}&since=2015-01-01")
    names = page.locator("table.watched thead th").all_inner_texts()
    assert {cell["name"] for row in page.evaluate(CELLS) for cell in row} == {""}
    page.set_viewport_size({"width": 390, "height": 844})
    rows = page.evaluate(CELLS)
    assert len(rows) == 3
    for row in rows:
        told = [cell["name"].strip() for cell in row]
        # The first cell is the policy, and the last one a button or link that says what it does.
        assert told == ["", *names[1:-1], ""]
        assert row[0]["text"]
        assert row[-1]["text"].startswith("Remove")
        for cell in row:
            assert cell["text"], told
            assert cell["height"] >= 16
            assert cell["left"] >= 0
            assert cell["right"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator("table.watched").evaluate(
        "each => [each.parentElement.scrollWidth, each.parentElement.clientWidth]"
    )
    assert box[0] <= box[1]
    page.get_by_role("link", name="Remove AdministratorAccess").click()
    expect(page.locator("table.watched tbody tr")).to_have_count(2)
