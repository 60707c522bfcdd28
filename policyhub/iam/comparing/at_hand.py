"""Requests that need no search: the plainest context, and a resource that a statement names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policyhub.iam.comparing.contexts import Contexts
from policyhub.iam.comparing.resource_values import example_of, readable_resources
from policyhub.iam.deciding.formula import Literal, Truth
from policyhub.iam.deciding.request import ANY_RESOURCE, Context
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.deciding.statements import CompiledStatement

_PATTERNS_TRIED = 10


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
    action: str, statement: CompiledStatement, demand: Truth, facts: ServiceFacts | None
) -> Iterator[str]:
    """Resources that a statement may be about: `*`, or some by its first patterns; "" for none."""
    is_open = statement.on_all_resources or statement.statement.not_resource
    if is_open and not isinstance(demand, Literal):
        yield ANY_RESOURCE
    elif is_open and facts is not None:
        yield from (example_of(text) for text, _ in facts.formats(action)[:_PATTERNS_TRIED])
        yield ANY_RESOURCE
    for each in statement.resources[:_PATTERNS_TRIED]:
        if not (is_open or each.varies):
            yield from readable_resources(each.text)
            if facts is not None and isinstance(demand, Literal):
                yield facts.example(action, each.text)
