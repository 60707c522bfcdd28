"""A comparison of many large policies: what its first page has, and that all of it is reachable."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from policyhub.catalog.models import PolicyVersion
from policyhub.compare import kept, matrix, opening, views
from policyhub.compare.comparing import ComparedSides, PairOfSides
from policyhub.compare.sides import read_side
from policyhub.iam.budget import NO_LIMIT, Steps
from policyhub.iam.comparing.action_changes import ActionChanges
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db

MOST_ELEMENTS = 1_500
LARGE = ["ReadOnlyAccess", "SecurityAudit", "ViewOnlyAccess"]
SMALL = ["AmazonECS_FullAccess@v20", "AmazonECS_FullAccess", "IAMFullAccess", "AmazonS3FullAccess"]


@pytest.fixture(autouse=True)
def time_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policyhub.deadline.SECONDS", 120)


def page_of(client: Client, names: list[str], **asked: Any) -> str:
    return markup_of(client.get("/compare/", {"policy": names, **asked}))


def services_of(page: str) -> list[str]:
    return re.findall(r'<tbody id="service-([a-z0-9-]+)"', page)


def elements_of(page: str) -> int:
    return len(re.findall(r"<[a-z]", page))


def test_the_six_with_most_actions_have_few_elements_before_one_asks_for_more(
    client: Client,
) -> None:
    largest = PolicyVersion.objects.filter(is_default=True).order_by("-action_count")[:6]
    names = [each.policy.name for each in largest.select_related("policy")]
    page = page_of(client, names)
    assert len(services_of(page)) == opening.SERVICES_SHOWN
    assert elements_of(page) < MOST_ELEMENTS


def test_of_decided_pairs_few_elements_are_shown_too(client: Client) -> None:
    page = page_of(client, [*LARGE, *SMALL[1:]])
    assert page.count('class="verdict-sign"') == 15
    assert elements_of(page) < MOST_ELEMENTS


def test_every_service_is_reached_without_a_script(client: Client) -> None:
    found, page = 0, page_of(client, LARGE)
    while further := re.search(r'href="(\?[^"#]+)#services\.\d+"', page):
        shown = services_of(page)
        assert found < len(shown) == len(set(shown))
        found = len(shown)
        page = markup_of(client.get("/compare/" + unescape(further[1])))
    answer = client.get("/compare.json", {"policy": LARGE})
    assert isinstance(answer, StreamingHttpResponse)
    twin = json.loads(answer.getvalue())
    differing = {
        each["action"].partition(":")[0]
        for each in twin["actions"]
        if set(each["changes"]) != {"same"}
    }
    assert set(services_of(page)) == differing
    assert len(services_of(page)) == len(differing)


def test_htmx_gets_the_next_services_alone(client: Client) -> None:
    first = page_of(client, LARGE)
    further = re.search(r'hx-get="(\?[^"]+services=[^"]+)"', first)
    assert further is not None
    headers = {"HX-Request": "true", "HX-Target": f"services.{opening.SERVICES_SHOWN}"}
    answer = client.get("/compare/" + unescape(further[1]), headers=headers)
    part = markup_of(answer)
    whole = markup_of(client.get("/compare/" + unescape(further[1])))
    assert "HX-Target" in answer["Vary"]
    assert "<h1" not in part
    assert services_of(first) + services_of(part) == services_of(whole)
    assert part.count("autofocus") == 1


def test_what_was_opened_is_shown_once_wherever_it_is(client: Client) -> None:
    last = services_of(page_of(client, LARGE, services="9999"))[-1]
    first = page_of(client, LARGE, open=last)
    assert services_of(first)[-1] == last
    assert len(services_of(first)) == opening.SERVICES_SHOWN + 1
    further = re.search(r'hx-get="(\?[^"]+services=[^"]+)"', first)
    assert further is not None
    headers = {"HX-Request": "true", "HX-Target": f"services.{opening.SERVICES_SHOWN}"}
    part = markup_of(client.get("/compare/" + unescape(further[1]), headers=headers))
    assert last not in services_of(part)


@pytest.mark.parametrize("asked", ["7", "x", "-1", "999999"])
def test_no_fewer_services_are_shown_than_at_first(client: Client, asked: str) -> None:
    assert len(services_of(page_of(client, LARGE, services=asked))) == opening.SERVICES_SHOWN


def test_services_of_which_a_risk_differs_come_first_and_then_those_with_most_actions(
    client: Client,
) -> None:
    compared = ComparedSides([read_side(name) for name in LARGE])
    differing = {each.prefix: len(each.rows) for each in compared.services(only_differences=True)}
    shown = services_of(page_of(client, LARGE, services="9999"))
    with_risks = [each for each in shown if each in compared.services_with_risks]
    assert shown[: len(with_risks)] == with_risks
    for part in (with_risks, shown[len(with_risks) :]):
        assert part == sorted(part, key=lambda prefix: (-differing[prefix], prefix))


def test_of_many_pairs_what_there_is_to_see_is_counted_and_linked_to_the_pair(
    client: Client,
) -> None:
    page = page_of(client, SMALL)
    assert ">Try it</summary>" not in page
    for pair in ComparedSides([read_side(name) for name in SMALL]).pairs:
        address = re.escape(f"policy={pair.left.given}&amp;policy={pair.right.given}")
        address = address.replace("@", "%40")
        linked = dict(re.findall(rf'href="\?{address}#([a-z0-9-]+)">(.*?)</a>', page, re.DOTALL))
        items = [len(side.items) for side in pair.evidence]
        told = [int(linked[f"only-{place}"].split()[-2]) for place, _ in enumerate(items, 1)]
        assert told == items
        assert ("risks-head" in linked) is bool(pair.risks and pair.risks.in_words)
    alone = page_of(client, SMALL[:2])
    assert 'id="only-1"' in alone


def test_pairs_that_no_address_leads_to_are_shown_whole(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policyhub.compare.question.LONGEST_ADDRESS", 10)
    assert ">Try it</summary>" in page_of(client, SMALL)
    monkeypatch.setattr(views, "PAIRS_SHOWN_WHOLE", 0)
    assert ">Try it</summary>" in page_of(client, SMALL)


def test_what_one_request_found_of_the_actions_is_not_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept.forget_all()
    left, right = (read_side(name) for name in LARGE[:2])
    hurried = PairOfSides(left, right, Steps(40_000)).changes or {}
    undecided = {action for action, change in hurried.items() if change == "undecided"}
    assert 0 < len(undecided) < len(hurried)
    asked: set[str] = set()
    decide = ActionChanges.of

    def noted(self: ActionChanges, action: str) -> Any:
        asked.add(action)
        return decide(self, action)

    monkeypatch.setattr(ActionChanges, "of", noted)
    pair = PairOfSides(left, right)
    assert pair.is_sized
    assert asked <= undecided
    assert pair.changes == matrix.action_changes(left, right, NO_LIMIT)
    assert len(kept.changes) == 1
