"""The search page, the suggestions under the search box, and the JSON twin."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.http import json_answer, page_of, problems_answer
from policyhub.search.names import exactly
from policyhub.search.results import Question, Results, first_of_each, understand

SUGGESTED = 5
SHOWN_OF_EACH = 20
PAGE_SIZE = 100
JSON_PAGE_SIZE = 500


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """All that is found; a whole name leads straight to its page."""
    question = understand(request.GET)
    named = exactly(question.text) if question.text and not question.group else None
    if named and not question.problems:
        return HttpResponseRedirect(named.url)
    context: dict[str, Any] = {
        "question": question,
        "q": question.text,
        "problems": question.problems,
        "json_url": _link("search_json", question),
    }
    if question.group:
        page, beyond = page_of(Results(question), question.page, PAGE_SIZE)
        context |= {"page": page, "problems": [*question.problems, *beyond]}
    else:
        context["groups"] = first_of_each(question, SHOWN_OF_EACH)
    return render(request, "search/search.html", context)


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """The list under the search box: the best few of each group."""
    question = understand(request.GET)
    context = {"question": question, "groups": first_of_each(question, SUGGESTED)}
    return render(request, "search/_suggestions.html", context)


@require_safe
def search_json(request: HttpRequest) -> HttpResponse:
    """All that is found, group after group, in pages of 500."""
    question = understand(request.GET)
    page, beyond = page_of(Results(question), question.page, JSON_PAGE_SIZE)
    if problems := [*question.problems, *beyond]:
        return problems_answer(problems)
    following = None
    if page.has_next():
        link = _link("search_json", question, page=page.next_page_number())
        following = request.build_absolute_uri(link)
    return json_answer(
        {
            "count": page.paginator.count,
            "next": following,
            "results": [asdict(found) for found in page],
        }
    )


def _link(name: str, question: Question, **more: object) -> str:
    parameters: dict[str, object] = {"q": question.text}
    if question.group:
        parameters["in"] = question.group.key
    return f"{reverse(f'search:{name}')}?{urlencode(parameters | more)}"
