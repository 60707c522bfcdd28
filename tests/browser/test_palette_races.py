"""The command palette while its answers are on their way: what is typed decides, not what is late.

Answers are held back and let through by hand, in any order that a network may have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from tests.servers import Server

pytestmark = pytest.mark.browser

ONLY_POLICY = "ECSTaskExecutionRole"
ITS_PAGE = "**/policies/AmazonECSTaskExecutionRolePolicy/"
LISTS = "**/search/suggestions/palette/*"
# The words of each list that is shown, and of each that is asked for, in their order.
WATCH = """() => {
  window.shown = [];
  window.asked = [];
  document.addEventListener("htmx:afterSettle", () =>
    window.shown.push(document.querySelector("[role=listbox]").dataset.q));
  document.addEventListener("htmx:beforeSend", ({ detail }) =>
    window.asked.push(detail.requestConfig.parameters.q));
}"""


def words_of(request: Request) -> str:
    """What a list is asked for."""
    return "".join(parse_qs(urlsplit(request.url).query).get("q", []))


class Held:
    """The requests for lists that wait until a test lets them through."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.routes: dict[str, Route] = {}
        page.route(LISTS, self._hold)

    def _hold(self, route: Route) -> None:
        self.routes[words_of(route.request)] = route

    def when(self, what: Any, words: str) -> None:
        """Do something, and wait until the list for these words is asked for."""
        with self.page.expect_request(lambda request: words_of(request) == words):
            what()
        # The request is told of before it is held.
        while words not in self.routes:
            self.page.evaluate("0")

    def let_through(self, words: str) -> None:
        """Have the list for these words answered."""
        self.routes.pop(words).continue_()


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Search and commands")


def box(page: Page) -> Locator:
    return page.get_by_role("combobox")


def open_palette(page: Page, path: str = "/changes/", key: str = "/") -> None:
    """Open it on a page, with what it offers before anything is typed."""
    page.goto(path)
    page.keyboard.press(key)
    expect(dialog(page)).to_be_visible()
    expect(page.get_by_role("option").first).to_be_visible()


def enter_opens_what_fits_once_it_is_known(page: Page, held: Held) -> None:
    """Press Enter before the list for some words is there, then have it answered."""
    held.when(lambda: box(page).fill(ONLY_POLICY), ONLY_POLICY)
    page.keyboard.press("Enter")
    assert page.url.endswith("/changes/")
    held.let_through(ONLY_POLICY)
    page.wait_for_url(ITS_PAGE)


@pytest.fixture
def held(page: Page) -> Held:
    """The palette open on a page, with each further list held back."""
    open_palette(page)
    page.evaluate(WATCH)
    return Held(page)


def test_a_late_list_for_earlier_words_never_takes_the_place_of_a_later_one(
    page: Page, held: Held
) -> None:
    held.when(lambda: box(page).fill("ecs"), "ecs")
    box(page).fill("passro")
    box(page).fill("passrole")
    held.when(lambda: held.let_through("ecs"), "passrole")
    held.let_through("passrole")
    expect(page.get_by_role("option", name="iam:PassRole").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("[shown, asked]") == [["ecs", "passrole"], ["ecs", "passrole"]]


def test_a_later_list_is_not_asked_for_while_an_earlier_one_is_on_its_way(page: Page) -> None:
    page.clock.install()
    open_palette(page)
    page.evaluate(WATCH)
    held = Held(page)

    def begin() -> None:
        box(page).fill("ecs")
        page.clock.run_for(1_000)

    held.when(begin, "ecs")
    box(page).fill("passrole")
    page.clock.run_for(1_000)
    assert page.evaluate("asked") == ["ecs"]
    held.when(lambda: held.let_through("ecs"), "passrole")
    held.let_through("passrole")
    page.clock.resume()
    expect(page.locator("[data-q=passrole]")).to_be_visible()


def test_enter_before_the_answer_opens_what_fits_the_words(page: Page, held: Held) -> None:
    enter_opens_what_fits_once_it_is_known(page, held)


def test_enter_before_the_answer_does_not_open_what_is_selected_in_an_earlier_list(
    page: Page, held: Held
) -> None:
    held.when(lambda: box(page).fill("passrole"), "passrole")
    held.let_through("passrole")
    page.locator("[data-q=passrole]").wait_for()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_have_count(1)
    enter_opens_what_fits_once_it_is_known(page, held)


def test_what_is_selected_before_the_answer_is_opened_if_the_answer_has_it_too(
    page: Page, held: Held
) -> None:
    held.when(lambda: box(page).fill("AmazonECS"), "AmazonECS")
    held.let_through("AmazonECS")
    page.locator("[data-q=AmazonECS]").wait_for()
    option = page.get_by_role("option", name="AmazonECS_FullAccess").first
    while option.get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowDown")
    held.when(lambda: page.keyboard.press("_"), "AmazonECS_")
    page.keyboard.press("Enter")
    held.let_through("AmazonECS_")
    page.wait_for_url("**/policies/AmazonECS_FullAccess/")


def test_enter_before_the_answer_does_not_open_the_only_thing_that_fitted_earlier_words(
    page: Page, held: Held
) -> None:
    held.when(lambda: box(page).fill(ONLY_POLICY), ONLY_POLICY)
    held.let_through(ONLY_POLICY)
    page.locator("[data-only]").wait_for()
    held.when(lambda: box(page).fill("condition keys"), "condition keys")
    page.keyboard.press("Enter")
    assert page.url.endswith("/changes/")
    held.let_through("condition keys")
    page.wait_for_url("**/condition-keys/")


def test_enter_waits_for_the_last_of_several_answers(page: Page, held: Held) -> None:
    held.when(lambda: box(page).fill("AmazonECS_FullAccess"), "AmazonECS_FullAccess")
    box(page).fill(ONLY_POLICY)
    page.keyboard.press("Enter")
    held.when(lambda: held.let_through("AmazonECS_FullAccess"), ONLY_POLICY)
    assert page.url.endswith("/changes/")
    held.let_through(ONLY_POLICY)
    page.wait_for_url(ITS_PAGE)


def test_who_goes_on_typing_after_enter_opens_nothing_yet(page: Page, held: Held) -> None:
    held.when(lambda: box(page).fill("ECSTaskExecution"), "ECSTaskExecution")
    page.keyboard.press("Enter")
    box(page).fill(ONLY_POLICY)
    held.when(lambda: held.let_through("ECSTaskExecution"), ONLY_POLICY)
    held.let_through(ONLY_POLICY)
    page.locator(f"[data-q={ONLY_POLICY}]").wait_for()
    assert page.url.endswith("/changes/")
    expect(dialog(page)).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(ITS_PAGE)


@pytest.mark.parametrize("words", ["  ecs   task  ", "a b c d e f g h i j k l m n o p q r s t u"])
def test_enter_works_however_the_words_are_spaced_and_however_many_they_are(
    page: Page, words: str
) -> None:
    open_palette(page)
    box(page).fill(words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")


def test_nothing_opens_when_it_is_closed_while_an_answer_is_on_its_way(page: Page) -> None:
    page.goto("/policies/")
    link = page.get_by_role("link", name="AdministratorAccess", exact=True)
    link.focus()
    page.keyboard.press("Control+k")
    page.get_by_role("option").first.wait_for()
    held = Held(page)
    held.when(lambda: box(page).fill(ONLY_POLICY), ONLY_POLICY)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    expect(link).to_be_focused()
    held.let_through(ONLY_POLICY)
    page.locator(f"[data-q={ONLY_POLICY}]").wait_for(state="attached")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(link).to_be_focused()
    assert page.url.endswith("/policies/")


def test_what_came_after_it_was_closed_is_there_when_it_is_opened_again(
    page: Page, held: Held
) -> None:
    held.when(lambda: box(page).fill("passrole"), "passrole")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(dialog(page)).to_be_visible()
    held.when(lambda: held.let_through("passrole"), "passrole")
    expect(page.get_by_role("option", name="iam:PassRole").first).to_be_visible()
    held.let_through("passrole")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("option", name="iam:PassRole").first).to_be_visible()


@pytest.mark.parametrize("way", ["Escape", "outside"])
def test_the_search_box_has_the_focus_again_if_it_had_it_and_stays_closed(
    page: Page, way: str
) -> None:
    page.goto("/changes/")
    box(page).click()
    page.keyboard.press("Control+k")
    page.get_by_role("option").first.wait_for()
    held = Held(page)
    held.when(lambda: page.keyboard.type("p"), "p")
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.mouse.click(5, 5)
    expect(dialog(page)).to_have_count(0)
    expect(box(page)).to_be_focused()
    held.let_through("p")
    page.locator("[data-q=p]").wait_for(state="attached")
    expect(page.get_by_role("option")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()


@pytest.fixture
def styles_held(page: Page) -> Iterator[list[Route]]:
    """The palette's look, which it waits for, held back."""
    routes: list[Route] = []
    page.route("**/palette*.css", lambda route: routes.append(route))
    page.goto("/policies/")
    page.get_by_role("link", name="AdministratorAccess", exact=True).focus()
    page.keyboard.press("/")
    while not routes:
        page.evaluate("0")
    yield routes
    page.unroute("**/palette*.css")


def test_it_opens_once_where_it_is_asked_for_again_before_it_is_there(
    page: Page, styles_held: list[Route]
) -> None:
    page.keyboard.press("Control+k")
    styles_held.pop().continue_()
    expect(dialog(page)).to_be_visible()
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    expect(page.locator("header .search")).to_have_count(1)
    expect(page.get_by_role("link", name="AdministratorAccess", exact=True)).to_be_focused()


def test_it_does_not_open_where_it_is_given_up_before_it_is_there(
    page: Page, styles_held: list[Route]
) -> None:
    page.keyboard.press("Escape")
    with page.expect_response("**/palette*.css"):
        styles_held.pop().continue_()
    page.wait_for_load_state("networkidle")
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(dialog(page)).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(dialog(page)).to_be_visible()


# A failed request is a console error: a page of its own, which may have some.
@pytest.fixture
def failing(chromium: Browser, server: Server) -> Iterator[Page]:
    context = chromium.new_context(base_url=server.url)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("when", ["before", "after"])
def test_enter_searches_where_the_list_for_the_words_fails(failing: Page, when: str) -> None:
    page = failing
    open_palette(page)
    held = Held(page)
    held.when(lambda: box(page).fill(ONLY_POLICY), ONLY_POLICY)
    if when == "before":
        page.keyboard.press("Enter")
    with page.expect_event("requestfailed"):
        held.routes.pop(ONLY_POLICY).abort()
    if when == "after":
        expect(page.locator("#failure")).to_contain_text("can't be reached")
        page.keyboard.press("Enter")
    page.wait_for_url(f"**/search/?q={ONLY_POLICY}")


def test_the_failure_of_an_earlier_list_leaves_enter_waiting_for_the_later_one(
    failing: Page,
) -> None:
    page = failing
    open_palette(page)
    held = Held(page)
    held.when(lambda: box(page).fill("ecs"), "ecs")
    box(page).fill(ONLY_POLICY)
    page.keyboard.press("Enter")
    held.when(lambda: held.routes.pop("ecs").fulfill(status=500), ONLY_POLICY)
    assert page.url.endswith("/changes/")
    held.let_through(ONLY_POLICY)
    page.wait_for_url(ITS_PAGE)


def test_enter_in_the_search_box_does_not_open_what_is_selected_for_earlier_words(
    page: Page,
) -> None:
    page.goto("/changes/")
    box(page).click()
    page.keyboard.type("AmazonECS")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_have_count(1)
    routes: list[Route] = []
    page.route("**/search/suggestions/?*", lambda route: routes.append(route))
    page.keyboard.type("_Full")
    while not routes:
        page.evaluate("0")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=AmazonECS_Full")


def test_what_was_typed_before_the_palette_opened_is_listed_in_it(page: Page) -> None:
    page.goto("/changes/")
    styles: list[Route] = []
    suggestions: list[Route] = []
    page.route("**/*palette*.css*", lambda route: styles.append(route))
    page.route("**/search/suggestions/?*", lambda route: suggestions.append(route))
    page.keyboard.press("/")
    with page.expect_request(lambda request: words_of(request) == "ecs run"):
        page.keyboard.type("ecs run")
    while not (styles and suggestions):
        page.evaluate("0")
    styles.pop().continue_()
    expect(dialog(page)).to_be_visible()
    # The list in which the palette would be shown is replaced while it waits for its turn.
    suggestions.pop().continue_()
    expect(page.locator("[data-q='ecs run']")).to_be_visible()
