"""Replay: a simulation at every moment at which one of its managed policies changed.

A policy that the simulation names without a version takes part at the version that was in force;
one that it names with a version stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.naming import canonical_key
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import (
    Complaint,
    InvalidSimulationError,
    ManagedDocument,
    UnknownPolicyError,
    read_simulation,
)
from policyhub.iam.language.elements import Usage
from policyhub.simulate.managed import (
    CatalogueMoment,
    Now,
    catalogue_now,
    document_of_organizations,
    managed_document,
)

_KEPT = 512


@dataclass(frozen=True)
class _Moment:
    """A version's coming into force."""

    since: datetime
    version_id: str
    pk: int
    digest: str


_Known = Mapping[str, Sequence[_Moment]]


def replayed(
    simulation: dict[str, Any],
    since: date | None = None,
    budget: Budget = NO_LIMIT,
    now: Now = catalogue_now,
) -> dict[str, Any]:
    """When each answer to a simulation changed, as JSON has it: from the one at `since` on.

    Raises `InvalidSimulationError`, also where no version of a policy is known, and `SpentError`.
    """
    if isinstance(simulation, dict) and "at" in simulation:
        message = "a replay asks about every day: leave `at` out"
        raise InvalidSimulationError((Complaint("invalid", "at", message),))
    names: dict[str, None] = {}

    def remember(name: str, version: str | None, usage: Usage) -> ManagedDocument:
        if version is None and document_of_organizations(name, None, usage) is None:
            names[name] = None
        return managed_document(name, version, usage)

    read = read_simulation(simulation, remember, facts=get_service_facts())
    known = {name: _moments(now(), name) for name in names}
    dates = _dates(known, since)
    history = list(_history(simulation, known, dates, budget))
    return {"id": read.id, "history": history, "changes": max(len(history) - 1, 0)}


def _dates(known: _Known, since: date | None) -> list[datetime | None]:
    """The moments at which a policy changed: the last one before a day, and all that follow.

    One that is None where no policy ever changed.
    """
    dates = sorted({each.since for moments in known.values() for each in moments})
    first = sum(1 for each in dates if since and each.date() < since)
    return [*dates[max(first - 1, 0) :]] or [None]


def _history(
    simulation: dict[str, Any],
    known: _Known,
    dates: Iterable[datetime | None],
    budget: Budget,
) -> Iterator[dict[str, Any]]:
    """Yield the answers, each from the moment on since which it is another one."""
    last: tuple[object, ...] | None = None
    for moment in dates:
        in_force = {name: _in_force(moments, moment) for name, moments in known.items()}
        answer = _answer_at(simulation, in_force, budget)
        told = answer["decision"], answer["complete"]
        if told != last:
            last = told
            versions = {name: each.version_id for name, each in in_force.items() if each}
            since = moment.date().isoformat() if moment else None
            yield {"since": since, "versions": versions, **answer}


def _answer_at(
    simulation: dict[str, Any], in_force: dict[str, _Moment | None], budget: Budget
) -> dict[str, Any]:
    """The decision at a moment; None while a policy did not exist yet."""

    def at_the_moment(name: str, version: str | None, usage: Usage) -> ManagedDocument:
        if version is not None:
            return managed_document(name, version, usage)
        if of_organizations := document_of_organizations(name, None, usage):
            return of_organizations
        found = in_force[name]
        if found is None:
            raise UnknownPolicyError(f"`{name}` did not exist yet")
        return _document_of(found)

    try:
        read = read_simulation(simulation, at_the_moment, facts=get_service_facts())
    except InvalidSimulationError:
        return {"decision": None, "possible": None, "complete": True}
    decision = evaluate(read.request, read.policies, budget)
    return {
        "decision": decision.name,
        "possible": decision.possible,
        "complete": decision.complete,
    }


@lru_cache(maxsize=_KEPT)
def _moments(catalogue: CatalogueMoment, name: str) -> tuple[_Moment, ...]:
    """The versions of a policy, as the catalogue has them at one moment."""
    versions = PolicyVersion.objects.filter(policy__key=canonical_key(name)).exclude(
        existed_by=None
    )
    rows = versions.oldest_first().values_list("existed_by", "version_id", "pk", "digest")
    return tuple(
        _Moment(since, version_id, pk, digest) for since, version_id, pk, digest in rows if since
    )


def _in_force(moments: Sequence[_Moment], moment: datetime | None) -> _Moment | None:
    """The last version that had come into force."""
    before = [each for each in moments if moment and each.since <= moment]
    return before[-1] if before else None


@lru_cache(maxsize=_KEPT)
def _document_of(moment: _Moment) -> ManagedDocument:
    found = PolicyVersion.objects.select_related("policy").get(pk=moment.pk)
    return ManagedDocument(found.document, found.policy.kind == Policy.Kind.SERVICE_LINKED_ROLE)
