"""The proof of a copy: it allows nothing beyond its original, and still what is required."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.iam.budget import Budget
from policyhub.iam.comparing.comparison import excess
from policyhub.iam.comparing.proof import letting_in
from policyhub.iam.deciding.evaluation import evaluate, resource_policy_must_take_part
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.simulation import (
    InvalidSimulationError,
    Simulation,
    read_simulation,
)
from policyhub.iam.explaining.answers_in_words import near_miss_in_words
from policyhub.iam.explaining.explanation import explain
from policyhub.iam.language.elements import PolicyDocument
from policyhub.iam.language.examples import EXAMPLE_ACCOUNT
from policyhub.iam.language.wording import plain
from policyhub.simulator_address import request_query

Json = Any
Containment = Literal["proved", "refuted", "undecided"]
_SENTENCES: Mapping[Containment, str] = {
    "proved": "grants nothing beyond {original}: proved for any request in any context",
    "refuted": "grants something that {original} does not: {request}",
    "undecided": "whether it grants something beyond {original} is not decided: {why}",
}
_MOST_NEAR = 2
# What near misses call the document.
_NAMES = {"identityPolicies[0]": "the copy"}


@dataclass(frozen=True, slots=True)
class ContainmentProof:
    """Whether a copy is contained in its original; a counterexample where it is not.

    `sentence` has no full stop. `counterexamples` are requests as simulations have them, without
    policies: allowed by the copy and not by the original.
    """

    answer: Containment
    sentence: str
    counterexamples: tuple[Mapping[str, Json], ...] = ()

    @property
    def queries(self) -> list[str]:
        """The counterexamples as queries of the simulator, without policies."""
        return [request_query(each) for each in self.counterexamples]

    def to_dict(self) -> dict[str, Any]:
        """The proof as JSON has it."""
        return {
            "answer": self.answer,
            "sentence": self.sentence,
            "counterexamples": list(self.counterexamples),
        }


def containment(
    copy: PolicyDocument,
    original: PolicyDocument,
    name: str,
    facts: ReferenceFacts,
    budget: Budget,
) -> ContainmentProof:
    """Compare a copy with its original, which sentences call `name`."""
    found = excess(copy, original, facts, budget)
    answer: Containment = (
        "proved" if found.is_none else "refuted" if found.witnesses else "undecided"
    )
    requests = tuple(each.to_dict() for each in found.witnesses)
    request = f"{requests[0]['action']} on {requests[0]['resource']}" if requests else ""
    sentence = _SENTENCES[answer].format(
        original=name, request=request, why="; ".join(found.undecided)
    )
    return ContainmentProof(answer, sentence, requests)


@dataclass(frozen=True, slots=True)
class RequiredRequest:
    """A request that a copy is to decide as expected, and how copy and original decide it.

    Decisions are "" for a request that can't be read; then `why` says what is wrong with it, else
    what a denied one lacks.
    """

    id: str
    request: Mapping[str, Json]
    expect: str
    decision: str = ""
    of_original: str = ""
    passed: bool = False
    why: str = ""

    @property
    def query(self) -> str:
        """The request as a query of the simulator, without policies."""
        return request_query({"resource": "*", "context": {}, **self.request})

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON has it."""
        return {
            "id": self.id,
            "request": dict(self.request),
            "expect": self.expect,
            "decision": self.decision,
            "original": self.of_original,
            "passed": self.passed,
            "why": self.why,
        }


def required_requests(
    requests: Sequence[Json], copy: Json, original: Json, facts: ReferenceFacts, budget: Budget
) -> list[RequiredRequest]:
    """Decide requests, which have the keys of a simulation, with the copy as identity policy.

    What a request says of identity policies does not count, other policies do. It must be allowed
    unless it has `expect`. Raises `SpentError`.
    """
    texts = json.dumps(copy), json.dumps(original)
    return list(_decided(requests, texts, facts, budget))


def _decided(
    requests: Sequence[Json], texts: tuple[str, str], facts: ReferenceFacts, budget: Budget
) -> Iterator[RequiredRequest]:
    for place, each in enumerate(requests):
        name = f"{each.get('id') or place + 1}" if isinstance(each, dict) else f"{place + 1}"
        try:
            yield _one(name, each, texts, facts, budget)
        except InvalidSimulationError as error:
            shown = each if isinstance(each, dict) else {}
            yield RequiredRequest(name, {"action": "", **shown}, "allowed", why=str(error))


def _one(
    name: str, request: Json, texts: tuple[str, str], facts: ReferenceFacts, budget: Budget
) -> RequiredRequest:
    given = {**request, "identityPolicies": []} if isinstance(request, dict) else request
    given = _with_let_in(given, read_simulation(given, facts=facts).request)
    by_copy, by_original = (
        read_simulation({**given, "identityPolicies": [text]}, names=_NAMES, facts=facts)
        for text in texts
    )
    decision = evaluate(by_copy.request, by_copy.policies, budget)
    before = evaluate(by_original.request, by_original.policies, budget)
    expect = by_copy.expect or "allowed"
    passed = by_copy.is_met_by(decision) if by_copy.expect else decision.is_allowed
    is_lost = not passed and not decision.is_allowed
    why = _why_denied(by_copy, budget) if is_lost else ""
    shown = {key: value for key, value in given.items() if key != "identityPolicies"}
    return RequiredRequest(name, shown, expect, decision.name, before.name, passed, why)


def _with_let_in(given: Mapping[str, Json], request: Request) -> Mapping[str, Json]:
    """A request on a key or role, whose own policy leaves it to the account's policies."""
    if "resourcePolicy" in given or not resource_policy_must_take_part(request):
        return given
    account = request.resource_account or EXAMPLE_ACCOUNT
    caller = {"principal": f"arn:aws:iam::{account}:role/example"}
    return {**caller, **given, "resourcePolicy": letting_in(account, request.service)}


def _why_denied(simulation: Simulation, budget: Budget) -> str:
    """The statements that nearly match, else that there is none."""
    near = explain(simulation.request, simulation.policies, budget).near_misses[:_MOST_NEAR]
    told = [plain(near_miss_in_words(each, simulation.request)) for each in near]
    return "; ".join(told) or "no statement of the copy allows it"
