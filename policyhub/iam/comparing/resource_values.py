"""Resources that satisfy what a branch asks of the resource."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyhub.iam.budget import Budget
from policyhub.iam.comparing.automaton import Pattern, TooManyStatesError, find_text, with_wildcards
from policyhub.iam.comparing.condition_patterns import UndecidedError, symbolic
from policyhub.iam.comparing.key_values import ASKED
from policyhub.iam.deciding.formula import Literal
from policyhub.iam.deciding.request import ANY_RESOURCE, Request
from policyhub.iam.deciding.statements import ResourcePattern
from policyhub.iam.explaining.facts import ResourceCovered
from policyhub.iam.language.examples import EXAMPLE_ACCOUNT, EXAMPLE_REGION

_RESOURCES_TRIED = 2


def resources(facts: Sequence[Literal], budget: Budget) -> Iterator[str]:
    """Yield resources for which the facts are true: any, a readable one, then all others."""
    wanted = [f.atom for f in facts if not f.negative and isinstance(f.atom, ResourceCovered)]
    refused = [f.atom for f in facts if f.negative and isinstance(f.atom, ResourceCovered)]

    def fits(resource: str) -> bool:
        budget.spend(len(facts))
        return all_hold_of_resource(facts, resource)

    for resource in (ANY_RESOURCE, *_resource_examples(wanted)):
        if fits(resource):
            yield resource
    try:
        found = find_text(
            [[resource_pattern(each.pattern)] for each in wanted],
            [resource_pattern(each.pattern) for each in refused],
            budget,
        )
    except TooManyStatesError as error:
        raise UndecidedError("the resource patterns have too many combinations") from error
    if found is not None and fits(found):
        yield found


def all_hold_of_resource(facts: Sequence[Literal], resource: str) -> bool:
    """Whether all facts are true for a request for this resource."""
    request = Request(ASKED, resource)
    return all(fact.holds(request) for fact in facts)


def resource_pattern(pattern: ResourcePattern) -> Pattern:
    """A pattern as the automaton reads it; its variables are symbols."""
    return symbolic(pattern.text, {}) if pattern.varies else with_wildcards(pattern.text)


_READABLE_PARTS = {3: EXAMPLE_REGION, 4: EXAMPLE_ACCOUNT}


def _resource_examples(wanted: Sequence[ResourceCovered]) -> Iterator[str]:
    """The patterns with a region, an account and plain names for their stars."""
    for each in sorted(wanted, key=lambda atom: -len(atom.text)):
        parts = each.text.split(":", 5)
        if len(parts) == 6:
            filled = [
                _READABLE_PARTS.get(place, part) if part == "*" else part
                for place, part in enumerate(parts)
            ]
            text = ":".join(filled)
            yield text.replace("*", "example").replace("?", "x")
            yield text.replace("*", "").replace("?", "x")
        yield each.text.replace("*", "example").replace("?", "x")
