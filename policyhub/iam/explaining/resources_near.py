"""Resources near a request's: what a statement could cover, of what AWS can be asked about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.request import ANY_RESOURCE, Request
from policyhub.iam.deciding.service_facts import ServiceFacts, types_in_words
from policyhub.iam.deciding.statements import CompiledStatement
from policyhub.iam.language.arn import PARTS, parse_arn
from policyhub.iam.language.examples import EXAMPLE_PARTITION, EXAMPLE_REGION
from policyhub.iam.language.patterns import compile_pattern

_PATTERNS_TRIED = 8


def resources_near(
    statement: CompiledStatement, request: Request, facts: ServiceFacts | None
) -> Iterator[str]:
    """Resources that the statement's patterns could cover, then one next to the request's.

    The facts give some of the types that the action works on.
    """
    for pattern in statement.resources[:_PATTERNS_TRIED]:
        text = pattern.filled(request.context)
        if text is not None:
            yield _completed(text, request)
            example = _example(text, request, facts) if facts else ""
            if example:
                yield example
    yield f"{request.resource}-other"


def own_resource(statement: CompiledStatement, asked: Request, policies: AppliedPolicies) -> str:
    """A resource that the statement covers and that AWS can be asked about; else the asked one."""
    near = resources_near(statement, asked, policies.facts)
    possible = (each for each in near if is_possible(asked.asking_for(each), policies))
    return next(possible, asked.resource)


def is_possible(request: Request, policies: AppliedPolicies) -> bool:
    """Whether AWS can be asked the request, or it is not known that it can't."""
    possibility = policies.possibility(request)
    return possibility is None or possibility.possible is not False


def mismatch(statement: CompiledStatement, request: Request, facts: ServiceFacts | None) -> str:
    """What the statement names in place of what the action works on; "" where it fits."""
    if facts is None or statement.statement.not_resource or not statement.resources:
        return ""
    patterns = [each.widest for each in statement.resources]
    types = facts.types(request.action)
    if not types or any(facts.meets(request.action, each) for each in patterns):
        return ""
    named = dict.fromkeys(
        name for each in patterns for name in facts.types_named(request.action, each)
    )
    names = f"of type {', '.join(named)}" if named else "of other types"
    return f"it names resources {names}, and {request.action} works on {types_in_words(types)}"


def _completed(pattern: str, request: Request) -> str:
    """A resource that a pattern covers, with parts of the request's resource where they fit."""
    own = pattern.split(":", PARTS - 1)
    if len(own) < PARTS:
        return pattern.replace("?", "x").replace("*", "x")
    asked = parse_arn(request.resource)
    mine, theirs = own[-1], asked.resource if asked else "x"
    fits = theirs and compile_pattern(mine).matches(theirs)
    tail = theirs if fits else mine.replace("?", "x").replace("*", "x")
    return f"{_head(own, request)}:{tail}"


def _example(pattern: str, request: Request, facts: ServiceFacts) -> str:
    """A resource that a pattern covers and that the action works on; "" if there is none."""
    own = pattern.split(":", PARTS - 1)
    headed = f"{_head(own, request)}:{own[-1]}" if len(own) == PARTS else pattern
    return facts.example(request.action, headed) or facts.example(request.action, pattern)


def _head(own: Sequence[str], request: Request) -> str:
    """The first five parts of a pattern with those of the request's resource where they fit."""
    asked = parse_arn(request.resource)
    like = (
        ("arn", asked.partition, asked.service, asked.region, asked.account)
        if asked
        else ("arn", EXAMPLE_PARTITION, own[2], EXAMPLE_REGION, request.resource_account)
    )
    return ":".join(
        theirs
        if theirs and compile_pattern(mine).matches(theirs)
        else mine.replace("?", "x").replace("*", "")
        for mine, theirs in zip(own[:-1], like, strict=True)
    )


def resource_of_action(request: Request, facts: ServiceFacts) -> str:
    """A resource that the action works on, like the request's where it can be; "" if unknown."""
    types = facts.types(request.action)
    if not types:
        return "" if types is None else ANY_RESOURCE
    arn = parse_arn(request.resource)
    partition = arn.partition if arn else EXAMPLE_PARTITION
    account = request.resource_account
    for region, owner in ((EXAMPLE_REGION, account), (EXAMPLE_REGION, ""), ("", account), ("", "")):
        pattern = f"arn:{partition}:{request.service}:{region}:{owner}:*"
        example = facts.example(request.action, pattern)
        if example:
            return example
    return facts.example(request.action, "*")
