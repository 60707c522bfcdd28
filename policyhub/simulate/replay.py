"""Replay: a simulation at every moment at which one of its managed policies changed.

A policy that the simulation names without a version takes part at the version that was in force;
one that it names with a version stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.naming import canonical_key
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import (
    Complaint,
    InvalidSimulationError,
    ManagedDocument,
    UnknownPolicyError,
    read_simulation,
)
from policyhub.iam.language.elements import Usage
from policyhub.simulate.managed import document_of_organizations, managed_document

_KEPT = 512


@dataclass(frozen=True)
class _Moment:
    """A version's coming into force."""

    since: datetime
    version_id: str
    pk: int


def replayed(simulation: dict[str, Any]) -> dict[str, Any]:
    """When each answer to a simulation changed, as JSON has it.

    Raises `InvalidSimulationError`, also where no version of a policy is known.
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
    history = list(_history(simulation, names))
    return {"id": read.id, "history": history, "changes": max(len(history) - 1, 0)}


def _history(simulation: dict[str, Any], names: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the answers, each from the moment on since which it is another one."""
    known = {name: _moments(name) for name in names}
    last: tuple[object, ...] | None = None
    dates = sorted({each.since for moments in known.values() for each in moments})
    moments: list[datetime | None] = [*dates] or [None]
    for moment in moments:
        in_force = {name: _in_force(moments, moment) for name, moments in known.items()}
        answer = _answer_at(simulation, in_force)
        told = answer["decision"], answer["complete"]
        if told != last:
            last = told
            versions = {name: each.version_id for name, each in in_force.items() if each}
            since = moment.date().isoformat() if moment else None
            yield {"since": since, "versions": versions, **answer}


def _answer_at(simulation: dict[str, Any], in_force: dict[str, _Moment | None]) -> dict[str, Any]:
    """The decision at a moment; None while a policy did not exist yet."""

    def at_the_moment(name: str, version: str | None, usage: Usage) -> ManagedDocument:
        if version is not None:
            return managed_document(name, version, usage)
        if of_organizations := document_of_organizations(name, None, usage):
            return of_organizations
        found = in_force[name]
        if found is None:
            raise UnknownPolicyError(f"`{name}` did not exist yet")
        return _document_of(found.pk)

    try:
        read = read_simulation(simulation, at_the_moment, facts=get_service_facts())
    except InvalidSimulationError:
        return {"decision": None, "possible": None, "complete": True}
    decision = evaluate(read.request, read.policies)
    return {
        "decision": decision.name,
        "possible": decision.possible,
        "complete": decision.complete,
    }


@lru_cache(maxsize=_KEPT)
def _moments(name: str) -> tuple[_Moment, ...]:
    versions = PolicyVersion.objects.filter(policy__key=canonical_key(name)).exclude(
        existed_by=None
    )
    rows = versions.oldest_first().values_list("existed_by", "version_id", "pk")
    return tuple(_Moment(since, version_id, pk) for since, version_id, pk in rows if since)


def _in_force(moments: tuple[_Moment, ...], moment: datetime | None) -> _Moment | None:
    """The last version that had come into force."""
    before = [each for each in moments if moment and each.since <= moment]
    return before[-1] if before else None


@lru_cache(maxsize=_KEPT)
def _document_of(pk: int) -> ManagedDocument:
    found = PolicyVersion.objects.select_related("policy").get(pk=pk)
    return ManagedDocument(found.document, found.policy.kind == Policy.Kind.SERVICE_LINKED_ROLE)
