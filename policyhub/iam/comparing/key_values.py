"""Values of one context key that make some facts about it true.

For text the languages of the patterns are searched by an automaton; for numbers, dates and
addresses the values at, between and beyond those that the policies name represent all others.
What is offered was tried by the engine, and what is called impossible is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from policyhub.iam.budget import Budget
from policyhub.iam.comparing.automaton import (
    Pattern,
    TooManyStatesError,
    find_text,
    like_an_arn,
    literally,
    symbol,
    with_wildcards,
)
from policyhub.iam.comparing.stand_ins import around_points, around_ranges
from policyhub.iam.deciding.formula import Literal
from policyhub.iam.deciding.request import Context, ContextValue, Request
from policyhub.iam.explaining.facts import ConditionHolds, GivenAsList
from policyhub.iam.language import variables
from policyhub.iam.language.conditions import presence
from policyhub.iam.language.conditions.dates import read_moment
from policyhub.iam.language.conditions.numbers import read_number
from policyhub.iam.language.conditions.operator import Operator

# Any action: the facts are about context and resource alone.
ASKED = "a:B"
_TEXTS = ("String", "Arn", "Bool")
_FRESH = ("x", "another")

# A context value, or None for an absent key.
Choice = ContextValue | None


class UndecidedError(Exception):
    """Whether the facts can be true together was not found out; the message says why."""


def key_of(fact: Literal) -> str:
    """The key, in lower case, that a fact about a key is about."""
    return fact.atom.keys[0].lower()


def all_hold(facts: Iterable[Literal], context: Context) -> bool:
    """Whether facts about keys are true in a context."""
    request = Request(ASKED, context=context)
    return all(fact.holds(request) for fact in facts)


def choices_for(facts: Sequence[Literal], budget: Budget) -> Iterator[Choice]:
    """Yield values of one key that make all facts about it true: absent, single, then lists.

    Raises `UndecidedError` where none was found and yet there may be one, and `SpentError`.
    """
    key, name = key_of(facts[0]), min(fact.atom.keys[0] for fact in facts)
    found = False
    if all_hold(facts, {}):
        found = True
        yield None
    doubts: list[str] = []
    for value in _single_values(facts, doubts, budget):
        choice = ContextValue(name, (value,), is_list=False)
        if all_hold(facts, {key: choice}):
            found = True
            yield choice
    for values in _lists(facts, doubts, budget):
        choice = ContextValue(name, values, is_list=True)
        if all_hold(facts, {key: choice}):
            found = True
            yield choice
    if doubts and not found:
        raise UndecidedError(doubts[0])


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


def _single_values(facts: Sequence[Literal], doubts: list[str], budget: Budget) -> Iterator[str]:
    demands = [demand for fact in facts if (demand := _demand(fact, not fact.negative))]
    yield from _values(demands, doubts, budget)


def _lists(
    facts: Sequence[Literal], doubts: list[str], budget: Budget
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
    elements = [next(_values([*every, each], doubts, budget), None) for each in some] or [
        next(_values(every, doubts, budget), None)
    ]
    if None not in elements:
        # Sorted: the facts come as a set, whose order differs from run to run.
        yield tuple(sorted({element for element in elements if element is not None}))


def _asks_for_lists(fact: Literal) -> bool:
    atom = fact.atom
    if isinstance(atom, GivenAsList):
        return not fact.negative
    return isinstance(atom, ConditionHolds) and bool(atom.compiled.use.qualifier)


def _values(demands: Sequence[_Demand], doubts: list[str], budget: Budget) -> Iterator[str]:
    """Yield values that meet all demands; a doubt is noted where others might too."""
    families = {demand.family for demand in demands}
    texts = [demand for demand in demands if demand.family in _TEXTS]
    others = [demand for demand in demands if demand.family not in _TEXTS]
    if not others:
        yield from _text_candidates(texts, doubts, budget)
        return
    tried = False
    for family in sorted(families):
        for value in _candidates(family, [d for d in others if d.family == family]):
            if _meets_all(demands, value, budget):
                tried = True
                yield value
    if texts and not tried:
        yield from _text_candidates(texts, [], budget)
    if len(families) > 1:
        doubts.append("a condition key is compared in several ways")


def _meets_all(demands: Sequence[_Demand], value: str, budget: Budget) -> bool:
    budget.spend(sum(len(each.atom.values) for each in demands))
    return all(_meets(each, value) for each in demands)


def _meets(demand: _Demand, value: str) -> bool:
    single = {demand.atom.key: ContextValue("", (value,), is_list=False)}
    holds = demand.matches is not demand.operator.negated
    return all_hold([Literal(demand.atom, negative=not holds)], single)


def _text_candidates(
    demands: Sequence[_Demand], doubts: list[str], budget: Budget
) -> Iterator[str]:
    wanted: list[list[Pattern]] = []
    refused: list[Pattern] = []
    examples: list[str] = []
    for demand in demands:
        patterns = _patterns_of(demand)
        if demand.matches:
            wanted.append(patterns)
            examples += _examples(demand.atom)
        else:
            refused += patterns
    if any(not patterns for patterns in wanted):
        return
    for text in (*examples, *_FRESH):
        if text and _meets_all(demands, text, budget):
            yield text
    try:
        found = find_text(wanted, refused, budget)
    except TooManyStatesError:
        doubts.append("the patterns of a condition have too many combinations")
        return
    if found is not None:
        yield found


def _patterns_of(demand: _Demand) -> list[Pattern]:
    """The languages of the condition's values; none for a value that matches nothing."""
    patterns = [_pattern_of(value, demand) for value in demand.atom.values]
    return [pattern for pattern in patterns if pattern is not None]


def _pattern_of(value: str, demand: _Demand) -> Pattern | None:
    operator = demand.operator
    if operator.family == "Bool":
        is_one = value.lower() in presence.PRESENCE
        return literally(value, ignore_case=True) if is_one else None
    has_escapes = bool(demand.atom.version) and "${" in value
    if operator.family == "Arn":
        if has_escapes:
            raise UndecidedError("an ARN pattern has escaped characters")
        return like_an_arn(value)
    if operator.has_wildcards:
        return symbolic(value, {}) if has_escapes else with_wildcards(value)
    text = _unescaped(value) if has_escapes else value
    return literally(text, operator.name.endswith("IgnoreCase"))


def _unescaped(value: str) -> str:
    return "".join(
        part.character if isinstance(part, variables.Escape) else part.text
        for part in variables.find_variables(value)
    )


def _examples(atom: ConditionHolds) -> Iterator[str]:
    """Values that read well: those named, with plain text for their wildcards."""
    for value in atom.values:
        yield value.replace("*", "x").replace("?", "x")
        yield value.replace("*", "").replace("?", "x")


def _candidates(family: str, demands: Sequence[_Demand]) -> Iterator[str]:
    """Values that represent all others, as far as these requirements distinguish them."""
    named = [value for demand in demands for value in demand.atom.values]
    if family == "Numeric":
        yield from around_points(named, read_number)
    elif family == "Date":
        yield from around_points(named, read_moment)
    elif family == "IpAddress":
        yield from around_ranges(named)
    else:
        yield from (*named, "b3RoZXI=", "eA==", "?")


def symbolic(text: str, symbols: dict[str, str]) -> Pattern:
    """A pattern in which each variable is one unknown character, the same for the same one."""
    items: list[object] = []
    for part in variables.find_variables(text):
        if isinstance(part, variables.Variable):
            name = f"{part.key.lower()}\0{part.default}"
            items.append(symbols.setdefault(name, symbol(len(symbols))))
        elif isinstance(part, variables.Escape):
            items.append(part.character)
        else:
            items += with_wildcards(part.text)
    return tuple(items)  # type: ignore[arg-type]
