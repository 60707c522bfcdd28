"""What a text asks for besides what it finds, in groups: to do something, a risk, a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from policyhub.search.finding.asking.acts import WHO_CAN_FREELY
from policyhub.search.finding.asking.lists import lists_asked_for
from policyhub.search.finding.asking.offers import OfferGroup
from policyhub.search.finding.asking.places import free_risks_of
from policyhub.search.finding.asking.wishes import Meant, Wish, grant, read_wish
from policyhub.search.finding.index import Index


@dataclass(frozen=True)
class AskedFor:
    """What is offered for a text; `only` is where it leads if it means one thing alone, or "".

    `wish` is None where nothing is to be done: a text that is searched for.
    """

    wish: Wish | None = None
    groups: list[OfferGroup] = field(default_factory=list)
    only: str = ""


def asked_for(text: str, index: Index, here: str = "") -> AskedFor:
    """Read a text; `here` is the key of the policy whose page is open, "" without one."""
    wish = read_wish(text)
    granted = grant(wish, here, index) if wish else Meant()
    groups = [group for group in _groups(text, wish, granted) if group.offers]
    # Without a verb it may be what is looked for: of a name alone it is known what is asked.
    is_wish = wish is not None and (wish.act is not WHO_CAN_FREELY or bool(granted.offers))
    only = granted.only if len(groups) == 1 else ""
    return AskedFor(wish if is_wish else None, groups, only)


def _groups(text: str, wish: Wish | None, granted: Meant) -> Iterator[OfferGroup]:
    yield OfferGroup("Do", granted.offers)
    if wish and wish.act is WHO_CAN_FREELY:
        yield OfferGroup("Risks", list(free_risks_of(wish.rest)))
    yield OfferGroup("Lists", list(lists_asked_for(text)))
