"""Which resources a statement is about, and how the resources of statements relate.

Both relations are claimed only if they are true for every resource and every request: False also
means "not seen". Source: IAM User Guide, "IAM JSON policy elements: Resource", "NotResource"
and "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

from collections.abc import Sequence

from policyhub.iam.language.elements import Statement
from policyhub.iam.language.patterns import compile_pattern, covers
from policyhub.iam.language.variables import LiteralText, find_variables, variables_work

# Far more than any published policy compares; beyond it the relations go unseen.
MAX_COMPARED_PATTERNS = 250_000


def on_all_resources(statement: Statement) -> bool:
    """Say whether a statement is about every resource: one of its patterns is only stars."""
    if statement.not_resource:
        return False
    return any(not resource.strip("*") for resource in statement.resources)


def resources_are_covered(inner: Statement, outers: Sequence[Statement], version: str) -> bool:
    """True only if each resource of `inner` is one of the resources of one of the `outers`.

    `version` is the document's: only in 2012-10-17 are there variables.
    """
    if any(map(on_all_resources, outers)):
        return True
    if _too_many(inner, outers):
        return False
    with_variables = variables_work(version)
    if inner.not_resource:
        return any(_spares_no_more(outer, inner, with_variables) for outer in outers)
    return bool(inner.resources) and all(
        any(_includes(outer, resource, with_variables) for outer in outers)
        for resource in inner.resources
    )


def resources_are_apart(one: Statement, other: Statement, version: str) -> bool:
    """True only if no resource is among those of both statements."""
    if _too_many(one, (other,)) or (one.not_resource and other.not_resource):
        return False
    with_variables = variables_work(version)
    if one.not_resource or not one.resources:
        one, other = other, one
    return bool(one.resources) and all(
        _excludes(other, resource, with_variables) for resource in one.resources
    )


def _too_many(one: Statement, others: Sequence[Statement]) -> bool:
    compared = len(one.resources) * sum(len(other.resources) for other in others)
    return compared > MAX_COMPARED_PATTERNS


def _includes(statement: Statement, resource: str, with_variables: bool) -> bool:
    """True only if the statement is about all that the resource pattern matches."""
    if statement.not_resource:
        return all(_are_apart(each, resource, with_variables) for each in statement.resources)
    return any(_covers(each, resource, with_variables) for each in statement.resources)


def _excludes(statement: Statement, resource: str, with_variables: bool) -> bool:
    """True only if the statement is about nothing that the resource pattern matches."""
    if statement.not_resource:
        return any(_covers(each, resource, with_variables) for each in statement.resources)
    return bool(statement.resources) and all(
        _are_apart(each, resource, with_variables) for each in statement.resources
    )


def _spares_no_more(outer: Statement, inner: Statement, with_variables: bool) -> bool:
    """True only if everything that `outer`, a NotResource, excludes is excluded by `inner` too."""
    return outer.not_resource and all(
        any(_covers(spared, each, with_variables) for spared in inner.resources)
        for each in outer.resources
    )


def _covers(outer: str, inner: str, with_variables: bool) -> bool:
    """True only if `outer` matches all that `inner` does, with the same values filled in.

    The value of a variable is unknown: an outer one is compared by its text alone, and an
    inner one could be anything.
    """
    if outer == inner:
        return True
    if with_variables and "${" in outer and _widened(outer) != outer:
        return False
    return covers(outer, _widened(inner) if with_variables else inner)


def _are_apart(one: str, other: str, with_variables: bool) -> bool:
    """True only if no text matches both; seen by their first and last literal characters."""
    if with_variables:
        one, other = _widened(one), _widened(other)
    first, second = compile_pattern(one), compile_pattern(other)
    if first.is_literal:
        return not second.matches(one)
    if second.is_literal:
        return not first.matches(other)
    starts = first.literal_prefix, second.literal_prefix
    ends = _literal_suffix(one), _literal_suffix(other)
    return not (
        (starts[0].startswith(starts[1]) or starts[1].startswith(starts[0]))
        and (ends[0].endswith(ends[1]) or ends[1].endswith(ends[0]))
    )


def _literal_suffix(pattern: str) -> str:
    return pattern[max(pattern.rfind("*"), pattern.rfind("?")) + 1 :]


def _widened(resource: str) -> str:
    """Return the pattern with a `*` for each variable: it matches every value that it can have."""
    if "${" not in resource:
        return resource
    return "".join(
        part.text if isinstance(part, LiteralText) else "*" for part in find_variables(resource)
    )
