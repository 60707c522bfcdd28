"""What is offered for a text: a line that leads somewhere, in groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.search.finding.results import FoundEntry, Piece


@dataclass(frozen=True)
class Offer:
    """An offered line: where it leads, and its words with those that were typed marked."""

    url: str
    words: Sequence[Piece]
    detail: str = ""

    def to_dict(self) -> dict[str, str]:
        """The offer as JSON has it."""
        words = "".join(text for text, _ in self.words)
        return {"name": words, "detail": self.detail, "url": self.url}


@dataclass(frozen=True)
class OfferGroup:
    """Offers of a kind, and a last one that leads to all of them where there are more."""

    label: str
    offers: Sequence[Offer]

    def to_dict(self) -> dict[str, Any]:
        """The group as JSON has it."""
        return {"label": self.label, "offers": [each.to_dict() for each in self.offers]}


def offer_of(found: FoundEntry) -> Offer:
    """The offer to open what a search found."""
    return Offer(found.entry.url, found.name, found.entry.detail)


def plain_offer(url: str, words: str, detail: str = "") -> Offer:
    """An offer in which nothing is marked."""
    return Offer(url, ((words, False),), detail)
