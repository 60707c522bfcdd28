"""Proofs of risks put to the simulator, as a user would."""

from __future__ import annotations

import json

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import read_simulation
from policyhub.judge.risks.risk import Risk


def replayed(risk: Risk) -> list[Decision]:
    """What the simulator decides of each request of a proof, read from its JSON."""
    simulations = [
        read_simulation(json.loads(json.dumps(each)), facts=get_service_facts())
        for each in risk.proof
    ]
    return [evaluate(each.request, each.policies) for each in simulations]
