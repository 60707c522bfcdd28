"""Documents made by chance: answers agree with trying every request of a small world."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import make_request
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.judge.risks.attached import JudgedDocument, Vocabulary, read_judged
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.paths import known_paths
from policyhub.judge.risks.risk import Risk
from tests.judge.risks.replaying import replayed

ROLE, USER = "arn:aws:iam::123456789012:role/", "arn:aws:iam::123456789012:user/"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
ACTIONS = (
    "iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", "iam:AttachUserPolicy",
    "iam:CreateAccessKey", "lambda:*", "iam:*", "*",
)  # fmt: skip
RESOURCES = (
    "*", f"{ROLE}*", f"{ROLE}a", f"{FUNCTION}*", f"{FUNCTION}a", f"{FUNCTION}b", f"{USER}a*",
    f"{USER}*b", "arn:aws:s3:::x",
)  # fmt: skip
SERVICES = ("lambda.amazonaws.com", "ec2.amazonaws.com")
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    *(
        {operator: {"iam:PassedToService": value}}
        for operator in ("StringEquals", "StringNotEquals", "StringEqualsIfExists")
        for value in SERVICES
    ),
    *(
        {operator: {"aws:PrincipalTag/team": value}}
        for operator in ("StringEquals", "StringNotLike")
        for value in ("a", "b")
    ),
    {"Null": {"aws:PrincipalTag/team": "true"}},
    {"StringEquals": {"aws:PrincipalTag/team": "a"}, "Null": {"aws:PrincipalTag/team": "true"}},
)
TEAMS = (None, "a", "b", "c")
# Paths, and what each of their requests is asked on: by what the resources have in common.
PATHS = {
    "lambda-001": (
        ("iam:PassRole", ROLE),
        ("lambda:CreateFunction", FUNCTION),
        ("lambda:InvokeFunction", FUNCTION),
    ),
    "iam-015": (("iam:AttachUserPolicy", USER), ("iam:CreateAccessKey", USER)),
    "iam-002": (("iam:CreateAccessKey", USER),),
}
VOCABULARY = Vocabulary(each for each in known_paths() if each.id in PATHS)
NAMES = ("a", "b", "ab", "c")
# All resources of a path are of one account.
ACCOUNTS = ("123456789012", "210987654321")

statements = st.builds(
    lambda effect, actions, resources, condition: {
        "Effect": effect,
        "Action": actions,
        "Resource": resources,
        **({"Condition": condition} if condition else {}),
    },
    st.sampled_from(("Allow", "Allow", "Allow", "Deny")),
    st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2, unique=True),
    st.sampled_from(CONDITIONS),
)


def judged(*documents: JudgedDocument) -> dict[str, Risk]:
    return {each.id: each for each in risks_of(*documents, vocabulary=VOCABULARY)}


def document_of(made: list[dict[str, Any]]) -> JudgedDocument:
    read = read_judged(json.dumps({"Version": "2012-10-17", "Statement": made}))
    assert read is not None
    return read


def tried(document: JudgedDocument, path: str) -> Iterator[bool]:
    """Whether every request of a path is allowed, for each caller and choice of resources."""
    policies = AppliedPolicies(
        identity=(AppliedPolicy("", CompiledPolicy(document.policy)),), facts=get_service_facts()
    )
    kinds = list(dict.fromkeys(kind for _, kind in PATHS[path]))
    choices = product(*([NAMES] * len(kinds)))
    for account, team, names in product(ACCOUNTS, TEAMS, choices):
        chosen = dict(zip(kinds, names, strict=True))
        shared = {} if team is None else {"aws:PrincipalTag/team": team}
        passed = {"iam:PassedToService": SERVICES[0]}
        requests = [
            make_request(
                action,
                kind.replace(ACCOUNTS[0], account) + chosen[kind],
                context={**shared, **(passed if action == "iam:PassRole" else {})},
            )
            for action, kind in PATHS[path]
        ]
        yield all(evaluate(each, policies).is_allowed for each in requests)


@settings(max_examples=80)
@given(st.lists(statements, min_size=1, max_size=4))
def test_answers_agree_with_trying_every_request(made: list[dict[str, Any]]) -> None:
    document = document_of(made)
    risks = judged(document)
    for path in PATHS:
        found = list(tried(document, path))
        answer = risks[path].answer if path in risks else "absent"
        assert answer != "undecided"
        assert any(found) == (answer in ("free", "bounded")), (path, answer)
        if answer == "free":
            assert all(found), path


@settings(max_examples=60)
@given(st.lists(statements, min_size=1, max_size=5))
def test_every_claim_replays_and_whatever_is_ruled_out_has_a_reason(
    made: list[dict[str, Any]],
) -> None:
    for risk in judged(document_of(made)).values():
        assert all(each.is_allowed for each in replayed(risk))
        assert bool(risk.requests) == risk.is_claimed
        assert bool(risk.ruled_out_by) == (risk.answer == "ruled-out")


@settings(max_examples=60)
@given(st.lists(statements, min_size=2, max_size=5), st.integers(1, 4))
def test_documents_attached_together_are_judged_like_one(
    made: list[dict[str, Any]], first: int
) -> None:
    parts = [each for each in (made[:first], made[first:]) if each]
    apart, whole = judged(*map(document_of, parts)), judged(document_of(made))
    assert {name: risk.answer for name, risk in apart.items()} == {
        name: risk.answer for name, risk in whole.items()
    }
