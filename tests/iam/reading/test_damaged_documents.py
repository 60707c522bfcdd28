"""Damaged policy texts: never an exception, always a place, and never "allowed" by an error."""

from __future__ import annotations

import json
import random

import pytest

from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.documents import applied_policy
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import make_request
from policyhub.iam.explaining.residual import residual
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.document import parse_policy
from tests.catalog.corpus import documents
from tests.iam.reading.damage import DAMAGES, damaged, small_documents

SEED = 1_127
SAMPLES = 1_200
REQUEST = make_request("ecs:RunTask", "*")


@pytest.mark.drawn
def test_a_damaged_document_is_told_of_and_allows_nothing() -> None:
    source = random.Random(SEED)
    texts = [*small_documents() * 5, *source.sample(documents(), 40)]
    refused = 0
    for _ in range(SAMPLES):
        text = damaged(texts, source)
        parsed = parse_policy(text, Usage.IDENTITY)
        for problem in parsed.problems:
            assert problem.code
            assert problem.message
            assert problem.line is None or 1 <= problem.line <= text.count("\n") + 1
        policies = AppliedPolicies(identity=(applied_policy("damaged", text, Usage.IDENTITY),))
        decision = evaluate(REQUEST, policies)
        found = residual(REQUEST, policies)
        assert found.decision(REQUEST) == decision.name
        if parsed.errors:
            refused += 1
            assert not decision.is_allowed, text[:500]
            assert not decision.complete
            assert found.allowed is False
    assert refused > SAMPLES / 2


def test_every_kind_of_damage_damages() -> None:
    for damage in DAMAGES:
        source = random.Random(SEED)
        texts = [damage(text, source) for text in small_documents()]
        assert texts != small_documents()


def test_the_same_chance_gives_the_same_damage() -> None:
    one, other = (damaged(small_documents(), random.Random(3)) for _ in range(2))
    assert one == other
    assert json.dumps(one)
