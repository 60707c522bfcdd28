"""On a phone the lines of names, ARNs and documents end at sensible places, never within a word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.servers import Server

pytestmark = pytest.mark.browser

POLICY = "/policies/SageMakerStudioProjectProvisioningRolePolicy/"
PAIR = "policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess"
PASS_ROLE = (
    "policy=AmazonECS_FullAccess&action=iam:PassRole&resource=arn:aws:iam::123456789012:role"
)
PAGES = [
    "/",
    "/policies/",
    POLICY,
    f"{POLICY}permissions/",
    f"{POLICY}document/",
    f"{POLICY}checks/",
    f"{POLICY}report/",
    f"{POLICY}template/",
    "/policies/AmazonSageMakerFullAccess/",
    "/policies/AmazonECS_FullAccess/changes/",
    "/policies/AWSCompromisedKeyQuarantineV3/document/",
    "/services/ecs/",
    "/actions/ecs:RunTask/",
    "/condition-keys/",
    "/risks/ecs-001/",
    "/changes/",
    "/changes/removals/",
    "/sources/",
    "/desk/",
    "/search/?q=passrole",
    "/who-can/?action=iam:PassRole",
    "/best-fit/?actions=ecs:RunTask,iam:PassRole,logs:GetLogEvents",
    f"/compare/?{PAIR}",
    f"/compare/?{PAIR}&text=side",
    "/compare/?policy=ReadOnlyAccess&policy=SecurityAudit",
    "/simulate/?policy=AmazonECS_FullAccess%40v20&action=iam:PassRole",
    f"/simulate/?{PASS_ROLE}/a-path/AmazonECSTaskExecutionRoleForProductionOfTheWholeCompany",
    "/simulate/?policy=AmazonECS_FullAccess&action=ecs:Run*&action=iam:PassRole",
    "/help/?q=condition",
    "/help/running/",
]

# Of each word that goes on in another line: what of it was in the line before, and the rest.
BROKEN_WORDS = r"""() => {
  document.querySelectorAll("details").forEach(each => each.open = true);
  const found = [];
  const range = document.createRange();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const lines = (text, start, end) => {
    range.setStart(text, start);
    range.setEnd(text, end);
    return [...range.getClientRects()];
  };
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.parentElement.closest("svg, textarea, script, select, .visually-hidden")) continue;
    if (lines(text, 0, text.length).length < 2) continue;
    for (const word of text.data.matchAll(/\S{2,}/g)) {
      const end = word.index + word[0].length;
      if (lines(text, word.index, end).length < 2) continue;
      let above = null;
      for (let at = word.index; at < end; at++) {
        const box = lines(text, at, at + 1).at(-1);
        if (above && box && box.top > above.top + 4)
          found.push([text.data.slice(word.index, at), text.data.slice(at, end)]);
        above = box ?? above;
      }
    }
  }
  return found;
}"""
# A digest has no better place.
DIGEST = re.compile(r"[0-9a-f]{40,}")


def is_sensible(before: str, after: str) -> bool:
    """Whether a line may end between two parts of a word."""
    if DIGEST.fullmatch(before + after):
        return True
    return after[0] == "@" or (before[-1] in "@:/_-.,—…?&=|" and after[0] not in ":/_.,")


@pytest.fixture(scope="module")
def on_a_phone(chromium: Browser, server: Server) -> Iterator[Callable[[str], Page]]:
    """Opens a page on a phone: one after the other in one window."""
    context = chromium.new_context(
        base_url=server.url, viewport={"width": 390, "height": 844}, reduced_motion="reduce"
    )
    page = context.new_page()

    def open_(path: str) -> Page:
        answer = page.goto(path, wait_until="networkidle")
        assert answer is not None
        assert answer.ok
        return page

    yield open_
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_no_line_ends_within_a_word(on_a_phone: Callable[[str], Page], path: str) -> None:
    broken = on_a_phone(path).evaluate(BROKEN_WORDS)
    assert [f"{one} | {two}" for one, two in broken if not is_sensible(one, two)] == []


def test_a_line_that_ends_within_a_word_is_found(on_a_phone: Callable[[str], Page]) -> None:
    page = on_a_phone("/changes/")
    page.evaluate(
        "document.querySelector('main').innerHTML = `<p><code>${'unbroken'.repeat(9)}</code></p>`"
    )
    [*broken] = page.evaluate(BROKEN_WORDS)
    assert broken
    assert not any(is_sensible(*each) for each in broken)
