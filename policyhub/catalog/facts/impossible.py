"""Statements that name for an action only resources that AWS never asks about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.iam.deciding.statements import ResourcePattern
from policyhub.iam.language.elements import PolicyDocument, Statement


class Impossible(NamedTuple):
    """An action that a statement names exactly, and none of whose resources it can have."""

    policy: str
    statement: int
    action: str
    resources: tuple[str, ...]


def impossible_grants(
    policies: Iterable[tuple[str, PolicyDocument]], facts: ReferenceFacts
) -> Iterator[Impossible]:
    """What statements name in vain, by policy, in the order of each document.

    An action that the reference lacks, or gives no resource type, is left out: there it may be
    the reference that is not whole.
    """
    for name, policy in policies:
        for statement in policy.statements:
            for action in _in_vain(statement, policy.version, facts):
                yield Impossible(name, statement.position, action, statement.resources)


def _in_vain(statement: Statement, version: str, facts: ReferenceFacts) -> Iterator[str]:
    if statement.not_action or statement.not_resource or not statement.resources:
        return
    patterns = [ResourcePattern(each, version).widest for each in statement.resources]
    for written in statement.actions:
        if facts.types(written) and not any(facts.meets(written, each) for each in patterns):
            yield written
