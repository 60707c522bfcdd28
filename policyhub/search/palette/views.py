"""The list of the command palette: what is found, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policyhub.catalog.models import Policy, policy_label
from policyhub.search.finding.asking.acts import acts_here, next_acts
from policyhub.search.finding.asking.asked import AskedFor, asked_for
from policyhub.search.finding.asking.nearest import nearest_names
from policyhub.search.finding.asking.offers import Offer, OfferGroup, offer_of
from policyhub.search.finding.asking.places import help_about, pages_named, risks_named
from policyhub.search.finding.current import get_index
from policyhub.search.finding.entries import (
    ACTIONS,
    CHANGES,
    CONDITION_KEYS,
    POLICIES,
    SERVICES,
    Group,
)
from policyhub.search.finding.index import Correction, Hits, Index
from policyhub.search.finding.results import (
    SearchQuestion,
    exactly,
    first_of_each,
    read_search_question,
)
from policyhub.search.finding.views import NEAREST, by_the_index

MOST_OF_A_GROUP = 5
_FOUND: tuple[Group, ...] = (POLICIES, ACTIONS, SERVICES, CONDITION_KEYS, CHANGES)
# What is called by its name: a text that is part of one name alone means that thing.
_NAMED: tuple[Group, ...] = (POLICIES, ACTIONS, SERVICES, CONDITION_KEYS)


@require_safe
@by_the_index
def palette(request: HttpRequest) -> HttpResponse:
    """The list for what is typed (`q`); `policy` is the key of the policy whose page is open."""
    given = request.GET.copy()
    here = _known_policy(given.get("policy", ""))
    given.pop("policy", None)
    question, index = read_search_question(given), get_index()
    corrections: Sequence[Correction] = ()
    asked = asked_for(question.text, index, here) if question.text else AskedFor()
    sought = asked.wish.rest if asked.wish else question.text
    if not question.text:
        groups, only = list(_at_first(here)), ""
    elif asked.wish:
        only = asked.only or _page_called(question)
        groups = [*asked.groups, OfferGroup("Pages", list(pages_named(question.query.words)))]
    else:
        hits = index.find(question.query)
        corrections = hits.corrections
        groups, only = [*asked.groups, *_found(hits)], _meant(question, index, hits)
    shown = [group for group in groups if group.offers]
    if question.text and not shown and (near := nearest_names(sought)):
        shown = [OfferGroup(NEAREST, near)]
    context = {
        "question": question,
        "groups": shown,
        "only": only,
        "corrections": corrections,
        "count": sum(len(group.offers) for group in shown),
        "help": help_about(question.text) if question.text else None,
    }
    return render(request, "search/palette/_palette.html", context)


def _known_policy(key: str) -> str:
    """The key, if a policy has it."""
    is_usable = bool(key) and key.isprintable()
    return key if is_usable and Policy.objects.filter(key=key).exists() else ""


def _at_first(here: str) -> Iterator[OfferGroup]:
    """What is offered before anything is typed."""
    if here:
        yield OfferGroup(f"Do with {policy_label(here)}", acts_here(here))
    yield OfferGroup("Pages", list(pages_named(())))


def _found(hits: Hits) -> Iterator[OfferGroup]:
    """What is found, and behind the first kind of it what can be done with the best."""
    words = hits.query.words
    for place, each in enumerate(first_of_each(hits, _FOUND, MOST_OF_A_GROUP)):
        yield OfferGroup(each.group.label, [offer_of(found) for found in each.results])
        if place == 0:
            yield OfferGroup("Do", next_acts(each.results[0].entry))
    yield OfferGroup("Risks", list(risks_named(words))[:MOST_OF_A_GROUP])
    yield OfferGroup("Pages", list(pages_named(words)) if words else [])


def _meant(question: SearchQuestion, index: Index, hits: Hits) -> str:
    """Where a text leads that means one thing alone: a whole name, or a part of one policy's."""
    if hits.corrections or hits.problems or question.problems:
        return ""
    if named := exactly(question, index):
        return named.url
    words = hits.query.words
    entries = [entry for group in _NAMED for entry in hits.page(group, 0, 2)]
    holding = [each for each in entries if words and all(w in each.name.lower() for w in words)]
    policies = [entry.url for entry in holding if entry.group is POLICIES]
    return _page_called(question) or (_alone(policies) if len(holding) == 1 else "")


def _page_called(question: SearchQuestion) -> str:
    """Where the page is that has exactly this name, "" if none has."""
    name = question.text.strip().lower()
    offers = pages_named(question.query.words)
    return _alone([each.url for each in offers if _text(each).lower() == name])


def _text(offer: Offer) -> str:
    return "".join(text for text, _ in offer.words)


def _alone(urls: Sequence[str]) -> str:
    """The one address that is meant; "" where there are several, or none."""
    return urls[0] if len(urls) == 1 else ""
