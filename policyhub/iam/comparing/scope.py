"""For which actions two policies say different things at all: only there can they differ.

An action that the same statements are about on both sides, whatever else these list, is allowed
by both or by neither. So only the action patterns that one side has in a statement which the
other lacks need to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.comparing.compared_policy import service_of_pattern
from policyhub.iam.comparing.containment import Saying, saying_of
from policyhub.iam.comparing.covered_actions import CoveredActions
from policyhub.iam.language.elements import Effect, PolicyDocument, Statement


@dataclass(frozen=True, slots=True)
class ActionScope:
    """Action patterns as written, by service in lower case; "" for those of any service.

    `is_everything` says that every action of every service is to be looked at.
    """

    patterns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_everything: bool = False

    def of(self, service: str) -> frozenset[str]:
        """The patterns that actions of a service can match."""
        return self.patterns.get(service, frozenset()) | self.patterns.get("", frozenset())

    @property
    def is_of_every_service(self) -> bool:
        """Whether actions of any service can match."""
        return self.is_everything or "" in self.patterns

    def written(self) -> Iterator[str]:
        """Patterns, in an order of their own, that match every action in the scope."""
        if self.is_everything:
            yield "*"
            return
        for service in sorted(self.patterns):
            yield from sorted(self.patterns[service])


EVERYTHING = ActionScope(is_everything=True)


# What a statement says, and whether of all actions but those listed.
_Said = tuple[Saying, bool]
# The patterns of each statement that says so.
_Lists = dict[_Said, list[frozenset[str]]]


def scope_of(left: PolicyDocument, right: PolicyDocument) -> ActionScope:
    """The patterns whose actions the two policies may treat differently."""
    ours, theirs = _said_by_one(left, right)
    patterns: set[str] = set()
    for key in ours.keys() | theirs.keys():
        differing = _differing(ours.get(key, []), theirs.get(key, []), not_action=key[1])
        if differing is None:
            return EVERYTHING
        patterns |= differing
    return _scope(patterns)


def _differing(
    ours: Sequence[frozenset[str]], theirs: Sequence[frozenset[str]], *, not_action: bool
) -> Set[str] | None:
    """The patterns of whose actions one side alone says it; None for all actions.

    Two lists of exceptions treat alike whatever none of the patterns matches that one has alone.
    """
    if not not_action:
        return _all_of(ours) ^ _all_of(theirs)
    if len(ours) == len(theirs) == 1:
        return ours[0] ^ theirs[0]
    return frozenset() if {*ours} == {*theirs} else None


def scope_of_excess(
    policy: PolicyDocument, limit: PolicyDocument, budget: Budget = NO_LIMIT
) -> ActionScope:
    """The patterns of whose actions the policy may allow what the limit does not.

    These are the policy's Allows that the limit does not have and does not cover, and the
    limit's Denies that the policy does not have: of all others what the policy allows is allowed
    by what the limit has of it, and is denied by nothing.
    """
    mine, its = _said_by_one(policy, limit)
    denied = ((key[1], patterns) for key, patterns in _said_alone(its, mine, "Deny"))
    differing = [*denied, *_uncovered(mine, its, limit, budget)]
    if any(not_action for not_action, _ in differing):
        return EVERYTHING
    return _scope(_all_of(patterns for _, patterns in differing))


def _uncovered(
    mine: _Lists, its: _Lists, limit: PolicyDocument, budget: Budget
) -> Iterator[tuple[bool, frozenset[str]]]:
    """What is allowed by one side and not seen to be by the other."""
    allowed = list(_said_alone(mine, its, "Allow"))
    if not allowed:
        return
    covered = CoveredActions(limit, budget)
    for (saying, not_action), patterns in allowed:
        if not not_action:
            yield False, frozenset(e for e in patterns if not covered.covers(saying, e))
        elif not covered.covers_all_but(saying, patterns):
            yield True, patterns


def _said_alone(
    one: _Lists, other: _Lists, effect: Effect
) -> Iterator[tuple[_Said, frozenset[str]]]:
    """The patterns of which one side alone says something; each list of exceptions by itself."""
    for key, lists in one.items():
        if key[0].effect == effect and key[1]:
            yield from ((key, each) for each in lists if each not in other.get(key, ()))
        elif key[0].effect == effect:
            yield key, _all_of(lists) - _all_of(other.get(key, ()))


def _all_of(lists: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*lists)


def _scope(differing: Iterable[str]) -> ActionScope:
    patterns: dict[str, set[str]] = {}
    for pattern in differing:
        patterns.setdefault(service_of_pattern(pattern), set()).add(pattern)
    return ActionScope({service: frozenset(each) for service, each in patterns.items()})


def _said_by_one(left: PolicyDocument, right: PolicyDocument) -> tuple[_Lists, _Lists]:
    """What each side says in statements that the other has not word for word."""
    ours, theirs = (_by_content(each) for each in (left, right))
    mine, its = (
        _lists_by_saying((own[each] for each in own.keys() - others.keys()), policy.version)
        for policy, own, others in ((left, ours, theirs), (right, theirs, ours))
    )
    return mine, its


def _by_content(policy: PolicyDocument) -> dict[object, Statement]:
    """The statements by all that they say besides their place and Sid."""
    return {
        (
            policy.version,
            each.effect,
            each.actions,
            each.not_action,
            each.resources,
            each.not_resource,
            each.conditions,
        ): each
        for each in policy.statements
    }


def _lists_by_saying(statements: Iterable[Statement], version: str) -> _Lists:
    found: _Lists = {}
    for each in statements:
        key = saying_of(each, version), each.not_action
        found.setdefault(key, []).append(frozenset(map(str.lower, each.actions)))
    return found
