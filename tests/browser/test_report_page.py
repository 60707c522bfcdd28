"""A report on paper and on the screen: numbered, with what was typed."""

from __future__ import annotations

import io
import re

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from tests.servers import StartedServer

pytestmark = pytest.mark.browser
REPORT = "/policies/AmazonECS_FullAccess/report/?since=v20"


def sheets(page: Page) -> list[str]:
    reader = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
    return [re.sub(r"\s+", " ", sheet.extract_text()) for sheet in reader.pages]


def test_a_report_prints_numbered_with_notes_and_a_place_to_sign(page: Page) -> None:
    page.goto(REPORT)
    page.get_by_label("Notes").fill("Accepted for the build account only.")
    page.get_by_label("Decision").fill("Approved")
    printed = sheets(page)
    assert len(printed) > 3
    for number, sheet in enumerate(printed, 1):
        assert f"{number} / {len(printed)}" in sheet
    text = " ".join(printed)
    for each in ("Accepted for the build account only.", "Approved", "Sign-off", "Role"):
        assert each in text
    digest = page.request.get(REPORT.replace("/report/", "/report.json")).json()["digest"]
    assert digest in text.replace(" ", "")
    assert "Print or save as PDF" not in text
    page.reload()
    assert page.get_by_label("Notes").input_value() == "Accepted for the build account only."
    page.goto("/policies/AdministratorAccess/report/")
    assert page.get_by_label("Notes").input_value() == ""


def test_without_javascript_what_is_typed_is_printed(
    chromium: Browser, server: StartedServer
) -> None:
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(REPORT)
    page.get_by_label("Notes").fill("Typed by hand.")
    assert "Typed by hand." in " ".join(sheets(page))
    context.close()
