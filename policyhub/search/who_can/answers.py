"""What one policy answers to "who can": yes, under conditions, or no, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policyhub.catalog.access.explained import ExplainedPolicy
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.comparing.solver import in_contexts
from policyhub.iam.explaining.answers_in_words import (
    missing_in_words,
    near_miss_in_words,
    truth_in_words,
)
from policyhub.iam.explaining.explanation import residual_to_dict
from policyhub.iam.explaining.layers import OpenStatement, statements_about
from policyhub.iam.explaining.near_misses import NearMiss
from policyhub.iam.explaining.residual import Residual, open_request
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.wording import Words, plain
from policyhub.search.who_can.always import KeepingSolver, always_or_never
from policyhub.search.who_can.grounds import (
    Asker,
    Grounds,
    grounds_of_a_condition,
    grounds_of_a_no,
    grounds_of_a_yes,
)
from policyhub.search.who_can.kept import AnswerName, ShortAnswer
from policyhub.search.who_can.questions import Asked

# The freest first.
ANSWERS: Sequence[AnswerName] = ("yes", "conditional", "no")


@dataclass(frozen=True)
class Answer:
    """What one policy answers about one action.

    `resources` is empty unless the action is asked about on ARNs of several formats: then it
    has those about which the policy answers this, and about the others it answers less freely.
    """

    asked: Asked
    explained: ExplainedPolicy
    budget: Budget = NO_LIMIT
    resources: tuple[str, ...] = ()
    # That of an answer by a policy that is alike, where it is known.
    known: ShortAnswer | None = None

    @property
    def policy(self) -> str:
        """The policy's name."""
        return self.explained.name

    @property
    def version_id(self) -> str:
        """The version that was asked, the default one."""
        return self.explained.version_id

    @property
    def action(self) -> str:
        """The action asked about."""
        return self.asked.request.action

    @cached_property
    def told(self) -> ShortAnswer:
        """The answer in short. Raises `SpentError`."""
        if self.known:
            return self.known
        name = self._found_name()
        telling = name != "no" or self.explained.depends_on != SILENT or bool(self.near)
        return ShortAnswer(name, telling)

    @property
    def name(self) -> AnswerName:
        """Yes whatever the open keys are, no likewise, or conditional. Raises `SpentError`."""
        return self.told.name

    @property
    def is_telling(self) -> bool:
        """Whether it says more than a policy would that does not know the action."""
        return self.told.is_telling

    def _found_name(self) -> AnswerName:
        allowed = self.explained.depends_on.allowed
        if isinstance(allowed, bool):
            return "yes" if allowed else "no"
        settled = always_or_never(allowed, self.budget, self.asked.contexts)
        return "conditional" if settled is None else "yes" if settled else "no"

    @cached_property
    def depends_on(self) -> Residual:
        """What the answer depends on, without what is so in every request that AWS can send."""
        solver = KeepingSolver(self.budget, self.asked.contexts)
        return in_contexts(self.explained.depends_on, solver)

    @cached_property
    def about(self) -> tuple[OpenStatement, ...]:
        """The policy's statements about the action, each with when it matches."""
        attached = self.explained.attached
        request, any_resource = self.asked.request, self.asked.any_resource
        asked = open_request(request, attached, any_resource=any_resource)
        return statements_about(asked, attached.identity)

    @cached_property
    def grounds(self) -> Grounds:
        """Which statements the answer rests on, and what of the question they need."""
        possibility = self.asked.possibility
        is_denied = self.explained.depends_on.denied is True
        if possibility is not None and possibility.blocks and not is_denied:
            return Grounds(_RULED_OUT[possibility.possible])
        asker = Asker(self.asked.request, self.asked.any_resource, self.asked.given)
        return _GROUNDS[self.name](asker, self.about)

    @property
    def conditions(self) -> Words:
        """When the answer is yes, as a clause that can follow "only when"; empty if settled."""
        if self.name != "conditional":
            return ()
        return truth_in_words(self.depends_on.allowed)

    @cached_property
    def near(self) -> tuple[Words, ...]:
        """What keeps the policy's statements from allowing it, one clause each."""
        return tuple(near_miss_in_words(each, self.asked.request) for each in self._near_allows)

    @property
    def missing(self) -> list[tuple[Statement, Words]]:
        """The same without the policy's name: each statement, and what keeps it from matching."""
        request = self.asked.request
        return [
            (each.match.statement, missing_in_words(each, request)) for each in self._near_allows
        ]

    @property
    def _near_allows(self) -> list[NearMiss]:
        near = self.explained.near_misses
        return [each for each in near if each.match.statement.effect == "Allow"]

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON has it."""
        return {
            "policy": self.policy,
            "versionId": self.version_id,
            "action": self.action,
            **({"resources": self.resources} if self.resources else {}),
            "possible": self.asked.possible,
            "answer": self.name,
            "statements": [
                {
                    "statement": each.statement.position,
                    "sid": each.statement.sid,
                    "effect": each.statement.effect,
                    "matches": each.matches if isinstance(each.matches, bool) else None,
                }
                for each in self.about
            ],
            "because": self.grounds.in_words,
            "conditions": [plain(self.conditions)] if self.conditions else [],
            "dependsOn": residual_to_dict(self.depends_on),
            "near": [plain(each) for each in self.near],
        }


_GROUNDS: Mapping[AnswerName, Callable[[Asker, Sequence[OpenStatement]], Grounds]] = {
    "yes": grounds_of_a_yes,
    "conditional": grounds_of_a_condition,
    "no": grounds_of_a_no,
}


_RULED_OUT: Mapping[bool | None, str] = {
    False: "no such request exists",
    None: "no resource of this action is known",
}
# What depends on nothing: the policy neither grants nor denies.
SILENT = Residual(allowed=False, denied=False)
