"""A text that asks for something to be done: which act, with what, and what may be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policyhub.catalog.models import policy_label
from policyhub.search.finding.asking.acts import (
    ACTS,
    BEST_FIT,
    COMPARE,
    WHAT_CHANGED,
    WHO_CAN,
    WHO_CAN_FREELY,
    Act,
    Parameters,
    key_of,
)
from policyhub.search.finding.asking.offers import Offer, plain_offer
from policyhub.search.finding.asking.times import NamedTime, split_time
from policyhub.search.finding.entries import Entry
from policyhub.search.finding.index import Index
from policyhub.search.finding.query import parse_query
from policyhub.search.finding.results import Piece, mark_matches

MOST_OFFERED = 8
MOST_COMPARED = 6
_BY_VERB = {verb: act for act in ACTS for verb in act.verbs}
# What comes between a verb and a name says nothing more.
_ASKED = re.compile(
    rf"({'|'.join(_BY_VERB)})(?:\s+(?:with|for|as|in|the)\b)*(?:\s+(.*))?", re.IGNORECASE
)
_FREELY = re.compile(
    r"\s+(?:(?:without|with no)\s+(?:(?:a|any)\s+)?conditions?|unconditionally|freely)$",
    re.IGNORECASE,
)
_OTHER_ACTION = re.compile(r"[,\s]+(?:and\s+)?")
_OTHER_POLICY = re.compile(r"\s+(?:with|and|to|vs\.?|versus)\s+|\s*,\s*", re.IGNORECASE)
_POLICIES = re.compile(r"\s+polic(?:y|ies)$", re.IGNORECASE)


@dataclass(frozen=True)
class Wish:
    """An act with what it is asked for with, as typed; `since` is the time that was named."""

    act: Act
    rest: str
    since: NamedTime | None = None

    @property
    def names(self) -> list[str]:
        """What the rest names: one thing, or each policy to be compared and each action to fit."""
        if self.act is COMPARE:
            return _OTHER_POLICY.split(self.rest)[:MOST_COMPARED]
        return _OTHER_ACTION.split(self.rest) if self.act is BEST_FIT else [self.rest]

    @property
    def more(self) -> Parameters:
        """What the address gets besides names."""
        return (("since", self.since.day.isoformat()),) if self.since else ()


@dataclass(frozen=True)
class Meant:
    """What is offered for a wish, and where the only thing leads that may be meant, or ""."""

    offers: Sequence[Offer] = ()
    only: str = ""


def read_wish(text: str) -> Wish | None:
    """What a text asks to be done, None where it asks for nothing."""
    text = text.strip()
    freely = _FREELY.search(text)
    text = text[: freely.start()] if freely else text
    found = _ASKED.fullmatch(text)
    act, rest = (_BY_VERB[found[1].lower()], (found[2] or "").strip()) if found else (None, text)
    if freely and act in (None, WHO_CAN):
        return Wish(WHO_CAN_FREELY, rest)
    if act is WHAT_CHANGED:
        rest, since = split_time(rest)
        return Wish(act, _POLICIES.sub("", rest), since)
    return Wish(act, rest) if act and not freely else None


def grant(wish: Wish, here: str, index: Index) -> Meant:
    """What a wish finds; `here` is the key of the policy that is open, "" without one."""
    if len(wish.names) > 1:
        return _compared(wish.names, index) if wish.act is COMPARE else _fitted(wish)
    query, _ = parse_query(wish.rest)
    entries = index.find(query).page(wish.act.group, 0, MOST_OFFERED)
    offers = [_offer(wish, entry, here, query.words) for entry in entries]
    if not wish.rest:
        offers += _general(wish, here)
        return Meant(offers, _alone(offers))
    exact = [offer for entry, offer in zip(entries, offers, strict=True) if _is(entry, wish.rest)]
    if wish.act is WHO_CAN_FREELY:
        offers = exact
    return Meant(offers, _alone(offers) or _alone(exact))


def _offer(wish: Wish, entry: Entry, here: str, words: Sequence[str]) -> Offer:
    act, key = wish.act, key_of(entry)
    if act is COMPARE and here and key != here:
        marked = mark_matches(f"Compare {policy_label(here)} with {entry.name}", words)
        return Offer(act.url(here, key), marked, entry.detail)
    since: list[Piece] = [(f" {wish.since.words}", False)] if wish.since else []
    sentence = [*act.sentenced(entry.name, words), *since]
    return Offer(act.url(key, more=wish.more), sentence, entry.detail)


def _general(wish: Wish, here: str) -> Iterator[Offer]:
    """An act of which only the verb was typed: with the policy that is open."""
    if here and wish.act.group is COMPARE.group:
        yield Offer(wish.act.url(here), wish.act.sentenced(policy_label(here), ()))


def _compared(names: Sequence[str], index: Index) -> Meant:
    """Policies that are named one after the other: the best of each, the last with others."""
    found = [_policies(name, index) for name in names]
    if not all(found):
        return Meant()
    first = [_exactly(name, entries) for name, entries in zip(names[:-1], found, strict=False)]
    offers = [_comparison([*first, entry]) for entry in found[-1]]
    meant = _comparison([*first, _exactly(names[-1], found[-1])])
    is_clear = all(
        len(entries) == 1 or _is(_exactly(name, entries), name)
        for name, entries in zip(names, found, strict=True)
    )
    return Meant(offers, meant.url if is_clear else "")


def _fitted(wish: Wish) -> Meant:
    """Actions that are named one after the other: their page says which of them is none."""
    actions = ", ".join(wish.names)
    offer = plain_offer(wish.act.url(actions), wish.act.sentence.format(actions))
    return Meant([offer], offer.url)


def _policies(name: str, index: Index) -> list[Entry]:
    query, _ = parse_query(name)
    return index.find(query).page(COMPARE.group, 0, MOST_OFFERED)


def _exactly(name: str, entries: Sequence[Entry]) -> Entry:
    """The one of some that has this name, else the best."""
    return next((entry for entry in entries if _is(entry, name)), entries[0])


def _comparison(entries: Sequence[Entry]) -> Offer:
    before, last = ", ".join(entry.name for entry in entries[:-1]), entries[-1].name
    url = COMPARE.url(*(key_of(entry) for entry in entries))
    return Offer(url, ((f"Compare {before} with {last}", False),))


def _is(entry: Entry, name: str) -> bool:
    return name.lower() in (each.lower() for each in entry.names)


def _alone(offers: Sequence[Offer]) -> str:
    """The one address that is meant; "" where there are several, or none."""
    return offers[0].url if len(offers) == 1 else ""
