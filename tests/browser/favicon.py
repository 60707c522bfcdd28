"""Make static/root/favicon.ico from the mark, for readers that ask for no other icon:

uv run --group dev python -m tests.browser.favicon
"""

from __future__ import annotations

import shutil
import struct

from playwright.sync_api import sync_playwright

from tests.servers import ROOT

SIZES = (16, 32)


def icon(pictures: dict[int, bytes]) -> bytes:
    """An ICO file of PNG pictures by their size in pixels; the format is Microsoft's."""
    place = 6 + 16 * len(pictures)
    head, body = [struct.pack("<3H", 0, 1, len(pictures))], []
    for size, picture in pictures.items():
        head.append(struct.pack("<4B2H2I", size, size, 0, 0, 1, 32, len(picture), place))
        body.append(picture)
        place += len(picture)
    return b"".join((*head, *body))


def main() -> None:
    """Let Chromium draw the mark in each size."""
    mark = (ROOT / "static/img/favicon.svg").read_text("utf-8")
    pictures = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for size in SIZES:
            page = chromium.new_page(viewport={"width": size, "height": size})
            page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{mark}")
            pictures[size] = page.screenshot(omit_background=True)
        chromium.close()
    (ROOT / "static/root/favicon.ico").write_bytes(icon(pictures))


if __name__ == "__main__":
    main()
