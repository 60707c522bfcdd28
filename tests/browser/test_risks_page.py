"""A reviewer's way from a policy to a risk, its proof, everybody who has it, and back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

POLICY = "/policies/AmazonECS_FullAccess/"


def test_from_a_policy_to_the_risk_its_proof_and_back(page: Page) -> None:
    page.goto(POLICY)
    risk = page.locator(".risk-rows details").first
    title = risk.locator(".what").inner_text()
    risk.locator("summary").click()
    risk.get_by_role("link", name="Who else has this risk").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title.split()[0])
    row = page.locator("tr[data-policy=AmazonECS_FullAccess]")
    row.get_by_role("link", name="Simulate").click()
    expect(page.locator("[data-verdict]").first).to_contain_text("Allowed")
    page.go_back()
    expect(row).to_be_visible()
    page.go_back()
    expect(page.locator(".verdict-band")).to_be_visible()
    assert POLICY in page.url


def test_the_paths_narrow_by_kind_as_a_box_is_ticked_and_the_address_says_so(page: Page) -> None:
    page.goto("/risks/")
    page.get_by_label("Trust rewritten").check()
    expect(page.locator("tr.kind")).to_have_count(1)
    assert page.url.endswith("/risks/?kind=trust-edit")
    page.keyboard.press("Tab")
    page.go_back()
    expect(page.locator("tr.kind").first).to_contain_text("Policies attached")


def test_rows_of_paths_are_reached_by_the_keyboard(page: Page) -> None:
    page.goto("/risks/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gives any role any permission")
