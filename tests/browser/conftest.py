"""A real Chromium against a really started server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.conftest import require
from tests.servers import Server

# A second flag of this name takes the place of Playwright's: what of it matters here comes first.
# The last two are windows below the address bar, which nobody sees; each page would have them
# rendered, at more than the cost of the page itself.
WITHOUT = (
    "AimEnabled", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay",
    "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding",
    "PreconnectToSearch", "WebUIOmniboxAimPopup", "WebUIOmniboxPopup",
)  # fmt: skip
ARGUMENTS = [
    f"--disable-features={','.join(WITHOUT)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    # Playwright keeps an event loop on this thread, which Django would take for asynchronous
    # code in the database tests that follow.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    require(found is not None, "Chromium is not installed", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, server: Server) -> Iterator[Page]:
    """A desktop page that fails the test on any script error or CSP report."""
    with opened(chromium, server, viewport={"width": 1280, "height": 900}) as page:
        yield page


@contextmanager
def opened(chromium: Browser, server: Server, **options: Any) -> Iterator[Page]:
    """A page in a window of its own, that fails the test on any script error or CSP report."""
    context = chromium.new_context(base_url=server.url, **options)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    yield opened
    # What is still under way belongs to the test; ended by closing the page it would complain.
    opened.wait_for_load_state("networkidle")
    context.close()
    assert not complaints, complaints


def follow(target: Locator) -> None:
    """Click what leads to another page, and wait until all of that is there.

    After a click alone the page may be there in part: what is read of it at once is less.
    """
    with target.page.expect_navigation():
        target.click()
