"""A reviewer's way in a browser: from full access to one action on one cluster, with one role."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers import StartedServer
from tests.workbench.templates import ACCOUNT, CLUSTER, ROLE

pytestmark = pytest.mark.browser
ADDRESS = "/policies/AmazonECS_FullAccess/template/"


@pytest.fixture
def template_page(chromium: Browser, server: StartedServer) -> Page:
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


def test_a_reviewer_gets_from_full_access_to_one_cluster_and_one_role(template_page: Page) -> None:
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
