"""The catalogue of all default versions: which policies grant an action, how, and on what.

What it answers is the same wherever the policies are kept: parsed in memory, or in the database.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from policyhub.catalog.access.explained import (
    AskedPolicy,
    ExplainedPolicy,
    Explaining,
    StatementNames,
)
from policyhub.catalog.access.verdicts import FREEDOMS, Freedom, decide_grant, granted_positions
from policyhub.catalog.facts.services import service_facts
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.language.patterns import compile_pattern
from policyhub.iam.reading.document import PolicyDocument, Statement


@dataclass(frozen=True, eq=False)
class CatalogPolicy:
    """A policy at its default version, parsed.

    As part of an answer about an action the document may contain only the statements about it.
    `digest` is that of the document as it is stored, "" where it is not known.
    """

    name: str
    version_id: str
    document: PolicyDocument
    digest: str = ""

    @cached_property
    def attached(self) -> AppliedPolicies:
        """The policy as the only identity policy, compiled when first asked for."""
        compiled = CompiledPolicy(self.document)
        return AppliedPolicies(identity=(AppliedPolicy(self.name, compiled),))


@dataclass(frozen=True, slots=True)
class GrantingPolicy:
    """How a policy grants an action: freely, in some bounds, or not for a Deny.

    The statements and `freedom` are as in `ActionGrant`: of a policy that only denies the
    action `allowed_by` is empty.
    """

    policy: CatalogPolicy
    freedom: Freedom
    allowed_by: tuple[Statement, ...]
    denied_by: tuple[Statement, ...]

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.policy.name

    @property
    def version_id(self) -> str:
        """The version that was read, the default one."""
        return self.policy.version_id

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All statements behind the answer, the Allows first."""
        return (*self.allowed_by, *self.denied_by)


class DecidedPolicy(NamedTuple):
    """What a policy alone makes of a request."""

    policy: CatalogPolicy
    decision: Decision


@dataclass(frozen=True, slots=True)
class Behind:
    """The names of policies that grant an action, and the statements that an answer rests on.

    `statements` are those of policies that deny it, too: (name, position in the document).
    """

    policies: set[str] = field(default_factory=set)
    statements: set[tuple[str, int]] = field(default_factory=set)

    def adding(self, granting: Iterable[GrantingPolicy]) -> Behind:
        """These with what some policies add."""
        for each in granting:
            if each.freedom != "blocked":
                self.policies.add(each.name)
            self.statements.update((each.name, one.position) for one in each.statements)
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Concerned:
    """A policy with its statements about an action, in the document's order."""

    policy: CatalogPolicy
    statements: tuple[Statement, ...]

    @property
    def said(self) -> tuple[Hashable, ...]:
        """All that each statement says of the action, by which the policy alone answers."""
        language = self.policy.document.version
        return tuple(
            (language, each.effect, each.resources, each.not_resource, each.conditions)
            for each in self.statements
        )

    @property
    def names(self) -> StatementNames:
        """The place of each statement in the document, and its Sid."""
        return tuple((each.position, each.sid) for each in self.statements)

    def with_statements(self, name: str, statements: Sequence[Statement]) -> Concerned:
        """The policy under a name, with other statements instead."""
        document = PolicyDocument(self.policy.document.version, "", tuple(statements))
        policy = CatalogPolicy(name, self.policy.version_id, document)
        return Concerned(policy, document.statements)

    def renamed(self, name: str) -> Concerned:
        """The same under a name, with which the Sid of each statement begins."""
        return self.with_statements(
            name,
            [replace(each, sid=f"{name}{n}") for n, each in enumerate(self.statements)],
        )

    def asked(self) -> AskedPolicy:
        """The policy as it is asked questions about the action."""
        return AskedPolicy(self.policy.name, self.policy.version_id, self.said, self)


class Catalogue(ABC):
    """All default versions, ready for questions about access."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.facts = service_facts(reference)
        self._with_facts: WeakKeyDictionary[CatalogPolicy, AppliedPolicies] = WeakKeyDictionary()

    @abstractmethod
    def __len__(self) -> int:
        """How many policies there are."""

    @abstractmethod
    def read(self, names: Collection[str]) -> Mapping[str, CatalogPolicy]:
        """The complete policies with these names; names that no policy has are left out."""

    @abstractmethod
    def named_services(self) -> Collection[str]:
        """The service prefixes that Action elements name, in lower case."""

    @abstractmethod
    def unlisted_actions(self) -> Mapping[str, str]:
        """The actions that statements name exactly and the reference lacks, as first written.

        They are keyed by their names in lower case.
        """

    @abstractmethod
    def _about(self, action: str) -> Iterable[Concerned]:
        """The policies with a statement about an action, given in lower case, by name."""

    def warm_up(self) -> None:
        """Make ready what the first questions would wait for."""
        self.reference.read_whole()
        _ = self.services, self.unlisted_actions()

    @cached_property
    def services(self) -> tuple[str, ...]:
        """The prefixes of all services: of the reference, and that policies name."""
        return tuple(sorted({*self.reference.services, *self.named_services()}))

    @property
    def unlisted_services(self) -> list[str]:
        """Those of them that the reference lacks."""
        return [each for each in self.services if each not in self.reference.services]

    def granting(self, action_id: str) -> tuple[GrantingPolicy, ...]:
        """Return every policy that allows or denies `service:Name`, the freest first.

        The action is taken as written, whatever its case and whether the reference knows it.
        """
        rows = [granting_policy(each) for each in self._about(action_id.lower())]
        return tuple(sorted(rows, key=lambda row: FREEDOMS.index(row.freedom)))

    def behind(self, action_id: str) -> Behind:
        """What grants an action, and what is behind each answer about it."""
        return Behind().adding(self.granting(action_id))

    def behind_among(self, action_id: str, policies: Collection[int | None]) -> Behind:
        """The same of at least some policies, by their keys in the database."""
        return self.behind(action_id)

    def deciding(self, request: Request) -> tuple[DecidedPolicy, ...]:
        """Decide a request by each policy alone, attached to the caller, by name.

        A policy without a statement about the action is left out: it is silent, so that by
        itself it denies implicitly.
        """
        return tuple(
            DecidedPolicy(each.policy, evaluate(request, self._attached(each)))
            for each in self._about(request.action.lower())
        )

    def explaining(
        self, request: Request, any_resource: bool = False, budget: Budget = NO_LIMIT
    ) -> tuple[ExplainedPolicy, ...]:
        """On what each policy's answer to a request depends, by name; and what is near.

        All keys that the request lacks are open, with `any_resource` the resource too. A policy
        without a statement about the action is left out, as by `deciding`. Each is explained
        when it is asked about. Raises `SpentError`.
        """
        asked = self.asking(request, any_resource, budget)
        return tuple(ExplainedPolicy(asked, each) for each in self.sources(request))

    def asking(self, request: Request, any_resource: bool, budget: Budget) -> Explaining:
        """The same request, of which no policy is explained yet."""
        return Explaining(
            request, any_resource, budget, self._read_places, self._read_names, self._attached
        )

    def sources(self, request: Request) -> Sequence[AskedPolicy]:
        """The policies with a statement about a request's action, by name."""
        return list(map(Concerned.asked, self._about(request.action.lower())))

    def _read_places(self, places: Sequence[Any]) -> Sequence[Concerned]:
        """The policies of some sources, by their places."""
        return places

    def _read_names(self, places: Sequence[Any]) -> Sequence[StatementNames]:
        """How the statements of some sources are named, by their places."""
        return [each.names for each in self._read_places(places)]

    def _attached(self, concerned: Concerned) -> AppliedPolicies:
        """A policy as the only identity policy, with the facts about services; made once."""
        policy = concerned.policy
        attached = self._with_facts.get(policy)
        if attached is None:
            attached = replace(policy.attached, facts=self.facts)
            self._with_facts[policy] = attached
        return attached

    def granted_by(self, names: Collection[str]) -> dict[str, tuple[int, ...]]:
        """The places in `Reference.actions` of all that policies grant, in any bounds, by name."""
        return {
            name: tuple(granted_positions(policy.document, self.reference))
            for name, policy in self.read(names).items()
        }

    def actions_matching(self, pattern: str) -> tuple[str, ...]:
        """The actions that a pattern matches: of the reference, and that policies name exactly."""
        compiled = compile_pattern(pattern, ignore_case=True)
        known = {action.id.lower(): action.id for action in self.reference.expand(pattern)}
        unlisted = self.unlisted_actions().items()
        known |= {name: written for name, written in unlisted if compiled.matches(name)}
        return tuple(known[name] for name in sorted(known))


def granting_policy(concerned: Concerned) -> GrantingPolicy:
    """How a policy grants the action that its statements are about."""
    bits = {"Allow": 0, "Deny": 0}
    for each in concerned.statements:
        bits[each.effect] |= 1 << each.position
    policy = concerned.policy
    allowed_by, denied_by, freedom = decide_grant(policy.document, bits["Allow"], bits["Deny"])
    return GrantingPolicy(policy, freedom, allowed_by, denied_by)
