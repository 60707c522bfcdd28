"""The catalogue where it is too large for memory: asked of the database's pattern rows.

The patterns that match an action are found by their literal beginning, and the statements that
have them are read and compiled when a question needs them, and kept as far as memory allows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from threading import Lock
from typing import Any, TypeVar

from cachetools import LRUCache
from django.db.models import Exists, OuterRef, QuerySet

from policyhub.catalog.access.catalogue import (
    Behind,
    CatalogPolicy,
    Catalogue,
    Concerned,
    granting_policy,
)
from policyhub.catalog.access.explained import AskedPolicy, StatementNames
from policyhub.catalog.access.shapes import PARTICULAR, accounts_in, common_account
from policyhub.catalog.access.stored_statements import (
    StatementKeys,
    read_names,
    read_statements,
)
from policyhub.catalog.models import (
    Pattern,
    PolicyVersion,
    StatementPattern,
)
from policyhub.catalog.models import Statement as StoredStatement
from policyhub.catalog.models.derived import LONGEST_PATTERN, has_long_pattern
from policyhub.catalog.one_block import with_setting
from policyhub.catalog.parts import in_parts
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.statements import ActionList
from policyhub.iam.language.patterns import compile_pattern, split_action
from policyhub.iam.reading.document import read_alone

T = TypeVar("T")

_READ_AT_ONCE = 1_000
# Indexes have all of them but the policy's key, so that few pages are read of many statements.
_SAYING = (
    "version", "position", "pk", "shape", "account", "version__version_id", "version__policy__key",
)  # fmt: skip


class StoredCatalogue(Catalogue):
    """All default versions in the database; so many of their statements are kept compiled."""

    def __init__(self, reference: Reference, most_statements: int) -> None:
        super().__init__(reference)
        self._kept: LRUCache[StatementKeys, Concerned] = LRUCache(
            max(most_statements, 1), getsizeof=lambda each: len(each.statements)
        )
        self._sayings: LRUCache[str, Sequence[AskedPolicy]] = LRUCache(
            max(most_statements, 1), getsizeof=len
        )
        self._behind: LRUCache[str, Behind] = LRUCache(
            max(most_statements, 1), getsizeof=lambda each: len(each.statements)
        )
        self._lock = Lock()

    def __len__(self) -> int:
        return PolicyVersion.objects.in_force().count()

    def read(self, names: Collection[str]) -> Mapping[str, CatalogPolicy]:
        """The policies of these names, parsed again."""
        found = {}
        for some in in_parts(sorted(names), _READ_AT_ONCE):
            versions = PolicyVersion.objects.in_force().filter(policy__key__in=some).order_by()
            rows = versions.values_list("policy__key", "version_id", "document")
            for name, version_id, text in rows:
                document = read_alone(text)
                if document is not None:
                    found[name] = CatalogPolicy(name, version_id, document)
        return found

    def named_services(self) -> Collection[str]:
        """The services that the reference lacks and Action elements name."""
        unlisted = Pattern.objects.filter(service=None) | Pattern.objects.filter(
            service__known=False
        )
        named = unlisted.filter(_used(not_action=False)).values_list("text", flat=True)
        texts = [*named, *(each for each in self._long_actions(not_action=False))]
        prefixes = {split_action(text)[0] for text in texts}
        named_exactly = {each for each in prefixes if compile_pattern(each).is_literal}
        return named_exactly - self.reference.services.keys()

    def unlisted_actions(self) -> Mapping[str, str]:
        """The actions that statements name exactly and the reference lacks, as first written."""
        return self._unlisted

    @cached_property
    def _unlisted(self) -> dict[str, str]:
        named = Pattern.objects.filter(has_wildcard=False, match_count=0, text__contains=":")
        rows = (
            StatementPattern.objects.filter(pattern__in=named, statement__version__is_default=True)
            .order_by()
            .values_list(
                "pattern__text",
                "statement__version__policy__key",
                "statement__position",
                "statement__actions",
            )
        )
        written: dict[str, str] = {}
        for text, _, _, actions in sorted(rows, key=lambda row: row[1:3]):
            if text not in written:
                written[text] = next(each for each in actions if each.lower() == text)
        for action in self._long_actions():
            if ":" in action and compile_pattern(action).is_literal:
                written.setdefault(action.lower(), action)
        return written

    def _long_actions(self, **filters: bool) -> Iterator[str]:
        """The actions, as written, that are too long for a row of their own."""
        rows = StoredStatement.objects.filter(
            has_long_pattern=True, version__is_default=True, **filters
        ).order_by("version__policy__key", "position")
        for actions in rows.values_list("actions", flat=True):
            yield from (each for each in actions if len(each) > LONGEST_PATTERN)

    def _about(self, action: str) -> Iterable[Concerned]:
        return self._read(_grouped(_about(action, "version", "pk")), action)

    def sources(self, request: Request) -> Sequence[AskedPolicy]:
        """The policies with a statement about a request's action, by name."""
        sayings = self._sayings_about(request.action.lower())
        named = accounts_in(request)
        if not named:
            return sayings
        return [each.as_named() if each.account in named else each for each in sayings]

    def _sayings_about(self, action: str) -> Sequence[AskedPolicy]:
        """What versions say of an action, given in lower case, by the policies' names."""
        return self._once(self._sayings, action, self._read_sayings)

    def _once(self, kept: LRUCache[str, T], action: str, read: Callable[[str], T]) -> T:
        """What was kept of an action, or is read now."""
        with self._lock:
            found: T | None = kept.get(action)
        if found is None:
            found = read(action)
            # What is larger than all that may be kept is not kept.
            with self._lock, suppress(ValueError):
                kept[action] = found
        return found

    def _read_sayings(self, action: str) -> Sequence[AskedPolicy]:
        of_versions: dict[int, list[tuple[Any, ...]]] = {}
        for row in _about(action, *_SAYING):
            of_versions.setdefault(row[0], []).append(row)
        unlisted = set(_in_force().filter(has_long_pattern=True).values_list("pk", flat=True))
        sayings: list[AskedPolicy] = []
        unsure: list[StatementKeys] = []
        same: dict[tuple[Hashable, ...], tuple[Hashable, ...]] = {}
        for rows in of_versions.values():
            rows.sort()
            _, _, keys, said, accounts, (version_id, *_), (name, *_) = zip(*rows, strict=True)
            if not unlisted.isdisjoint(keys):
                unsure.append(keys)
                continue
            account = accounts[0] if len(accounts) == 1 else common_account(accounts)
            if account == PARTICULAR:
                account, said = "", tuple(zip(said, accounts, strict=True))
            said = same.setdefault(said, said)
            sayings.append(AskedPolicy(name, version_id, said, keys, account))
        sayings += map(Concerned.asked, self._read(unsure, action))
        return sorted(sayings, key=attrgetter("name"))

    def _read_places(self, places: Sequence[StatementKeys | Concerned]) -> Sequence[Concerned]:
        read = self._read_all([each for each in places if not isinstance(each, Concerned)])
        return [each if isinstance(each, Concerned) else read[each] for each in places]

    def _read_names(self, places: Sequence[StatementKeys | Concerned]) -> Sequence[StatementNames]:
        keys = [key for each in places if not isinstance(each, Concerned) for key in each]
        names = read_names(keys)
        return [
            each.names if isinstance(each, Concerned) else tuple(map(names.__getitem__, each))
            for each in places
        ]

    def _read(self, groups: Collection[StatementKeys], action: str) -> list[Concerned]:
        """Versions with their statements about an action, of those that may be, by name."""
        known = self._read_all(groups)
        found = (_exactly(known[keys], action) for keys in groups)
        return sorted(
            (each for each in found if each.statements), key=lambda each: each.policy.name
        )

    def _read_all(self, groups: Collection[StatementKeys]) -> dict[StatementKeys, Concerned]:
        with self._lock:
            known = {keys: kept for keys in groups if (kept := self._kept.get(keys)) is not None}
        missing = [keys for keys in groups if keys not in known]
        for some in in_parts(missing, _READ_AT_ONCE):
            read = read_statements(some)
            known |= read
            with self._lock:
                for keys, concerned in read.items():
                    # What is larger than all that may be kept is not kept.
                    if len(concerned.statements) <= self._kept.maxsize:
                        self._kept[keys] = concerned
        return known

    def behind(self, action_id: str) -> Behind:
        """What grants an action, and what is behind each answer about it.

        Statements are read only of versions that both allow and deny it: where only one effect
        is about an action, all its statements are behind the answer.
        """
        return self._once(self._behind, action_id.lower(), self._read_behind)

    def behind_among(self, action_id: str, policies: Collection[int | None]) -> Behind:
        """The same of some policies alone, by their keys in the database; it is not kept."""
        action = action_id.lower()
        with self._lock:
            kept = self._behind.get(action)
        return self._read_behind(action, policies) if kept is None else kept

    def _read_behind(self, action: str, policies: Collection[int | None] | None = None) -> Behind:
        columns = ("version", "pk", "effect", "has_long_pattern", "position")
        rows = sorted(_about(action, *columns, "version__policy__key", policies=policies))
        found = Behind()
        mixed: list[StatementKeys] = []
        for _, of_version in groupby(rows, key=lambda row: row[0]):
            statements = list(of_version)
            if len({row[2] for row in statements}) > 1 or any(row[3] for row in statements):
                mixed.append(tuple(row[1] for row in statements))
                continue
            name = statements[0][5]
            if statements[0][2] == "Allow":
                found.policies.add(name)
            found.statements.update((name, row[4]) for row in statements)
        return found.adding(map(granting_policy, self._read(mixed, action)))


def _about(
    action: str, *columns: str, policies: Collection[int | None] | None = None
) -> Collection[tuple[Any, ...]]:
    """The statements in force about an action, in lower case; of long patterns all.

    Of some policies alone where their keys are given. `pk` is among the columns.
    """
    patterns = patterns_matching(action)
    in_force = _in_force()
    if policies is not None:
        in_force = in_force.filter(version__policy__in=policies)
    having = StatementPattern.objects.filter(pattern__in=patterns)
    listed = in_force.filter(not_action=False, pk__in=having.values("statement"))
    sparing = in_force.filter(not_action=True).exclude(
        Exists(having.filter(statement=OuterRef("pk")))
    )
    unlisted = in_force.filter(has_long_pattern=True)
    parts = [rows.values_list(*columns) for rows in (listed, sparing, unlisted)]
    with _by_one_process(in_force.db):
        rows = parts[0].union(*parts[1:], all=True)
        place = columns.index("pk")
        return {row[place]: row for row in rows}.values()


def _by_one_process(database: str) -> AbstractContextManager[None]:
    """Have PostgreSQL answer without its parallel workers.

    To share the work they read all statements, where one process alone follows an index.
    """
    return with_setting(database, "max_parallel_workers_per_gather", "0")


def _in_force() -> QuerySet[StoredStatement]:
    return StoredStatement.objects.filter(version__is_default=True).order_by()


def _grouped(pairs: Iterable[tuple[Any, ...]]) -> list[StatementKeys]:
    """The statements of (version, statement), one group a version."""
    return [
        tuple(key for _, key in of_version)
        for _, of_version in groupby(sorted(pairs), key=lambda pair: pair[0])
    ]


def patterns_matching(action: str) -> list[int]:
    """The keys of the patterns that match an action, given in lower case."""
    beginnings = [action[:length] for length in range(min(len(action), LONGEST_PATTERN) + 1)]
    rows = Pattern.objects.filter(literal_prefix__in=beginnings).order_by()
    return [key for key, text in rows.values_list("pk", "text") if _matches(text, action)]


def _matches(pattern: str, action: str) -> bool:
    return compile_pattern(pattern, ignore_case=True).matches(action)


def _used(not_action: bool) -> Exists:
    uses = StatementPattern.objects.filter(
        pattern=OuterRef("pk"),
        statement__not_action=not_action,
        statement__version__is_default=True,
    )
    return Exists(uses)


def _exactly(concerned: Concerned, action: str) -> Concerned:
    """Without the statements that were read for a long pattern and are not about the action."""
    if not any(has_long_pattern(each.actions) for each in concerned.statements):
        return concerned
    about = tuple(
        each
        for each in concerned.statements
        if (ActionList(each.actions).find(action) is None) is each.not_action
    )
    return Concerned(concerned.policy, about)
