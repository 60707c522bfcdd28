"""The main parts of pages look as they did: by picture where browser and fonts are the same, else
by their boxes. `tests/browser/reference_pictures.py` makes what is compared with.
"""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.reference_pictures import FOLDER, PARTS, RECORD, Part, circumstances, draw
from tests.servers import Server

LARGEST = 300_000
# By how much a box may differ where other fonts set its text: a share of it, and pixels.
SHARE, PIXELS = 0.25, 24


# Edges of letters are drawn a little differently from time to time, by the same browser too.
MAY_DIFFER = 0.002
COMPARE = """async ([one, other]) => {
  const pixels = async data => {
    const picture = new Image();
    picture.src = 'data:image/png;base64,' + data;
    await picture.decode();
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const drawn = canvas.getContext('2d');
    drawn.drawImage(picture, 0, 0);
    return drawn.getImageData(0, 0, picture.width, picture.height);
  };
  const [left, right] = [await pixels(one), await pixels(other)];
  if (left.width !== right.width || left.height !== right.height) return 1;
  let differing = 0;
  for (let place = 0; place < left.data.length; place += 4) {
    const gap = each => Math.abs(left.data[place + each] - right.data[place + each]);
    const far = [0, 1, 2].some(each => gap(each) > 48);
    differing += far ? 1 : 0;
  }
  return differing / (left.width * left.height);
}"""


def share_that_differs(browser: Browser, one: bytes, other: bytes) -> float:
    """The share of pixels that are visibly different; 1 for pictures of two sizes."""
    page = browser.new_page()
    share: float = page.evaluate(COMPARE, [b64encode(each).decode() for each in (one, other)])
    page.close()
    return share


def recorded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RECORD.read_text("utf-8"))
    return found


def test_the_pictures_are_those_of_the_parts_and_small() -> None:
    names = {part.name for part in PARTS}
    assert {path.stem for path in FOLDER.glob("*.png")} == names == set(recorded()["boxes"])
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= LARGEST


@pytest.mark.browser
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_looks_as_it_did(
    chromium: Browser, server: Server, part: Part, tmp_path: Path
) -> None:
    drawn, known = draw(chromium, server.url, part), recorded()
    reference = FOLDER / f"{part.name}.png"
    if circumstances(chromium) == {key: known[key] for key in ("browser", "fonts")}:
        seen = tmp_path / reference.name
        seen.write_bytes(drawn.picture)
        share = share_that_differs(chromium, drawn.picture, reference.read_bytes())
        assert share <= MAY_DIFFER, (
            f"{share:.1%} of {seen} differs from {reference}: if it should, make the pictures "
            "again by `uv run --group dev python -m tests.browser.reference_pictures`"
        )
    for here, there in zip(drawn.box, known["boxes"][part.name], strict=True):
        assert abs(here - there) <= max(PIXELS, SHARE * there), (drawn.box, part)


@pytest.mark.browser
def test_another_part_differs_and_a_part_does_not_from_itself(chromium: Browser) -> None:
    header, filters, verdict = (
        (FOLDER / f"{name}.png").read_bytes() for name in ("header", "filters", "verdict")
    )
    assert share_that_differs(chromium, header, header) == 0
    assert share_that_differs(chromium, filters, verdict) == 1
    context = chromium.new_context(viewport={"width": 200, "height": 100})
    page = context.new_page()
    page.set_content("<p>Policies</p>")
    before = page.screenshot()
    page.set_content("<p>Policy</p>")
    assert share_that_differs(chromium, before, page.screenshot()) > MAY_DIFFER
    context.close()


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_box_is_of_some_size(part: Part) -> None:
    _, _, width, height = recorded()["boxes"][part.name]
    assert 40 <= width <= part.width
    assert height >= 20
