"""Requests that need no search: the plainest context, and a resource that a statement names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from policyhub.iam.comparing.contexts import Contexts
from policyhub.iam.comparing.resource_values import example_of, readable_resources
from policyhub.iam.deciding.formula import Literal, Truth
from policyhub.iam.deciding.request import ANY_RESOURCE, Context
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.deciding.statements import CompiledStatement, ResourcePattern
from policyhub.iam.explaining.facts import ResourceCovered, holds_of

_PATTERNS_TRIED = 10
_PATTERNS_SOLVED = 2


def plainest_context(
    allowing: CompiledStatement, others: Iterable[CompiledStatement], contexts: Contexts
) -> Context | None:
    """The usual values of keys that are always there and that statements ask for.

    None where the one that is to allow asks for others too.
    """
    names = {key for each in (allowing, *others) for key in each.needs}
    context = contexts.completed({}, names)
    return context if all(key.lower() in context for key in allowing.needs) else None


def resources_at_hand(
    action: str,
    statement: CompiledStatement,
    demand: Truth,
    facts: ServiceFacts | None,
    first: Collection[str],
) -> Iterator[str]:
    """Resources that a statement may be about: `*`, or some by its patterns; "" for none.

    Those of the patterns that are to come `first` come first.
    """
    is_open = statement.on_all_resources or statement.statement.not_resource
    if is_open and not isinstance(demand, Literal):
        yield ANY_RESOURCE
    elif is_open and facts is not None:
        yield from (example_of(text) for text, _ in facts.formats(action)[:_PATTERNS_TRIED])
        yield ANY_RESOURCE
    if is_open:
        return
    for each in patterns_in_order(action, statement, demand, facts, first)[:_PATTERNS_TRIED]:
        if not each.varies:
            yield from readable_resources(each.text)
            if facts is not None and isinstance(demand, Literal):
                yield facts.example(action, each.text)


def patterns_in_order(
    action: str,
    statement: CompiledStatement,
    demand: Truth,
    facts: ServiceFacts | None,
    first: Collection[str],
) -> Sequence[ResourcePattern]:
    """A statement's resources that can be as demanded; those that are to come `first` do so."""
    wanted: Iterable[ResourcePattern] = statement.resources
    if facts is not None and isinstance(demand, Literal):
        wanted = (each for each in wanted if facts.meets(action, each.widest))
    return sorted(wanted, key=lambda each: each.text not in first)


def facts_of_statement(
    statement: CompiledStatement, patterns: Sequence[ResourcePattern]
) -> Iterator[list[Literal]]:
    """What makes a statement match, by one of the first patterns or another.

    None where a condition has an operator that is not known.
    """
    if any(each.use.operator is None for each in statement.conditions):
        return
    conditions = [Literal(holds_of(each)) for each in statement.conditions]
    if statement.on_all_resources or statement.statement.not_resource:
        yield conditions
        return
    for each in patterns[:_PATTERNS_SOLVED]:
        yield [*conditions, Literal(ResourceCovered(each.text, "", each))]
