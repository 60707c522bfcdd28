"""Resources that satisfy what a branch asks of the resource."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from policyhub.iam.budget import Budget
from policyhub.iam.comparing.automaton import (
    Pattern,
    TooManyStatesError,
    Wildcard,
    find_text,
    with_wildcards,
)
from policyhub.iam.comparing.condition_patterns import UndecidedError, symbolic
from policyhub.iam.comparing.key_values import ASKED
from policyhub.iam.deciding.formula import Literal, Truth
from policyhub.iam.deciding.request import ANY_RESOURCE, Request
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.deciding.statements import ResourcePattern
from policyhub.iam.explaining.facts import ResourceCovered, ResourceOfAction
from policyhub.iam.language.arn_formats import Holds, pieces
from policyhub.iam.language.examples import EXAMPLE_ACCOUNT, EXAMPLE_REGION, filled_in

_RESOURCES_TRIED = 2
# What a placeholder holds, by the separators that it never does.
_PLACEHOLDERS = {
    "/:": (Wildcard.ONE_IN_PART, Wildcard.MANY_IN_PART),
    ":": (Wildcard.ONE_BUT_COLON, Wildcard.MANY_BUT_COLON),
}
_HOLDS_ANY = (Wildcard.ONE, Wildcard.MANY)


def resources(facts: Sequence[Literal], budget: Budget) -> Iterator[str]:
    """Yield resources for which the facts are true: any, a readable one, then all others."""
    atoms = [fact.atom for fact in facts if not fact.negative]
    wanted = [each for each in atoms if isinstance(each, ResourceCovered)]
    types = [each for each in atoms if isinstance(each, ResourceOfAction)]
    refused = [f.atom for f in facts if f.negative and isinstance(f.atom, ResourceCovered)]

    def fits(resource: str) -> bool:
        budget.spend(len(facts))
        return all_hold_of_resource(facts, resource)

    for resource in (ANY_RESOURCE, *_resource_examples(wanted), *_type_examples(types, wanted)):
        if resource and fits(resource):
            yield resource
    demands = [[resource_pattern(each.pattern)] for each in wanted]
    demands += [list(_patterns_of_types(each)) for each in types]
    try:
        found = find_text(demands, [resource_pattern(each.pattern) for each in refused], budget)
    except TooManyStatesError as error:
        raise UndecidedError("the resource patterns have too many combinations") from error
    if found is None:
        return
    if not fits(found):
        raise UndecidedError("whether a request for such a resource is possible is not known")
    yield found


def all_hold_of_resource(facts: Sequence[Literal], resource: str) -> bool:
    """Whether all facts are true for a request for this resource."""
    request = Request(ASKED, resource)
    return all(fact.holds(request) for fact in facts)


def resource_pattern(pattern: ResourcePattern) -> Pattern:
    """A pattern as the automaton reads it; its variables are symbols."""
    return symbolic(pattern.text, {}) if pattern.varies else with_wildcards(pattern.text)


@lru_cache(maxsize=1024)
def _patterns_of_types(types: ResourceOfAction) -> tuple[Pattern, ...]:
    """The ARNs that the formats of an action's types cover, in their wide reading; else `*`."""
    if not types.formats:
        return ((ANY_RESOURCE,),)
    formats = types.facts.formats(types.action)
    return tuple(
        tuple(item for piece in pieces(text, holds_of) for item in _symbols(piece))
        for text, holds_of in formats
    )


def _symbols(piece: str | Holds) -> Sequence[str | Wildcard]:
    if isinstance(piece, str):
        return tuple(piece)
    return _PLACEHOLDERS.get("".join(sorted(piece.never)), _HOLDS_ANY)


_READABLE_PARTS = {3: EXAMPLE_REGION, 4: EXAMPLE_ACCOUNT}


def _type_examples(
    types: Sequence[ResourceOfAction], wanted: Sequence[ResourceCovered]
) -> Iterator[str]:
    """One of each format, and those that a pattern covers too."""
    for each in types:
        yield from map(example_of, each.formats)
        for pattern in wanted:
            yield each.facts.example(each.action, pattern.pattern.widest)


@lru_cache(maxsize=4096)
def example_of(arn_format: str) -> str:
    """An ARN of a format: with a region, an account and plain names for its placeholders."""
    return "".join(
        "example" if isinstance(piece, Holds) else piece
        for piece in pieces(filled_in(arn_format), lambda _: Holds())
    )


def _resource_examples(wanted: Sequence[ResourceCovered]) -> Iterator[str]:
    """Readable resources of the patterns, the longest first."""
    for each in sorted(wanted, key=lambda atom: -len(atom.text)):
        yield from readable_resources(each.text)


def readable_resources(pattern: str) -> Iterator[str]:
    """A pattern with a region, an account and plain names for its stars."""
    parts = pattern.split(":", 5)
    if len(parts) == 6:
        filled = [
            _READABLE_PARTS.get(place, part) if part == "*" else part
            for place, part in enumerate(parts)
        ]
        text = ":".join(filled)
        yield text.replace("*", "example").replace("?", "x")
        yield text.replace("*", "").replace("?", "x")
    yield pattern.replace("*", "example").replace("?", "x")


@lru_cache(maxsize=32_768)
def resource_demand(action: str, facts: ServiceFacts) -> Truth:
    """What a resource must be for AWS to be asked about the action; False if it never is.

    True of an action that is not known: whatever its resource, nothing is ruled out.
    """
    if facts.types(action) is None:
        return not facts.is_misnamed(action)
    formats = tuple(text for text, _ in facts.formats(action))
    return Literal(ResourceOfAction(formats, action, facts))
