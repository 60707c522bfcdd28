"""The contents of the help with its search, a help page, and their JSON twins."""

from __future__ import annotations

from dataclasses import asdict
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.help.finding import find
from policyhub.help.openapi import openapi_document
from policyhub.help.pages import HelpPage, contents, find_page, neighbours, pages
from policyhub.http import Parameters, json_answer, problems_answer


@require_safe
def contents_page(request: HttpRequest) -> HttpResponse:
    """The pages by reader, or the sections that a search finds."""
    query, asked = _read_words(request)
    twin = reverse("help:contents_json")
    context = {
        "title": f"{query} · Help" if query else "Help",
        "query": query,
        "found": find(query),
        "contents": contents(),
        "problems": asked.problems,
        "json_url": f"{twin}?{urlencode({'q': query})}" if query else twin,
    }
    return render(request, "help/contents.html", context)


@require_safe
def contents_json(request: HttpRequest) -> HttpResponse:
    """The pages in order, or the sections that a search finds."""
    query, asked = _read_words(request)
    if asked.problems:
        return problems_answer(asked.problems)
    found = [each.to_dict() for each in find(query)]
    results = found if query else [{**page.to_dict(), "url": page.url} for page in pages()]
    return json_answer({"count": len(results), "next": None, "results": results})


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of all JSON twins, for programs that make clients and tests of it."""
    return json_answer(openapi_document())


@require_safe
def help_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A page with its table of contents and the other pages next to it."""
    page = _page_or_404(slug)
    before, after = neighbours(page)
    context = {
        "title": f"{page.title} · Help",
        "page": page,
        "contents": contents(),
        "parts": [part for part in page.rendered.sections if part.level == 2],
        "before": before,
        "after": after,
        "json_url": reverse("help:page_json", args=[slug]),
    }
    return render(request, "help/page.html", context)


@require_safe
def help_page_json(request: HttpRequest, slug: str) -> HttpResponse:
    """A page's Markdown, and its sections as plain text."""
    page = _page_or_404(slug)
    sections = [asdict(section) for section in page.rendered.sections]
    return json_answer({**page.to_dict(), "markdown": page.markdown, "sections": sections})


def _read_words(request: HttpRequest) -> tuple[str, Parameters]:
    parameters = Parameters(request.GET)
    parameters.expect(["q"])
    return parameters.words("q"), parameters


def _page_or_404(slug: str) -> HelpPage:
    page = find_page(slug)
    if page is None:
        raise Http404
    return page
