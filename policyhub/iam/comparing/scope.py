"""For which actions two policies say different things at all: only there can they differ.

An action that the same statements are about on both sides, whatever else these list, is allowed
by both or by neither. So only the action patterns that one side has in a statement which the
other lacks need to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.comparing.compared_policy import service_of_pattern
from policyhub.iam.comparing.containment import Saying, saying_of
from policyhub.iam.comparing.covered_actions import CoveredActions
from policyhub.iam.language.elements import PolicyDocument, Statement


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


# Whether it is a NotAction, what a statement says, and a pattern; those of a NotAction together.
_Said = tuple[bool, Saying, str]


def scope_of(left: PolicyDocument, right: PolicyDocument) -> ActionScope:
    """The patterns whose actions the two policies may treat differently."""
    ours, theirs = _said_by_one(left, right)
    return _scope(ours ^ theirs)


def scope_of_excess(
    policy: PolicyDocument, limit: PolicyDocument, budget: Budget = NO_LIMIT
) -> ActionScope:
    """The patterns of whose actions the policy may allow what the limit does not.

    These are the policy's Allows that the limit does not have and does not cover, and the
    limit's Denies that the policy does not have: of all others what the policy allows is allowed
    by what the limit has of it, and is denied by nothing.
    """
    mine, its = _said_by_one(policy, limit)
    denied = {each for each in its - mine if each[1].effect == "Deny"}
    allowed = [each for each in mine - its if each[1].effect == "Allow"]
    if not allowed:
        return _scope(denied)
    covered = CoveredActions(limit, budget)
    return _scope(denied.union(each for each in allowed if not _is_covered(each, covered)))


def _is_covered(said: _Said, covered: CoveredActions) -> bool:
    not_action, saying, text = said
    if not_action:
        return covered.covers_all_but(saying, frozenset(text.split("\n")))
    return covered.covers(saying, text)


def _scope(differing: Iterable[_Said]) -> ActionScope:
    patterns: dict[str, set[str]] = {}
    for not_action, _, pattern in differing:
        if not_action:
            return EVERYTHING
        patterns.setdefault(service_of_pattern(pattern), set()).add(pattern)
    return ActionScope({service: frozenset(each) for service, each in patterns.items()})


def _said_by_one(left: PolicyDocument, right: PolicyDocument) -> tuple[set[_Said], set[_Said]]:
    """What each side says in statements that the other has not word for word."""
    ours, theirs = (_by_content(each) for each in (left, right))
    mine, its = (
        _patterns_with_sayings((own[each] for each in own.keys() - others.keys()), policy.version)
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


def _patterns_with_sayings(statements: Iterable[Statement], version: str) -> set[_Said]:
    """What is said of each pattern; the patterns of a NotAction together."""
    found: set[_Said] = set()
    for each in statements:
        says = saying_of(each, version)
        if each.not_action:
            found.add((True, says, "\n".join(sorted({*map(str.lower, each.actions)}))))
        else:
            found.update((False, says, action.lower()) for action in each.actions)
    return found
