"""What two policies allow and each other doesn't: verdicts with proof, and never a guess."""

from __future__ import annotations

import importlib
import json
import random
from typing import Any

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.comparing import automaton, comparison
from policyhub.iam.comparing.comparison import Comparison, compare
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.reading.document import parse_policy
from tests.catalog.corpus import documents
from tests.iam.comparing.pairs import (
    assert_agrees,
    check,
    policy_of,
    random_pair,
    random_requests,
    rewritten,
    with_one_condition_less,
    with_one_statement_less,
)

TURNED = {
    "left_subset": "right_subset",
    "right_subset": "left_subset",
    "equivalent": "equivalent",
    "overlapping": "overlapping",
    "disjoint": "disjoint",
    "undecided": "undecided",
}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def when(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: list(values)}}}


def compared(left: Any, right: Any, version: str = "2012-10-17") -> Comparison:
    one, other = (
        policy_of({"Version": version, "Statement": side if isinstance(side, list) else [side]})
        for side in (left, right)
    )
    found = compare(one, other)
    check(found, one, other)
    return found


TWO_KEYS_EACH = [
    allow("a:B", **{"Condition": {"StringEquals": {f"k:{n}": "x", f"l:{n}": "x"}}})
    for n in range(3)
]
CASES = [
    # Actions
    (allow("s3:Get*"), allow("s3:get*"), "equivalent"),
    (allow("s3:GetObject"), allow("s3:Get*"), "left_subset"),
    (allow("*"), allow("s3:*"), "right_subset"),
    (allow("s3:Get*"), allow("s3:*Object"), "overlapping"),
    (allow("s3:GetObject"), allow("s3:PutObject"), "disjoint"),
    (allow("s3:Get?bject"), allow("s3:GetObject"), "right_subset"),
    (allow(["s3:A*", "s3:*"]), allow("s3:*"), "equivalent"),
    (allow("*:*"), allow("*"), "equivalent"),
    (allow("*:Get*"), allow("s3:Get*"), "right_subset"),
    # A service whose prefix is what the group of all unnamed services would be called
    (
        {"Effect": "Allow", "NotAction": "other:*", "Resource": "*"},
        [allow("*"), deny("other:*")],
        "equivalent",
    ),
    # The key of a variable that a Deny is about too
    (
        [
            allow("a:B", "arn:aws:s3:::b/${aws:username}"),
            deny("a:B", **when("StringLike", "aws:username", "5*")),
        ],
        allow("a:B", "arn:aws:s3:::b/x*"),
        "overlapping",
    ),
    ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, allow("*"), "left_subset"),
    (
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        [allow("*"), deny("iam:*")],
        "equivalent",
    ),
    # Nothing at all
    (deny("*"), deny("s3:*"), "equivalent"),
    (deny("*"), allow("s3:*"), "left_subset"),
    ([allow("s3:*"), deny("s3:*")], deny("*"), "equivalent"),
    # Resources
    (allow("s3:*", "arn:aws:s3:::a/*"), allow("s3:*", "arn:aws:s3:::*"), "left_subset"),
    (allow("s3:*", "arn:aws:s3:::a"), allow("s3:*", "arn:aws:s3:::b"), "disjoint"),
    (allow("s3:*", ["arn:aws:s3:::a*", "arn:aws:s3:::ab"]), allow("s3:*", "arn:aws:s3:::a*"),
     "equivalent"),
    (allow("s3:*", "arn:aws:s3:::a*"), allow("s3:*", "arn:aws:s3:::*a"), "overlapping"),
    (
        {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::a"},
        [allow("s3:*"), deny("s3:*", "arn:aws:s3:::a")],
        "equivalent",
    ),
    (
        {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::a"},
        allow("s3:*", "arn:aws:s3:::b*"),
        "right_subset",
    ),
    ([allow("s3:*"), deny("s3:*", "arn:aws:s3:::a?")], allow("s3:*"), "left_subset"),
    # Strings
    (allow("a:B", **when("StringEquals", "k:k", "x")), allow("a:B"), "left_subset"),
    (
        allow("a:B", **when("StringEquals", "k:k", "x")),
        allow("a:B", **when("StringLike", "K:K", "x")),
        "equivalent",
    ),
    (
        allow("a:B", **when("StringEquals", "k:k", "X")),
        allow("a:B", **when("StringEqualsIgnoreCase", "k:k", "x")),
        "left_subset",
    ),
    (
        allow("a:B", **when("StringNotEquals", "k:k", "x")),
        [allow("a:B"), deny("a:B", **when("StringEquals", "k:k", "x"))],
        "equivalent",
    ),
    (
        allow("a:B", **when("StringEqualsIfExists", "k:k", "x")),
        allow("a:B", **when("StringEquals", "k:k", "x")),
        "right_subset",
    ),
    (
        allow("a:B", **when("StringLike", "k:k", "a*", "b*")),
        [allow("a:B", **when("StringLike", "k:k", "a*")),
         allow("a:B", **when("StringLike", "k:k", "b*"))],
        "equivalent",
    ),
    # Presence
    (
        [allow("a:B", **when("Null", "k:k", "true")), allow("a:B", **when("Null", "k:k", "false"))],
        allow("a:B"),
        "equivalent",
    ),
    (allow("a:B", **when("Null", "k:k", "true")), allow("a:B", **when("Null", "k:k", "false")),
     "disjoint"),
    # Numbers
    (
        allow("a:B", **when("NumericLessThan", "k:n", "10")),
        allow("a:B", **when("NumericLessThanEquals", "k:n", "10")),
        "left_subset",
    ),
    (
        [allow("a:B", **when("NumericLessThan", "k:n", "10")),
         allow("a:B", **when("NumericGreaterThanEquals", "k:n", "10"))],
        allow("a:B", **when("Null", "k:n", "false")),
        "left_subset",
    ),
    (
        allow("a:B", **when("NumericEquals", "k:n", "1.0")),
        allow("a:B", **when("NumericEquals", "k:n", "1")),
        "equivalent",
    ),
    # Dates
    (
        allow("a:B", **when("DateLessThan", "aws:CurrentTime", "2026-01-01")),
        allow("a:B", **when("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00+00:00")),
        "equivalent",
    ),
    (
        allow("a:B", **when("DateGreaterThan", "aws:CurrentTime", "2026-01-01")),
        allow("a:B", **when("DateGreaterThan", "aws:CurrentTime", "2025-01-01")),
        "left_subset",
    ),
    # Addresses
    (
        allow("a:B", **when("IpAddress", "aws:SourceIp", "10.0.0.0/9", "10.128.0.0/9")),
        allow("a:B", **when("IpAddress", "aws:SourceIp", "10.0.0.0/8")),
        "equivalent",
    ),
    (
        allow("a:B", **when("IpAddress", "aws:SourceIp", "10.0.0.0/8")),
        allow("a:B", **when("IpAddress", "aws:SourceIp", "0.0.0.0/0")),
        "left_subset",
    ),
    (
        allow("a:B", **when("NotIpAddress", "aws:SourceIp", "0.0.0.0/0")),
        allow("a:B", **when("IpAddress", "aws:SourceIp", "::/0")),
        "right_subset",
    ),
    # Booleans and binary
    (
        allow("a:B", **when("Bool", "k:b", "true", "false")),
        allow("a:B", **when("Bool", "k:b", "TRUE")),
        "right_subset",
    ),
    (
        allow("a:B", **when("BinaryEquals", "k:b", "eA==")),
        allow("a:B", **when("BinaryEquals", "k:b", "eQ==")),
        "disjoint",
    ),
    # ARNs: a star crosses no colon here
    (
        allow("a:B", **when("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:x")),
        allow("a:B", **when("StringLike", "aws:SourceArn", "arn:aws:s3:*:*:x")),
        "left_subset",
    ),
    # Sets
    (
        allow("a:B", **when("ForAllValues:StringEquals", "aws:TagKeys", "a", "b")),
        allow("a:B", **when("ForAnyValue:StringEquals", "aws:TagKeys", "a", "b")),
        "overlapping",
    ),
    (
        allow("a:B", **{"Condition": {
            "ForAnyValue:StringEquals": {"aws:TagKeys": "a"},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]},
        }}),
        allow("a:B", **when("ForAllValues:StringEquals", "aws:TagKeys", "a", "b", "c")),
        "left_subset",
    ),
    # Variables
    (
        allow("s3:*", "arn:aws:s3:::${aws:username}/*"),
        allow("s3:*", "arn:aws:s3:::*"),
        "left_subset",
    ),
    (
        allow("s3:*", "arn:aws:s3:::${aws:username}/a"),
        allow("s3:*", "arn:aws:s3:::${aws:username}/*"),
        "left_subset",
    ),
    (
        allow("s3:*", "arn:aws:s3:::${aws:username}"),
        allow("s3:*", "arn:aws:s3:::${aws:userid}"),
        "overlapping",
    ),
    (
        allow("a:B", **when("StringEquals", "k:k", "${aws:username}")),
        allow("a:B", **when("StringEquals", "k:k", "${aws:username}", "root")),
        "left_subset",
    ),
    (
        allow("a:B", **{"Condition": {
            "ForAnyValue:StringEquals": {"aws:TagKeys": "a"},
            "ForAllValues:StringEquals": {"aws:TagKeys": "b"},
        }}),
        deny("*"),
        "equivalent",
    ),
    (
        allow("a:B", **{"Condition": {
            "ForAllValues:StringEquals": {"k:k": "a"}, "Null": {"k:k": "false"},
        }}),
        allow("a:B", **when("ForAllValues:StringLike", "k:k", "?")),
        "left_subset",
    ),
    # Escapes, addresses and ARNs that are none, in any case
    (
        allow("s3:*", "arn:aws:s3:::a${*}"),
        allow("s3:*", "arn:aws:s3:::a*"),
        "left_subset",
    ),
    (
        allow("a:B", **when("StringEquals", "k:k", "a${*}b")),
        allow("a:B", **when("StringLike", "k:k", "a${*}?")),
        "left_subset",
    ),
    (
        allow("a:B", **when("StringEqualsIgnoreCase", "k:k", "\u0130")),
        allow("a:B", **when("StringNotEquals", "k:k", "x")),
        "left_subset",
    ),
    (
        allow("a:B", **when("IpAddress", "aws:SourceIp", "nowhere", "10.0.0.0/8")),
        allow("a:B", **when("IpAddress", "aws:SourceIp", "10.0.0.0/8")),
        "equivalent",
    ),
    (
        allow("a:B", **when("ArnLike", "k:a", "arn:aws:s3:::${*}", "nothing")),
        allow("a:B", **when("ArnLike", "k:a", "arn:aws:s3:::${*}")),
        "undecided",
    ),
    (allow("a:B", **when("ArnLike", "k:a", "nothing")), deny("*"), "equivalent"),
    (
        allow("a:B", **when("ArnLike", "k:a", "arn:aws:s3:::?x", "arn:aws:s?:*:::y")),
        allow("a:B", **when("ArnLike", "k:a", "arn:*:*:*:*:*")),
        "left_subset",
    ),
    (
        allow("a:B", **when("NumericEquals", "k:n", "1e300000000")),
        allow("a:B", **when("NumericGreaterThan", "k:n", "5")),
        "left_subset",
    ),
    (
        allow("a:B", **when("NumericLessThan", "k:n", "none")),
        deny("*"),
        "equivalent",
    ),
    # What no request can ask for
    (allow(["s3:Get Object", "s3.x:Get*"]), deny("*"), "equivalent"),
    # Services that nothing names
    ([allow("*"), deny("other:*")], allow("*"), "left_subset"),
    # Two variables, one of which another condition settles
    (
        allow("a:B", "arn:aws:s3:::${aws:username}", **when("StringEquals", "aws:username", "b")),
        allow("a:B", "arn:aws:s3:::b"),
        "left_subset",
    ),
    (
        allow("a:B", "arn:aws:s3:::${aws:username}", **when("Null", "aws:username", "true")),
        deny("*"),
        "equivalent",
    ),
    (
        allow("a:B", **when("StringEquals", "k:k", "${aws:username}")),
        allow("a:B", **when("StringNotEquals", "k:k", "x")),
        "overlapping",
    ),
    (
        allow("a:B", "arn:aws:s3:::${aws:username}",
              **when("StringEquals", "aws:username", "${aws:userid}")),
        allow("a:B", "arn:aws:s3:::x*"),
        "undecided",
    ),
    (
        allow("a:B", "arn:aws:s3:::${aws:username}", **when("StringLike", "aws:username", "b*")),
        allow("a:B", "arn:aws:s3:::b*"),
        "undecided",
    ),
    (
        allow("a:B", **when("Null", "aws:username", "true")),
        allow("a:B", "arn:aws:s3:::${aws:username}"),
        "disjoint",
    ),
    # Many other statements, of which some say nothing about what is asked
    (
        [allow("a:B", "arn:aws:s3:::x"), deny("a:B")],
        [allow("a:B", **when("StringEquals", f"k:{n}", "x")) for n in range(65)],
        "left_subset",
    ),
    (
        allow("a:B", "arn:aws:s3:::${aws:username}/a"),
        [allow("a:B", "arn:aws:s3:::*/a"), *TWO_KEYS_EACH],
        "left_subset",
    ),
    (
        allow("a:B", **when("ArnLike", "k:a", "arn:aws:s3:::${*}x")),
        TWO_KEYS_EACH,
        "undecided",
    ),
    # KMS and roles to assume: their own policy has to let the account in
    (
        allow("kms:Decrypt", "arn:aws:kms:*:*:key/*",
              **when("StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}")),
        allow("kms:Decrypt", "arn:aws:kms:*:*:key/*"),
        "left_subset",
    ),
    (
        allow("kms:Decrypt", "arn:aws:kms:*:*:key/*",
              **when("StringEqualsIfExists", "aws:PrincipalArn", "arn:aws:iam::1:role/x")),
        deny("*"),
        "right_subset",
    ),
    (
        allow("kms:Decrypt", "arn:aws:kms:*:*:key/*", **when("Null", "aws:PrincipalArn", "true")),
        deny("*"),
        "undecided",
    ),
    (
        allow("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/a"),
        deny("*"),
        "right_subset",
    ),
    (allow("sts:AssumeRole", "arn:aws:iam::123456789012:role/a"), deny("*"), "right_subset"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "verdict"), CASES)
def test_the_verdict_is_right_and_every_difference_is_proved(
    left: Any, right: Any, verdict: str
) -> None:
    assert compared(left, right).verdict == verdict
    assert compared(right, left).verdict == TURNED[verdict]


def test_variables_are_text_in_the_older_language() -> None:
    left = allow("s3:*", "arn:aws:s3:::${aws:username}")
    assert compared(left, allow("s3:*", "arn:aws:s3:::$*"), "2008-10-17").verdict == "left_subset"


def test_each_reason_has_one_witness() -> None:
    found = compared(
        [allow(["s3:A", "s3:B", "ec2:*"]), allow("iam:PassRole", "arn:aws:iam::*:role/x*")],
        [allow("s3:A"), allow("ec2:DescribeInstances"),
         allow("iam:PassRole", "arn:aws:iam::*:role/y*")],
    )  # fmt: skip
    assert found.verdict == "overlapping"
    assert sorted((each.action.lower(), each.pattern) for each in found.only_left) == [
        ("ec2:a", "ec2:*"), ("iam:passrole", "iam:PassRole"), ("s3:b", "s3:B"),
    ]  # fmt: skip


def test_known_actions_are_the_examples() -> None:
    one, other = (policy_of({"Statement": [allow(each)]}) for each in ("ec2:Run*", "s3:Get*"))
    found = compare(one, other, get_service_facts())
    assert [each.action for each in found.only_left] == ["ec2:RunInstances"]
    assert [each.action for each in found.only_right] == ["s3:GetAccelerateConfiguration"]


def undecided_with(monkeypatch: pytest.MonkeyPatch, bound: str, left: Any, right: Any) -> str:
    sides = [policy_of({"Version": "2012-10-17", "Statement": each}) for each in (left, right)]
    module, _, name = bound.rpartition(".")
    monkeypatch.setattr(importlib.import_module(f"policyhub.iam.comparing.{module}"), name, 2)
    found = compare(sides[0], sides[1])
    assert found.verdict == "undecided"
    return found.undecided[0]


# All of them allow a request without context, so that the plainest request proves nothing.
BOUND_TWICE = [
    allow("a:b", **{"Condition": {"StringNotEquals": {f"k:{n}": "x", f"l:{n}": "x"}}})
    for n in range(3)
]
LIKE_BOTH = {"Condition": {"StringLike": {"k:k": "*ab*"}, "StringNotLike": {"k:k": "*ba*"}}}


@pytest.mark.parametrize(
    ("bound", "left", "right", "reason"),
    [
        ("automaton.MAX_STATES", allow("a:b", **LIKE_BOTH),
         allow("a:b", **when("StringLike", "k:k", "*cc*")), "patterns of a condition"),
        ("automaton.MAX_STATES", allow("a:b", "arn:aws:s3:::*a"),
         allow("a:b", "arn:aws:s3:::?*"), "resource patterns"),
        ("automaton.MAX_STATES", allow("a:b", "arn:aws:s3:::${aws:username}/a*"),
         allow("a:b", "arn:aws:s3:::${aws:username}/*"), "too many combinations"),
        ("solver._MOST_STEPS", allow("a:b"), BOUND_TWICE, "conditions have too many"),
        ("solver._MOST_WORK", allow("a:b"), BOUND_TWICE, "conditions have too many"),
        ("witness_search.MODELS_TRIED",
         allow("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/a",
         **when("Null", "aws:PrincipalArn", "true")), allow("a:b"), "no request that was tried"),
    ],
)  # fmt: skip
def test_each_bound_gives_undecided_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, bound: str, left: Any, right: Any, reason: str
) -> None:
    assert reason in undecided_with(monkeypatch, bound, left, right)


def test_what_is_beyond_the_bounds_is_undecided_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(automaton, "MAX_STATES", 3)
    left = policy_of({"Statement": [allow(["s3:*a*", "s3:*b"])]})
    found = compare(left, policy_of({"Statement": [allow("s3:Put*")]}))
    assert (found.verdict, found.only_left) == ("undecided", ())
    assert found.undecided == ("the action patterns have too many combinations",)
    monkeypatch.undo()
    monkeypatch.setattr(comparison, "_MOST_CELLS", 1)
    assert compare(left, policy_of({"Statement": [allow("s3:Put*")]})).verdict == "undecided"


def test_what_both_allow_is_undecided_where_their_patterns_have_too_many_combinations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(automaton, "MAX_STATES", 5)
    alike = [deny("a:*a*b*"), deny("a:*b*a*"), deny("a:*c*")]
    sides = [policy_of({"Statement": [*alike, allow(each)]}) for each in ("b:C", "b:D")]
    found = compare(sides[0], sides[1])
    assert (len(found.only_left), len(found.only_right)) == (1, 1)
    assert found.verdict == "undecided"
    assert found.undecided == ("the action patterns have too many combinations",)


def test_a_request_that_proves_one_action_is_tried_for_a_key_and_proves_nothing_there() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/a"
    nobody = when("Null", "aws:PrincipalArn", "true")
    found = compared(allow(["a:B", "kms:Decrypt"], key, **nobody), allow("b:C"))
    assert [each.action for each in found.only_left] == ["a:b"]
    assert found.undecided == ("no request that was tried proves a difference about kms:decrypt",)


def test_several_kinds_of_comparison_of_one_key_are_undecided_where_nothing_is_found() -> None:
    left = allow("a:B", **{"Condition": {
        "NumericLessThan": {"k:k": "5"}, "StringLike": {"k:k": "1?"}, "DateLessThan": {"k:k": "3"},
    }})  # fmt: skip
    found = compared(left, deny("*"))
    assert found.verdict == "undecided"
    assert "compared in several ways" in found.undecided[0]


@pytest.mark.parametrize("seed", range(150))
def test_random_pairs_agree_with_random_requests(seed: int) -> None:
    choose = random.Random(seed)
    left, right = random_pair(choose)
    found = compare(left, right)
    check(found, left, right)
    sides = [
        AppliedPolicies(identity=(AppliedPolicy("side", CompiledPolicy(each)),))
        for each in (left, right)
    ]
    seen = set()
    for request in random_requests(choose, 150):
        seen.add(tuple(evaluate(request, side).is_allowed for side in sides))
    assert_agrees(found.verdict, seen)


@pytest.mark.parametrize("seed", range(60))
def test_containment_is_transitive_and_reflexive(seed: int) -> None:
    choose = random.Random(1_000 + seed)
    one, two = random_pair(choose)
    three, _ = random_pair(choose)
    assert compare(one, one).verdict == "equivalent"
    within = {"equivalent", "left_subset"}
    if {compare(one, two).verdict, compare(two, three).verdict} <= within:
        assert compare(one, three).verdict in within


CORPUS = sorted(documents(), key=len)


@pytest.mark.parametrize("text", CORPUS[::16], ids=range(len(CORPUS[::16])))
def test_a_managed_policy_is_the_same_rewritten_and_more_than_with_less(text: str) -> None:
    document = json.loads(text)
    choose = random.Random(len(text))
    policy = policy_of(document)
    assert compare(policy, policy_of(rewritten(document, choose))).verdict == "equivalent"
    for changed, turned in (
        with_one_statement_less(document, choose),
        with_one_condition_less(document, choose),
    ):
        if changed is not None:
            other = policy_of(changed)
            found = compare(policy, other)
            check(found, policy, other)
            assert found.verdict in ("equivalent", turned, "overlapping")


def test_a_broken_statement_is_never_allowed_more() -> None:
    parsed = parse_policy(
        json.dumps({"Statement": [allow("s3:*", **when("StringSounds", "k", "x"))]})
    )
    assert parsed.policy is not None
    assert compare(parsed.policy, policy_of({"Statement": [deny("*")]})).verdict == "equivalent"


def test_nothing_is_tried_of_actions_that_both_can_not_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether two sides have anything in common is bounded, too."""
    one = allow("a:B", **when("StringLike", "k:k", "a*b*c", "d"))
    other = allow("a:B", **when("StringLike", "k:k", "*z", "e"))
    monkeypatch.setattr(automaton, "MAX_STATES", 4)
    assert compared([one, allow("x:Y")], [other, allow("x:Z")]).verdict == "undecided"
    kms = allow("kms:Decrypt", "arn:aws:kms:*:*:key/*", **when("Null", "aws:PrincipalArn", "true"))
    monkeypatch.undo()
    found = compared([kms, allow("x:Y")], [kms, allow("x:Z")])
    assert (found.verdict, found.undecided) == (
        "undecided", ("no request tried proves that both allow kms:decrypt",),
    )  # fmt: skip


def test_a_request_of_nothing_is_made_without_a_caller() -> None:
    found = compared(allow("s3:GetObject", "arn:aws:s3:::a"), deny("*"))
    (witness,) = found.only_left
    assert witness.to_dict() == {
        "action": "s3:getobject", "resource": "arn:aws:s3:::a", "context": {},
    }  # fmt: skip
    assert isinstance(witness.proof.request, Request)
