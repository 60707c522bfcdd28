"""The main parts of pages look as they did: by picture where browser and fonts are the same, else
by their boxes. `tests/browser/reference_pictures.py` makes what is compared with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.reference_pictures import FOLDER, PARTS, RECORD, Part, circumstances, draw
from tests.servers import StartedServer

LARGEST = 300_000
# By how much a box may differ where other fonts set its text: a share of it, and pixels.
SHARE, PIXELS = 0.25, 24


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
    chromium: Browser, server: StartedServer, part: Part, tmp_path: Path
) -> None:
    drawn, known = draw(chromium, server.url, part), recorded()
    reference = FOLDER / f"{part.name}.png"
    if circumstances(chromium) == {key: known[key] for key in ("browser", "fonts")}:
        seen = tmp_path / reference.name
        seen.write_bytes(drawn.picture)
        assert drawn.picture == reference.read_bytes(), (
            f"{seen} differs from {reference}: if it should, make the pictures again by "
            "`uv run --group dev python -m tests.browser.reference_pictures`"
        )
    for here, there in zip(drawn.box, known["boxes"][part.name], strict=True):
        assert abs(here - there) <= max(PIXELS, SHARE * there), (drawn.box, part)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_box_is_of_some_size(part: Part) -> None:
    _, _, width, height = recorded()["boxes"][part.name]
    assert 40 <= width <= part.width
    assert height >= 20
