"""What the palette does: each act with the words by which it is asked for, and where it leads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from policyhub.catalog.models import policy_label
from policyhub.search.finding.entries import ACTIONS, POLICIES, SERVICES, Entry, Group
from policyhub.search.finding.index import Index
from policyhub.search.finding.query import parse_query
from policyhub.search.finding.results import Piece, mark_matches
from policyhub.search.palette.offers import Offer, plain_offer

MOST_OFFERED = 8


@dataclass(frozen=True)
class Act:
    """Something that can be done with a policy, an action or a service.

    `verb` is what is typed; `sentence` how it is offered, its `{}` being the name. It leads to
    the page of `address`, which takes the name in `parameter`, or in its path if that is "".
    """

    verb: str
    group: Group
    sentence: str
    address: str
    parameter: str = ""

    def url(self, *names: str) -> str:
        """Where it leads for these names; without any to the page where one chooses."""
        if not self.parameter:
            return reverse(self.address, args=names)
        query = urlencode([(self.parameter, name) for name in names])
        return reverse(self.address) + (f"?{query}" if query else "")

    def offer(self, entry: Entry, words: Sequence[str] = ()) -> Offer:
        """The offer to do it with what was found, the words marked."""
        return Offer(self.url(_name(entry)), self.sentenced(entry.name, words), entry.detail)

    def sentenced(self, name: str, words: Sequence[str]) -> list[Piece]:
        """The sentence with a name, in which the words are marked."""
        before, _, after = self.sentence.partition("{}")
        pieces = [(before, False), *mark_matches(name, words), (after, False)]
        return [piece for piece in pieces if piece[0]]


COMPARE = Act("compare", POLICIES, "Compare {} with …", "compare:compare", "policy")
SIMULATE = Act("simulate", POLICIES, "Simulate {}", "simulate:simulate", "policy")
TEMPLATE = Act("template", POLICIES, "Use {} as a template", "templates:policy")
OPEN = Act("open", POLICIES, "Open {}", "browse:policy")
WHO_CAN = Act("who can", ACTIONS, "Who can {}", "search:who_can", "action")
BEST_FIT = Act("best fit", ACTIONS, "Best fit for {}", "search:best_fit", "actions")
WHAT_CHANGED = Act(
    "what changed", SERVICES, "What changed in policies for {}", "browse:changes", "service"
)
ACTS: Mapping[str, Act] = {
    act.verb: act for act in (COMPARE, SIMULATE, TEMPLATE, OPEN, WHO_CAN, BEST_FIT, WHAT_CHANGED)
}
# What comes between a verb and a name says nothing more.
_ASKED = re.compile(rf"({'|'.join(ACTS)})(?:\s+(?:with|for|as|in)\b)?(?:\s+(.*))?", re.IGNORECASE)
# What else one does with a policy or an action that was found or is open.
_NEXT: Mapping[Group, tuple[Act, ...]] = {
    POLICIES: (COMPARE, SIMULATE, TEMPLATE),
    ACTIONS: (WHO_CAN, BEST_FIT),
    SERVICES: (WHAT_CHANGED,),
}


def asked_act(text: str) -> tuple[Act, str] | None:
    """The act that a text begins with, and the rest of the text."""
    found = _ASKED.fullmatch(text.strip())
    return (ACTS[found[1].lower()], (found[2] or "").strip()) if found else None


def offers_of(act: Act, rest: str, here: str, index: Index) -> Iterator[Offer]:
    """An act with what the rest of the text finds; `here` is the key of the policy that is open."""
    query, _ = parse_query(rest)
    hits = index.find(query)
    for entry in hits.page(act.group, 0, MOST_OFFERED):
        if act is COMPARE and here and entry.policy != here:
            words = mark_matches(f"Compare {policy_label(here)} with {entry.name}", query.words)
            yield Offer(act.url(here, entry.policy), words, entry.detail)
        else:
            yield act.offer(entry, query.words)
    if not rest and here and act.group is POLICIES:
        yield Offer(act.url(here), act.sentenced(policy_label(here), ()))


def next_acts(entry: Entry) -> list[Offer]:
    """What else can be done with what was found."""
    acts = _NEXT.get(entry.group, ())
    return [Offer(act.url(_name(entry)), act.sentenced(entry.name, ())) for act in acts]


def acts_here(policy: str) -> list[Offer]:
    """What can be done with the policy that is open, by its key."""
    label = policy_label(policy)
    return [
        plain_offer(act.url(policy), "".join(text for text, _ in act.sentenced(label, ())))
        for act in _NEXT[POLICIES]
    ]


def _name(entry: Entry) -> str:
    return entry.policy or entry.name
