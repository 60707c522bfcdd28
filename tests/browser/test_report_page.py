"""A report on paper and on the screen: numbered, with what was typed."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from tests.servers import Server

pytestmark = pytest.mark.browser
REPORT = "/policies/AmazonECS_FullAccess/report/?since=v20"


def lines_of_sheets(page: Page) -> list[list[str]]:
    """The lines of each sheet of the page as it is printed."""
    reader = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
    return [sheet.extract_text().splitlines() for sheet in reader.pages]


def sheets(page: Page) -> list[str]:
    return [re.sub(r"\s+", " ", " ".join(lines)) for lines in lines_of_sheets(page)]


def squeezed(text: str) -> str:
    """A text without white space: lines on paper break within names and addresses."""
    return re.sub(r"\s+", "", text)


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


def test_without_javascript_what_is_typed_is_printed(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(REPORT)
    page.get_by_label("Notes").fill("Typed by hand.")
    assert "Typed by hand." in " ".join(sheets(page))
    context.close()


S3 = ("AmazonS3FullAccess@v2", "AmazonS3ReadOnlyAccess@v3")
COMPARISON = f"/compare/report/?policy={S3[0]}&policy={S3[1]}"
ATTACHED = ("AmazonECS_FullAccess@v22", "AmazonS3ReadOnlyAccess@v3", "IAMFullAccess@v2")
SET = "/report/?" + "&".join(f"policy={each}" for each in ATTACHED)
VERSIONS = "/compare/report/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess%40v22"
OF_SEVERAL = pytest.mark.parametrize("path", [COMPARISON, VERSIONS, SET])


def twin(page: Page, path: str) -> dict[str, Any]:
    found: dict[str, Any] = page.request.get(path.replace("/?", ".json?")).json()
    return found


@OF_SEVERAL
def test_every_sheet_of_a_report_on_several_says_which_report_it_is_of(
    page: Page, path: str
) -> None:
    report = twin(page, path)
    page.goto(path)
    printed = sheets(page)
    assert len(printed) > 5
    for number, sheet in enumerate(printed, 1):
        assert f"{number} / {len(printed)}" in sheet
        assert squeezed(f"Report on {report['title']}, ") in squeezed(sheet)
        assert f"SHA-256{report['digest'][:12]}" in squeezed(sheet)


@OF_SEVERAL
def test_what_is_signed_has_notes_address_and_digest_on_the_same_sheet(
    page: Page, server: Server, path: str
) -> None:
    report = twin(page, path)
    page.goto(path)
    page.get_by_label("Notes").fill("Accepted for the build account only.")
    page.get_by_label("Name", exact=True).fill("Ada Reviewer")
    page.get_by_label("Decision").fill("Approved")
    printed = sheets(page)
    (signed,) = [sheet for sheet in printed if "Sign-off" in sheet]
    for each in ("Accepted for the build account only.", "Ada Reviewer", "Role", "Approved"):
        assert each in signed
    assert report["digest"] in squeezed(signed)
    assert squeezed(report["address"]) in squeezed(signed)
    assert report["address"].startswith(server.url)
    # A command that breaks within an option is another one.
    assert all(word in signed.split() for word in report["command"].split() if word[0] == "-")
    assert "Print or save as PDF" not in " ".join(printed)


@OF_SEVERAL
def test_the_first_sheet_names_all_documents_and_each_begins_its_own(page: Page, path: str) -> None:
    report = twin(page, path)
    page.goto(path)
    printed = sheets(page)
    for each in report["documents"]:
        assert squeezed(each["name"]) in squeezed(printed[0])
        name, _, version = each["name"].partition("@")
        heading = re.compile(rf"^(\d+ / \d+ )?{name}, {version} ")
        assert sum(bool(heading.search(sheet)) for sheet in printed) == 1
        own = next(sheet for sheet in printed if heading.search(sheet))
        assert "ARN" in own
        assert "1. Risks" in own
    text = squeezed(" ".join(printed))
    for each in report["judged"]["documents"]:
        for statement in each["document"]["Statement"]:
            named = statement["Action"]
            actions = [named] if isinstance(named, str) else named
            assert all(f'"{one}"' in text for one in actions)


@OF_SEVERAL
def test_no_heading_of_a_report_is_the_last_line_of_its_sheet(page: Page, path: str) -> None:
    page.goto(path)
    headings = {squeezed(each) for each in page.locator(".report :is(h2, h3)").all_inner_texts()}
    assert len(headings) > 6
    for lines in lines_of_sheets(page):
        body = [squeezed(each) for each in lines if each.strip()]
        foot = max(n for n, line in enumerate(body) if line.startswith("Reporton"))
        last = body[foot - 1]
        assert re.sub(r"^\d\.", "", last) not in headings, last


@OF_SEVERAL
def test_nothing_of_a_report_is_cut_at_the_edge_of_the_paper(page: Page, path: str) -> None:
    # A4 without the margins of the print styles, in pixels.
    page.set_viewport_size({"width": 688, "height": 1000})
    page.goto(path)
    page.emulate_media(media="print")
    beyond = page.evaluate(
        """Array.from(document.querySelectorAll('main *'), each => each)
          .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
          .map(each => each.outerHTML.slice(0, 120))"""
    )
    assert beyond == []


def test_a_risk_that_is_lost_is_told_in_one_line(page: Page) -> None:
    page.goto(COMPARISON)
    text = " ".join(sheets(page))
    assert "lost no longer Opens any bucket to others was free" in text
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        first = page.locator(".risk-changes li > span").first
        box = first.bounding_box()
        assert box is not None
        assert box["height"] < 30, width


def test_notes_on_other_policies_or_versions_are_others(page: Page) -> None:
    page.goto(SET)
    page.get_by_label("Notes").fill("About these three.")
    page.get_by_label("Decision").fill("Approved")
    other = SET.replace("IAMFullAccess@v2", "AmazonSQSReadOnlyAccess")
    for path in (other, COMPARISON):
        page.goto(path)
        assert page.get_by_label("Notes").input_value() == ""
        assert page.get_by_label("Decision").input_value() == ""
    page.goto(SET)
    assert page.get_by_label("Notes").input_value() == "About these three."


def test_a_report_on_a_set_needs_no_javascript_to_be_signed_on_paper(
    chromium: Browser, server: Server
) -> None:
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(SET)
    page.get_by_label("Notes").fill("Typed by hand.")
    printed = sheets(page)
    assert "Typed by hand." in " ".join(printed)
    assert all("SHA-256" in sheet for sheet in printed)
    context.close()
