"""What a sentence of the documentation says can be done, and to what.

Only plain statements are read: "Creating, managing and deleting Amazon Route 53 hosted zones", or
"Allows principals to create, manage, and delete hosted zones", or "hosted zones can be created".
Sentences about what something is
needed for, and sentences that deny something, claim nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Literal

Deed = Literal["create", "delete", "read", "run", "manage"]

# How names of actions begin that do a deed.
BEGINNINGS: Mapping[Deed, tuple[str, ...]] = {
    "create": ("Create", "Put", "Add", "Register", "Import", "Allocate", "Request"),
    "delete": ("Delete", "Remove", "Deregister", "Terminate", "Release"),
    "read": ("List", "Describe", "Get", "BatchGet", "View", "Search", "Filter"),
    "run": ("Run", "Launch"),
    "manage": (),
}
_VERBS: Mapping[str, Deed] = {
    "create": "create",
    "add": "create",
    "delete": "delete",
    "remove": "delete",
    "list": "read",
    "describe": "read",
    "view": "read",
    "read": "read",
    "run": "run",
    "manage": "manage",
    "modify": "manage",
    "update": "manage",
    "change": "manage",
}
_GERUNDS: Mapping[str, Deed] = {
    "creating": "create",
    "adding": "create",
    "deleting": "delete",
    "removing": "delete",
    "listing": "read",
    "describing": "read",
    "viewing": "read",
    "reading": "read",
    "running": "run",
    "managing": "manage",
    "modifying": "manage",
    "updating": "manage",
    "changing": "manage",
}
_PASSIVES: Mapping[str, Deed] = {
    "created": "create",
    "added": "create",
    "deleted": "delete",
    "removed": "delete",
    "listed": "read",
    "described": "read",
    "viewed": "read",
    "managed": "manage",
    "modified": "manage",
    "updated": "manage",
    "changed": "manage",
}
_CAN_BE = re.compile(r"^(?:.*\bthat )?(.+?) can (?:also )?be (\w+)")
# What comes before a verb that is written as in "to create".
_LEADS = frozenset({"", "to", "and", "or", "also", "can", ",", "principal", "principals"})
_WITHOUT_CLAIM = re.compile(
    r"^(?:needed|required|this is (?:needed|required)|see|it is (?:needed|required))\b"
    r"|\b(?:not|never|no longer|can't|doesn't|cannot)\b",
    re.I,
)
_SENTENCES = re.compile(r"[.;](?:\s+|$)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_TOKEN = re.compile(r"[A-Za-z0-9'-]+|,")
_BETWEEN_THINGS = frozenset({",", "and", "or", "of", "with"})
# From here on a sentence says where, why or how.
_CIRCUMSTANCE = frozenset(
    {"in", "for", "by", "when", "if", "as", "that", "which", "to", "on", "from", "using", "where",
     "through", "about", "whose", "who", "while", "too", "so"}
)  # fmt: skip
_DETERMINERS = frozenset(
    {"a", "an", "the", "their", "its", "any", "all", "these", "those", "your", "every", "each",
     "also", "both", "list", "information"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """That a deed can be done to a thing; `thing` is its words in lower case."""

    deed: Deed
    thing: str

    @property
    def key(self) -> str:
        """The thing as the end of an action's name has it, without regard to case and number."""
        return thing_key(self.thing)


def thing_key(text: str) -> str:
    """A thing without blanks and in the singular: `hosted zones` and `HostedZone` are one."""
    plain = text.replace(" ", "").replace("-", "").lower()
    if plain.endswith("ies"):
        return f"{plain[:-3]}y"
    return plain[:-1] if plain.endswith("s") and not plain.endswith("ss") else plain


def claims_in(text: str) -> Iterator[Claim]:
    """Yield what a text claims, in its order."""
    for sentence in _SENTENCES.split(_LINK.sub(r"\1", text).replace("\u2019", "'")):
        if _WITHOUT_CLAIM.search(sentence.strip()):
            continue
        passive = _CAN_BE.search(sentence.strip())
        if passive and passive[2] in _PASSIVES:
            yield from _each_deed_with_each_thing(
                [_PASSIVES[passive[2]]], _TOKEN.findall(passive[1])
            )
        else:
            yield from _claims_of(_TOKEN.findall(sentence))


def _claims_of(tokens: list[str]) -> Iterator[Claim]:
    """Walk over a sentence: verbs that follow each other, then the things that they are about."""
    deeds: list[Deed] = []
    words: list[str] = []
    for before, token in pairwise(["", *tokens]):
        deed = _deed(before, token)
        if deed is None:
            words.append(token)
            continue
        if set(words) - _BETWEEN_THINGS:
            yield from _each_deed_with_each_thing(deeds, words)
            deeds = []
        words = []
        deeds.append(deed)
    yield from _each_deed_with_each_thing(deeds, words)


def _deed(before: str, token: str) -> Deed | None:
    if token.lower() in _GERUNDS:
        return _GERUNDS[token.lower()]
    return _VERBS.get(token) if before.lower() in _LEADS else None


def _things(words: list[str]) -> Iterator[list[str]]:
    """The things in a list of them, up to where the sentence goes on about something else."""
    thing: list[str] = []
    for word in takewhile(lambda each: each.lower() not in _CIRCUMSTANCE, words):
        if word in _BETWEEN_THINGS:
            yield thing
            thing = []
        else:
            thing.append(word)
    yield thing


def _each_deed_with_each_thing(deeds: list[Deed], words: list[str]) -> Iterator[Claim]:
    for thing in map(_without_names, _things(words)):
        if thing:
            yield from (Claim(deed, thing) for deed in deeds)


def _without_names(words: list[str]) -> str:
    """A thing without articles and without the names in front: `Amazon Route 53 hosted zones`."""
    rest = list(words)
    while rest and (rest[0].lower() in _DETERMINERS or not rest[0][0:1].islower()):
        rest = rest[1:]
    return " ".join(rest).lower()
