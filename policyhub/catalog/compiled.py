"""The compiled catalogue: every default version parsed, its patterns by service, in memory.

It answers which policies grant an action, known to the reference or not, in far less than a
millisecond a policy, and is built anew when the generation number in the database moves.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from types import MappingProxyType
from typing import NamedTuple

from policyhub.catalog.models import CatalogState, PolicyVersion
from policyhub.catalog.permissions import FREEDOMS, Freedom, decide, granted_positions
from policyhub.catalog.reference import Reference, get_reference
from policyhub.iam.applied import AppliedPolicies, AppliedPolicy
from policyhub.iam.changes import NearMiss, near_misses
from policyhub.iam.document import Policy, Statement, parse_policy
from policyhub.iam.evaluation import evaluate
from policyhub.iam.matching import ActionList
from policyhub.iam.matching import CompiledPolicy as CompiledDocument
from policyhub.iam.patterns import WildcardPattern, compile_pattern, covers, split_action
from policyhub.iam.request import Request
from policyhub.iam.residual import Residual, residual
from policyhub.iam.trace import Decision

_EVERY_SERVICE = "*"


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPolicy:
    """A policy at its default version, parsed."""

    name: str
    version_id: str
    document: Policy


@dataclass(frozen=True, slots=True)
class GrantingPolicy:
    """How a policy grants an action: freely, in some bounds, or not for a Deny.

    The statements and `freedom` are as in `ActionGrant`: of a policy that only denies the
    action `allowed_by` is empty.
    """

    policy: CompiledPolicy
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

    policy: CompiledPolicy
    decision: Decision


class ExplainedPolicy(NamedTuple):
    """On what a policy's own answer to a request depends.

    `statements` are those about the action; `near_misses` are sought where it never allows.
    """

    policy: CompiledPolicy
    depends_on: Residual
    statements: tuple[Statement, ...]
    near_misses: tuple[NearMiss, ...]


@dataclass(frozen=True, slots=True)
class TouchingPolicy:
    """A policy with the statements that reach an action of a service, or that name it."""

    policy: CompiledPolicy
    statements: tuple[Statement, ...]

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.policy.name

    @property
    def version_id(self) -> str:
        """The version that was read, the default one."""
        return self.policy.version_id


@dataclass(frozen=True, slots=True)
class _Use:
    """A statement of a policy, by the policy's place in the catalogue."""

    policy: int
    statement: Statement


@dataclass(slots=True)
class _Bucket:
    """The patterns of a service: the exact ones by text, the others one by one."""

    exact: dict[str, list[_Use]] = field(default_factory=dict)
    wildcards: dict[str, tuple[WildcardPattern, list[_Use]]] = field(default_factory=dict)

    def add(self, pattern: str, use: _Use) -> None:
        """Note that a statement has a pattern, in lower case."""
        compiled = compile_pattern(pattern, ignore_case=True)
        if compiled.is_literal:
            self.exact.setdefault(compiled.literal_prefix, []).append(use)
        else:
            self.wildcards.setdefault(pattern, (compiled, []))[1].append(use)

    def matching(self, action: str) -> Iterator[_Use]:
        """Yield the statements with a pattern that matches an action, in lower case."""
        yield from self.exact.get(action, ())
        for pattern, uses in self.wildcards.values():
            if pattern.matches(action):
                yield from uses

    def all(self) -> Iterator[_Use]:
        """Yield every statement that is in the bucket, perhaps several times."""
        for uses in self.exact.values():
            yield from uses
        for _, uses in self.wildcards.values():
            yield from uses


class CompiledCatalogue:
    """All default versions, ready for questions about access."""

    def __init__(self, policies: Iterable[CompiledPolicy], reference: Reference) -> None:
        self._policies = tuple(sorted(policies, key=lambda policy: policy.name))
        self._reference = reference
        self._buckets: dict[str, _Bucket] = {_EVERY_SERVICE: _Bucket()}
        self._exceptions: list[tuple[_Use, ActionList]] = []
        self._compiled: dict[int, AppliedPolicies] = {}
        self._granted: dict[str, tuple[int, ...]] = {}
        for place, policy in enumerate(self._policies):
            for statement in policy.document.statements:
                self._add(_Use(place, statement))

    def __len__(self) -> int:
        return len(self._policies)

    @cached_property
    def policies(self) -> Mapping[str, CompiledPolicy]:
        """The policies by name."""
        return MappingProxyType({policy.name: policy for policy in self._policies})

    def services(self) -> tuple[str, ...]:
        """The prefixes of all services: of the reference, and that policies name."""
        named = (prefix for prefix in self._buckets if prefix != _EVERY_SERVICE)
        return tuple(sorted({*self._reference.services, *named}))

    def named_actions(self) -> tuple[str, ...]:
        """The actions that statements name exactly, as first written, by name."""
        named: dict[str, str] = {}
        for policy in self._policies:
            for statement in policy.document.statements:
                for action in statement.actions:
                    if ":" in action and compile_pattern(action).is_literal:
                        named.setdefault(action.lower(), action)
        return tuple(named[name] for name in sorted(named))

    def granting(self, action_id: str) -> tuple[GrantingPolicy, ...]:
        """Return every policy that allows or denies `service:Name`, the freest first.

        The action is taken as written, whatever its case and whether the reference knows it.
        """
        allowing: dict[int, int] = {}
        denying: dict[int, int] = {}
        for use in self._matching(action_id.lower()):
            reached = allowing if use.statement.effect == "Allow" else denying
            reached[use.policy] = reached.get(use.policy, 0) | 1 << use.statement.position
        rows = [
            self._granting(place, allowing.get(place, 0), denying.get(place, 0))
            for place in sorted(allowing.keys() | denying.keys())
        ]
        return tuple(sorted(rows, key=lambda row: FREEDOMS.index(row.freedom)))

    def deciding(self, request: Request) -> tuple[DecidedPolicy, ...]:
        """Decide a request by each policy alone, attached to the caller, by name.

        A policy without a statement about the action is left out: it is silent, so that by
        itself it denies implicitly.
        """
        return tuple(
            DecidedPolicy(self._policies[place], evaluate(request, self._attached(place)))
            for place in self._about(request.action)
        )

    def explaining(
        self, request: Request, any_resource: bool = False
    ) -> tuple[ExplainedPolicy, ...]:
        """On what each policy's answer to a request depends, by name; and what is near.

        All keys that the request lacks are open, with `any_resource` the resource too. A policy
        without a statement about the action is left out, as by `deciding`.
        """
        return tuple(
            self._explained(place, request, any_resource) for place in self._about(request.action)
        )

    def granted_by(self, name: str) -> tuple[int, ...]:
        """The places in `Reference.actions` of all that a policy grants, in any bounds."""
        if name not in self._granted:
            document = self.policies[name].document
            self._granted[name] = tuple(granted_positions(document, self._reference))
        return self._granted[name]

    def actions_matching(self, pattern: str) -> tuple[str, ...]:
        """The actions that a pattern matches: of the reference, and that policies name exactly."""
        known = {action.id.lower(): action.id for action in self._reference.expand(pattern)}
        compiled = compile_pattern(pattern, ignore_case=True)
        named = (name for bucket in self._buckets.values() for name in bucket.exact)
        for name in named:
            if name not in known and compiled.matches(name):
                known[name] = name
        return tuple(known[name] for name in sorted(known))

    def _explained(self, place: int, request: Request, any_resource: bool) -> ExplainedPolicy:
        policy, attached = self._policies[place], self._attached(place)
        depends_on = residual(request, attached, any_resource=any_resource)
        near = near_misses(request, attached, any_resource) if depends_on.allowed is False else ()
        compiled = attached.identity[0].compiled
        about = compiled.about(request.action) if compiled else ()
        return ExplainedPolicy(policy, depends_on, tuple(each.statement for each in about), near)

    def touching(self, service: str) -> tuple[TouchingPolicy, ...]:
        """Return every policy with a statement that reaches or names a service, by name."""
        prefix = service.lower()
        statements: dict[int, dict[int, Statement]] = {}
        for use in self._touching(prefix):
            statements.setdefault(use.policy, {})[use.statement.position] = use.statement
        return tuple(
            TouchingPolicy(
                self._policies[place],
                tuple(rows[position] for position in sorted(rows)),
            )
            for place, rows in sorted(statements.items())
        )

    def compile_all(self) -> None:
        """Compile every policy now, so that no question waits for it."""
        for place in range(len(self._policies)):
            self._attached(place)

    def _about(self, action: str) -> list[int]:
        """The places of the policies with a statement about an action."""
        return sorted({use.policy for use in self._matching(action.lower())})

    def _attached(self, place: int) -> AppliedPolicies:
        """A policy as the only identity policy, compiled when first asked for."""
        attached = self._compiled.get(place)
        if attached is None:
            policy = self._policies[place]
            compiled = CompiledDocument(policy.document)
            attached = AppliedPolicies(identity=(AppliedPolicy(policy.name, compiled),))
            self._compiled[place] = attached
        return attached

    def _add(self, use: _Use) -> None:
        if use.statement.not_action:
            self._exceptions.append((use, ActionList(use.statement.actions)))
            return
        for pattern in {action.lower() for action in use.statement.actions}:
            service = split_action(pattern)[0]
            if not compile_pattern(service).is_literal:
                service = _EVERY_SERVICE
            self._buckets.setdefault(service, _Bucket()).add(pattern, use)

    def _matching(self, action: str) -> Iterator[_Use]:
        for service in (split_action(action)[0], _EVERY_SERVICE):
            if service in self._buckets:
                yield from self._buckets[service].matching(action)
        for use, spared in self._exceptions:
            if spared.find(action) is None:
                yield use

    def _touching(self, prefix: str) -> Iterator[_Use]:
        if prefix in self._buckets:
            yield from self._buckets[prefix].all()
        info = self._reference.services.get(prefix)
        actions = [action.id for action in info.actions] if info else []
        for text, (pattern, uses) in self._buckets[_EVERY_SERVICE].wildcards.items():
            if covers(text, f"{prefix}:*") or any(map(pattern.matches, actions)):
                yield from uses
        for use, spared in self._exceptions:
            if not all(spared.find(action.lower()) for action in actions):
                yield use

    def _granting(self, place: int, allowing: int, denying: int) -> GrantingPolicy:
        policy = self._policies[place]
        allowed_by, denied_by, freedom = decide(policy.document, allowing, denying)
        return GrantingPolicy(policy, freedom, allowed_by, denied_by)


class _Held:
    """The catalogue of this process and the generation that it was built from."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._current: tuple[int, CompiledCatalogue] | None = None

    def get(self) -> CompiledCatalogue:
        """Return the catalogue of today's generation; of several threads one builds it."""
        generation = CatalogState.current().generation
        current = self._current
        if current is None or current[0] != generation:
            with self._lock:
                current = self._current
                if current is None or current[0] != generation:
                    current = self._current = generation, compile_catalogue()
        return current[1]


_held = _Held()


def get_catalogue() -> CompiledCatalogue:
    """Return the compiled catalogue, after one query for the generation."""
    return _held.get()


def compile_catalogue() -> CompiledCatalogue:
    """Read and parse every default version of the database, and compile them."""
    versions = PolicyVersion.objects.in_force().order_by()
    rows = versions.values_list("policy__name", "version_id", "document")
    parsed = ((name, version_id, parse_policy(text).policy) for name, version_id, text in rows)
    return CompiledCatalogue(
        [
            CompiledPolicy(name, version_id, document)
            for name, version_id, document in parsed
            if document is not None
        ],
        get_reference(),
    )


_also_built: list[Callable[[], object]] = []


def build_before_serving(build: Callable[[], object]) -> None:
    """Have the server call `build` before it forks its workers: a room's own index."""
    _also_built.append(build)


def warm_up() -> None:
    """Build the catalogue before the first request, and before the server forks its workers.

    What was built is taken out of the garbage collector's sight: workers then share its memory,
    and no collection walks through it again.
    """
    get_catalogue().compile_all()
    for build in _also_built:
        build()
    gc.collect()
    gc.freeze()
