"""A report as one HTML file that needs no server: it carries its own styles."""

from __future__ import annotations

from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from policyhub.workbench.reports.review import ReviewReport

_STYLES = ("css/policyhub.css", "css/report.css")


def standalone_html(review: ReviewReport) -> str:
    """The report as a page that prints as the one that is served does."""
    context = {"review": review, "address": review.path, "styles": _styles()}
    html: str = render_to_string("workbench/reports/standalone.html", context)
    return html


def _styles() -> SafeString:
    sheets = (Path(str(finders.find(name))).read_text("utf-8") for name in _STYLES)
    return SafeString(f"<style>\n{''.join(sheets)}</style>")
