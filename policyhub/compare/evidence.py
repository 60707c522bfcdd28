"""What one side alone allows, as sentences about its statements with requests that prove it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from policyhub.catalog.facts.services import get_service_facts
from policyhub.compare.sides import Side
from policyhub.http import LONGEST_ADDRESS
from policyhub.iam.comparing.evidence import (
    DifferenceReason,
    denied_in_words,
    reason_in_words,
    reasons,
)
from policyhub.iam.comparing.proof import Witness
from policyhub.iam.deciding.condition_keys import KeyTraits
from policyhub.iam.language.wording import Words, join_words, plain, quote, value_in_words
from policyhub.simulator_address import request_query, simulator_query

# How many requests are offered to try what a statement allows.
EXAMPLES_SHOWN = 3
_NEVER_ASKED: Mapping[bool | None, str] = {
    None: "Whether such a request exists is not known: the reference gives the action no resource "
    "type, but AWS's own policies restrict it to ARNs",
    False: "By the reference no such request exists: it has no such action, or the action does "
    "not support such a resource",
}


@dataclass(frozen=True)
class Example:
    """A request with made-up values that one side allows and the other doesn't."""

    witness: Witness
    allowed_by: Side
    other: Side

    @property
    def request(self) -> dict[str, Any]:
        """The request as a simulation has it."""
        return self.witness.to_dict()

    @property
    def context(self) -> list[tuple[str, Words]]:
        """The context keys, each with what its value is: a list is never like a single one."""
        return [(key, value_in_words(value)) for key, value in self.request["context"].items()]

    @property
    def links(self) -> list[tuple[str, str]]:
        """Each side with the query of the simulator that decides the request there.

        The query is empty if a URL would be too long for the side's document.
        """
        return [(side.label, self._query(side)) for side in (self.allowed_by, self.other)]

    def _query(self, side: Side) -> str:
        if len(side.simulated) > LONGEST_ADDRESS:
            return ""
        return simulator_query(side.simulated, self.request)

    @property
    def request_query(self) -> str:
        """The request alone as the simulator's query."""
        return request_query(self.request)

    def in_words(self) -> str:
        """The request as a line of text."""
        request = self.request
        by = f" by {request['principal']}" if "principal" in request else ""
        context = "".join(f", {key} is {plain(value)}" for key, value in self.context)
        return f"{request['action']} on {request['resource']}{by}{context}"


@dataclass(frozen=True)
class Evidence:
    """A statement of one side that allows what the other doesn't, and requests to try it with."""

    reason: DifferenceReason
    examples: tuple[Example, ...]

    @property
    def shown(self) -> tuple[Example, ...]:
        """The first examples, enough to try it."""
        return self.examples[:EXAMPLES_SHOWN]

    @property
    def words(self) -> Words:
        """The actions, on what, when, and by which statement."""
        return reason_in_words(self.reason)

    @property
    def words_without_condition(self) -> Words:
        """The same where the condition stands above several of them."""
        return reason_in_words(self.reason, with_condition=False)

    @property
    def condition(self) -> Words:
        """The statement's condition as a clause; neighbours with the same one are told together."""
        return self.reason.condition

    @property
    def denied(self) -> Words:
        """By which statements the other side denies it; no words where none does."""
        return denied_in_words(self.reason)

    @property
    def never_asked(self) -> str:
        """Why it may be that AWS is never asked this, as a clause; "" where AWS can be."""
        return _NEVER_ASKED.get(self.reason.is_asked, "")

    @cached_property
    def absent(self) -> list[KeyTraits]:
        """The keys that its requests lack and of which it is known when they are there."""
        facts = get_service_facts()
        names = dict.fromkeys(name for each in self.reason.witnesses for name in each.absent)
        known = {name: facts.condition_key(name) for name in names}
        return [replace(each, name=name) for name, each in known.items() if each and each.when]

    @property
    def absent_in_words(self) -> list[Words]:
        """Of each such key when it is there, as a clause that can follow "shown by requests"."""
        return [
            join_words("without ", quote("key", each.name), f", which is there {each.when}")
            for each in self.absent
        ]

    def to_dict(self) -> dict[str, Any]:
        """The evidence as JSON has it."""
        statement = self.reason.statement
        return {
            "statement": statement.position,
            "sid": statement.sid,
            "sentence": plain(self.words),
            "patterns": list(self.reason.patterns),
            "deniedBy": [each.position for each in self.reason.denied_by],
            "isAsked": self.reason.is_asked,
            "absentKeys": [{"key": each.name, "isThere": each.when} for each in self.absent],
        }


@dataclass(frozen=True)
class SideEvidence:
    """What a side alone allows against another."""

    side: Side
    other: Side
    items: tuple[Evidence, ...]

    def to_dict(self) -> dict[str, Any]:
        """The evidence as JSON has it."""
        return {"side": self.side.label, "items": [each.to_dict() for each in self.items]}


def evidence_of(witnesses: Iterable[Witness], side: Side, other: Side) -> tuple[Evidence, ...]:
    """The witnesses of a side by its statements."""
    return tuple(
        Evidence(reason, tuple(Example(each, side, other) for each in reason.witnesses))
        for reason in reasons(witnesses, side.policy, other.policy)
    )
