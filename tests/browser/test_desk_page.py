"""A curator's hour at the desk by keyboard alone; what a reviewer sees of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import follow
from tests.browser.test_pages import require_good_looks
from tests.servers import StartedServer, manage, started

pytestmark = pytest.mark.browser

PASSWORD = "seven green hills"
VOLUMES = "AmazonECSInfrastructureRolePolicyForVolumes"
ACCOUNTS = f"""
from django.contrib.auth.models import Group, User
ines = User.objects.create_user("ines", password="{PASSWORD}", is_staff=True)
ines.groups.add(Group.objects.get(name="Curators"))
User.objects.create_user("rae", password="{PASSWORD}")
"""


@pytest.fixture(scope="module")
def desk_server(
    installation: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartedServer]:
    """A server with the whole corpus, a curator and a reviewer."""
    data_dir = tmp_path_factory.mktemp("desk") / "data"
    shutil.copytree(installation, data_dir)
    made = manage(data_dir, "shell", "--no-imports", "-c", ACCOUNTS)
    assert made.returncode == 0, made.stderr
    with started(data_dir) as running:
        yield running


def opened(chromium: Browser, server: StartedServer, name: str, path: str) -> Page:
    """The page that an account comes to, logged in by keyboard."""
    context = chromium.new_context(base_url=server.url, reduced_motion="reduce")
    page = context.new_page()
    page.goto(path)
    page.get_by_label("User name").focus()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return page


def done(page: Page) -> int:
    found = re.search(r"(\d+) of \d+ done today", page.locator(".lede").inner_text())
    assert found is not None
    return int(found[1])


def message_here(page: Page) -> str:
    """What the finding says that has the focus."""
    return page.locator("[data-finding]:focus").inner_text()


def accept_here(page: Page, reason: str) -> None:
    """Accept the finding that has the focus; the next one has it then."""
    page.keyboard.press("a")
    page.keyboard.type(reason)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_curator_works_off_five_findings_and_undoes_one_by_keyboard(
    chromium: Browser, desk_server: StartedServer
) -> None:
    page = opened(chromium, desk_server, "ines", f"/desk/?policy={VOLUMES}")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    assert done(page) == 0
    page.keyboard.press("j")
    while "ec2:DescribeVolume is described" not in message_here(page):
        page.keyboard.press("j")
    with page.expect_response("**/desk/edit/**"):
        page.keyboard.press("e")
    pattern = page.get_by_label("Pattern")
    expect(pattern).to_be_focused()
    assert pattern.input_value() == "ec2:DescribeVolume"
    page.keyboard.press("End")
    page.keyboard.type("s")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(
        page.locator("[data-finding]", has_text="ec2:DescribeVolume is described")
    ).to_have_count(0)

    loaded: set[str] = set()
    page.on("response", lambda answer: loaded.add(answer.url))
    page.goto("/desk/?kind=check", wait_until="networkidle")
    assert len([url for url in loaded if "favicon" not in url]) <= 5, sorted(loaded)
    first = page.locator("[data-finding]").first.get_attribute("id")
    page.keyboard.press("j")
    for number in range(4):
        accept_here(page, f"known, {number}")
        expect(page.locator("[data-finding]:focus")).to_have_count(1)
    assert done(page) == 5
    last = page.locator("#undo").inner_text()
    assert "you accepted" in last
    with page.expect_navigation():
        page.keyboard.press("u")
    assert done(page) == 4
    assert page.locator(f"#{first}").count() == 0

    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("accept the finding, with a reason")
    page.keyboard.press("Escape")
    page.goto("/desk/?accepted=yes")
    assert page.locator("[data-finding]").count() == 3
    page.get_by_role("button", name="Log out").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto("/desk/")
    assert "/login/" in page.url
    page.context.close()
    assert not complaints, complaints


@pytest.mark.parametrize("is_in_place", [True, False], ids=["in place", "on its own page"])
def test_what_is_typed_at_the_desk_is_looked_up_and_shown_as_it_will_be_read(
    chromium: Browser, desk_server: StartedServer, is_in_place: bool
) -> None:
    page = opened(chromium, desk_server, "ines", f"/desk/?policy={VOLUMES}")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    card = page.locator("[data-finding]", has_text="ec2:DeleteTags is described")
    edit = card.get_by_role("link", name="Edit…")
    if is_in_place:
        edit.click()
    else:
        page.goto(str(edit.get_attribute("href")))
    form = page.locator(".desk-edit")
    pattern, text = form.get_by_label("Pattern"), form.get_by_label("Text")
    pattern.fill("ec2:DescribeVolums")
    expect(form.locator(".looked-up")).to_contain_text("did you mean ec2:DescribeVolumes")
    expect(form.locator(".looked-up")).to_contain_text("names ec2:DescribeVolums")
    pattern.fill("ec2:CreateVolume")
    expect(form.locator(".looked-up pre")).to_contain_text("ec2:CreateVolume")
    text.fill("Makes **one** volume.\n\n<script>x</script>")
    expect(form.locator(".as-read strong")).to_have_text("one")
    expect(form.locator(".as-read script")).to_have_count(0)
    # What is shown below a field is no part of its name, and what is typed stays where it was.
    expect(form.get_by_label("Text", exact=True)).to_be_focused()
    assert pattern.input_value() == "ec2:CreateVolume"
    require_good_looks(page)
    page.context.close()
    assert not complaints, complaints


TYPE_AT_ONCE = """() => document.addEventListener("htmx:afterSwap", () => {
  const pattern = document.querySelector(".desk-edit [name$=pattern]");
  pattern.focus();
  pattern.value = "ec2:DescribeVolums";
  pattern.dispatchEvent(new InputEvent("input", { bubbles: true }));
}, { once: true })"""


def test_what_is_typed_before_a_field_comes_to_life_is_looked_up(
    chromium: Browser, desk_server: StartedServer
) -> None:
    page = opened(chromium, desk_server, "ines", f"/desk/?policy={VOLUMES}")
    page.evaluate(TYPE_AT_ONCE)
    card = page.locator("[data-finding]", has_text="ec2:DeleteTags is described")
    card.get_by_role("link", name="Edit…").click()
    looked_up = page.locator(".desk-edit .looked-up")
    expect(looked_up).to_contain_text("did you mean ec2:DescribeVolumes")
    page.context.close()


def test_a_reviewer_can_do_nothing_of_it(chromium: Browser, desk_server: StartedServer) -> None:
    page = opened(chromium, desk_server, "rae", "/desk/")
    assert page.get_by_role("heading", level=1).inner_text() == "You are not allowed to do this"
    page.goto("/policies/")
    assert page.locator("a[href='/desk/']").count() == 0
    page.context.close()


def test_everything_works_without_javascript(chromium: Browser, desk_server: StartedServer) -> None:
    context = chromium.new_context(base_url=desk_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/desk/?kind=outdated")
    page.get_by_label("User name").fill("ines")
    page.get_by_label("Password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Log in"))
    cards = page.locator("[data-finding]")
    count = cards.count()
    cards.first.get_by_text("Accept…").click()
    cards.first.get_by_label("Reason").fill("next month")
    follow(cards.first.get_by_role("button", name="Accept"))
    assert cards.count() == count - 1
    follow(page.get_by_role("button", name="Undo"))
    assert cards.count() == count
    follow(cards.first.get_by_role("link", name="Edit…"))
    page.get_by_label("Summary").fill("Ours.")
    follow(page.get_by_role("button", name="Save"))
    assert "Ours." in page.locator("main").inner_text()
    follow(page.get_by_role("button", name="Undo"))
    assert "Ours." not in page.locator("main").inner_text()
    context.close()


def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    chromium: Browser, desk_server: StartedServer
) -> None:
    page = opened(chromium, desk_server, "ines", "/desk/")
    require_good_looks(page)
    page.context.close()
