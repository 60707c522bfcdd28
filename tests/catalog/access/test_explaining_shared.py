"""What many policies say alike is explained once, with the same outcome as one by one."""

from __future__ import annotations

import random

import pytest

from policyhub.catalog.access import explained as shared
from policyhub.catalog.access.catalogue import CatalogPolicy
from policyhub.catalog.access.in_memory import CompiledCatalogue
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.deciding.request import make_request
from policyhub.iam.explaining.near_misses import near_misses
from policyhub.iam.explaining.residual import residual
from policyhub.search.who_can.answers import Answer
from policyhub.search.who_can.asking import who_can
from policyhub.search.who_can.questions import questions
from tests.catalog.corpus import corpus

KNOWN = ("iam:PassRole", "s3:GetObject", "ec2:RunInstances", "kms:Decrypt", "sts:AssumeRole")
DRAWN = random.Random(7).sample([each.id for each in get_reference().actions], 15)


@pytest.fixture(scope="module")
def catalogue() -> CompiledCatalogue:
    """The corpus, without a database."""
    policies = [CatalogPolicy(name, "v1", document) for name, document in corpus().items()]
    return CompiledCatalogue(policies, get_reference())


@pytest.mark.parametrize("any_resource", [True, False])
@pytest.mark.parametrize("action", [*KNOWN, *DRAWN])
def test_each_policy_is_explained_as_it_is_alone(
    catalogue: CompiledCatalogue, action: str, any_resource: bool
) -> None:
    request = make_request(action, "*")
    for each in catalogue.explaining(request, any_resource):
        alone = residual(request, each.attached, any_resource=any_resource)
        assert each.depends_on == alone, each.policy.name
        if alone.allowed is False:
            assert each.near_misses == near_misses(request, each.attached, any_resource)


@pytest.mark.parametrize("action", KNOWN)
def test_each_answer_has_the_name_that_it_has_alone(
    catalogue: CompiledCatalogue, action: str
) -> None:
    asked = questions(catalogue, get_reference(), action)
    for each in who_can(catalogue, asked):
        assert each.name == Answer(each.asked, each.explained).name, each.policy


def test_what_is_said_alike_is_worked_out_once(
    catalogue: CompiledCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_out: list[object] = []

    def counting(*arguments: object, **more: object) -> object:
        worked_out.append(arguments)
        return residual(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(shared, "residual", counting)
    found = catalogue.explaining(make_request("s3:GetObject", "*"), any_resource=True)
    assert not worked_out
    assert all(each.depends_on for each in found)
    assert 100 < len(worked_out) < 0.8 * len(found)
