"""Who can: every policy that lets its holder do something, freely, under conditions, or nearly.

A policy is asked by itself, attached to a caller in the resource's account. Every context key
that the question doesn't give is open, and so is the resource where none is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.access.explained import ExplainedPolicy, make_ready
from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
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
from policyhub.search.who_can.kept import AnswerName, ShortAnswer, found_before
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
        telling = name != "no" or self.explained.depends_on != _SILENT or bool(self.near)
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
_SILENT = Residual(allowed=False, denied=False)


class FoundAnswers(NamedTuple):
    """Answers, and how many of the actions asked about they are about."""

    answers: list[Answer]
    decided: int


def who_can(catalogue: Catalogue, asked: Sequence[Asked]) -> list[Answer]:
    """The answers of all policies with a statement about an action, the freest first.

    Of the policies that answer no, those are left out of which nothing is near and nothing
    denies: they have no more to say than a policy that does not know the action.
    """
    found = who_can_within(NO_LIMIT, catalogue, asked).answers
    explain(found)
    return found


def explain(answers: Iterable[Answer]) -> None:
    """Find out on what answers that are shown depend, together. Raises `SpentError`."""
    explained = [each.explained for each in answers]
    make_ready(explained)
    for each in explained:
        _ = each.depends_on, each.near_misses


def who_can_within(budget: Budget, catalogue: Catalogue, asked: Sequence[Asked]) -> FoundAnswers:
    """As `who_can`; once the budget is spent the other actions are left out.

    What an answer about a single action depends on is found out where somebody asks for it: see
    `explain`. Of several actions each is explained before the next one, for which the budget may
    not suffice: of what is left out nothing is left to explain. Raises `SpentError` where it does
    not suffice for one.
    """
    answers: list[Answer] = []
    decided = 0
    by_action = [list(some) for _, some in groupby(asked, key=lambda each: each.request.action)]
    try:
        for of_action in by_action:
            telling = [each for each in _answers(budget, catalogue, of_action) if each.is_telling]
            if len(by_action) > 1:
                explain(telling)
            answers += telling
            decided += 1
    except SpentError:
        if not decided:
            raise
    answers.sort(key=lambda each: (ANSWERS.index(each.name), each.policy.lower(), each.action))
    return FoundAnswers(answers, decided)


def _answers(budget: Budget, catalogue: Catalogue, asked: Sequence[Asked]) -> list[Answer]:
    """The answers about one action; on ARNs of several formats the freest of each policy."""
    found = [one for each in asked for one in _answers_to(budget, catalogue, each)]
    found.sort(key=lambda each: ANSWERS.index(each.name))
    if len(asked) == 1:
        return found
    by_policy: dict[str, list[Answer]] = {}
    for each in found:
        by_policy.setdefault(each.policy, []).append(each)
    return [_freest(of_policy) for of_policy in by_policy.values()]


def _answers_to(budget: Budget, catalogue: Catalogue, asked: Asked) -> list[Answer]:
    """The answers to one request, each told: of policies that are alike one is explained."""
    policies = catalogue.explaining(asked.request, asked.any_resource, budget)
    found = found_before(catalogue, asked.request, asked.any_resource)
    firsts = {each.likeness: each for each in reversed(policies)}
    unknown = [each for each in firsts.values() if each.source.said not in found]
    make_ready(unknown)
    for each in unknown:
        found[each.source.said] = Answer(asked, each, budget).told
    told = {likeness: found[each.source.said] for likeness, each in firsts.items()}
    return [Answer(asked, each, budget, known=told[each.likeness]) for each in policies]


def _freest(answers: Sequence[Answer]) -> Answer:
    """One answer of some that begin with the freest, with all the resources it is about."""
    alike = [each for each in answers if each.name == answers[0].name]
    shown = next((each for each in alike if each.is_telling), alike[0])
    return replace(shown, resources=tuple(each.asked.request.resource for each in alike))
