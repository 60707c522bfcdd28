"""Forms as people fill them in: nine kilobytes pasted, the answer in view, handed on by a link."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from policyhub.http import LONGEST_ADDRESS
from tests.servers import Server

pytestmark = pytest.mark.browser

NAME = "arn:aws:ecs:us-east-1:123456789012:task-definition/web"


def document(statements: int) -> str:
    """A policy document of about 150 bytes a statement."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["ecs:RunTask"], "Resource": f"{NAME}-{number}:*"}
                for number in range(statements)
            ],
        },
        indent=1,
    )


PASTED = document(70)
HELD = re.compile("#question=")
assert 9_000 < len(PASTED) < 12_000


def simulate(page: Page) -> None:
    page.goto("/simulate/")
    page.get_by_label("Identity policies, first").fill(PASTED)
    page.get_by_label("One more action").fill("ecs:RunTask")
    page.get_by_role("button", name="Simulate", exact=True).click()
    expect(page.locator(".decision .chip")).to_have_text("Denied: implicit deny")


def compare(page: Page) -> None:
    page.goto("/compare/")
    page.get_by_label("Policy 1").fill(PASTED)
    page.get_by_label("One more policy").fill("AmazonECS_FullAccess")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".verdict .sentence")).to_contain_text("AmazonECS_FullAccess@v22")


def find(page: Page) -> None:
    page.goto("/best-fit/")
    page.get_by_label("Actions, or a policy document").fill(PASTED)
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator("#best-fit table").first).to_be_visible()


def ask(page: Page) -> None:
    page.goto("/who-can/")
    page.locator("input[name=action]").fill("iam:PassRole")
    page.get_by_role("button", name="Ask all policies").click()
    expect(page.locator("#who-can table")).to_be_visible()


@dataclass(frozen=True)
class Form:
    """A form: how it is filled in and sent, its path, and what its title then begins with."""

    send: Callable[[Page], None]
    path: str
    title: str
    is_pasted_into: bool = True


FORMS = [
    Form(simulate, "/simulate/", "ecs:RunTask with "),
    Form(compare, "/compare/", "document 1 and AmazonECS_FullAccess@v22"),
    Form(find, "/best-fit/", "ecs:RunTask"),
    Form(ask, "/who-can/", "iam:PassRole", is_pasted_into=False),
]
PASTED_INTO = [form for form in FORMS if form.is_pasted_into]
SIZES = [(1280, 800), (390, 844)]
by_path = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.path)
pasted_by_path = pytest.mark.parametrize("form", PASTED_INTO, ids=lambda form: form.path)


@pytest.fixture
def plain_page(chromium: Browser, server: Server) -> Iterator[Page]:
    """A page in which no script runs."""
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    yield context.new_page()
    context.close()


def top_of_the_answer(page: Page) -> float:
    box = page.locator("[data-answer-head]").first.bounding_box()
    assert box is not None
    return box["y"]


@by_path
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_answer_comes_into_view_and_takes_the_focus(
    page: Page, form: Form, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    form.send(page)
    expect(page.locator("[data-answer-head]").first).to_be_focused()
    assert 0 <= top_of_the_answer(page) <= 120
    said = page.locator("#announcement").text_content()
    assert said
    assert page.title().startswith(form.title)


@by_path
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_answer_comes_into_view_without_javascript(
    plain_page: Page, form: Form, width: int, height: int
) -> None:
    plain_page.set_viewport_size({"width": width, "height": height})
    form.send(plain_page)
    assert 0 <= top_of_the_answer(plain_page) <= 120
    assert plain_page.title().startswith(form.title)
    assert "=&" not in plain_page.url
    assert not plain_page.url.partition("#")[0].endswith("=")


@pasted_by_path
def test_what_no_address_bears_is_handed_on_by_a_link_that_holds_it(
    page: Page, form: Form, chromium: Browser, server: Server
) -> None:
    form.send(page)
    answer = page.locator("[data-verdict]").first.text_content()
    expect(page).to_have_url(HELD)
    link = page.get_by_role("link", name="Link that contains the documents")
    expect(link).to_have_attribute("href", page.url.removeprefix(server.url))
    assert len(page.url) < LONGEST_ADDRESS
    elsewhere = chromium.new_context(base_url=server.url).new_page()
    elsewhere.goto(page.url)
    expect(elsewhere.locator("[data-verdict]").first).to_have_text(answer or "")
    expect(elsewhere.locator("main textarea").first).to_have_value(PASTED)
    elsewhere.reload()
    expect(elsewhere.locator("[data-verdict]").first).to_have_text(answer or "")
    elsewhere.context.close()


@pasted_by_path
def test_back_and_forward_work_with_what_no_address_bears(page: Page, form: Form) -> None:
    form.send(page)
    answer = page.locator("[data-verdict]").first.text_content()
    expect(page).to_have_url(HELD)
    page.go_back()
    expect(page.locator("[data-verdict]")).to_have_count(0)
    expect(page.locator("main textarea").first).to_have_value("")
    page.go_forward()
    expect(page.locator("[data-verdict]").first).to_have_text(answer or "")
    expect(page.locator("main textarea").first).to_have_value(PASTED)


@pytest.mark.parametrize("damage", ["x", "%00", "AAAA", "1dXL"])
def test_a_damaged_link_is_said_to_be_so(page: Page, damage: str) -> None:
    page.goto(f"/compare/#question={damage}")
    expect(page.locator("#failure")).to_contain_text("This link can't be read")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#failure")).to_be_empty()


def answer_with(status: int, body: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, content_type="text/html", body=body)


FAILURES: list[tuple[Callable[[Route], None], str]] = [
    (answer_with(413, ""), "more than the server takes"),
    (answer_with(429, ""), "Too many requests"),
    (answer_with(500, ""), "error 500"),
    (answer_with(503, "<main><h1>The catalogue is busy</h1><p>Wait.</p></main>"), "is busy"),
    (lambda route: route.abort(), "can't be reached"),
]


@pytest.mark.parametrize(("fail", "sentence"), FAILURES)
def test_a_failed_request_is_said_and_what_was_typed_stays(
    chromium: Browser, server: Server, fail: Callable[[Route], None], sentence: str
) -> None:
    # The browser writes failed requests to its console, which the fixture `page` forbids.
    context = chromium.new_context(base_url=server.url)
    page = context.new_page()
    page.goto("/best-fit/")
    page.route("**/best-fit/", fail)
    field = page.get_by_label("Actions, or a policy document")
    field.fill("ecs:RunTask")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator("#failure")).to_contain_text(sentence)
    expect(page.locator("#failure")).to_contain_text("What you typed is still here.")
    expect(field).to_have_value("ecs:RunTask")
    page.unroute("**/best-fit/")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator("#best-fit table").first).to_be_visible()
    expect(page.locator("#failure")).to_be_empty()
    context.close()


def test_no_answer_in_time_is_said(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(base_url=server.url)
    page = context.new_page()
    page.goto("/best-fit/")
    page.evaluate("htmx.config.timeout = 50")
    page.route("**/best-fit/", lambda route: time.sleep(1))
    page.get_by_label("Actions, or a policy document").fill("ecs:RunTask")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator("#failure")).to_contain_text("No answer came in time")
    context.close()


def test_a_row_is_checked_alone_and_a_long_one_not_at_each_letter(page: Page) -> None:
    page.goto("/simulate/")
    page.get_by_label("Identity policies, first").fill("ReadOnlyAcces")
    expect(page.locator("#policy-new-problem")).to_contain_text("ReadOnlyAccess")
    expect(page.locator("#policy-new-problem button")).not_to_have_count(0)
    page.wait_for_url("**policy=ReadOnlyAcces")
    sent: list[str] = []
    page.on(
        "request",
        lambda request: sent.append(request.post_data or "") if "/check/" in request.url else None,
    )
    answers: list[str] = []
    page.on(
        "request",
        lambda request: answers.append(request.url) if request.url.endswith("/simulate/") else None,
    )
    page.get_by_text("Permissions boundary", exact=True).click()
    boundary = page.get_by_label("Permissions boundary, first")
    boundary.fill("x")
    expect(page.locator("#boundary-new-problem")).not_to_be_empty()
    assert sent == ["action=&resource=&boundary=x"]
    page.wait_for_url("**boundary=x**")
    assert len(answers) == 1
    boundary.evaluate("(field, text) => { field.value = text }", PASTED)
    boundary.press("End")
    boundary.type(" ")
    page.wait_for_timeout(900)
    assert sent == ["action=&resource=&boundary=x"]
    assert len(answers) == 1
    with page.expect_request(lambda request: request.url.endswith("/simulate/")):
        page.get_by_label("Principal").focus()
    expect(page.locator("#boundary-new-problem")).to_contain_text("more than the quota of 6,144")
    assert len(sent) == 2
    assert len(answers) == 2


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(
    "address",
    [
        "/simulate/?policy=AmazonECS_FullAccess%40v20&action=iam:PassRole",
        "/compare/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess",
        "/best-fit/?actions=ecs:RunTask,iam:PassRole",
        "/who-can/?action=iam:PassRole",
    ],
)
def test_an_answer_opened_by_a_link_is_in_the_first_screen(
    page: Page, address: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    assert page.evaluate("scrollY") == 0
    assert top_of_the_answer(page) < height / 2


@pytest.mark.parametrize("scripted", [True, False])
def test_what_would_change_the_decision_is_tried_with_long_documents(
    page: Page, plain_page: Page, scripted: bool
) -> None:
    page = page if scripted else plain_page
    simulate(page)
    page.get_by_role("button", name="Try it").first.click()
    expect(page.locator(".decision .chip")).to_have_text("Allowed")
    page.locator("input[name=action]").last.fill("ecs:StopTask")
    page.get_by_role("button", name="Simulate", exact=True).click()
    page.get_by_role("button", name="Denied: implicit deny").first.click()
    expect(page.locator(".decision .chip")).to_have_text("Denied: implicit deny")
    expect(page.locator("input[name=action]").first).to_have_value("ecs:StopTask")
    expect(page.locator("main textarea").first).to_have_value(PASTED)


@pytest.mark.parametrize("scripted", [True, False])
def test_evidence_about_long_documents_is_simulated(
    page: Page, plain_page: Page, scripted: bool
) -> None:
    page = page if scripted else plain_page
    compare(page)
    page.get_by_text("Try it", exact=True).first.click()
    page.get_by_role("button", name="Denied by document 1").first.click()
    expect(page.locator(".decision .chip")).to_have_text("Denied: implicit deny")
    expect(page.locator("main textarea").first).to_have_value(PASTED)
    compare(page)
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("button", name="Show the differences only")).to_be_visible()
    expect(page.locator("main textarea").first).to_have_value(PASTED)


def test_an_address_of_the_greatest_length_is_answered(page: Page) -> None:
    path = "/simulate/?action=ecs:RunTask&policy="
    text = json.dumps(json.loads(document(1)), separators=(",", ":"))
    room = LONGEST_ADDRESS - len(path) - len(quote(text, safe=""))
    address = path + quote(text[:-1], safe="") + "%20" * (room // 3) + quote("}")
    address += "&" * (LONGEST_ADDRESS - len(address))
    assert len(address) == LONGEST_ADDRESS
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200
    expect(page.locator(".decision .chip")).to_have_text("Denied: implicit deny")
