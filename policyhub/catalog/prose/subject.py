"""What the checks look at: the prose about a policy, and the document that it describes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.iam.language.lists import first_few
from policyhub.iam.language.patterns import covers
from policyhub.iam.reading.document import Statement

NAMES_IN_A_MESSAGE = 5

Severity = Literal["high", "medium", "low"]
Evidence = dict[str, Any]


class Disagreement(NamedTuple):
    """A sentence without its full stop, its evidence as plain JSON, what would put it right."""

    message: str
    evidence: Evidence
    remedy: str


Disagreements = Iterator[Disagreement]


@dataclass(frozen=True, slots=True)
class Prose:
    """What the documentation says about one policy.

    `patterns` is what its permission descriptions describe: services (`ecs`) and actions
    (`ec2:CreateVolume`, `ecs:Submit*`); `texts` has their sentences, by pattern.
    `documented_attachable` is None where it is silent. `summary` and `considerations` are
    Markdown. `is_of_aws` says whether only AWS can change the policy.
    """

    patterns: tuple[str, ...]
    documented_attachable: bool | None
    path: str
    texts: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    considerations: str = ""
    is_of_aws: bool = True

    def said(self, pattern: str) -> Evidence:
        """The sentence that describes a pattern, as evidence; nothing where it has none."""
        text = self.texts.get(pattern, "")
        return {"sentence": text} if text else {}


@dataclass(frozen=True)
class Described:
    """The prose with the document that it is about."""

    prose: Prose
    permissions: EffectivePermissions

    @cached_property
    def services(self) -> tuple[str, ...]:
        """The services that are described as a whole, each once, in the prose's order."""
        return tuple(dict.fromkeys(text for text in self.prose.patterns if ":" not in text))

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """The action patterns that are described, each once, in the prose's order."""
        return tuple(dict.fromkeys(text for text in self.prose.patterns if ":" in text))

    @cached_property
    def granted(self) -> Mapping[str, tuple[Statement, ...]]:
        """What the document grants, with the statements that do.

        Keys are the actions of the reference, and the patterns that match none of them as
        they are written: a statement may grant what the reference does not know.
        """
        granted = {grant.action.id: grant.allowed_by for grant in self.permissions.grants}
        for service in self.permissions.services:
            for row in service.unmatched:
                granted[row.pattern] = (*granted.get(row.pattern, ()), row.statement)
        return granted

    @cached_property
    def granted_by_service(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of `granted`, by service."""
        return {
            service.prefix: (
                *(grant.action.id for grant in service.grants),
                *dict.fromkeys(row.pattern for row in service.unmatched),
            )
            for service in self.permissions.services
        }

    def writes(self, pattern: str) -> bool:
        """Say whether an Allow statement's own text covers the pattern, known or not."""
        for statement in self.permissions.policy.statements:
            if statement.effect == "Allow" and statement not in self.permissions.without_effect:
                named = any(covers(text, pattern, ignore_case=True) for text in statement.actions)
                if named != statement.not_action:
                    return True
        return False

    def evidence_of(self, names: Iterable[str]) -> list[Evidence]:
        """Return the statements that grant the names, in the document's order."""
        return in_the_document(row for name in names for row in self.granted[name])


def in_the_document(statements: Iterable[Statement]) -> list[Evidence]:
    """Return each statement's position (counted from 0) and Sid, in order, each once."""
    sids = {row.position: row.sid for row in statements}
    return [{"position": position, "sid": sid} for position, sid in sorted(sids.items())]


def in_backticks(names: Iterable[str]) -> str:
    """Return the names in backticks, the first few of them and how many more there are."""
    return first_few([f"`{name}`" for name in names], NAMES_IN_A_MESSAGE)
