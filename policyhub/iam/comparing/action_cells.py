"""Groups of action names that some statements treat alike, each by one of its names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.comparing.automaton import Pattern, PatternSet, literally, with_wildcards
from policyhub.iam.language.elements import Statement

# Of each pattern the places of the statements that have it.
Members = Mapping[str, Collection[int]]

_NAME_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789._-"


def action_cells(
    statements: Iterable[Statement],
    known_actions: Iterable[str] = (),
    budget: Budget = NO_LIMIT,
) -> Iterator[str]:
    """Yield an action name for each combination of patterns that some name matches.

    Names are distinguished by every service that a pattern names, and one that none names.
    `known_actions` are preferred. Raises `TooManyStatesError` and `SpentError`.

    Below: neither of two patterns, either alone, and both.

    >>> import json
    >>> from policyhub.iam.reading.document import parse_policy
    >>> allow = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
    >>> deny = {"Effect": "Deny", "Action": "s3:*Acl", "Resource": "*"}
    >>> statements = parse_policy(json.dumps({"Statement": [allow, deny]})).policy.statements
    >>> sorted(action_cells(statements, ["s3:GetBucketAcl", "s3:GetObject", "s3:PutBucketAcl"]))
    ['s3:GetBucketAcl', 's3:GetObject', 's3:PutBucketAcl', 's3:b']
    """
    statements = tuple(statements)
    members: dict[str, set[int]] = {}
    for place, statement in enumerate(statements):
        for action in statement.actions:
            members.setdefault(action.lower(), set()).add(place)
    of_service: dict[str, set[str]] = {}
    # A service is named in full or, by a star, not at all: no grammar allows a part of it.
    of_any = {pattern for pattern in members if pattern.startswith("*")}
    for pattern in members.keys() - of_any:
        of_service.setdefault(pattern.partition(":")[0], set()).add(pattern)
    known: dict[str, list[str]] = {}
    for action in known_actions:
        known.setdefault(action.partition(":")[0].lower(), []).append(action)
    for service in sorted(of_service):
        named = sorted(of_service[service] | of_any)
        yield from _cells_of(f"{service}:", named, known.get(service, ()), members, budget)
    if of_any or any(each.not_action for each in statements):
        unnamed = "other"
        while unnamed in of_service:
            unnamed += "s"
        yield from _cells_of(f"{unnamed}:", sorted(of_any), (), members, budget)


def _cells_of(
    start: str, patterns: Sequence[str], known: Iterable[str], members: Members, budget: Budget
) -> Iterator[str]:
    languages = PatternSet(
        [_action_pattern(each) for each in patterns],
        start,
        _NAME_ALPHABET,
        groups=[frozenset(members[each]) for each in patterns],
        budget=budget,
    )
    found = languages.combinations()
    for action in known:
        budget.spend(len(action))
        found[languages.matching(action.lower())] = action
    yield from found.values()


def _action_pattern(pattern: str) -> Pattern:
    return with_wildcards(pattern) if set(pattern) & set("*?") else literally(pattern)
