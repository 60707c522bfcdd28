"""Make the picture in README.md, static/img/policyhub.png, of a Policyhub that runs:

uv run --group dev python -m tests.browser.screenshot http://127.0.0.1:8000
"""

from __future__ import annotations

import shutil
import sys

from playwright.sync_api import ViewportSize, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.servers import ROOT

PAGE = "/policies/AmazonECS_FullAccess/"
PICTURE = ROOT / "static/img/policyhub.png"
SIZE: ViewportSize = {"width": 1130, "height": 345}


def main(address: str) -> None:
    """Let Chromium draw the page of a policy."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        page = chromium.new_page(base_url=address, viewport=SIZE, color_scheme="light")
        page.goto(PAGE)
        page.locator(".tabs").evaluate("tabs => scrollTo(0, tabs.offsetTop - 56)")
        page.screenshot(path=PICTURE)
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1])
