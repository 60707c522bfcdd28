"""A resource and context values that make facts true together that a request leaves open.

A conjunction of facts falls apart by what each is about: the resource, or one context key. Only
policy variables join them: values of a variable are tried, or all of them are ruled out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, product
from math import prod

from policyhub.iam.budget import Budget
from policyhub.iam.comparing.automaton import TooManyStatesError, find_text
from policyhub.iam.comparing.condition_patterns import UndecidedError, symbolic
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts, examples_of, rules_out
from policyhub.iam.comparing.key_values import are_true_in_context, choices_for, condition_key_of
from policyhub.iam.comparing.resource_values import _RESOURCES_TRIED, resources
from policyhub.iam.deciding.conditions import value_of
from policyhub.iam.deciding.formula import Literal
from policyhub.iam.deciding.request import Context, ContextValue
from policyhub.iam.deciding.statements import ResourcePattern
from policyhub.iam.explaining.facts import (
    ABOUT_RESOURCE,
    ConditionHolds,
    ResourceCovered,
    condition_holds,
)
from policyhub.iam.language import variables
from policyhub.iam.language.conditions import presence, strings
from policyhub.iam.language.elements import Condition
from policyhub.iam.language.examples import EXAMPLE_ACCOUNT, EXAMPLE_PARTITION, OTHER_ACCOUNT

_LANGUAGE_WITHOUT_VARIABLES = "2008-10-17"
_VALUES_OF_A_VARIABLE = 3
# More than one of each: what follows from a caller or a resource may rule the first out.
_VALUES_TRIED = 2
_ASSIGNMENTS_TRIED = 64
# A value that several variables may share.
_ALIKE = "example"

Facts = Collection[Literal]


@dataclass(frozen=True, slots=True)
class Model:
    """A resource and a context in which some facts are true."""

    resource: str
    context: Context


def satisfy(facts: Facts, budget: Budget, contexts: Contexts = ANY_CONTEXT) -> Iterator[Model]:
    """Yield ways to make facts true together, the simplest first; none if facts contradict.

    Raises `UndecidedError` and `SpentError`.
    """
    varying = [fact for fact in facts if _variable_names(fact.atom)]
    if not varying:
        yield from _models(facts, {}, budget, contexts)
        return
    if not _can_hold_without_values(facts, budget, contexts):
        return
    found = False
    options = _options(facts, varying, budget, contexts)
    for context in _assignments(options):
        budget.spend(len(facts))
        grounded = _grounded(facts, context)
        if grounded is not None:
            for model in _models(grounded, context, budget, contexts):
                found = True
                yield model
    is_exhausted = prod(len(each) for each, _ in options.values()) <= _ASSIGNMENTS_TRIED
    is_settled = is_exhausted and all(_is_settled(facts, key, contexts) for key in options)
    if not found and not is_settled:
        raise UndecidedError("the values of policy variables can't be distinguished")


def can_hold(facts: Facts, budget: Budget, contexts: Contexts = ANY_CONTEXT) -> bool:
    """Whether facts without policy variables can be true together; also True if undecided.

    Raises `SpentError`.

    >>> from policyhub.iam.budget import NO_LIMIT
    >>> from policyhub.iam.explaining.facts import condition_holds
    >>> from policyhub.iam.language.elements import Condition
    >>> more = Literal(condition_holds(Condition("NumericGreaterThan", "s3:max-keys", ("10",)), ""))
    >>> fewer = Literal(condition_holds(Condition("NumericLessThan", "s3:max-keys", ("5",)), ""))
    >>> can_hold([more, fewer], NO_LIMIT), can_hold([more, fewer.negated()], NO_LIMIT)
    (False, True)
    """
    settled = [fact for fact in facts if not _variable_names(fact.atom)]
    try:
        return next(_models(settled, {}, budget, contexts), None) is not None
    except UndecidedError:
        return True


def _models(facts: Facts, given: Context, budget: Budget, contexts: Contexts) -> Iterator[Model]:
    """Models of facts without variables; the keys of `given` have their values already."""
    by_subject: dict[str, list[Literal]] = {}
    about_resource: list[Literal] = []
    for fact in facts:
        if isinstance(fact.atom, ABOUT_RESOURCE):
            about_resource.append(fact)
        else:
            by_subject.setdefault(contexts.subject(condition_key_of(fact)), []).append(fact)
    given_subjects = set(map(contexts.subject, given))
    about_given = [fact for each in given_subjects for fact in by_subject.get(each, ())]
    given = contexts.completed(given, (fact.atom.keys[0] for fact in about_given))
    if not are_true_in_context(about_given, given):
        return
    still_open = [about for each, about in by_subject.items() if each not in given_subjects]
    options = [_Lazy(choices_for(about, budget, contexts)) for about in still_open]
    for chosen in _combinations(options):
        budget.spend(len(facts))
        context = dict(given)
        for each in chosen:
            context.update(each)
        is_first = True
        for resource in islice(resources(about_resource, budget), _RESOURCES_TRIED):
            is_first = False
            yield Model(resource, context)
        if is_first:
            return


class _Lazy:
    """The first few choices of a key, each sought when it is asked for."""

    def __init__(self, choices: Iterator[Context]) -> None:
        self._choices = islice(choices, _VALUES_TRIED)
        #: The first choice alone, or none.
        self.first = list(islice(self._choices, 1))

    def all(self) -> list[Context]:
        """All of them; to be asked for once."""
        return [*self.first, *self._choices]


def _combinations(keys: Sequence[_Lazy]) -> Iterator[tuple[Context, ...]]:
    """Every choice of each key with every other, the first ones first; none if a key has none."""
    if not all(each.first for each in keys):
        return
    first = tuple(each.first[0] for each in keys)
    yield first
    for values in product(*(each.all() for each in keys)):
        if values != first:
            yield values


def _variable_names(atom: object) -> tuple[str, ...]:
    """The keys of the policy variables in an atom, as written."""
    if isinstance(atom, ResourceCovered):
        return atom.keys
    return atom.keys[1:] if isinstance(atom, ConditionHolds) else ()


def _can_hold_without_values(facts: Facts, budget: Budget, contexts: Contexts) -> bool:
    """False only if the facts contradict each other for all values of the variables.

    First each variable may have another value in every place; then, for one fact that must
    be true against all that must not, for one unknown value that is the same in every place.
    """
    relaxed = [
        each
        for fact in facts
        for each in ([fact] if not _variable_names(fact.atom) else _widened(fact))
    ]
    if not can_hold(relaxed, budget, contexts):
        return False
    for fact in facts:
        if (
            not fact.negative
            and _variable_names(fact.atom)
            and not _alone_against_others(fact, facts, budget)
        ):
            return False
    return True


def _widened(fact: Literal) -> Iterator[Literal]:
    """A fact that must be true, with any text for its variables; nothing if it must not."""
    atom = fact.atom
    if fact.negative:
        return
    if isinstance(atom, ResourceCovered):
        text = _with_stars(atom.text)
        pattern = ResourcePattern(text, _LANGUAGE_WITHOUT_VARIABLES)
        yield Literal(ResourceCovered(text, atom.resource, pattern))


def _with_stars(text: str) -> str:
    return "".join(
        "*" if isinstance(part, variables.Variable) else part.text
        for part in variables.find_variables(text)
    )


def _alone_against_others(fact: Literal, facts: Facts, budget: Budget) -> bool:
    """Whether some text is covered by one pattern and by none of those that must not cover it."""
    atom = fact.atom
    if not isinstance(atom, ResourceCovered):
        return True
    symbols: dict[str, str] = {}
    refused = [
        symbolic(other.atom.text, symbols)
        for other in facts
        if other.negative and isinstance(other.atom, ResourceCovered)
    ]
    try:
        return find_text([[symbolic(atom.text, symbols)]], refused, budget) is not None
    except TooManyStatesError:
        return True


def _keys_of_variables(varying: Sequence[Literal]) -> dict[str, str]:
    """The keys of the policy variables, as written by their lower case."""
    return {name.lower(): name for fact in varying for name in _variable_names(fact.atom)}


# Of each variable's key the values to try, None for an absent key, and one that keys may share.
Options = dict[str, tuple[list[ContextValue | None], ContextValue | None]]


def _options(
    facts: Facts, varying: Sequence[Literal], budget: Budget, contexts: Contexts
) -> Options:
    """Values for the keys of variables, as their own facts allow.

    Where these name all values that a key may have, every one of them is an option.
    """
    options: Options = {}
    for key, name in _keys_of_variables(varying).items():
        own, known = _facts_of_key(facts, key), contexts.key(name)
        texts = _named_values(facts, key) or (
            *_fresh_values(key, len(options), contexts),
            _ALIKE,
            *_compared_with(facts, key, budget, contexts),
        )
        possible = [text for text in texts if not rules_out(known, key, text)]
        offered = [ContextValue(name, (text,), is_list=False) for text in possible]
        fitting = [each for each in offered if are_true_in_context(own, {key: each})]
        same = [each for each in fitting if each.values == (_ALIKE,)]
        found = _found_values(own, key, budget, contexts)
        if not own and not contexts.is_always_there(name):
            found = [None]
        options[key] = [*fitting, *found], [*same, *fitting, *found, None][0]
    return options


def _assignments(options: Options) -> Iterator[Context]:
    """The options of each key with those of each other, the first ones and shared ones first."""
    tried = islice(product(*(each for each, _ in options.values())), _ASSIGNMENTS_TRIED)
    alike = [shared for _, shared in options.values()]
    for values in chain(islice(tried, 1), [alike], tried):
        yield {key: each for key, each in zip(options, values, strict=True) if each is not None}


def _found_values(
    own: Sequence[Literal], key: str, budget: Budget, contexts: Contexts
) -> list[ContextValue | None]:
    """Values of a key that its own facts allow, None for an absent key; none without facts."""
    if not own:
        return []
    choices = islice(choices_for(own, budget, contexts), _VALUES_OF_A_VARIABLE)
    return [each.get(key) for each in choices]


def _is_settled(facts: Facts, key: str, contexts: Contexts) -> bool:
    """Whether every value that a key may have was tried: those named, or that it is absent."""
    known = contexts.key(key)
    if known is not None and known.type == "Bool" and contexts.is_always_there(key):
        return True
    present = {key: ContextValue(key, (_ALIKE,), is_list=False)}
    must_be_absent = any(
        isinstance(fact.atom, ConditionHolds)
        and fact.atom.compiled.use.operator is presence.NULL
        and not are_true_in_context([fact], present)
        for fact in _facts_of_key(facts, key)
    )
    return must_be_absent or bool(_named_values(facts, key))


def _named_values(facts: Facts, key: str) -> tuple[str, ...]:
    """All values that a key may have, where a fact names them; else none."""
    for fact in _facts_of_key(facts, key):
        atom = fact.atom
        if isinstance(atom, ConditionHolds) and not fact.negative:
            use = atom.compiled.use
            if use.operator is strings.EQUALS and not (use.qualifier or use.if_exists):
                return atom.values
    return ()


def _compared_with(facts: Facts, key: str, budget: Budget, contexts: Contexts) -> Iterator[str]:
    """Values that other keys may have which must equal the variable."""
    for fact in facts:
        atom = fact.atom
        if isinstance(atom, ConditionHolds) and key in map(str.lower, _variable_names(atom)):
            for found in _found_values(_facts_of_key(facts, atom.key), atom.key, budget, contexts):
                if found is not None:
                    yield from found.values


def _facts_of_key(facts: Facts, key: str) -> list[Literal]:
    """The facts about a key that are true or false by its value alone."""
    return [
        fact
        for fact in facts
        if not isinstance(fact.atom, ABOUT_RESOURCE)
        and condition_key_of(fact) == key
        and not _variable_names(fact.atom)
    ]


def _fresh_values(key: str, index: int, contexts: Contexts) -> Sequence[str]:
    """Values that nothing names, of the key's type or of the kind that its name suggests."""
    known = contexts.key(key)
    if known is not None and known.type != "String":
        return examples_of(known, key)
    if key.endswith("account"):
        return EXAMPLE_ACCOUNT, OTHER_ACCOUNT
    if key.endswith("arn"):
        role = f"arn:{EXAMPLE_PARTITION}:iam::{EXAMPLE_ACCOUNT}:role"
        return f"{role}/example", f"{role}/other"
    return f"example{index}", f"other{index}"


def _grounded(facts: Facts, context: Context) -> list[Literal] | None:
    """The facts with the variables filled in; None if one can't be true then."""
    grounded: list[Literal] = []
    for fact in facts:
        atom = fact.atom
        if isinstance(atom, ResourceCovered | ConditionHolds) and _variable_names(atom):
            filled = _filled(atom, context)
            if filled is not None:
                grounded.append(Literal(filled, fact.negative))
            elif not fact.negative:
                return None
        else:
            grounded.append(fact)
    return grounded


def _filled(
    atom: ResourceCovered | ConditionHolds, context: Context
) -> ResourceCovered | ConditionHolds | None:
    """An atom with its variables filled in; None for a resource pattern without a value."""
    if isinstance(atom, ResourceCovered):
        text = atom.pattern.filled(context)
        if text is None:
            return None
        pattern = ResourcePattern(text, _LANGUAGE_WITHOUT_VARIABLES)
        return ResourceCovered(text, atom.resource, pattern)
    texts = (
        variables.fill_in(
            variables.find_variables(value), lambda variable: value_of(variable, context), False
        )
        for value in atom.values
    )
    values = tuple(text for text in texts if text is not None)
    condition = Condition(atom.condition.operator, atom.condition.key, values)
    return condition_holds(condition, _LANGUAGE_WITHOUT_VARIABLES)
