"""For which actions two policies say different things at all: only there can they differ.

An action that the same statements are about on both sides, whatever else these list, is allowed
by both or by neither. So only the action patterns that one side has in a statement which the
other lacks need to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from policyhub.iam.comparing.compared_policy import service_of_pattern
from policyhub.iam.comparing.containment import saying_of
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


def scope_of(left: PolicyDocument, right: PolicyDocument) -> ActionScope:
    """The patterns whose actions the two policies may treat differently."""
    ours, theirs = (_by_content(each) for each in (left, right))
    pairs = [
        _patterns_with_sayings((own[each] for each in own.keys() - others.keys()), policy.version)
        for policy, own, others in ((left, ours, theirs), (right, theirs, ours))
    ]
    differing = pairs[0] ^ pairs[1]
    if any(not_action for not_action, _, _ in differing):
        return EVERYTHING
    patterns: dict[str, set[str]] = {}
    for _, _, pattern in differing:
        patterns.setdefault(service_of_pattern(pattern), set()).add(pattern)
    return ActionScope({service: frozenset(each) for service, each in patterns.items()})


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


def _patterns_with_sayings(
    statements: Iterable[Statement], version: str
) -> set[tuple[bool, object, str]]:
    """What is said of each pattern; the patterns of a NotAction together."""
    found: set[tuple[bool, object, str]] = set()
    for each in statements:
        says = saying_of(each, version)
        if each.not_action:
            found.add((True, says, "\n".join(sorted({*map(str.lower, each.actions)}))))
        else:
            found.update((False, says, action.lower()) for action in each.actions)
    return found
