"""A curator's day, all of it by keyboard; a reviewer can do none of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_desk_page import (
    VOLUMES,
    accept_here,
    desk_server,
    done,
    message_here,
    opened,
)
from tests.servers import StartedServer

__all__ = ["desk_server"]
pytestmark = pytest.mark.browser

ARN = "arn:aws:iam::123456789012:policy/Deploy"
TITLE = "AWS lets the policy see instances"
# More than there are on any page before what a curator looks for.
MOST_TABS = 200


def exported(folder: Path) -> Path:
    """A file as `aws iam get-account-authorization-details` has a policy."""
    statement = {"Effect": "Allow", "Action": ["ecs:RunTask", "iam:PassRole"], "Resource": "*"}
    body = {"Version": "2012-10-17", "Statement": [statement]}
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": body}
    policy = {"PolicyName": "Deploy", "Arn": ARN, "DefaultVersionId": "v1"}
    file = folder / "details.json"
    file.write_text(json.dumps({"Policies": [{**policy, "PolicyVersionList": [version]}]}))
    return file


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until it has the focus."""
    expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {target}")


def enter(page: Page, target: Locator) -> None:
    """Go to a link or a button by Tab, and follow it by Enter."""
    tab_to(page, target)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("main").get_by_role("button", name=name, exact=True).first


def mend_what_is_misspelt(page: Page) -> None:
    page.keyboard.press("j")
    while "ec2:DescribeVolume is described" not in message_here(page):
        page.keyboard.press("j")
    with page.expect_response("**/desk/edit/**"):
        page.keyboard.press("e")
    expect(page.get_by_label("Pattern")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type("s")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def add_an_entry_to_the_change_log(page: Page) -> None:
    page.goto("/admin/catalog/changelogentry/add/")
    policy = page.locator("#select2-id_policy-container").locator("xpath=..")
    tab_to(page, policy)
    page.keyboard.press("Enter")
    page.keyboard.type(VOLUMES)
    expect(page.locator(".select2-results__option", has_text=VOLUMES)).to_be_visible()
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Date:"))
    page.keyboard.type("2026-02-12")
    tab_to(page, page.get_by_label("Title:"))
    page.keyboard.type(TITLE)
    tab_to(page, page.get_by_label("Description:"))
    page.keyboard.type("Adds ec2:DescribeInstances.")
    enter(page, page.get_by_role("button", name="Save", exact=True))
    expect(page.locator(".messagelist .success")).to_be_visible()


def import_with_a_preview(page: Page, file: Path) -> None:
    page.goto("/desk/import/")
    chooser = page.get_by_label("File")
    tab_to(page, chooser)
    # What opens next is the system's.
    chooser.set_input_files(file)
    enter(page, button(page, "Show what would change"))
    expect(page.get_by_role("main")).to_contain_text("Runs code as any role")
    enter(page, button(page, "Accept"))
    expect(page.get_by_role("main")).to_contain_text("Accepted by ines")


def test_a_curators_day_by_keyboard(
    chromium: Browser, desk_server: StartedServer, tmp_path: Path
) -> None:
    page = opened(chromium, desk_server, "ines", f"/desk/?policy={VOLUMES}")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    mend_what_is_misspelt(page)
    page.goto("/desk/?kind=check")
    page.keyboard.press("j")
    for number in range(4):
        accept_here(page, f"known, {number}")
        expect(page.locator("[data-finding]:focus")).to_have_count(1)
    assert done(page) == 5
    # What we say is right now; what AWS's page says is still found to be wrong.
    page.goto(f"/policies/{VOLUMES}/permissions/")
    said = page.inner_text("main")
    assert "ec2:DescribeVolumes, v1: " in said
    assert "says ec2:DescribeVolume." in said
    page.goto(f"/policies/{VOLUMES}/checks/")
    expect(page.get_by_role("main")).to_contain_text("ec2:DescribeVolume is described, but")

    add_an_entry_to_the_change_log(page)
    page.goto(f"/policies/{VOLUMES}/changes/")
    expect(page.get_by_role("main")).to_contain_text(TITLE)
    import_with_a_preview(page, exported(tmp_path))
    imported = page.url
    page.goto(f"/policies/{ARN}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Deploy")

    # The newest edit is the entry; that of the description comes after it.
    page.goto(f"/edits/{VOLUMES}/")
    enter(page, button(page, "Put this edit back"))
    page.goto(f"/policies/{VOLUMES}/changes/")
    expect(page.get_by_role("main")).not_to_contain_text(TITLE)
    page.goto(imported)
    enter(page, button(page, "Undo"))
    expect(button(page, "Accept")).to_be_visible()
    assert page.request.get(f"/policies/{ARN}/").status == 404

    page.goto("/desk/")
    enter(page, page.get_by_role("button", name="Log out"))
    page.goto("/desk/")
    assert "/login/" in page.url
    page.context.close()
    assert not complaints, complaints


def test_a_reviewer_can_do_nothing_of_it(chromium: Browser, desk_server: StartedServer) -> None:
    page = opened(chromium, desk_server, "rae", "/desk/")
    row = "/desk/edit/permissiondescription/1/"
    for path in ("/desk/", "/desk/import/", f"/edits/{VOLUMES}/", row):
        page.goto(path)
        refused = page.get_by_role("heading", level=1).inner_text()
        assert refused == "You are not allowed to do this", path
    page.goto("/admin/catalog/changelogentry/add/")
    assert "/login/" in page.url
    page.context.close()
