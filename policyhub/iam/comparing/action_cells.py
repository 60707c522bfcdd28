"""Groups of action names that some statements treat alike, each by one of its names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.comparing.automaton import Pattern, PatternSet, literally, with_wildcards
from policyhub.iam.comparing.compared_policy import patterns_by_service
from policyhub.iam.comparing.scope import EVERYTHING, ActionScope
from policyhub.iam.language.elements import Statement

# Of each pattern the places of the statements that have it.
Members = Mapping[str, Collection[int]]

_NAME_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789._-"


def action_cells(
    statements: Iterable[Statement], scope: ActionScope = EVERYTHING, budget: Budget = NO_LIMIT
) -> Iterator[str]:
    """Yield an action name for each combination of patterns that some name in a scope matches.

    Names are distinguished by every service that a pattern names, and one that none names.
    Raises `TooManyStatesError` and `SpentError`.

    Below: neither of two patterns, either alone, and both.

    >>> import json
    >>> from policyhub.iam.reading.document import parse_policy
    >>> allow = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
    >>> deny = {"Effect": "Deny", "Action": "s3:*Acl", "Resource": "*"}
    >>> statements = parse_policy(json.dumps({"Statement": [allow, deny]})).policy.statements
    >>> sorted(action_cells(statements))
    ['s3:acl', 's3:b', 's3:get', 's3:getacl']
    """
    statements = tuple(statements)
    members: dict[str, set[int]] = {}
    of_service: dict[str, set[str]] = {}
    for place, statement in enumerate(statements):
        for service, patterns in patterns_by_service(statement.actions).items():
            if not service or scope.is_of_every_service or service in scope.patterns:
                for _, action in patterns:
                    pattern = action.lower()
                    members.setdefault(pattern, set()).add(place)
                    of_service.setdefault(service, set()).add(pattern)
    of_any = of_service.pop("", set())
    asked = of_service if scope.is_of_every_service else of_service.keys() & scope.patterns.keys()
    for service in sorted(asked):
        named = sorted(of_service[service] | of_any)
        among = None if scope.is_everything else scope.of(service)
        yield from _cells_of(f"{service}:", named, among, members, budget)
    if scope.is_of_every_service and (of_any or any(each.not_action for each in statements)):
        unnamed = "other"
        while unnamed in of_service:
            unnamed += "s"
        among = None if scope.is_everything else scope.of("")
        yield from _cells_of(f"{unnamed}:", sorted(of_any), among, members, budget)


def _cells_of(
    start: str,
    patterns: Sequence[str],
    among: Collection[str] | None,
    members: Members,
    budget: Budget,
) -> Iterator[str]:
    """The groups of names that patterns distinguish, of names that one `among` them matches."""
    literal = [each for each in among or () if each.startswith(start) and not _has_wildcards(each)]
    if among is not None and len(literal) == len(among):
        yield from sorted(literal)
        return
    languages = PatternSet(
        [_action_pattern(each) for each in patterns],
        start,
        _NAME_ALPHABET,
        groups=[frozenset(members[each]) for each in patterns],
        budget=budget,
    )
    places = {each: place for place, each in enumerate(patterns)}
    indexes = None if among is None else [places[each] for each in among]
    yield from languages.combinations(indexes).values()


def _has_wildcards(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


def _action_pattern(pattern: str) -> Pattern:
    return with_wildcards(pattern) if _has_wildcards(pattern) else literally(pattern)
