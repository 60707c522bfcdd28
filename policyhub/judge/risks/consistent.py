"""One set of resources and keys in which every request of a path is allowed, or why there is none.

Steps about one resource are asked together. First a single context is sought for all requests;
where none serves all, each request may have its own, but for what says who calls, when and from
where. That there is nothing is only claimed where a weaker demand, which every such set meets,
can't be met.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from policyhub.iam.comparing.assignments import Model
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.contexts import Contexts
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.formula import Literal, Truth
from policyhub.iam.deciding.request import Request, make_request
from policyhub.iam.explaining.facts import ABOUT_RESOURCE, condition_holds
from policyhub.iam.language.arn import parse_arn
from policyhub.iam.language.elements import Condition
from policyhub.iam.language.examples import EXAMPLE_ACCOUNT, OTHER_ACCOUNT
from policyhub.judge.risks.asking import PathAsker, PathQuestion
from policyhub.judge.risks.keys import is_of_the_caller
from policyhub.judge.risks.truths import (
    are_true_for_request,
    depends_on_resource,
    keys_of_truth,
    may_hold_on,
    on_request,
    weakened,
)

# Bounds, so that an answer never takes long: beyond them it is undecided.
_RESOURCES_TRIED = 6
_PATTERNS_TRIED = 6
_CHOICES_TRIED = 24
_MODELS_TRIED = 8
_CACHED_MODELS = 4_096

_OWNER = "aws:ResourceAccount"

Pairs = Sequence[tuple[PathQuestion, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A question with the resource and the context that were chosen for it."""

    question: PathQuestion
    resource: str
    context: Mapping[str, object]


def solutions_at_hand(
    questions: Sequence[PathQuestion], asker: PathAsker
) -> Iterator[list[Chosen]]:
    """Yield sets of resources that statements name, and keys; each is still to be decided."""
    groups = _grouped_by_resource(questions)
    at_hand: list[list[str]] = []
    for most in (1, _RESOURCES_TRIED):
        before = at_hand
        at_hand = [_first_at_hand(group, most, asker) for group in groups]
        if at_hand != before:
            yield from _in_one_context(groups, at_hand, asker)


def further_solutions(
    questions: Sequence[PathQuestion], asker: PathAsker
) -> Iterator[list[Chosen]]:
    """Yield sets that take long to find: of any resources, or with keys for each request."""
    groups = _grouped_by_resource(questions)
    found = [list(dict.fromkeys(_found_or_at_hand(group, asker))) for group in groups]
    yield from _in_one_context(groups, found, asker)
    for pairs in _combined(groups, found):
        chosen = _each_in_its_own(pairs, asker)
        if chosen is not None:
            yield chosen


def _found_or_at_hand(group: Sequence[PathQuestion], asker: PathAsker) -> Iterator[str]:
    yield from islice(_resources_of_models(group, asker), _RESOURCES_TRIED)
    yield from islice(_at_hand(group, asker), _RESOURCES_TRIED)


def is_impossible(questions: Sequence[PathQuestion], asker: PathAsker) -> bool:
    """Whether for certain no set of resources and keys has all requests allowed."""
    if any(not asker.may_be([each.on_path, *each.demands]) for each in questions):
        return True
    callers = [weakened(each.on_path, _is_about_the_caller) for each in questions]
    if len(questions) > 1 and not asker.may_be(callers):
        return True
    for group in _grouped_by_resource(questions):
        resources = [weakened(each.on_path, _is_about_resource) for each in group]
        if len(group) > 1 and not asker.may_be([*resources, *group[0].demands]):
            return True
    return False


def _grouped_by_resource(questions: Sequence[PathQuestion]) -> list[list[PathQuestion]]:
    """The questions by the resource that they share; those without any are alone."""
    groups: dict[object, list[PathQuestion]] = {}
    for place, each in enumerate(questions):
        groups.setdefault(each.step.resource or place, []).append(each)
    return list(groups.values())


def _is_about_resource(atom: object) -> bool:
    return isinstance(atom, ABOUT_RESOURCE)


def _is_about_the_caller(atom: object) -> bool:
    if isinstance(atom, ABOUT_RESOURCE):
        return False
    return all(map(is_of_the_caller, getattr(atom, "keys", ())))


def _in_one_context(
    groups: Sequence[Sequence[PathQuestion]], options: Sequence[Sequence[str]], asker: PathAsker
) -> Iterator[list[Chosen]]:
    """Sets in which all requests have the same keys: the usual values, else what is found."""
    for pairs in _combined(groups, options):
        truths = [
            on_request(each.on_path, _request_for(each, resource)) for each, resource in pairs
        ]
        truths += _owners(pairs, truths, asker)
        usual = _usual_model(truths, asker)
        if usual is not None:
            yield _all_chosen(pairs, usual, asker)
            continue
        for model in _models(truths, asker):
            yield _all_chosen(pairs, model, asker)


def _owners(pairs: Pairs, truths: Sequence[Truth], asker: PathAsker) -> list[Truth]:
    """That the key of the owner says what the resources' ARNs say, where truths are about it."""
    if not any(_OWNER.lower() in keys_of_truth(each) for each in truths):
        return []
    accounts = {
        make_request(each.step.action, resource).resource_account
        for each, resource in pairs
        if asker.facts.tells_owner(each.step.action)
    }
    conditions = (Condition("StringEquals", _OWNER, (each,)) for each in accounts if each)
    return [Literal(condition_holds(each, "")) for each in conditions]


def _usual_model(truths: Sequence[Truth], asker: PathAsker) -> Model | None:
    """The model of nothing but the usual values of keys that are always there, if it is one."""
    names = set[str]().union(*map(keys_of_truth, truths))
    context = asker.contexts.completed({}, names)
    asked = Request("", context=context)
    return Model("", context) if are_true_for_request(truths, asked) else None


def _all_chosen(pairs: Pairs, model: Model, asker: PathAsker) -> list[Chosen]:
    return [Chosen(each, resource, asker.context(each, model.context)) for each, resource in pairs]


def _each_in_its_own(pairs: Pairs, asker: PathAsker) -> list[Chosen] | None:
    """A set in which the requests share only what says who calls, when and from where."""
    chosen: list[Chosen] = []
    shared: dict[str, object] = {}
    settled: set[str] = set()
    for each, resource in pairs:
        asked = _request_for(each, resource, shared)
        truth = on_request(each.on_path, asked, settled)
        model = next(_models([truth], asker), None)
        if model is None:
            return None
        context = shared | asker.context(each, model.context)
        chosen.append(Chosen(each, resource, context))
        shared = {key: value for key, value in context.items() if is_of_the_caller(key)}
        settled |= {key for key in keys_of_truth(truth) if is_of_the_caller(key)}
    return chosen


def _request_for(
    question: PathQuestion, resource: str, shared: Mapping[str, object] | None = None
) -> Request:
    action = question.step.action
    return make_request(action, resource, context=shared) if shared else Request(action, resource)


def _combined(
    groups: Sequence[Sequence[PathQuestion]], options: Sequence[Collection[str]]
) -> Iterator[Pairs]:
    """The questions with a resource each: choices of a group with those of the others.

    Where a role is passed all are of one account: a role of another can't be.
    """
    passes = any(each.given for group in groups for each in group)
    possible = (each for each in product(*options) if not passes or len(_accounts(each)) <= 1)
    for chosen in islice(possible, _CHOICES_TRIED):
        yield [
            (each, resource)
            for group, resource in zip(groups, chosen, strict=True)
            for each in group
        ]


def _accounts(resources: Sequence[str]) -> set[str]:
    """The accounts that ARNs name."""
    parsed = map(parse_arn, resources)
    return {each.account for each in parsed if each is not None and each.account.isdigit()}


def _first_at_hand(group: Sequence[PathQuestion], most: int, asker: PathAsker) -> list[str]:
    """The first resources at hand, found out once for all paths that ask the same."""
    key = (*group, most)
    if key not in asker.resources_at_hand:
        asker.resources_at_hand[key] = list(islice(_at_hand(group, asker), most))
    return asker.resources_at_hand[key]


def _at_hand(group: Sequence[PathQuestion], asker: PathAsker) -> Iterator[str]:
    """Resources that statements name, or any, and that may suit all questions of a group."""
    target = group[0].target
    here = list(dict.fromkeys((target.example, *_resources_of_statements(group, asker))))
    elsewhere = (each.replace(EXAMPLE_ACCOUNT, OTHER_ACCOUNT) for each in here)
    for resource in dict.fromkeys((*here, *elsewhere)):
        asked = Request(target.action, resource)
        if all(may_hold_on(each.on_path, asked) for each in group):
            yield resource


def _resources_of_statements(group: Sequence[PathQuestion], asker: PathAsker) -> Iterator[str]:
    """Resources of the first patterns of the statements about the actions of a group."""
    target = group[0].target
    if not target.is_open or not any(depends_on_resource(each.on_path) for each in group):
        return
    for each in group:
        for _, statement in asker.about(each.step.action):
            if statement.is_deny or statement.on_all_resources or statement.statement.not_resource:
                continue
            fitting = (one for one in statement.resources if target.meets(one.widest))
            for pattern in islice(fitting, _PATTERNS_TRIED):
                yield from target.within(pattern.widest)


def _resources_of_models(group: Sequence[PathQuestion], asker: PathAsker) -> Iterator[str]:
    """Resources that the solver finds, at last without regard to the keys of the questions."""
    truths = [each.on_path for each in group]
    for tried in (truths, [weakened(each, _is_about_resource) for each in truths]):
        for model in _models([*tried, *group[0].demands], asker):
            yield model.resource


def _models(truths: Sequence[Truth], asker: PathAsker) -> Iterator[Model]:
    """Models of truths, the first few; none where it is undecided."""
    wanted = tuple(each for each in truths if each is not True)
    first = _first_model(wanted, asker.contexts)
    if first is not None:
        yield first
        yield from islice(_sought(wanted, asker.contexts), 1, _MODELS_TRIED)


@lru_cache(maxsize=_CACHED_MODELS)
def _first_model(truths: tuple[Truth, ...], contexts: Contexts) -> Model | None:
    """The first model, kept: many paths and documents ask the same."""
    return next(_sought(truths, contexts), None)


def _sought(truths: Sequence[Truth], contexts: Contexts) -> Iterator[Model]:
    try:
        yield from Solver(contexts=contexts).models(truths)
    except UndecidedError:
        return
