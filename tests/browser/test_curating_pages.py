"""A curator in a real browser: import with a preview, edit from a pencil, put back, undo."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import follow
from tests.browser.test_pages import require_good_looks as look
from tests.servers import manage
from tests.test_curators_at_once import server_on_what_is_there

pytestmark = pytest.mark.browser
PASSWORD = "seven green hills"
ARN = "arn:aws:iam::123456789012:policy/Deploy"
PROSE = """
from policyhub.catalog.models import PermissionDescription, Policy
policy = Policy.objects.get(name="Deploy")
claim = {"pattern": "ecs:RunTsk", "text": "Runs tasks."}
PermissionDescription.objects.create(policy=policy, claim=claim, **claim)
"""


def exported(*actions: str) -> str:
    """The policy as an export has it."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    body = {"Version": "2012-10-17", "Statement": [statement]}
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": body}
    policy = {"PolicyName": "Deploy", "Arn": ARN, "DefaultVersionId": "v1"}
    return json.dumps([{**policy, "PolicyVersionList": [version]}])


@pytest.fixture(scope="module")
def data_dir(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("curating") / "data"
    shutil.copytree(tables, folder)
    return folder


@pytest.fixture(scope="module")
def address(data_dir: Path) -> Iterator[str]:
    with server_on_what_is_there(data_dir) as url:
        for name, role in (("ines", "curator"), ("rae", "reviewer")):
            code = (
                "from io import StringIO; import sys; from django.core.management import "
                f"call_command; sys.stdin = StringIO({PASSWORD!r}); "
                f"call_command('createcurator', {name!r}, role={role!r}, password_stdin=True)"
            )
            made = manage(data_dir, "shell", "-v", "0", "-c", code, DEBUG="on")
            assert made.returncode == 0, made.stderr
        yield url


def logged_in(chromium: Browser, address: str, name: str) -> Page:
    page = chromium.new_context(base_url=address, reduced_motion="reduce").new_page()
    page.goto("/login/?next=/desk/import/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Log in")
    return page


def press(page: Page, name: str) -> None:
    follow(page.get_by_role("main").get_by_role("button", name=name, exact=True).first)


def test_a_curator_imports_edits_puts_back_and_undoes(
    chromium: Browser, address: str, data_dir: Path
) -> None:
    page = logged_in(chromium, address, "ines")
    look(page)
    page.get_by_label("Or paste it here").fill(exported("ecs:RunTask", "iam:PassRole"))
    press(page, "Show what would change")
    look(page)
    press(page, "Accept")
    assert "Accepted by ines" in page.inner_text("main")
    look(page)
    done = manage(data_dir, "shell", "-v", "0", "-c", PROSE, DEBUG="on")
    assert done.returncode == 0, done.stderr
    # A description of what is not granted has no row among the permissions.
    page.goto("/desk/edit/permissiondescription/1/?next=/policies/Deploy/permissions/")
    page.get_by_label("Service or action pattern").fill("ecs:RunTassk")
    page.get_by_text("did you mean ecs:RunTask").wait_for()
    look(page)
    page.get_by_label("Service or action pattern").fill("ecs:RunTask")
    page.get_by_label("Text").fill("Runs *each* task.")
    page.locator(".as-read em", has_text="each").wait_for()
    look(page)
    press(page, "Save")
    assert "AWS's page says ecs:RunTsk" in page.inner_text("main")
    look(page)
    page.goto(f"/edits/{ARN}/")
    look(page)
    press(page, "Put this edit back")
    assert "Put back edit permissiondescription-" in page.inner_text("main")
    page.goto("/desk/import/1/")
    press(page, "Undo")
    # What a description is about is not taken away from it.
    assert "Put their edits back first" in page.inner_text("main")
    page.close()


def test_a_reviewer_reads_and_does_nothing_else(chromium: Browser, address: str) -> None:
    page = logged_in(chromium, address, "rae")
    assert "You are not allowed to do this" in page.inner_text("main")
    page.goto("/account/tokens/")
    page.get_by_label("What it is for").fill("feeds")
    press(page, "Make a token")
    assert page.inner_text("#made-token").startswith("policyhub_")
    look(page)
    press(page, "End feeds")
    assert "You have no tokens." in page.inner_text("main")
