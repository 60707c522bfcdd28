"""What can be done: each act with the words by which it is asked for, and where it leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from policyhub.catalog.models import policy_label
from policyhub.search.finding.asking.offers import Offer, plain_offer
from policyhub.search.finding.entries import ACTIONS, POLICIES, SERVICES, Entry, Group
from policyhub.search.finding.results import Piece, mark_matches

Parameters = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Act:
    """Something that can be done with a policy, an action or a service.

    `verbs` are what is typed; `sentence` how it is offered, its `{}` being the name. It leads to
    the page of `address`, which takes the name in `parameter`, or in its path if that is "", and
    what is the same for every name in `also`.
    """

    verbs: tuple[str, ...]
    group: Group
    sentence: str
    address: str
    parameter: str = ""
    also: Parameters = ()

    def url(self, *names: str, more: Parameters = ()) -> str:
        """Where it leads for these names; without any to the page where one chooses."""
        if not self.parameter:
            return reverse(self.address, args=names)
        query = urlencode(
            [*((self.parameter, name) for name in names), *self.also, *more], safe=":"
        )
        return reverse(self.address) + (f"?{query}" if query else "")

    def offer(self, entry: Entry, words: Sequence[str] = ()) -> Offer:
        """The offer to do it with what was found, the words marked."""
        return Offer(self.url(key_of(entry)), self.sentenced(entry.name, words), entry.detail)

    def sentenced(self, name: str, words: Sequence[str]) -> list[Piece]:
        """The sentence with a name, in which the words are marked."""
        before, _, after = self.sentence.partition("{}")
        pieces = [(before, False), *mark_matches(name, words), (after, False)]
        return [piece for piece in pieces if piece[0]]


COMPARE = Act(("compare",), POLICIES, "Compare {} with …", "compare:compare", "policy")
SIMULATE = Act(("simulate",), POLICIES, "Simulate {}", "simulate:simulate", "policy")
TEMPLATE = Act(("template",), POLICIES, "Use {} as a template", "templates:policy")
OPEN = Act(("open",), POLICIES, "Open {}", "browse:policy")
WHO_CAN = Act(
    ("who can", "who may", "which policies allow", "policies that allow"),
    ACTIONS,
    "Who can {}",
    "search:who_can",
    "action",
)
# Asked for by what follows the name: see `wishes.py`.
WHO_CAN_FREELY = Act(
    (), ACTIONS, "Who can {} without a condition", "search:who_can", "action", (("answer", "yes"),)
)
BEST_FIT = Act(("best fit",), ACTIONS, "Best fit for {}", "search:best_fit", "actions")
WHAT_CHANGED = Act(
    ("what changed", "what did aws change", "changes in"),
    SERVICES,
    "What changed in policies for {}",
    "browse:changes",
    "service",
)
ACTS = (COMPARE, SIMULATE, TEMPLATE, OPEN, WHO_CAN, BEST_FIT, WHAT_CHANGED)
# What else one does with a policy or an action that was found or is open.
_NEXT: Mapping[Group, tuple[Act, ...]] = {
    POLICIES: (COMPARE, SIMULATE, TEMPLATE),
    ACTIONS: (WHO_CAN, BEST_FIT),
    SERVICES: (WHAT_CHANGED,),
}


def key_of(entry: Entry) -> str:
    """What addresses call what was found."""
    return entry.policy or entry.name


def next_acts(entry: Entry) -> list[Offer]:
    """What else can be done with what was found."""
    acts = _NEXT.get(entry.group, ())
    return [Offer(act.url(key_of(entry)), act.sentenced(entry.name, ())) for act in acts]


def acts_here(policy: str) -> list[Offer]:
    """What can be done with the policy that is open, by its key."""
    label = policy_label(policy)
    return [
        plain_offer(act.url(policy), "".join(text for text, _ in act.sentenced(label, ())))
        for act in _NEXT[POLICIES]
    ]
