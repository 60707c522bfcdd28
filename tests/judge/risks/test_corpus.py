"""Risks of AWS's own policies: claims replay, and what is ruled out can't be done."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import Request, make_request
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.language.arn import parse_arn
from policyhub.judge.risks.attached import JudgedDocument, service_principal
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.risk import Risk
from policyhub.judge.risks.targets import target_of
from tests.catalog.corpus import corpus, documents_by_name
from tests.judge.risks.replaying import replayed

FACTS = get_service_facts()
Found = Mapping[str, tuple[Risk, ...]]
# Keys of every kind, with values that policies name and that they don't.
CONTEXTS: tuple[dict[str, object], ...] = (
    {},
    {"aws:PrincipalTag/team": "web", "aws:MultiFactorAuthPresent": "true"},
    {"aws:SourceIp": "203.0.113.9", "aws:RequestedRegion": "ap-east-1"},
    {"aws:ResourceTag/owner": "x", "aws:TagKeys": ["a"], "aws:CalledVia": ["ssm.amazonaws.com"]},
    {"aws:ViaAWSService": "true", "aws:ResourceAccount": "999999999999"},
)


@pytest.fixture(scope="module")
def found() -> Found:
    """The risks of every policy of the corpus."""
    texts = documents_by_name()
    return {
        name: risks_of(JudgedDocument(name, texts[name], policy))
        for name, policy in corpus().items()
    }


def test_every_claim_replays_as_allowed(found: Found) -> None:
    claims = 0
    for risks in found.values():
        for risk in risks:
            decisions = replayed(risk)
            assert len(decisions) == len(risk.path.steps) * risk.is_claimed
            assert all(each.is_allowed for each in decisions), (risk.id, risk.documents[0].name)
            claims += bool(decisions)
    assert claims > 3_500


def test_the_requests_of_a_proof_are_about_one_caller_and_one_resource_of_each_type(
    found: Found,
) -> None:
    for risks in found.values():
        for risk in risks:
            by_resource: dict[str, set[str]] = {}
            for step, asked in zip(risk.path.steps, risk.requests, strict=False):
                assert step.action == asked.action
                by_resource.setdefault(step.resource or asked.action, set()).add(asked.resource)
                assert target_of(step.action, step.type, "aws", FACTS).fits(asked.resource)
            assert all(len(each) == 1 for each in by_resource.values())
            parsed = [parse_arn(each.resource) for each in risk.requests]
            accounts = {each.account for each in parsed if each and each.account.isdigit()}
            assert len(accounts) <= 1 or "iam:PassRole" not in risk.actions, risk.id


def test_everything_is_decided(found: Found) -> None:
    assert not [risk.id for risks in found.values() for risk in risks if risk.answer == "undecided"]


def requests_of(risk: Risk, chosen: random.Random) -> Iterator[list[Request]]:
    """The requests of a path on resources and in contexts by chance."""
    for _ in range(3):
        shared = chosen.choice(CONTEXTS)
        names: dict[str, str] = {}
        requests = []
        for step in risk.path.steps:
            target = target_of(step.action, step.type, "aws", FACTS)
            name = names.setdefault(step.resource, chosen.choice(("example", "web-1", "x", "Prod")))
            resource = target.example.replace("example", name)
            service = chosen.choice(step.services or ("",))
            passed = {"iam:PassedToService": service_principal(service, "aws")} if service else {}
            requests.append(make_request(step.action, resource, context={**shared, **passed}))
        yield requests


def attached(name: str) -> AppliedPolicies:
    return AppliedPolicies(identity=(compiled(name),), facts=FACTS)


@cache
def compiled(name: str) -> AppliedPolicy:
    return AppliedPolicy(name, CompiledPolicy(corpus()[name]))


def test_what_is_free_is_allowed_on_any_resource_in_any_context(found: Found) -> None:
    chosen = random.Random(7)
    for name, risks in found.items():
        for risk in (each for each in risks if each.answer == "free"):
            for requests in requests_of(risk, chosen):
                for asked in requests:
                    if asked.service not in ("kms", "sts"):
                        assert evaluate(asked, attached(name)).is_allowed, (name, risk.id, asked)


def test_what_is_ruled_out_is_never_allowed_whole(found: Found) -> None:
    chosen = random.Random(11)
    for name, risks in found.items():
        for risk in (each for each in risks if each.answer == "ruled-out"):
            for requests in requests_of(risk, chosen):
                decisions = [evaluate(each, attached(name)) for each in requests]
                assert not all(each.is_allowed for each in decisions), (name, risk.id)


def test_amazon_ecs_full_access_runs_code_as_any_role_that_trusts_ecs_tasks(found: Found) -> None:
    risks = {each.id: each for each in found["AmazonECS_FullAccess"]}
    ecs = risks["ecs-004"]
    assert (ecs.answer, ecs.is_whole) == ("bounded", True)
    assert ecs.title == "Runs code as any role that trusts ECS tasks"
    assert ecs.sentence == "As powerful as the strongest role that ECS tasks can assume"
    assert risks["own-ecs-1"].answer == "free"
    pattern = "arn:aws:ssm:*:*:parameter/aws/service/ecs*"
    assert risks["cred-3"].bounds == (f"ssm:GetParameter only when the resource matches {pattern}",)
    assert risks["cloudformation-001"].answer == "ruled-out"
    assert "lambda-001" not in risks


def test_power_users_can_take_no_path_through_iam(found: Found) -> None:
    claimed = {each.family for each in found["PowerUserAccess"] if each.is_claimed}
    assert not claimed & {"IAM", "PassRole"}
    assert {"Takeover", "Expose", "Data"} <= claimed
