"""The compiled catalogue: every default version parsed, its patterns by service, in memory.

It answers which policies grant an action, known to the reference or not, in far less than a
millisecond a policy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from policyhub.catalog.access.catalogue import CatalogPolicy, Catalogue, Concerned
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.reference.in_memory import Reference, get_reference
from policyhub.iam.deciding.statements import ActionList
from policyhub.iam.language.patterns import WildcardPattern, compile_pattern, split_action
from policyhub.iam.reading.document import Statement, parse_policy

_EVERY_SERVICE = "*"
_READ_AT_ONCE = 500


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


class CompiledCatalogue(Catalogue):
    """All default versions in memory."""

    def __init__(self, policies: Iterable[CatalogPolicy], reference: Reference) -> None:
        super().__init__(reference)
        self._policies = tuple(sorted(policies, key=lambda policy: policy.name))
        self._buckets: dict[str, _Bucket] = {_EVERY_SERVICE: _Bucket()}
        self._exceptions: list[tuple[_Use, ActionList]] = []
        self._granted: dict[str, tuple[int, ...]] = {}
        for place, policy in enumerate(self._policies):
            for statement in policy.document.statements:
                self._add(_Use(place, statement))

    def __len__(self) -> int:
        return len(self._policies)

    @cached_property
    def policies(self) -> Mapping[str, CatalogPolicy]:
        """The policies by name."""
        return MappingProxyType({policy.name: policy for policy in self._policies})

    def read(self, names: Collection[str]) -> Mapping[str, CatalogPolicy]:
        """The policies of these names."""
        return {name: self.policies[name] for name in names if name in self.policies}

    def named_services(self) -> Collection[str]:
        """The service prefixes that Action elements name."""
        return self._buckets.keys() - {_EVERY_SERVICE}

    def unlisted_actions(self) -> Mapping[str, str]:
        """The actions that statements name exactly and the reference lacks, as first written."""
        return self._unlisted

    @cached_property
    def _unlisted(self) -> dict[str, str]:
        named: dict[str, str] = {}
        for policy in self._policies:
            for statement in policy.document.statements:
                for action in statement.actions:
                    named.setdefault(action.lower(), action)
        return {
            name: action
            for name, action in named.items()
            if is_exact(name) and not self.reference.action(name)
        }

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
        found: dict[int, dict[int, Statement]] = {}
        for use in self._matching(action):
            found.setdefault(use.policy, {})[use.statement.position] = use.statement
        for place in sorted(found):
            statements = found[place]
            ordered = tuple(statements[position] for position in sorted(statements))
            yield Concerned(self._policies[place], ordered)

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


def is_exact(pattern: str) -> bool:
    """Whether a pattern is the name of one action."""
    return ":" in pattern and compile_pattern(pattern).is_literal


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
    compiled = CompiledCatalogue([*kept, *_read_versions(changed)], get_reference())
    if last is not None and last.reference is compiled.reference:
        same = {each.name for each in kept}
        compiled._granted = {name: each for name, each in last._granted.items() if name in same}
    return compiled


def _read_versions(pks: Sequence[int]) -> Iterator[CatalogPolicy]:
    """Versions by their keys; those whose document can't be read any more are left out."""
    columns = ("policy__key", "version_id", "document", "digest")
    for start in range(0, len(pks), _READ_AT_ONCE):
        some = PolicyVersion.objects.filter(pk__in=pks[start : start + _READ_AT_ONCE])
        rows = some.order_by().values_list(*columns)
        for name, version_id, text, digest in rows:
            document = parse_policy(text).policy
            if document is not None:
                yield CatalogPolicy(name, version_id, document, digest)
