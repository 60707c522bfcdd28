"""Who can: every policy that lets its holder do something, freely, under conditions, or nearly.

A policy is asked by itself, attached to a caller in the resource's account. Every context key
that the question doesn't give is open, and so is the resource where none is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple, overload

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.access.explained import AskedPolicy, ExplainedPolicy, make_ready
from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.search.who_can.answers import ANSWERS, SILENT, Answer
from policyhub.search.who_can.examples import Examples
from policyhub.search.who_can.kept import (
    AnswerName,
    Found,
    Ordered,
    ShortAnswer,
    Shown,
    found_before,
    keep_ordered,
    ordered_before,
)
from policyhub.search.who_can.questions import Asked

_SHOWN: Mapping[Shown | None, ShortAnswer] = {
    "yes": ShortAnswer("yes", is_telling=True),
    "conditional": ShortAnswer("conditional", is_telling=True),
    "denied": ShortAnswer("no", is_telling=True),
}


class Answers(Sequence[Answer]):
    """Answers, the freest first; each is made when somebody looks at it: most are only counted."""

    def __init__(
        self,
        kinds: Mapping[AnswerName, Sequence[Any]],
        make: Callable[[AnswerName, Any], Answer],
    ) -> None:
        self._kinds, self._make = kinds, make

    def of(self, wanted: str) -> Answers:
        """Those of one kind; all of them for ""."""
        kinds = {name: some for name, some in self._kinds.items() if wanted in ("", name)}
        return Answers(kinds, self._make)

    def __len__(self) -> int:
        return sum(map(len, self._kinds.values()))

    def __iter__(self) -> Iterator[Answer]:
        return (self._make(name, each) for name in ANSWERS for each in self._kinds.get(name, ()))

    @overload
    def __getitem__(self, place: int) -> Answer: ...
    @overload
    def __getitem__(self, place: slice) -> list[Answer]: ...
    def __getitem__(self, place: int | slice) -> Answer | list[Answer]:
        places = range(len(self))[place]
        return self._at(places) if isinstance(places, int) else list(map(self._at, places))

    def _at(self, place: int) -> Answer:
        names = iter(ANSWERS)
        name = next(names)
        while place >= len(some := self._kinds.get(name, ())):
            place -= len(some)
            name = next(names)
        return self._make(name, some[place])


class FoundAnswers(NamedTuple):
    """Answers, and how many of the actions asked about they are about."""

    answers: Answers
    decided: int


NO_ANSWERS = Answers({}, lambda _, answer: answer)


def who_can(catalogue: Catalogue, asked: Sequence[Asked]) -> list[Answer]:
    """The answers of all policies with a statement about an action, the freest first.

    Of the policies that answer no, those are left out of which nothing is near and nothing
    denies: they have no more to say than a policy that does not know the action.
    """
    found = list(who_can_within(NO_LIMIT, catalogue, asked).answers)
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
    if len(asked) == 1:
        return FoundAnswers(_answers_to_one(budget, catalogue, asked[0]), 1)
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
    answers.sort(key=lambda each: (each.policy.lower(), each.action))
    kinds = {name: [each for each in answers if each.name == name] for name in ANSWERS}
    return FoundAnswers(Answers(kinds, lambda _, answer: answer), decided)


def _answers_to_one(budget: Budget, catalogue: Catalogue, asked: Asked) -> Answers:
    """The answers to one request; where it was asked before, no policy is looked at again."""
    ordered = ordered_before(catalogue, asked.request, asked.any_resource)
    if ordered is None:
        sources = catalogue.sources(asked.request)
        ordered = _ordered(sources, _decided(budget, catalogue, asked, sources))
        keep_ordered(catalogue, asked.request, asked.any_resource, ordered)
    asking = catalogue.asking(asked.request, asked.any_resource, budget)

    def make(name: AnswerName, source: AskedPolicy) -> Answer:
        told = ShortAnswer(name, is_telling=True)
        return Answer(asked, ExplainedPolicy(asking, source), budget, known=told)

    return Answers(ordered, make)


def _ordered(sources: Sequence[AskedPolicy], found: Found) -> Ordered:
    ordered: dict[AnswerName, list[AskedPolicy]] = {name: [] for name in ANSWERS}
    for each in sources:
        told = found[each.said]
        if told.is_telling:
            ordered[told.name].append(each)
    for some in ordered.values():
        some.sort(key=lambda each: each.name.lower())
    return ordered


def _decided(
    budget: Budget, catalogue: Catalogue, asked: Asked, sources: Sequence[AskedPolicy]
) -> Found:
    """What policies answer, by what they say: of those that say the same one is looked at."""
    budget.spend(len(sources))
    asking = catalogue.asking(asked.request, asked.any_resource, budget)
    found = found_before(catalogue, asked.request, asked.any_resource)
    unknown = {each.said: each for each in reversed(sources) if each.said not in found}
    examples = Examples(asked, AppliedPolicies(facts=catalogue.facts), budget)
    if examples.suffice:
        examples.add(asking.statements_said(unknown.values()))
    undecided = []
    for said, source in unknown.items():
        shown = examples.shown(said)
        if shown in _SHOWN:
            found[said] = _SHOWN[shown]
        else:
            undecided.append((shown, ExplainedPolicy(asking, source)))
    make_ready(each for _, each in undecided)
    for shown, each in undecided:
        if shown == "never":
            asking.note(each, SILENT)
        found[each.source.said] = Answer(asked, each, budget).told
    return found


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
    """The answers to one request, each told."""
    sources = catalogue.sources(asked.request)
    found = _decided(budget, catalogue, asked, sources)
    asking = catalogue.asking(asked.request, asked.any_resource, budget)
    return [
        Answer(asked, ExplainedPolicy(asking, each), budget, known=found[each.said])
        for each in sources
    ]


def _freest(answers: Sequence[Answer]) -> Answer:
    """One answer of some that begin with the freest, with all the resources it is about."""
    alike = [each for each in answers if each.name == answers[0].name]
    shown = next((each for each in alike if each.is_telling), alike[0])
    return replace(shown, resources=tuple(each.asked.request.resource for each in alike))
