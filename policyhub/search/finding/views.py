"""The search page, the suggestions under the search box, and the JSON twin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.http import (
    ParameterProblem,
    json_answer,
    mark_as_of_older_index,
    page_of,
    problems_answer,
)
from policyhub.search.finding.asking.asked import AskedFor, asked_for
from policyhub.search.finding.asking.nearest import nearest_names
from policyhub.search.finding.asking.offers import Offer, OfferGroup
from policyhub.search.finding.asking.places import risks_named
from policyhub.search.finding.current import get_index, is_behind
from policyhub.search.finding.entries import GROUPS, STATEMENTS
from policyhub.search.finding.facets import in_one_action, offered_facets, operator_chips
from policyhub.search.finding.index import Hits, Index
from policyhub.search.finding.query import EXAMPLES, Query
from policyhub.search.finding.results import (
    Results,
    SearchQuestion,
    exactly,
    first_of_each,
    read_search_question,
    with_power,
)
from policyhub.search.finding.statement_rows import by_policy

SUGGESTED = 5
SUGGESTED_RISKS = 3
NEAREST = "Nothing found; the nearest names"
SHOWN_OF_EACH = 10
# Of so many statements the policies are shown, one row each.
LOOKED_THROUGH = 50
PAGE_SIZE = 100
JSON_PAGE_SIZE = 500


View = Callable[[HttpRequest], HttpResponse]


def by_the_index(view: View) -> View:
    """Make a view whose answer nobody keeps while the index is behind the data."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        # AskedFor before too: the index may be built while the view runs.
        was_behind = is_behind()
        response = view(request)
        if was_behind or is_behind():
            mark_as_of_older_index(response)
        return response

    return answer


@require_safe
@by_the_index
def search(request: HttpRequest) -> HttpResponse:
    """Everything that is found; a full name, or what asks for one thing, leads straight there."""
    question, index, behind = read_search_question(request.GET), get_index(), is_behind()
    named, asked = exactly(question, index), _asked(question, index)
    if address := named.url if named else asked.only:
        return HttpResponseRedirect(address)
    hits = _find(question, asked, index)
    risks = _risks(asked, hits)
    problems: list[ParameterProblem] = [*question.problems, *hits.problems]
    # Before the groups are counted, which follows from what facets count.
    facets = offered_facets(hits, question.opened, _address_parts(question))
    context: dict[str, Any] = {
        "question": question,
        "is_behind": behind,
        "q": question.text,
        "corrections": hits.corrections,
        "counts": [
            (group, count, _page(question, group.key)) for group, count in hits.counts().items()
        ],
        "everything_url": _page(question, ""),
        "facets": facets,
        "chips": operator_chips(hits.query, _address_parts(question)),
        "in_one_action_url": in_one_action(hits.query),
        "examples": EXAMPLES.values(),
        "asked": asked,
        "risks": OfferGroup("Risks", risks[:SHOWN_OF_EACH]),
        "risk_count": len(risks),
        "near": _near(question, asked, hits, risks),
        "json_url": _link("search_json", question),
    }
    if question.group:
        results = Results(hits, (question.group,))
        page, beyond = page_of(results, question.page, PAGE_SIZE)
        context |= {"page": page, "results": with_power(list(page)), "statements": by_policy(page)}
        problems += beyond
    else:
        context["groups"] = [
            replace(each, results=with_power(each.results))
            for each in first_of_each(hits, GROUPS, SHOWN_OF_EACH)
        ]
        statements = first_of_each(hits, [STATEMENTS], LOOKED_THROUGH)
        rows = by_policy(found for each in statements for found in each.results)
        context["statements"] = rows[:SHOWN_OF_EACH]
    return render(request, "search/finding/search.html", context | {"problems": problems})


@require_safe
@by_the_index
def suggestions(request: HttpRequest) -> HttpResponse:
    """The list under the search box: the best few of each group."""
    question, index = read_search_question(request.GET), get_index()
    asked = _asked(question, index)
    hits = _find(question, asked, index)
    suggested = [group for group in GROUPS if group.is_suggested]
    risks = _risks(asked, hits)
    near = _near(question, asked, hits, risks)
    context = {
        "question": question,
        "asked": [*asked.groups, *([OfferGroup(NEAREST, near)] if near else [])],
        "risks": OfferGroup("Risks", risks[:SUGGESTED_RISKS]),
        "problems": [*question.problems, *hits.problems],
        "corrections": hits.corrections,
        "count": sum(hits.counts().values()),
        "groups": first_of_each(hits, suggested, SUGGESTED),
    }
    return render(request, "search/finding/_suggestions.html", context)


@require_safe
@by_the_index
def search_json(request: HttpRequest) -> HttpResponse:
    """All that is found, group after group, in pages of 500."""
    question = read_search_question(request.GET)
    index, behind = get_index(), is_behind()
    asked = _asked(question, index)
    hits = _find(question, asked, index)
    risks = _risks(asked, hits)
    page, beyond = page_of(Results(hits, question.groups), question.page, JSON_PAGE_SIZE)
    if problems := [*question.problems, *hits.problems, *beyond]:
        return problems_answer(problems)
    following = None
    if page.has_next():
        link = _link("search_json", question, page=page.next_page_number())
        following = request.build_absolute_uri(link)
    return json_answer(
        {
            "count": page.paginator.count,
            "next": following,
            "corrections": [asdict(each) for each in hits.corrections],
            **({"behind": True} if behind else {}),
            "offers": [group.to_dict() for group in asked.groups],
            "risks": [each.to_dict() for each in risks],
            "nearest": [each.to_dict() for each in _near(question, asked, hits, risks)],
            "results": [found.to_dict() for found in page],
        }
    )


def _asked(question: SearchQuestion, index: Index) -> AskedFor:
    return AskedFor() if question.group or not question.text else asked_for(question.text, index)


def _find(question: SearchQuestion, asked: AskedFor, index: Index) -> Hits:
    """What is found; of a text that asks for something no word is taken for a typing error."""
    query = question.query
    if asked.groups:
        query = Query(tuple(replace(term, is_quoted=True) for term in query.terms))
    return index.find(query)


def _risks(asked: AskedFor, hits: Hits) -> list[Offer]:
    """The risks that are called so; none where something is to be done."""
    return [] if asked.wish else list(risks_named(hits.query.words))


def _near(
    question: SearchQuestion, asked: AskedFor, hits: Hits, risks: Sequence[Offer]
) -> list[Offer]:
    """The nearest names, where nothing at all is found for words that were understood."""
    is_found = asked.groups or risks or hits.counts()
    if is_found or question.problems or hits.problems or not question.query.words:
        return []
    return nearest_names(asked.wish.rest if asked.wish else question.text)


def _link(name: str, question: SearchQuestion, **more: object) -> str:
    parameters: dict[str, object] = {"q": question.text}
    if question.group:
        parameters["in"] = question.group.key
    return f"{reverse(f'search:{name}')}?{urlencode(parameters | more)}"


def _page(question: SearchQuestion, group: str) -> str:
    """The address of the same search in one group, or in all."""
    return f"?{urlencode({'q': question.text} | ({'in': group} if group else {}))}"


def _address_parts(question: SearchQuestion) -> Any:
    """What makes addresses of other queries in the same group, with one facet opened."""

    def address(query: Query, opened: str) -> str:
        parameters = {"q": str(query)}
        if question.group:
            parameters["in"] = question.group.key
        if opened:
            parameters["all"] = opened
        return f"?{urlencode(parameters)}"

    return address
