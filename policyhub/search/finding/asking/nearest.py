"""The names that are nearest to what was typed, where nothing contains it."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from rapidfuzz import fuzz, process

from policyhub.catalog.models import Policy, policy_label
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.search.finding.asking.offers import Offer, plain_offer

_MOST = 5
# In per cent: below it a name has no more in common with a text than any other.
_NEAR_ENOUGH = 50

# The URL name of a page, its argument, and what it is called there.
_Place = tuple[str, str, str]


def nearest_names(text: str) -> list[Offer]:
    """Policies, actions and services that are called almost so, the nearest first."""
    typed = "".join(text.split()).lower()
    places = {name.lower(): place for name, place in _names()}
    near = process.extract(
        typed, places.keys(), scorer=fuzz.ratio, score_cutoff=_NEAR_ENOUGH, limit=2 * _MOST
    )
    found = dict.fromkeys(places[name] for name, _, _ in near)
    return [
        plain_offer(reverse(page, args=[argument]), label)
        for page, argument, label in list(found)[:_MOST]
    ]


def _names() -> Iterator[tuple[str, _Place]]:
    """Everything that can be typed for a place: actions also without their service."""
    for service in get_reference().services.values():
        for action in service.actions:
            place = ("browse:action", action.id, action.id)
            yield action.name, place
            yield action.id, place
        yield service.prefix, ("browse:service", service.prefix, service.prefix)
    for key in Policy.objects.order_by("key").values_list("key", flat=True):
        label = policy_label(key)
        yield label, ("browse:policy", key, label)
