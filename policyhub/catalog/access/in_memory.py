"""The compiled catalogue: every default version parsed, its patterns by service, in memory.

It answers which policies grant an action, known to the reference or not, in far less than a
millisecond a policy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from types import MappingProxyType

from policyhub.catalog.access.catalogue import CatalogPolicy, Catalogue, Concerned
from policyhub.catalog.access.shared_parts import SharedParts
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.reference.in_memory import Reference, get_reference
from policyhub.iam.deciding.statements import ActionList
from policyhub.iam.language.patterns import (
    WildcardPattern,
    compile_pattern,
    fold,
    has_wildcard,
    split_action,
)
from policyhub.iam.reading.document import Statement, read_alone

_EVERY_SERVICE = "*"
_READ_AT_ONCE = 500
# Of the layers that changes add, one after the other, before they are joined into one.
_MOST_LAYERS = 8


@dataclass(frozen=True, slots=True)
class _Use:
    """A statement of a policy."""

    policy: CatalogPolicy
    statement: Statement


@dataclass(slots=True)
class _Bucket:
    """The patterns of a service: the exact ones by text, the others one by one."""

    exact: dict[str, tuple[_Use, ...]] = field(default_factory=dict)
    wildcards: dict[str, tuple[WildcardPattern, list[_Use]]] = field(default_factory=dict)

    def add(self, pattern: str, use: _Use) -> None:
        """Note that a statement has a pattern, in lower case."""
        if not has_wildcard(pattern):
            self.exact[fold(pattern)] = (*self.exact.get(fold(pattern), ()), use)
            return
        compiled = compile_pattern(pattern, ignore_case=True)
        self.wildcards.setdefault(pattern, (compiled, []))[1].append(use)

    def uses(self) -> Iterator[_Use]:
        """All statements, as often as they have patterns."""
        yield from chain.from_iterable(self.exact.values())
        yield from chain.from_iterable(uses for _, uses in self.wildcards.values())

    def matching(self, action: str) -> Iterator[_Use]:
        """Yield the statements with a pattern that matches an action, in lower case."""
        yield from self.exact.get(action, ())
        for pattern, uses in self.wildcards.values():
            if pattern.matches(action):
                yield from uses


class _PolicyLayer:
    """Some policies, their patterns by service."""

    def __init__(self, policies: Iterable[CatalogPolicy]) -> None:
        self.policies = tuple(policies)
        self.buckets: dict[str, _Bucket] = {_EVERY_SERVICE: _Bucket()}
        self._exceptions: list[tuple[_Use, ActionList]] = []
        self._unlisted: tuple[Reference, dict[str, list[tuple[CatalogPolicy, str]]]] | None = None
        for policy in self.policies:
            for statement in policy.document.statements:
                self._add(_Use(policy, statement))

    def _add(self, use: _Use) -> None:
        if use.statement.not_action:
            self._exceptions.append((use, ActionList(use.statement.actions)))
            return
        for pattern in {action.lower() for action in use.statement.actions}:
            service = split_action(pattern)[0]
            if has_wildcard(service):
                service = _EVERY_SERVICE
            self.buckets.setdefault(service, _Bucket()).add(pattern, use)

    def matching(self, action: str) -> Iterator[_Use]:
        """Yield the statements that are about an action, in lower case."""
        for service in (split_action(action)[0], _EVERY_SERVICE):
            if service in self.buckets:
                yield from self.buckets[service].matching(action)
        for use, spared in self._exceptions:
            if spared.find(action) is None:
                yield use

    def unlisted(self, reference: Reference) -> Mapping[str, list[tuple[CatalogPolicy, str]]]:
        """Who names each exact action that the reference lacks, in lower case, and how."""
        if self._unlisted is None or self._unlisted[0] is not reference:
            self._unlisted = reference, self._unlisted_by(reference)
        return self._unlisted[1]

    def _unlisted_by(self, reference: Reference) -> dict[str, list[tuple[CatalogPolicy, str]]]:
        found: dict[str, list[tuple[CatalogPolicy, str]]] = {}
        listed: set[str] = set()
        for policy in self.policies:
            for action in chain.from_iterable(each.actions for each in policy.document.statements):
                name = action.lower()
                if name not in found and name not in listed:
                    if not is_exact(name) or reference.action(name):
                        listed.add(name)
                        continue
                    found[name] = []
                if name in found:
                    found[name].append((policy, action))
        return found


class CompiledCatalogue(Catalogue):
    """All default versions in memory.

    Of the `last` catalogue remains what is compiled of the policies that both have: what a change
    brings is a layer of its own, and what it replaces is passed over.
    """

    def __init__(
        self,
        policies: Iterable[CatalogPolicy],
        reference: Reference,
        last: CompiledCatalogue | None = None,
    ) -> None:
        super().__init__(reference)
        self._policies = tuple(sorted(policies, key=lambda policy: policy.name))
        self._by_name = {policy.name: policy for policy in self._policies}
        known: tuple[_PolicyLayer, ...] = last._layers if last else ()
        self._layers: tuple[_PolicyLayer, ...] = _layered(self._policies, known)
        self._granted: dict[str, tuple[int, ...]] = {}
        if last is not None and last.reference is reference:
            self._with_facts = last._with_facts
            self._granted = {
                name: each
                for name, each in list(last._granted.items())
                if self._by_name.get(name) is last._by_name[name]
            }

    def __len__(self) -> int:
        return len(self._policies)

    @cached_property
    def policies(self) -> Mapping[str, CatalogPolicy]:
        """The policies by name."""
        return MappingProxyType(self._by_name)

    def read(self, names: Collection[str]) -> Mapping[str, CatalogPolicy]:
        """The policies of these names."""
        return {name: self.policies[name] for name in names if name in self.policies}

    def named_services(self) -> Collection[str]:
        """The service prefixes that Action elements name."""
        return {
            service
            for layer in self._layers
            for service, bucket in layer.buckets.items()
            if service != _EVERY_SERVICE and any(self._has(each.policy) for each in bucket.uses())
        }

    def unlisted_actions(self) -> Mapping[str, str]:
        """The actions that statements name exactly and the reference lacks, as first written."""
        return self._unlisted

    @cached_property
    def _unlisted(self) -> dict[str, str]:
        named = [
            (policy.name, name, action)
            for layer in self._layers
            for name, uses in layer.unlisted(self.reference).items()
            for policy, action in uses
            if self._has(policy)
        ]
        # As first written: by the first of the policies, and there where it comes first.
        found: dict[str, str] = {}
        for _, name, action in sorted(named, key=lambda each: each[0]):
            found.setdefault(name, action)
        return found

    def _has(self, policy: CatalogPolicy) -> bool:
        """Whether a policy of a layer was not replaced since."""
        return self._by_name.get(policy.name) is policy

    def granted_by(self, names: Collection[str]) -> dict[str, tuple[int, ...]]:
        """The places of all actions that policies grant, computed once."""
        missing = [name for name in names if name not in self._granted]
        self._granted |= super().granted_by(missing)
        return {name: self._granted[name] for name in names if name in self._granted}

    def warm_up(self) -> None:
        """Compile every policy now, so that no question waits for it."""
        super().warm_up()
        for policy in self._policies:
            for applied in policy.attached.identity:
                for statement in applied.compiled.statements if applied.compiled else ():
                    statement.compile_now()

    def _about(self, action: str) -> Iterable[Concerned]:
        found: dict[CatalogPolicy, dict[int, Statement]] = {}
        for layer in self._layers:
            for use in layer.matching(action):
                if self._has(use.policy):
                    found.setdefault(use.policy, {})[use.statement.position] = use.statement
        for policy in sorted(found, key=lambda each: each.name):
            statements = found[policy]
            ordered = tuple(statements[position] for position in sorted(statements))
            yield Concerned(policy, ordered)


def _layered(
    policies: Sequence[CatalogPolicy], last: Sequence[_PolicyLayer]
) -> tuple[_PolicyLayer, ...]:
    """The layers that have these policies: the last ones, and one of what none of them has.

    All is compiled again once most of the first layer is replaced.
    """
    wanted = set(policies)
    if not last or 2 * len(wanted.intersection(last[0].policies)) < len(last[0].policies):
        return (_PolicyLayer(policies),)
    kept = [last[0], *(each for each in last[1:] if not wanted.isdisjoint(each.policies))]
    if len(kept) > _MOST_LAYERS:
        kept = kept[:1]
    new = wanted.difference(*(each.policies for each in kept))
    added = [each for each in policies if each in new]
    return (*kept, _PolicyLayer(added)) if added else tuple(kept)


def is_exact(pattern: str) -> bool:
    """Whether a pattern is the name of one action."""
    return ":" in pattern and not has_wildcard(pattern)


def compile_catalogue(last: CompiledCatalogue | None = None) -> CompiledCatalogue:
    """Read and parse every default version of the database, and compile them.

    What the `last` catalogue has of the same document is taken over, compiled as it is: after a
    change a process reads what changed, and goes on sharing the rest with the others.
    """
    versions = PolicyVersion.objects.in_force().order_by()
    before = last._policies if last else ()
    known = {(each.name, each.version_id, each.digest): each for each in before}
    kept: list[CatalogPolicy] = []
    changed: list[int] = []
    for pk, *key in versions.values_list("pk", "policy__key", "version_id", "digest"):
        if found := known.get(tuple(key)):
            kept.append(found)
        else:
            changed.append(pk)
    return CompiledCatalogue([*kept, *_read_versions(changed)], get_reference(), last)


def _read_versions(pks: Sequence[int]) -> Iterator[CatalogPolicy]:
    """Versions by their keys; those whose document can't be read any more are left out."""
    columns = ("policy__key", "version_id", "document", "digest")
    shared = SharedParts()
    for start in range(0, len(pks), _READ_AT_ONCE):
        some = PolicyVersion.objects.filter(pk__in=pks[start : start + _READ_AT_ONCE])
        rows = some.order_by().values_list(*columns)
        for name, version_id, text, digest in rows:
            document = read_alone(text)
            if document is not None:
                yield CatalogPolicy(name, version_id, shared.document(document), digest)
