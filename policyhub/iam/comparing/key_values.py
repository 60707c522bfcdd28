"""Values of one context key that make some facts about it true.

For text the languages of the patterns are searched by an automaton; for numbers, dates and
addresses the values at, between and beyond those that the policies name represent all others.
What is offered was tried by the engine, and what is called impossible is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from policyhub.iam.budget import Budget
from policyhub.iam.comparing.automaton import Pattern, TooManyStatesError, find_text
from policyhub.iam.comparing.condition_patterns import (
    UndecidedError,
    patterns_of,
    readable_texts,
)
from policyhub.iam.comparing.contexts import (
    ANY_CONTEXT,
    EARLIEST,
    EPOCH_TIME,
    Contexts,
    admits,
    arn_patterns,
    examples_of,
    is_certain,
    may_be_empty,
    moment_in_text,
)
from policyhub.iam.comparing.stand_ins import around_moments, around_points, around_ranges
from policyhub.iam.deciding.formula import Literal
from policyhub.iam.deciding.request import Context, ContextValue, Request
from policyhub.iam.explaining.facts import ConditionHolds, GivenAsList
from policyhub.iam.language.conditions import presence
from policyhub.iam.language.conditions.dates import seconds_since_1970
from policyhub.iam.language.conditions.numbers import read_number
from policyhub.iam.language.conditions.operator import Operator

# Any action: the facts are about context and resource alone.
ASKED = "a:B"
_TEXTS = ("String", "Arn", "Bool")
_FRESH = ("x", "another")
# By the type of a key the families of operators whose candidates leave out no value of the type.
_WHOLLY_TRIED = {
    "ARN": _TEXTS,
    "Numeric": ("Numeric",),
    "Date": ("Date",),
    "IPAddress": ("IpAddress",),
}

# What a context has of the keys that some facts are about; nothing where they are absent.
Choice = Context


def condition_key_of(fact: Literal) -> str:
    """The key, in lower case, that a fact about a key is about."""
    return fact.atom.keys[0].lower()


def are_true_in_context(facts: Iterable[Literal], context: Context) -> bool:
    """Whether facts about keys are true in a context."""
    request = Request(ASKED, context=context)
    return all(fact.holds(request) for fact in facts)


def choices_for(
    facts: Sequence[Literal], budget: Budget, contexts: Contexts = ANY_CONTEXT
) -> Iterator[Choice]:
    """Yield values of one key that make all facts about it true: absent, single, then lists.

    The two keys that say the moment of the request get theirs together. Raises
    `UndecidedError` where none was found and yet there may be one, and `SpentError`.
    """
    key, name = condition_key_of(facts[0]), min(fact.atom.keys[0] for fact in facts)
    doubts: list[str] = []
    if contexts.are_moments(key):
        found = list(_moments(facts, doubts, budget))
        yield from found
        is_found = bool(found)
    else:
        is_found = False
        for choice in _choices(facts, _SoughtKey(name, contexts, facts), doubts, budget):
            if are_true_in_context(facts, choice):
                is_found = True
                yield choice
    if doubts and not is_found:
        raise UndecidedError(doubts[0])


class _SoughtKey:
    """A key that values are sought for: what is known of it."""

    def __init__(self, name: str, contexts: Contexts, facts: Sequence[Literal]) -> None:
        self.name, self.key = name, name.lower()
        self.known = contexts.key(name)
        self.may_be_absent = not contexts.is_always_there(name)
        is_single = self.known is not None and self.known.is_list is False
        asks_for_sets = any(map(_asks_for_sets, facts))
        # A type that only the reference tells gives way to a policy that asks for a list.
        self.may_be_list = not is_single or (asks_for_sets and not self.is_certain)

    @property
    def is_certain(self) -> bool:
        """Whether values of another type than the key's are ruled out."""
        return is_certain(self.known)

    def admits(self, value: str) -> bool:
        """Whether a value has the key's type."""
        return admits(self.known, self.key, value)


def _choices(
    facts: Sequence[Literal], asked: _SoughtKey, doubts: list[str], budget: Budget
) -> Iterator[Choice]:
    """What is worth trying for one key."""
    if asked.may_be_absent:
        yield {}
    for value in _single_values(facts, asked, doubts, budget):
        yield {asked.key: ContextValue(asked.name, (value,), is_list=False)}
    if asked.may_be_list:
        for values in _lists(facts, asked, doubts, budget):
            yield {asked.key: ContextValue(asked.name, values, is_list=True)}


def _moments(facts: Sequence[Literal], doubts: list[str], budget: Budget) -> Iterator[Choice]:
    """What both keys say at moments that represent all others."""
    names = {fact.atom.keys[0].lower(): fact.atom.keys[0] for fact in facts}
    conditions = [fact.atom for fact in facts if isinstance(fact.atom, ConditionHolds)]
    named = [value for atom in conditions for value in atom.values]
    budget.spend(len(named) * len(facts))
    for moment in around_moments(filter(None, map(seconds_since_1970, named)), EARLIEST):
        choice = {
            key: ContextValue(name, (moment_in_text(key, moment),), is_list=False)
            for key, name in names.items()
        }
        if are_true_in_context(facts, choice):
            yield choice
    if not all(map(_is_about_a_moment, conditions)):
        doubts.append("the time of the request is compared as text")


def _is_about_a_moment(atom: ConditionHolds) -> bool:
    """Whether a condition on the time distinguishes only moments before and after its values."""
    operator = atom.compiled.use.operator
    if operator is None or operator is presence.NULL or operator.family == "Date":
        return True
    return operator.family == "Numeric" and atom.key == EPOCH_TIME


@dataclass(frozen=True, slots=True)
class _Demand:
    """That a condition's values, any of them, match a value of the request, or none does."""

    operator: Operator
    atom: ConditionHolds
    matches: bool

    @property
    def family(self) -> str:
        """The operator's family."""
        return self.operator.family


def _demand(fact: Literal, holds: bool) -> _Demand | None:
    """What a fact requires of one value, for the condition to be true there or not."""
    atom = fact.atom
    if not isinstance(atom, ConditionHolds):
        return None
    operator = atom.compiled.use.operator
    if operator is None or operator is presence.NULL:
        return None
    return _Demand(operator, atom, holds is not operator.negated)


def _single_values(
    facts: Sequence[Literal], asked: _SoughtKey, doubts: list[str], budget: Budget
) -> Iterator[str]:
    demands = [demand for fact in facts if (demand := _demand(fact, not fact.negative))]
    yield from _typed_values(demands, asked, doubts, budget)


def _lists(
    facts: Sequence[Literal], asked: _SoughtKey, doubts: list[str], budget: Budget
) -> Iterator[tuple[str, ...]]:
    """Lists of which every value, and some value each, is as the set operators ask."""
    if not any(_asks_for_lists(fact) for fact in facts):
        return
    yield ()
    every: list[_Demand] = []
    some: list[_Demand] = []
    for fact in facts:
        demand = _demand(fact, not fact.negative)
        qualifier = demand.atom.compiled.use.qualifier if demand else ""
        if demand and qualifier:
            is_universal = (qualifier == "ForAllValues") is not fact.negative
            (every if is_universal else some).append(demand)
    elements = [
        next(_typed_values([*every, each], asked, doubts, budget), None) for each in some
    ] or [next(_typed_values(every, asked, doubts, budget), None)]
    if None not in elements:
        # Sorted: the facts come as a set, whose order differs from run to run.
        yield tuple(sorted({element for element in elements if element is not None}))


def _asks_for_lists(fact: Literal) -> bool:
    atom = fact.atom
    if isinstance(atom, GivenAsList):
        return not fact.negative
    return isinstance(atom, ConditionHolds) and bool(atom.compiled.use.qualifier)


def _asks_for_sets(fact: Literal) -> bool:
    atom = fact.atom
    return isinstance(atom, ConditionHolds) and bool(atom.compiled.use.qualifier)


def _typed_values(
    demands: Sequence[_Demand], asked: _SoughtKey, doubts: list[str], budget: Budget
) -> Iterator[str]:
    """Yield values of the key's type that meet all demands; else others, if these may be.

    A doubt is noted where others of the type might meet them too.
    """
    known = asked.known
    if known is None or known.type in ("String", "Binary"):
        yield from _values(demands, asked, doubts, budget)
        return
    examples = [each for each in examples_of(known, asked.key) if _meets_all(demands, each, budget)]
    yield from examples
    if known.type == "Bool":
        return
    further: list[str] = []
    others = list(_values(demands, asked, further, budget))
    fitting = [each for each in others if asked.admits(each)]
    yield from fitting
    if examples or fitting:
        return
    doubts += further
    if not asked.is_certain:
        yield from others
    elif others and not all(each.family in _WHOLLY_TRIED[known.type] for each in demands):
        doubts.append("a condition key is compared as if it were of another type")


def _values(
    demands: Sequence[_Demand], asked: _SoughtKey, doubts: list[str], budget: Budget
) -> Iterator[str]:
    """Yield values that meet all demands; a doubt is noted where others might too."""
    families = {demand.family for demand in demands}
    texts = [demand for demand in demands if demand.family in _TEXTS]
    others = [demand for demand in demands if demand.family not in _TEXTS]
    if not others:
        yield from _text_candidates(texts, asked, doubts, budget)
        return
    tried = False
    for family in sorted(families):
        for value in _candidates(family, [d for d in others if d.family == family]):
            if _meets_all(demands, value, budget):
                tried = True
                yield value
    if texts and not tried:
        yield from _text_candidates(texts, asked, [], budget)
    if len(families) > 1:
        doubts.append("a condition key is compared in several ways")


def _meets_all(demands: Sequence[_Demand], value: str, budget: Budget) -> bool:
    budget.spend(sum(len(each.atom.values) for each in demands))
    return all(_meets(each, value) for each in demands)


def _meets(demand: _Demand, value: str) -> bool:
    single = {demand.atom.key: ContextValue("", (value,), is_list=False)}
    holds = demand.matches is not demand.operator.negated
    return are_true_in_context([Literal(demand.atom, negative=not holds)], single)


def _text_candidates(
    demands: Sequence[_Demand], asked: _SoughtKey, doubts: list[str], budget: Budget
) -> Iterator[str]:
    wanted: list[list[Pattern]] = []
    refused: list[Pattern] = []
    examples: list[str] = []
    for demand in demands:
        patterns = patterns_of(demand.atom, demand.operator)
        if demand.matches:
            wanted.append(patterns)
            examples += readable_texts(demand.atom)
        else:
            refused += patterns
    if any(not patterns for patterns in wanted):
        return
    for text in (*examples, *examples_of(asked.known, asked.key), *_FRESH):
        if text and _meets_all(demands, text, budget):
            yield text
    of_type = arn_patterns(asked.key) if asked.known and asked.known.type == "ARN" else []
    try:
        found = find_text([*wanted, of_type] if of_type else wanted, refused, budget)
        if found is None and of_type and not asked.is_certain:
            found = find_text(wanted, refused, budget)
    except TooManyStatesError:
        doubts.append("the patterns of a condition have too many combinations")
        found = None
    if found is not None:
        yield found
    if may_be_empty(asked.key) and _meets_all(demands, "", budget):
        yield ""


def _candidates(family: str, demands: Sequence[_Demand]) -> Iterator[str]:
    """Values that represent all others, as far as these requirements distinguish them."""
    named = [value for demand in demands for value in demand.atom.values]
    if family == "Numeric":
        yield from around_points(named, read_number)
    elif family == "Date":
        yield from around_points(named, seconds_since_1970)
    elif family == "IpAddress":
        yield from around_ranges(named)
    else:
        yield from (*named, "b3RoZXI=", "eA==", "?")
