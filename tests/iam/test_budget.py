"""A budget that is spent leaves things undecided, and never makes an answer wrong."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from policyhub.iam.answering.outcome import outcome
from policyhub.iam.answering.outcome_in_words import headline, layer_in_words, prospects
from policyhub.iam.budget import NO_LIMIT, SpentError, Steps
from policyhub.iam.comparing.alignment import align
from policyhub.iam.comparing.comparison import compare
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.documents import Documents
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import make_request
from policyhub.iam.deciding.simulation import read_simulation
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.explaining.changes import smallest_changes
from policyhub.iam.explaining.explanation import explain
from policyhub.iam.explaining.layers import LayerState, layer_outlooks
from policyhub.iam.explaining.near_misses import near_misses
from policyhub.iam.explaining.residual import residual
from policyhub.iam.language.elements import Usage
from policyhub.iam.language.wording import plain
from policyhub.iam.reading.policy_sizes import size_problem
from policyhub.iam.reading.problems import Problem
from tests.iam.comparing.pairs import check, policy_of
from tests.worst_inputs import (
    document,
    many_patterns_statement,
    one_key_statement,
    random_statement,
)

MAKERS = [random_statement, one_key_statement, many_patterns_statement]
STEPS = [0, 1, 30, 300, 1_000, 3_000, 10_000, 30_000, 100_000]
Make = Callable[[random.Random], dict[str, Any]]


def made(make: Make, seed: int, length: int = 2_500) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document(make, seed, length))
    return found


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_spent_budget_never_makes_a_verdict_wrong(make: Make, seed: int) -> None:
    left, right = policy_of(made(make, seed)), policy_of(made(make, seed + 10))
    whole = compare(left, right, budget=Steps(3_000_000))
    seen = set()
    for steps in STEPS:
        found = compare(left, right, budget=Steps(steps))
        seen.add(found.is_whole)
        check(found, left, right)
        if "undecided" not in (found.verdict, whole.verdict):
            assert found.verdict == whole.verdict
        if not found.is_whole:
            assert found.verdict not in ("equivalent", "left_subset", "right_subset")
            assert found.undecided
    assert False in seen


def test_the_reason_says_how_far_a_comparison_came() -> None:
    left = policy_of(made(random_statement, 3))
    right = policy_of(made(random_statement, 11))
    found = [compare(left, right, budget=Steps(steps)) for steps in STEPS]
    reasons = [reason for each in found for reason in each.undecided]
    assert any("groups of actions were decided" in each for each in reasons)
    assert compare(left, left, budget=Steps(0)).verdict == "undecided"


def test_whether_two_have_anything_in_common_is_undecided_without_a_budget() -> None:
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    one = policy_of({"Statement": {**allow, "Condition": {"StringLike": {"a:B": ["a*", "b*"]}}}})
    other = policy_of({"Statement": {**allow, "Condition": {"StringLike": {"a:B": ["b*", "c*"]}}}})
    whole = compare(one, other)
    assert whole.verdict == "overlapping"
    assert whole.is_whole
    verdicts = [compare(one, other, budget=Steps(steps)) for steps in range(0, 3_000, 20)]
    assert {each.verdict for each in verdicts} == {"undecided", "overlapping"}
    assert any("whether both allow any request" in reason
               for each in verdicts for reason in each.undecided)  # fmt: skip


@pytest.mark.parametrize("steps", [0, 5, 40, 400])
def test_statements_are_paired_with_any_budget(steps: int) -> None:
    left = policy_of(made(random_statement, 3))
    right = policy_of({"Version": "2012-10-17", "Statement": [
        *made(random_statement, 3)["Statement"][::-1], made(random_statement, 4)["Statement"][0],
    ]})  # fmt: skip
    pairs = align(left, right, Steps(steps))
    assert [each.right for each in pairs if each.right] == list(right.statements)
    assert {each.left for each in pairs if each.left} == set(left.statements)
    alike = [each for each in pairs if each.change in ("same", "moved")]
    assert len(alike) == len(left.statements)


def test_a_pair_that_there_was_no_budget_for_is_not_said_to_mean_the_same() -> None:
    one = policy_of({"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}})
    other = policy_of({"Statement": {"Effect": "Allow", "Action": ["s3:Get*", "s3:GetObject"],
                                     "Resource": "*"}})  # fmt: skip
    (whole,) = align(one, other)
    assert (whole.change, whole.is_decided) == ("cosmetic", True)
    (cut,) = align(one, other, Steps(1))
    assert (cut.change, cut.is_decided) == ("changed", False)


def applied(document: dict[str, Any], name: str = "p") -> AppliedPolicies:
    return AppliedPolicies(identity=(AppliedPolicy(name, CompiledPolicy(policy_of(document))),))


def test_deciding_counts_every_value_of_a_list_against_every_value_of_a_condition() -> None:
    condition = {"ForAllValues:StringLike": {"aws:TagKeys": [f"{n}*" for n in range(100)]}}
    policies = applied({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
                                      "Condition": condition}})  # fmt: skip
    keys = {"aws:TagKeys": [str(number) for number in range(100)]}
    request = make_request("s3:GetObject", context=keys)
    with pytest.raises(SpentError, match="more work than is allowed for one answer"):
        evaluate(request, policies, Steps(9_000))
    assert evaluate(request, policies, Steps(11_000)).is_allowed
    assert evaluate(make_request("s3:GetObject"), policies, Steps(200)).is_allowed


def test_an_explanation_says_what_of_it_is_missing() -> None:
    policies = applied(made(random_statement, 5, 8_000))
    request = make_request("s3:GetItem")
    whole = explain(request, policies)
    assert not whole.undecided
    assert "undecided" not in whole.to_dict()
    seen = set()
    for steps in (0, 20, 100, 1_000, 10_000, 100_000):
        found = explain(request, policies, Steps(steps))
        seen.add(len(found.undecided))
        told = found.to_dict()
        assert told.get("undecided", []) == list(found.undecided)
        if found.depends_on is None:
            assert told["dependsOn"] is None
        else:
            assert found.depends_on == whole.depends_on
    assert 4 in seen


def test_everything_that_can_take_long_asks_its_budget() -> None:
    policies = applied(made(random_statement, 5, 8_000))
    request = make_request("s3:GetItem")
    for ask in (
        lambda: residual(request, policies, budget=Steps(10)),
        lambda: near_misses(request, policies, budget=Steps(10)),
        lambda: smallest_changes(request, policies, Steps(10)),
        lambda: evaluate(request, policies, Steps(10)),
    ):
        with pytest.raises(SpentError):
            ask()


def test_an_outcome_that_was_not_found_out_depends() -> None:
    policies = applied(made(random_statement, 5, 8_000), "pasted")
    request = make_request("s3:GetItem")
    decision = evaluate(request, policies)
    layers = layer_outlooks(request, policies, decision, Steps(0))
    assert [each.state for each in layers] == [LayerState.UNDECIDED]
    assert layers[0].blocks is (decision.name == "implicitDeny")
    assert "takes too long" in plain(layer_in_words(layers[0], request))
    found = outcome(request, decision, None)
    assert (found.name, found.is_proven) == ("depends", False)
    assert plain(headline(found, layers)).startswith("As asked, ")
    (prospect,) = prospects(found)
    assert "takes too long" in plain(prospect)


def test_whether_an_outcome_can_change_is_not_proven_without_a_budget() -> None:
    condition = {"StringLike": {"aws:PrincipalTag/team": ["a*", "b*"]}}
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition}
    policies, request = applied({"Statement": statement}), make_request("s3:GetObject")
    decision, depends_on = evaluate(request, policies), residual(request, policies)
    cut = outcome(request, decision, depends_on, budget=Steps(0))
    assert (cut.name, cut.is_proven) == ("depends", False)
    whole = outcome(request, decision, depends_on, budget=NO_LIMIT)
    assert (whole.name, whole.is_proven) == ("depends", True)


def test_long_documents_are_compiled_once_a_kind_for_all_that_is_read_together() -> None:
    text = document(random_statement, 1, 80_000)
    documents = Documents()
    asked = {"action": "s3:GetItem", "identityPolicies": [text, text], "sessionPolicies": [text]}
    first = read_simulation(asked, documents=documents)
    second = read_simulation({**asked, "action": "s3:PutItem"}, documents=documents)
    one, other = first.policies.identity
    assert one.compiled is other.compiled is second.policies.identity[0].compiled
    assert first.policies.session[0].compiled is second.policies.session[0].compiled
    assert one.compiled is not first.policies.session[0].compiled


def test_documents_are_measured_once_a_service_for_all_that_is_read_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured: list[tuple[Usage, str]] = []

    def noted(text: str, usage: Usage, service: str, is_as_written: bool) -> Problem | None:
        measured.append((usage, service))
        return size_problem(text, usage, service, is_as_written)

    monkeypatch.setattr("policyhub.iam.deciding.documents.size_problem", noted)
    documents, text = Documents(), document(random_statement, 1, 80_000)
    buckets = ("arn:aws:s3:::one", "arn:aws:s3:::other", "arn:aws:sqs:us-east-1:123456789012:q")
    for resource in buckets:
        asked = {"action": "s3:GetItem", "resource": resource, "identityPolicies": [text]}
        (found,) = read_simulation(asked, documents=documents).policies.identity
        assert found.problems[0].code == "over-quota"
    assert measured == [(Usage.IDENTITY, "s3"), (Usage.IDENTITY, "sqs")]


def test_steps_are_spent_once_there_were_too_many_and_stay_so() -> None:
    budget = Steps(3)
    budget.spend(2)
    budget.spend()
    assert not budget.is_spent
    with pytest.raises(SpentError, match="more work than is allowed"):
        budget.spend()
    assert budget.is_spent
    with pytest.raises(SpentError):
        budget.spend(0)
