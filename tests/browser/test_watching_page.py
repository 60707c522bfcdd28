"""The list of watched policies as a browser remembers it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

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
