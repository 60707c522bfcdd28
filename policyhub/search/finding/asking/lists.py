"""Filters of lists, typed into the search: `free:write` narrows the list of policies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from policyhub.catalog.reference.in_memory import get_reference
from policyhub.search.finding.asking.offers import Offer
from policyhub.search.finding.query import OPERATORS


@dataclass(frozen=True)
class FilteredList:
    """A list with the filters that its address understands, as the tests hold it to."""

    label: str
    address: str
    filters: tuple[str, ...]

    @property
    def own(self) -> frozenset[str]:
        """The filters that are no operators of the search."""
        return frozenset(self.filters) - frozenset(OPERATORS)


LISTS = (
    FilteredList(
        "policies",
        "browse:policies",
        (
            *("group", "service", "level", "free", "risk", "lint", "finding", "kind", "account"),
            *("attachable", "scope", "conditions", "key", "uses", "reach", "power", "since"),
            *("deprecated", "gone"),
        ),
    ),
    FilteredList(
        "changes",
        "browse:changes",
        ("service", "since", "until", "access", "source", "risk", "policy", "month"),
    ),
    FilteredList("risks", "browse:risks", ("answer", "kind")),
    FilteredList("condition keys", "browse:condition_keys", ("used", "listed", "prefix")),
    FilteredList("services", "browse:services", ("listed",)),
)
_FILTERS = frozenset(key for each in LISTS for key in each.filters)


def lists_asked_for(text: str) -> Iterator[Offer]:
    """The lists that understand all filters of a text, at least one of which only lists have."""
    pairs, words = _read(text)
    used = {key for key, _ in pairs}
    for each in LISTS:
        if used & each.own and used <= set(each.filters):
            query = [("q", " ".join(words))] if words else []
            query += [(key, one) for key, value in pairs for one in value.split(",") if one]
            filters = " ".join(f"{key}:{value}" for key, value in pairs)
            yield Offer(
                f"{reverse(each.address)}?{urlencode(query, safe=':')}",
                ((f"List the {each.label} with ", False), (filters, True)),
                "a filter of this list, not of the search",
            )


def _read(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The filters of a text with their values, and its other words."""
    pairs: list[tuple[str, str]] = []
    words: list[str] = []
    for word in text.split():
        key, _, value = word.partition(":")
        if value and key.lower() in _FILTERS and not _is_action(key, value):
            pairs.append((key.lower(), value))
        else:
            words.append(word)
    return pairs, words


def _is_action(prefix: str, name: str) -> bool:
    """Whether it is an action: one service is called as a filter is."""
    return prefix.lower() in get_reference().services and not name.isdecimal()
