"""Make the reference pictures of the main parts of pages, in tests/browser/pictures:

uv run --group dev python -m tests.browser.reference_pictures

Next to them is recorded by which browser and with which fonts they were made, and where the boxes
of the parts are. `test_reference_pictures.py` compares pictures where both are the same, else
boxes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.servers import ROOT, started

FOLDER = ROOT / "tests/browser/pictures"
RECORD = FOLDER / "recorded.json"
FAMILIES = ("system-ui", "sans-serif", "monospace")
ECS = "/policies/AmazonECSTaskExecutionRolePolicy/"


@dataclass(frozen=True)
class Part:
    """A part of a page, at a width and in a theme."""

    name: str
    path: str
    selector: str
    width: int = 1280
    theme: Literal["light", "dark"] = "light"


PARTS = (
    Part("header", "/policies/", ".site-header"),
    Part("header-on-a-phone", "/policies/", ".site-header", 390),
    Part("verdict", ECS, ".verdict-band"),
    Part("verdict-dark-on-a-phone", ECS, ".verdict-band", 390, "dark"),
    Part("gates", "/simulate/?policy=AmazonECS_FullAccess%40v20&action=iam%3APassRole", ".gates"),
    Part("statement", f"{ECS}document/", ".document-statement"),
    Part("filters", "/policies/", ".facet"),
)


@dataclass(frozen=True)
class Drawn:
    """A picture of a part, and its box on the page: x, y, width and height in pixels."""

    picture: bytes
    box: tuple[int, int, int, int]


def draw(browser: Browser, address: str, part: Part) -> Drawn:
    """Draw the first element of a part."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": part.width, "height": 900},
        color_scheme=part.theme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(part.path)
    element = page.locator(part.selector).first
    box = element.bounding_box()
    assert box is not None, part
    picture = element.screenshot(animations="disabled")
    context.close()
    return Drawn(
        picture, (round(box["x"]), round(box["y"]), round(box["width"]), round(box["height"]))
    )


def circumstances(browser: Browser) -> dict[str, Any]:
    """The browser and the fonts, on which every pixel depends."""
    return {"browser": browser.version, "fonts": list(_fonts())}


def _fonts() -> Iterator[str]:
    for family in FAMILIES:
        command = ["fc-match", "--format=%{family} %{fontversion}", family]
        found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        yield f"{family}: {found.stdout}"


def main() -> None:
    """Draw every part of a fresh installation and record how."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        with started(Path(data) / "data") as server:
            drawn = {part: draw(browser, server.url, part) for part in PARTS}
        for part, each in drawn.items():
            (FOLDER / f"{part.name}.png").write_bytes(each.picture)
        record = {
            **circumstances(browser),
            "boxes": {part.name: each.box for part, each in drawn.items()},
        }
        browser.close()
    RECORD.write_text(json.dumps(record, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
