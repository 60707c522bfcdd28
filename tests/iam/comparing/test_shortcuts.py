"""What is seen without a search is what the search finds: the verdicts are the same."""

from __future__ import annotations

import random
from typing import Any

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.budget import NO_LIMIT
from policyhub.iam.comparing import comparison
from policyhub.iam.comparing.automaton import PatternSet, find_text, with_wildcards
from policyhub.iam.comparing.compared_policy import compared_policy
from policyhub.iam.comparing.comparison import Comparison, compare
from policyhub.iam.comparing.containment import are_covered, saying_of, unlisted
from policyhub.iam.comparing.scope import EVERYTHING, scope_of
from policyhub.iam.comparing.telling_characters import TellingCharacters
from policyhub.iam.comparing.witness_search import WitnessSearch
from tests.iam.comparing.pairs import Json, policy_of

VERSION = "2012-10-17"
RESOURCES = (
    "*", "arn:aws:s3:::a", "arn:aws:s3:::a*", "arn:aws:s3:::*b", "arn:aws:s3:::a/?",
    "arn:aws:s3:::${aws:username}", "arn:aws:s3:::a/${aws:username}",
)  # fmt: skip
CONDITIONS: tuple[Json, ...] = (
    {},
    {"StringEquals": {"k:s": "a"}},
    {"StringEquals": {"k:s": "a"}, "Bool": {"k:b": "true"}},
    {"StringLike": {"aws:PrincipalTag/t": "x*"}},
)


def statement(choose: random.Random) -> Json:
    made: Json = {"Effect": "Deny" if choose.random() < 0.3 else "Allow", "Action": "s3:*"}
    name = "NotResource" if choose.random() < 0.15 else "Resource"
    made[name] = choose.sample(RESOURCES, choose.randint(1, 3))
    condition = choose.choice(CONDITIONS)
    return {**made, "Condition": condition} if condition else made


def document(choose: random.Random, shared: list[Json]) -> Json:
    own = [statement(choose) for _ in range(choose.randint(1, 2))]
    kept = [each for each in shared if choose.random() < 0.7]
    return {"Version": VERSION, "Statement": [*own, *kept]}


def compared(documents: list[Json]) -> Comparison:
    left, right = map(policy_of, documents)
    return compare(left, right)


@pytest.mark.parametrize("seed", range(120))
def test_what_the_wording_shows_is_what_the_solver_finds(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    choose = random.Random(seed)
    shared = [statement(choose) for _ in range(2)]
    documents = [document(choose, shared) for _ in range(2)]
    quick = compared(documents)
    monkeypatch.setattr(WitnessSearch, "_is_within", lambda *_, **__: False)
    monkeypatch.setattr(WitnessSearch, "denied_alone", lambda *_: ())
    every = lambda self, reason: self.side.saying(reason.place).resources  # noqa: E731
    monkeypatch.setattr(WitnessSearch, "_unlisted", every)
    monkeypatch.setattr(WitnessSearch, "_models_at_hand", lambda *_: iter(()))
    slow = compared(documents)
    assert slow.verdict in (quick.verdict, "undecided")
    assert {*quick.undecided} <= {*slow.undecided}
    if slow.undecided:
        return
    for some, others in ((quick.only_left, slow.only_left), (quick.only_right, slow.only_right)):
        assert bool(some) is bool(others)


def saying(resource: Any, condition: Any = None, version: str = VERSION, **more: Any) -> Any:
    made = {"Effect": "Allow", "Action": "s3:*", "Resource": resource, **more}
    made |= {"Condition": condition} if condition else {}
    if "NotResource" in made:
        del made["Resource"]
    (parsed,) = policy_of({"Version": version, "Statement": [made]}).statements
    return saying_of(parsed, version)


A, B, ANY_B = "arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::b*"
NAMED = "arn:aws:s3:::${aws:username}"
WHEN, WHEN_BOTH = CONDITIONS[1], CONDITIONS[2]


@pytest.mark.parametrize(
    ("one", "others", "left"),
    [
        (saying(A), [saying(A)], None),
        (saying([A, B]), [saying(A), saying(B)], None),
        (saying([A, B]), [saying(A)], {B}),
        (saying([A, B]), [saying("*")], None),
        (saying(A, WHEN_BOTH), [saying(A, WHEN)], None),
        (saying(A, WHEN), [saying(A, WHEN_BOTH)], {A}),
        (saying(A), [saying(A, WHEN)], {A}),
        (saying(NAMED), [saying(NAMED)], None),
        (saying(NAMED), [saying(NAMED, version="2008-10-17")], {NAMED}),
        (saying("", NotResource=[A, B]), [saying("", NotResource=A)], None),
        (saying("", NotResource=A), [saying("", NotResource=[A, B])], {A}),
        (saying(A), [saying("", NotResource=B)], {A}),
        (saying("", NotResource=A), [saying(A)], {A}),
        (saying(A), [], {A}),
    ],
)
def test_what_no_other_statement_lists(one: Any, others: Any, left: set[str] | None) -> None:
    assert unlisted(one, others) == (None if left is None else frozenset(left))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (saying([B, "arn:aws:s3:::b/x"]), saying(ANY_B), True),
        (saying([A, B]), saying(ANY_B), False),
        (saying(B, WHEN), saying(ANY_B), True),
        (saying(B), saying(ANY_B, WHEN), False),
        (saying("arn:aws:s3:::b${aws:username}"), saying(ANY_B), False),
        (saying("", NotResource=B), saying(ANY_B), False),
    ],
)
def test_resources_that_wider_patterns_cover(one: Any, other: Any, expected: bool) -> None:
    assert are_covered(one, one.resources, [other]) is expected


TEXTS = ("a*", "*b", "?c", "ab*", "*a*", "b?", "abc", "*:c", "a:*", "c*a?")


@pytest.mark.parametrize("seed", range(40))
def test_no_combination_is_lost_where_characters_are_left_out(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    choose = random.Random(seed)
    texts = choose.sample(TEXTS, choose.randint(2, 6))
    patterns = [with_wildcards(each) for each in texts]
    demands = [[patterns[0]], patterns[1:2]]

    def found() -> tuple[object, ...]:
        combinations = PatternSet(patterns, "", "abc:d").combinations()
        return combinations, find_text(demands, patterns[2:])

    few = found()
    monkeypatch.setattr(TellingCharacters, "from_state", lambda self, _: tuple(self._characters))
    assert few == found()


ACTIONS = ("s3:Get*", "s3:GetObject", "s3:*Acl", "s3:PutObject", "sqs:*", "sqs:SendMessage", "*")
PLACES = ("*", "arn:aws:s3:::a/*", "arn:aws:sqs:*:*:q")


def statement_about_actions(choose: random.Random) -> Json:
    listed = choose.sample(ACTIONS, choose.randint(1, 4))
    element = "NotAction" if choose.random() < 0.5 else "Action"
    effect = "Deny" if choose.random() < 0.3 else "Allow"
    return {"Effect": effect, element: listed, "Resource": choose.choice(PLACES)}


def pair_about_actions(choose: random.Random) -> list[Json]:
    kept = statement_about_actions(choose)
    own = [[statement_about_actions(choose) for _ in range(choose.randint(1, 2))] for _ in "ab"]
    return [{"Version": VERSION, "Statement": [kept, *each]} for each in own]


@pytest.mark.parametrize("seed", range(25))
def test_the_actions_that_are_left_out_make_no_difference(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    left, right = map(policy_of, pair_about_actions(random.Random(seed)))
    facts = get_service_facts()
    quick = compare(left, right, facts)
    monkeypatch.setattr(comparison, "scope_of", lambda *_: EVERYTHING)
    slow = compare(left, right, facts)
    assert (quick.verdict, quick.possible_verdict) == (slow.verdict, slow.possible_verdict)


@pytest.mark.parametrize("seed", range(25))
def test_a_witness_that_is_taken_over_for_another_resource_is_one(seed: int) -> None:
    left, right = map(policy_of, pair_about_actions(random.Random(seed)))
    found = compare(left, right, get_service_facts())
    for one, other, witnesses in ((left, right, found.only_left), (right, left, found.only_right)):
        for each in witnesses:
            assert compared_policy(one).decide(each.proof, NO_LIMIT).is_allowed
            assert not compared_policy(other).decide(each.proof, NO_LIMIT).is_allowed


@pytest.mark.parametrize(
    ("left", "right", "told_apart"),
    [
        (["s3:Get*", "sqs:*"], ["s3:Get*"], {"sqs": {"sqs:*"}}),
        (["S3:get*", "sqs:*"], ["s3:Get*", "SQS:*"], {}),
        (["s3:*"], ["sqs:*"], {"s3": {"s3:*"}, "sqs": {"sqs:*"}}),
    ],
)
def test_two_lists_of_exceptions_differ_by_what_one_has_alone(
    left: list[str], right: list[str], told_apart: dict[str, set[str]]
) -> None:
    policies = [
        policy_of({"Statement": [{"Effect": "Allow", "NotAction": each, "Resource": "*"}]})
        for each in (left, right)
    ]
    assert scope_of(*policies).patterns == told_apart


def test_an_unknown_action_that_is_an_exception_no_more_is_perhaps_asked() -> None:
    def denying(*exceptions: str) -> Json:
        return {"Effect": "Deny", "NotAction": ["s3:*", *exceptions], "Resource": "*"}

    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    old = policy_of({"Statement": [allow, denying("elastic-inference:Connect")]})
    new = policy_of({"Statement": [allow, denying()]})
    assert compare(old, new, get_service_facts()).possible_verdict == "right_subset"
