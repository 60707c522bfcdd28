"""Answers of many policies together are those of each alone, in order, kept and bounded."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from policyhub.catalog.access.catalogue import CatalogPolicy
from policyhub.catalog.access.in_memory import CompiledCatalogue
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.budget import NO_LIMIT, SpentError, Steps
from policyhub.iam.reading.document import parse_policy
from policyhub.search.who_can import asking, kept
from policyhub.search.who_can.answers import ANSWERS, Answer
from policyhub.search.who_can.asking import who_can_within
from policyhub.search.who_can.questions import Asked, questions
from tests.catalog.corpus import corpus
from tests.catalog.small_reference import allow, deny

ROLES = ["*", "arn:aws:iam::*:role/a*", "arn:aws:iam::*:role/*b", "arn:aws:s3:::bucket"]
CONDITIONS: list[dict[str, Any]] = [
    {},
    {},
    {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    {"StringNotEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    {"StringLike": {"iam:PassedToService": ["ec2.*", "ecs.*"]}},
    {"Null": {"iam:PassedToService": "true"}},
    {"Null": {"aws:PrincipalArn": "true"}},
    {"StringLike": {"aws:userid": "*"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
    {"NumericLessThan": {"aws:EpochTime": "1798761600"}},
    {"NumericEquals": {"s3:max-keys": "many"}},
    {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
    {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}},
]
CONTEXTS: list[dict[str, str | list[str]]] = [
    {},
    {"iam:PassedToService": "ec2.amazonaws.com"},
    {"aws:CurrentTime": "2026-06-01T00:00:00Z"},
]


def _catalogue(documents: dict[str, list[dict[str, Any]]]) -> CompiledCatalogue:
    policies = []
    for name, rows in documents.items():
        parsed = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": rows}))
        assert parsed.policy is not None
        policies.append(CatalogPolicy(name, "v1", parsed.policy))
    return CompiledCatalogue(policies, get_reference())


def _drawn(choose: random.Random) -> list[dict[str, Any]]:
    rows = []
    for _ in range(choose.randint(1, 4)):
        condition = choose.choice(CONDITIONS)
        more = {"Condition": condition} if condition else {}
        element = choose.choice(["Resource", "Resource", "NotResource"])
        resources = choose.sample(ROLES, choose.randint(1, 2))
        make = choose.choice([allow, allow, deny])
        rows.append(make("iam:PassRole", **{element: resources}, **more))
    return rows


def _alone(catalogue: CompiledCatalogue, asked: Asked) -> list[tuple[str, str]]:
    """What each policy answers that is asked alone, in the order in which answers are shown."""
    explained = catalogue.explaining(asked.request, asked.any_resource)
    found = [each for each in (Answer(asked, one) for one in explained) if each.is_telling]
    found.sort(key=lambda each: (ANSWERS.index(each.name), each.policy.lower()))
    return [(each.policy, each.name) for each in found]


def _together(catalogue: CompiledCatalogue, asked: Asked) -> list[tuple[str, str]]:
    found = who_can_within(NO_LIMIT, catalogue, [asked]).answers
    return [(each.policy, each.name) for each in found]


@pytest.mark.parametrize("resource", ["", "arn:aws:iam::123456789012:role/ab"])
@pytest.mark.parametrize("context", CONTEXTS)
def test_drawn_policies_answer_together_as_each_does_alone(
    resource: str, context: dict[str, str | list[str]]
) -> None:
    choose = random.Random(repr((resource, context)))
    catalogue = _catalogue({f"{choose.choice('aB')}-{n}": _drawn(choose) for n in range(250)})
    (asked,) = questions(catalogue, get_reference(), "iam:PassRole", resource, context)
    together = _together(catalogue, asked)
    assert together == _alone(catalogue, asked) == _together(catalogue, asked)
    assert {name for _, name in together} == {"yes", "conditional", "no"}


def test_the_corpus_answers_together_as_each_policy_does_alone() -> None:
    policies = [CatalogPolicy(name, "v1", document) for name, document in corpus().items()]
    catalogue, choose = CompiledCatalogue(policies, get_reference()), random.Random(8)
    actions = [each.id for each in choose.sample(get_reference().actions, 12)]
    for action in ["s3:PutObject", "sts:GetCallerIdentity", "sagemaker:CreateModel", *actions]:
        for resource in ("", "*"):
            context = choose.choice(CONTEXTS)
            for asked in questions(catalogue, get_reference(), action, resource, context):
                assert _together(catalogue, asked) == _alone(catalogue, asked), action


@pytest.fixture
def catalogue() -> CompiledCatalogue:
    """Policies of each answer."""
    bound = {"Bool": {"aws:SecureTransport": "true"}}
    return _catalogue(
        {
            "Free": [allow("iam:PassRole")],
            "also-free": [allow("iam:*")],
            "Bound": [allow("iam:PassRole", Condition=bound)],
            "Denied": [allow("iam:PassRole"), deny("iam:PassRole")],
            "Other": [allow("s3:GetObject")],
        }
    )


def test_answers_are_found_at_their_places_as_in_a_list(catalogue: CompiledCatalogue) -> None:
    answers = who_can_within(NO_LIMIT, catalogue, _asked(catalogue)).answers
    names = [each.policy for each in answers]
    assert names == ["also-free", "Free", "Bound", "Denied"]
    for start in (None, -9, -2, 0, 1, 3, 9):
        for stop in (None, -9, -1, 0, 2, 4, 9):
            for step in (None, 1, 2, -1):
                place = slice(start, stop, step)
                assert [each.policy for each in answers[place]] == names[place], place
    for single in (0, 2, -1, -4):
        assert answers[single].policy == names[single]
    for beyond in (4, -5):
        with pytest.raises(IndexError):
            answers[beyond]
    assert [len(answers.of(name)) for name in ("", *ANSWERS)] == [4, 2, 1, 1]


def test_a_question_asked_again_looks_at_no_policy(
    catalogue: CompiledCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = list(who_can_within(NO_LIMIT, catalogue, _asked(catalogue)).answers)
    monkeypatch.setattr(CompiledCatalogue, "sources", None)
    again = list(who_can_within(Steps(0), catalogue, _asked(catalogue)).answers)
    assert [(each.policy, each.told) for each in again] == [
        (each.policy, each.told) for each in first
    ]
    # What they depend on counts in the budget of the one who asks for it.
    with pytest.raises(SpentError):
        _ = again[2].depends_on


def test_a_spent_budget_leaves_nothing_half_done_behind(catalogue: CompiledCatalogue) -> None:
    (asked,) = _asked(catalogue)
    expected = _alone(catalogue, asked)
    for steps in range(0, 200, 7):
        try:
            who_can_within(Steps(steps), catalogue, [asked])
        except SpentError:
            continue
    assert _together(catalogue, asked) == expected


def test_the_policies_of_few_questions_are_kept(
    catalogue: CompiledCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_MOST_POLICIES", 7)
    looked_at: list[str] = []
    plain = asking._decided

    def counting(*arguments: Any) -> Any:
        looked_at.append(arguments[2].request.action)
        return plain(*arguments)

    monkeypatch.setattr(asking, "_decided", counting)
    for action in ("iam:PassRole", "iam:PassRole", "iam:GetRole", "s3:GetObject", "iam:PassRole"):
        who_can_within(NO_LIMIT, catalogue, questions(catalogue, get_reference(), action))
    assert looked_at == ["iam:PassRole", "iam:GetRole", "s3:GetObject", "iam:PassRole"]


def _asked(catalogue: CompiledCatalogue) -> tuple[Asked, ...]:
    return questions(catalogue, get_reference(), "iam:PassRole")
