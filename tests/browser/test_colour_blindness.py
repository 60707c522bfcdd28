"""What marks mean is told by their shape or texture: each looks its own where no colour is seen."""

from __future__ import annotations

from base64 import b64encode

import pytest
from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

COMPARED = "/compare/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess"
# Where a key tells what marks mean, and how many pixels of each of its items are the mark.
KEYS = [
    ("/policies/", ".map-key li", 18),
    ("/policies/", ".level-key li", 10),
    ("/changes/", ".bar-key li", 10),
    ("/", "[aria-label='Kinds of policies'] svg", 12),
    (COMPARED, ".subtracted .map-key li", 18),
]
# Which pixels are darker or lighter than the corner, as text.
MASK = """async data => {
  const picture = new Image();
  picture.src = 'data:image/png;base64,' + data;
  await picture.decode();
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const drawn = canvas.getContext('2d');
  drawn.drawImage(picture, 0, 0);
  const { data: pixels } = drawn.getImageData(0, 0, picture.width, picture.height);
  const ground = pixels[0];
  const marked = [];
  for (let at = 0; at < pixels.length; at += 4) marked.push(+(Math.abs(pixels[at] - ground) > 60));
  return marked.join('');
}"""


def mask(page: Page, blank: Page, mark: Locator, width: int) -> str:
    box = mark.bounding_box()
    assert box is not None
    # From two pixels before it, where the ground is.
    clip = {"x": box["x"] - 2, "y": box["y"], "width": width + 2, "height": box["height"]}
    picture = page.screenshot(clip=clip)  # type: ignore[arg-type]
    found: str = blank.evaluate(MASK, b64encode(picture).decode())
    return found


@pytest.mark.parametrize(("path", "selector", "width"), KEYS)
def test_marks_of_a_key_differ_by_more_than_hue(
    page: Page, path: str, selector: str, width: int
) -> None:
    page.context.new_cdp_session(page).send(
        "Emulation.setEmulatedVisionDeficiency", {"type": "achromatopsia"}
    )
    page.goto(path)
    marks = page.locator(selector).all()
    assert len(marks) > 2
    marks[0].scroll_into_view_if_needed()
    # A page of ours loads no pictures out of thin air.
    blank = page.context.new_page()
    masks = [mask(page, blank, each, width) for each in marks]
    assert all("1" in each for each in masks)
    assert len(set(masks)) == len(masks)
