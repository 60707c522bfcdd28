"""The facets of a list as htmx gets them: after the rows, in fragments that stay short.

What is swapped says in the header HX-Target what it wants: the element `facets`, or of a long
facet that is open the options from a place on, `more-service-60`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from policyhub.browse.lists.facets import OfferedFacet
from policyhub.http import HtmxHttpRequest, wants_partial

RAIL = "facets"
# How many options of a facet that is open come at once.
PIECE = 60
_MORE = re.compile(r"more-([a-z-]+)-(\d{1,6})", re.ASCII)


def part_of_rail(request: HtmxHttpRequest, context: Mapping[str, Any]) -> HttpResponse | None:
    """The facets, or further options of one; None where something else is asked for.

    `context` is that of the list, as `list_context` makes it.
    """
    if not wants_partial(request):
        return None
    more = _MORE.fullmatch(request.htmx.target or "")
    if more:
        found = [each for each in context["facets"]() if each.facet.key == more[1]]
        parts = {"options_of": [piece_of(each, int(more[2])) for each in found]}
        response = render(request, "browse/lists/_more_options.html", {**context, **parts})
    elif request.htmx.target == RAIL:
        parts = {"facets": [piece_of(each, 0) for each in context["facets"]()]}
        response = render(request, "browse/lists/_facets.html", {**context, **parts})
    else:
        return None
    patch_vary_headers(response, ["HX-Request", "HX-Target", "HX-History-Restore-Request"])
    return response


def piece_of(offered: OfferedFacet, start: int) -> OfferedFacet:
    """A facet with a piece of its options if it is open, else with all.

    What is ticked comes with the first piece: a form that is sent meanwhile has every filter.
    """
    if not offered.is_open:
        return offered
    end = start + PIECE
    options = [
        option
        for place, option in enumerate(offered.options)
        if (not start if option.checked else start <= place < end)
    ]
    return replace(offered, options=options, next=end if end < len(offered.options) else None)
