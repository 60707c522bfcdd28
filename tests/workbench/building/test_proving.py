"""Copies are contained in their originals, and required requests are decided one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from policyhub.catalog.access.permissions import effective_permissions
from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.budget import NO_LIMIT, Steps
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import read_simulation
from policyhub.workbench.building.added_conditions import ContradictingConditionError
from policyhub.workbench.building.choices import read_choices
from policyhub.workbench.building.copying import NothingLeftError
from policyhub.workbench.building.keeping import TooManyNamesError
from policyhub.workbench.building.proving import containment, required_requests
from policyhub.workbench.building.template import PolicyTemplate, template_source
from tests.catalog.corpus import corpus, documents_by_name, parsed
from tests.workbench.templates import (
    ACCOUNT,
    CLUSTER,
    ROLE,
    RUN_TASK,
    allow,
    copy_of,
    copy_of_managed,
    policy,
)

FACTS = get_service_facts()
# Long documents take seconds each; the endurance test has them.
LONGEST = 8_000


@pytest.mark.django_db
@pytest.mark.one_database
def test_a_reviewer_gets_from_full_access_to_one_cluster_and_one_role() -> None:
    copy = copy_of_managed("AmazonECS_FullAccess", **RUN_TASK)
    assert [each["Action"] for each in copy.document["Statement"]] == [
        "ecs:RunTask", "iam:PassRole",
    ]  # fmt: skip
    assert copy.document["Statement"][1]["Resource"] == ROLE
    assert copy.containment.sentence == (
        "grants nothing beyond AmazonECS_FullAccess: proved for any request in any context"
    )
    assert [each.passed for each in copy.required] == [True, True]
    assert copy.fits
    assert all(each.fits for each in copy.quotas)
    assert not copy.needs
    assert not copy.proposals
    before, after = copy.risks
    assert len(before) > len(after) == 1
    assert after[0].answer == "bounded"


def test_a_document_that_grants_more_is_refuted_by_a_request_that_replays() -> None:
    wide, narrow = policy(allow("s3:*")), policy(allow("s3:Get*"))
    left, right = (parsed(json.dumps(each)) for each in (wide, narrow))
    proof = containment(left, right, "it", FACTS, NO_LIMIT)
    assert proof.answer == "refuted"
    assert proof.sentence.startswith("grants something that it does not: ")
    for document, allowed in ((wide, True), (narrow, False)):
        given = {**proof.counterexamples[0], "identityPolicies": [document]}
        simulation = read_simulation(given, facts=FACTS)
        assert evaluate(simulation.request, simulation.policies).is_allowed is allowed
    assert "action=s3" in proof.queries[0]


def test_a_proof_that_takes_too_long_is_undecided() -> None:
    one = parsed(documents_by_name()["ReadOnlyAccess"])
    proof = containment(one, parsed(json.dumps(policy(allow("s3:*")))), "it", FACTS, Steps(10))
    assert proof.answer == "undecided"
    assert "is not decided" in proof.sentence


def test_a_request_is_denied_where_its_statement_was_left_out() -> None:
    request = {"id": "stop", "action": "ecs:StopTask", "resource": f"{CLUSTER}/1"}
    (found,) = copy_of(
        policy(allow("ecs:*", "*")), actions=["ecs:RunTask"], requests=[request]
    ).required
    assert (found.id, found.passed) == ("stop", False)


@pytest.mark.parametrize(
    ("request_", "passed", "why"),
    [
        ({"action": "iam:PassRole", "resource": ROLE}, True, ""),
        (
            {"action": "iam:PassRole", "resource": f"{ROLE}2"},
            False,
            "the copy, statement 1, Allow: Resource does not list",
        ),
        ({"action": "iam:PassRole", "resource": f"{ROLE}2", "expect": "denied"}, True, ""),
        ({"action": "iam:PassRole", "resource": ROLE, "expect": "denied"}, False, ""),
        ({"action": "iam:GetRole", "resource": ROLE}, False, "no statement of the copy"),
        ({"action": "iam:PassRole", "resorce": ROLE}, False, "not a known key"),
        ({"resource": ROLE}, False, "an action is needed"),
        ("iam:PassRole", False, "a JSON object"),
    ],
)
def test_each_required_request_is_decided(request_: Any, passed: bool, why: str) -> None:
    copy, original = policy(allow("iam:PassRole", ROLE)), policy(allow("iam:*"))
    (found,) = required_requests([request_], copy, original, FACTS, NO_LIMIT)
    assert found.passed is passed
    assert why in found.why
    assert found.to_dict()["passed"] is passed


def test_what_a_request_says_of_identity_policies_does_not_count_and_other_policies_do() -> None:
    copy = policy(allow("iam:PassRole", ROLE))
    asked = {"action": "iam:PassRole", "resource": ROLE}
    found = required_requests(
        [
            {**asked, "identityPolicies": [policy(allow("s3:*"))]},
            {**asked, "permissionBoundaries": [policy(allow("s3:*"))]},
        ],
        copy, copy, FACTS, NO_LIMIT,
    )  # fmt: skip
    assert [each.passed for each in found] == [True, False]


def test_what_a_kept_action_also_needs_is_named() -> None:
    copy = copy_of(policy(allow(["ecs:*", "iam:PassRole"])), actions=["ecs:RunTask"])
    (need,) = copy.needs
    assert need.to_dict() == {"action": "ecs:RunTask", "needs": "iam:PassRole", "inOriginal": True}
    without = copy_of(policy(allow("ecs:*")), actions=["ecs:RunTask"])
    assert [each.was_allowed for each in without.needs] == [False]


PROPOSED: list[tuple[list[Any], dict[str, Any], dict[str, tuple[str, ...]]]] = [
    ([allow(["iam:PassRole", "ecs:RunTask"])], {},
     {"iam:PassedToService": ("ecs-tasks.amazonaws.com",)}),
    ([allow("iam:PassRole")], {}, {"iam:PassedToService": ()}),
    ([allow("iam:PassRole", Condition={"StringEquals": {"iam:passedtoservice": "a"}})], {}, {}),
    ([allow("ecs:RunTask")], {"resources": {"ecs:cluster": [CLUSTER]}},
     {"ecs:cluster": (CLUSTER,)}),
    ([allow("s3:GetObject")], {"account": ACCOUNT}, {"aws:ResourceAccount": (ACCOUNT,)}),
    ([allow("s3:GetObject")], {}, {}),
    ([allow("ecs:TagResource")], {}, {"aws:TagKeys": ()}),
    ([allow("ecs:ListClusters")], {"account": ACCOUNT}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "choices", "expected"), PROPOSED)
def test_conditions_are_proposed_where_they_are_missing(
    statements: Any, choices: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = copy_of(policy(*statements), **choices).proposals
    assert {each.condition.key: each.condition.values for each in found} == expected
    assert all(each.why for each in found)
    accepted = [each.condition.to_dict() for each in found if each.condition.values]
    again = copy_of(policy(*statements), **choices, conditions=accepted).proposals
    assert all(not each.condition.values for each in again)


def random_copy(name: str, draw: Any) -> PolicyTemplate | None:
    """A copy of a policy by choices of every kind, each drawn out of what the policy has."""
    grants = effective_permissions(corpus()[name]).grants
    some = st.lists(st.sampled_from(grants), max_size=4) if grants else st.just([])
    reference = get_reference()
    drawn = draw(some)
    types = [
        (each.action.service, one.name) for each in drawn for one in each.action.resource_types
    ]
    kinds = {
        "actions": [each.action.id for each in drawn[:2]],
        "services": [each.action.service for each in drawn[2:3]],
        "levels": [each.action.level for each in drawn[3:]],
        "resources": {f"{service}:{kind}": [f"arn:aws:{service}:*:{ACCOUNT}:some/web*"]
                      for service, kind in types[:1]
                      if any(one.name == kind for one in reference.resource_types(service))},
        "account": ACCOUNT,
        "region": "eu-west-1",
        "statements": list(range(draw(st.integers(1, 6)))),
        "cells": [f"{each.action.service}:{each.action.level}" for each in drawn[1:2]],
        "minimise": True,
        "conditions": [{"operator": "StringEquals", "key": "aws:ResourceAccount",
                        "values": [ACCOUNT]}],
    }  # fmt: skip
    chosen = draw(st.sets(st.sampled_from(sorted(kinds))))
    source = template_source(documents_by_name()[name], name, is_aws_managed=True)
    try:
        return PolicyTemplate(source, read_choices({key: kinds[key] for key in chosen}))
    except (ContradictingConditionError, NothingLeftError, TooManyNamesError):
        return None


SHORT = sorted(name for name, text in documents_by_name().items() if len(text) < LONGEST)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.sampled_from(SHORT), st.data())
def test_any_copy_is_contained_in_its_original(name: str, data: st.DataObject) -> None:
    copy = random_copy(name, data.draw)
    if copy is not None:
        assert copy.containment.answer == "proved", copy.choices.to_dict()


@pytest.mark.endurance
@settings(max_examples=3_000, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.sampled_from(sorted(documents_by_name())), st.data())
def test_many_copies_are_contained_in_their_originals(name: str, data: st.DataObject) -> None:
    copy = random_copy(name, data.draw)
    event("refused" if copy is None else "minimised" if copy.minimised else "as it is written")
    if copy is not None:
        assert copy.containment.answer == "proved", copy.choices.to_dict()
