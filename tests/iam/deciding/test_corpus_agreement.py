"""The engine and the naive reference agree on AWS's own policies too."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.iam.corpus_generation import corpus_simulation, usable_documents
from tests.iam.deciding.test_evaluation import engine_says
from tests.iam.generation import Choices
from tests.iam.reference import decide

pytestmark = pytest.mark.drawn

SEED = 20261127
SAMPLES = 400


@st.composite
def simulations(draw: st.DrawFn) -> dict[str, Any]:
    """Simulations out of the corpus, which shrink to short documents."""
    choices = Choices(lambda count: draw(st.integers(0, count - 1)))
    return corpus_simulation(choices, usable_documents())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(simulations())
def test_they_agree_on_whatever_is_made_of_the_corpus(simulation: dict[str, Any]) -> None:
    assert engine_says(simulation) == decide(simulation)


def test_they_agree_on_many_requests_and_reach_every_decision() -> None:
    source = random.Random(SEED)
    choices, texts = Choices(lambda count: int(source.random() * count)), usable_documents()
    reached = set()
    for _ in range(SAMPLES):
        simulation = corpus_simulation(choices, texts)
        said = engine_says(simulation)
        assert said == decide(simulation), simulation
        reached.add(said["decision"])
    assert reached == {"allowed", "explicitDeny", "implicitDeny"}
