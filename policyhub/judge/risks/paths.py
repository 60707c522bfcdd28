"""Paths to more power or to data, as data: the requests that together make each of them.

A request is written `ACTION [TYPE] [for SERVICE [or SERVICE]] [as NAME]`: the resource type of the
reference, for `iam:PassRole` the services of which one must get the role, and a name that
distinguishes two resources of one type. Requests about the same type are about the same resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import chain

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.facts.tables import Row, fact_rows
from policyhub.catalog.reference.in_memory import Reference
from policyhub.judge.risks.kinds import KINDS, RiskKind

TABLE = "escalation-paths"
_REQUEST = re.compile(
    r"(?P<action>[^\s:]+:[^\s:*?]+)(?: (?!(?:for|as) )(?P<type>\S+))?"
    r"(?: for (?P<services>[^\s]+(?: or [^\s]+)*))?(?: as (?P<name>.+))?"
)
_ANY, _SOME = "any", "some"
_EMPHASIS = "**"


class InvalidPathError(ValueError):
    """A path that can't be read; the message says what is wrong with it and how to write it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A request of a path, on a resource of a type; `type` is "" for an action without any.

    `resource` is what steps about the same resource have in common; `services` are those of
    which one must be able to get the role that is passed.
    """

    action: str
    type: str = ""
    resource: str = ""
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class RiskPath:
    """Requests that together give more than each of them.

    `name` says which way it is; `title` what one can do with it and `gives` how much that is,
    both without a full stop. `needs` is what must be there besides, "" for nothing. `place` is its
    place among the paths of its table. `written` are its steps before the reference is asked.
    """

    id: str
    name: str
    title: str
    gives: str
    kind: RiskKind
    written: tuple[Step, ...]
    reference: Reference = field(repr=False, compare=False)
    needs: str = ""
    source: str = ""
    place: int = 0

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Its steps as the reference spells them. Raises `InvalidPathError`."""
        resolved = (_resolved(each, f"path `{self.id}`", self.reference) for each in self.written)
        return tuple(chain.from_iterable(resolved))

    @property
    def named(self) -> frozenset[str]:
        """Its actions in lower case, for which no service of the reference is read."""
        return frozenset(each.action.lower() for each in self.written)

    @property
    def actions(self) -> tuple[str, ...]:
        """Every action of the path once, as the reference spells them."""
        return tuple(dict.fromkeys(step.action for step in self.steps))

    def titled(self, *, whole: bool) -> str:
        """The title with the emphasis taken out: of any resource, or of some."""
        return self.emphasized(whole=whole).replace(_EMPHASIS, "")

    def emphasized(self, *, whole: bool) -> str:
        """The title with what is hit between `**`."""
        return self.title.replace("{any}", _ANY if whole else _SOME)


@cache
def known_paths() -> tuple[RiskPath, ...]:
    """The paths that come with Policyhub, in the order of the table."""
    reference = get_service_facts().reference
    return tuple(_path(row, reference, place) for place, row in enumerate(fact_rows(TABLE)))


def read_paths(rows: Sequence[Row], reference: Reference) -> tuple[RiskPath, ...]:
    """The paths of a table or of a file with rules, in its order. Raises `InvalidPathError`."""
    return tuple(read_path(row, reference, place) for place, row in enumerate(rows))


def read_path(row: Row, reference: Reference, place: int = 0) -> RiskPath:
    """A path of a row of the table, or of a file with rules. Raises `InvalidPathError`."""
    path = _path(row, reference, place)
    _ = path.steps
    return path


def _path(row: Row, reference: Reference, place: int) -> RiskPath:
    kind = KINDS.get(row.get("kind", ""))
    if kind is None:
        named = ", ".join(KINDS)
        raise InvalidPathError(f"{_called(row)}: `kind` must be one of {named}")
    texts = {key: _text(row, key) for key in ("id", "title")}
    others = {key: str(row.get(key) or "") for key in ("name", "gives", "needs", "source")}
    written = tuple(_steps(row))
    return RiskPath(kind=kind, written=written, reference=reference, place=place, **texts, **others)


def _called(row: Row) -> str:
    return f"path `{row.get('id') or '?'}`"


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InvalidPathError(f"{_called(row)}: `{key}` must be a text")
    return value


def _steps(row: Row) -> Iterator[Step]:
    requests = row.get("requests")
    if not isinstance(requests, Sequence) or isinstance(requests, str) or not requests:
        raise InvalidPathError(
            f"{_called(row)}: `requests` must be a list with one request or more"
        )
    for text in requests:
        found = _REQUEST.fullmatch(str(text).strip())
        if found is None:
            raise InvalidPathError(
                f"{_called(row)}: `{text}` is not a request: write it as "
                "`iam:PassRole role for ecs-tasks.amazonaws.com`"
            )
        services = tuple((found["services"] or "").split(" or ")) if found["services"] else ()
        yield Step(found["action"], found["type"] or "", found["name"] or "", services)


def _resolved(step: Step, called: str, reference: Reference) -> Iterator[Step]:
    """The step as the reference spells it: without a type, one for each that a call must name."""
    info = reference.action(step.action)
    if info is None:
        yield step
        return
    types = {each.name: each.required for each in info.resource_types}
    if step.type and step.type not in types:
        named = ", ".join(types) or "none"
        raise InvalidPathError(
            f"{called}: {info.id} has no resource type `{step.type}`; it has: {named}"
        )
    required = [name for name, is_required in types.items() if is_required]
    for name in [step.type] if step.type else required or [*types][:1] or [""]:
        resource = " ".join(filter(None, (info.service, name, step.resource)))
        yield replace(step, action=info.id, type=name, resource=resource if name else "")
