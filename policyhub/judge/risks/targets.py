"""What a step of a path is asked on: the resources of a type, in one partition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.iam.comparing.resource_values import example_of, readable_resources, resource_demand
from policyhub.iam.deciding.formula import Literal, Truth, any_of
from policyhub.iam.deciding.request import ANY_RESOURCE
from policyhub.iam.deciding.statements import ResourcePattern
from policyhub.iam.explaining.facts import ResourceCovered
from policyhub.iam.language.arn_formats import ArnFormats
from policyhub.iam.language.patterns import compile_pattern, covers

_WITHOUT_VARIABLES = "2008-10-17"
_CACHED = 4_096
_CACHED_PATTERNS = 16_384


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The resources of a type of an action; of an action without types `*` alone.

    `is_open` is false where there is nothing to choose. Nothing is known of an action that the
    reference lacks: then any resource will do.
    """

    action: str
    formats: tuple[str, ...]
    is_open: bool
    demand: Truth
    narrow: ArnFormats
    wide: ArnFormats
    facts: ReferenceFacts

    @property
    def demands(self) -> tuple[Truth, ...]:
        """That the resource is of the type, and that AWS can be asked about it."""
        return (self.demand, resource_demand(self.action, self.facts)) if self.formats else ()

    @property
    def example(self) -> str:
        """A resource of the type, `*` where there is none."""
        return example_of(self.formats[0]) if self.formats else ANY_RESOURCE

    def fits(self, resource: str) -> bool:
        """Whether a resource is of the type, or perhaps."""
        if not self.formats:
            return not self.is_open or bool(resource)
        return self.narrow.fit(resource) or self.wide.fit(resource)

    def meets(self, pattern: str) -> bool:
        """False only if no resource of the type is matched by a pattern."""
        return not self.formats or _meets(self, pattern)

    def within(self, pattern: str) -> Sequence[str]:
        """A resource of the type that a pattern matches, one that reads well if there is one."""
        return _within(self, pattern)

    def covered_by(self, pattern: str) -> bool:
        """Whether a pattern is seen to match every resource of the type."""
        return bool(self.formats) and _covered_by(self, pattern)


@lru_cache(maxsize=_CACHED)
def target_of(action: str, name: str, partition: str, facts: ReferenceFacts) -> Target:
    """The target of an action by the name of its type."""
    types = facts.types(action)
    texts = {form for each in types or () if each.name == name for form in each.formats}
    known = [(text, holds) for text, holds in facts.formats(action) if text in texts]
    formats = tuple(text.replace("${Partition}", partition) for text, _ in known)
    given = [(text, holds) for text, (_, holds) in zip(formats, known, strict=True)]
    return Target(
        action,
        formats,
        is_open=bool(formats) or types is None,
        demand=any_of(map(_covered, formats)) if formats else True,
        narrow=ArnFormats(given, wide=False),
        wide=ArnFormats(given, wide=True),
        facts=facts,
    )


@lru_cache(maxsize=_CACHED_PATTERNS)
def _meets(target: Target, pattern: str) -> bool:
    beginning = compile_pattern(pattern).literal_prefix
    # Most patterns are about another service, as their first letters show.
    return any(_begin_alike(beginning, each) for each in target.formats) and target.wide.meet(
        pattern
    )


def _begin_alike(beginning: str, arn_format: str) -> bool:
    literal = arn_format.partition("${")[0].partition("*")[0]
    return literal.startswith(beginning) or beginning.startswith(literal)


@lru_cache(maxsize=_CACHED_PATTERNS)
def _within(target: Target, pattern: str) -> Sequence[str]:
    readable = next(filter(target.fits, readable_resources(pattern)), None)
    if readable:
        return (readable,)
    found = target.narrow.example(pattern) or target.wide.example(pattern)
    return (found,) if found else ()


@lru_cache(maxsize=_CACHED_PATTERNS)
def _covered_by(target: Target, pattern: str) -> bool:
    return all(covers(pattern, _any_of_format(each)) for each in target.formats)


@lru_cache(maxsize=_CACHED)
def _any_of_format(arn_format: str) -> str:
    """A format as a pattern in which each placeholder is one character or more."""
    parts = arn_format.replace("}", "${").split("${")
    return "".join("?*" if place % 2 else part for place, part in enumerate(parts))


def _covered(arn_format: str) -> Literal:
    """That a resource has a format, whatever its placeholders are."""
    text = _any_of_format(arn_format)
    return Literal(ResourceCovered(text, "", ResourcePattern(text, _WITHOUT_VARIABLES)))
