"""The words and signs of a comparison's verdict."""

from __future__ import annotations

from policyhub.iam.comparing.comparison import Relation

_SENTENCES: dict[Relation, str] = {
    "equivalent": "{left} and {right} allow the same.",
    "left_subset": "{right} allows everything that {left} allows, and more.",
    "right_subset": "{left} allows everything that {right} allows, and more.",
    "disjoint": "{left} and {right} have nothing in common.",
    "overlapping": "Neither of {left} and {right} contains the other.",
    "undecided": "Whether {left} or {right} allows more is undecided.",
}
NEVER_ASKED = (
    "The rest is about requests that by the reference do not exist: for actions that do not exist, "
    "or on resources that they do not support."
)
NOT_KNOWN = "Whether the requests that make the difference are possible is undecided."
SIGNS: dict[Relation, str] = {
    "equivalent": "=",
    "left_subset": "⊂",
    "right_subset": "⊃",
    "disjoint": "∅",
    "overlapping": "∩",
    "undecided": "?",
}


def verdict_in_words(verdict: Relation, left: str, right: str) -> str:
    """The verdict as a sentence about two sides."""
    return _SENTENCES[verdict].format(left=left, right=right)
