"""Of which actions a policy may allow what another doesn't: the others are not looked at."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyhub.iam.comparing import comparison
from policyhub.iam.comparing.comparison import compare, excess
from policyhub.iam.comparing.scope import scope_of_excess
from tests.iam.comparing.pairs import ACTIONS, CONDITIONS, RESOURCES, Json, policy_of

EVERYTHING = "everything"


def said(effect: str = "Allow", resource: Any = "*", **elements: Any) -> Json:
    """A statement."""
    return {"Effect": effect, "Resource": resource, **elements}


def document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
# What is allowed by one side, by the other, and the patterns that are to be looked at.
CASES: list[tuple[list[Json], list[Json], Any]] = [
    ([said(Action="s3:GetObject")], [said(Action="s3:GetObject")], []),
    ([said(Action="s3:GetObject")], [said(Action="S3:getobject"), said(Action="ec2:*")], []),
    ([said(Action="s3:GetObject")], [said(Action="s3:Get*")], []),
    ([said(Action="s3:GetObject")], [said(Action="*")], []),
    ([said(Action="s3:Get*")], [said(Action="s3:*")], []),
    ([said(Action="s3:Get*")], [said(Action="s3:GetO*")], ["s3:get*"]),
    ([said(Action="s3:Get*")], [said(Action="s3:GetObject")], ["s3:get*"]),
    ([said(Action="s3:*")], [said(NotAction="iam:*")], []),
    ([said(Action="*:Get*")], [said(NotAction="iam:*")], ["*:get*"]),
    ([said(Action="s3:Get*")], [said(NotAction="s3:Put*")], ["s3:get*"]),
    ([said(Action="s3:GetObject")], [said(NotAction="s3:Put*")], []),
    ([said(Action="iam:PassRole")], [said(NotAction="iam:*")], ["iam:passrole"]),
    ([said(NotAction="iam:*")], [said(Action="*")], []),
    ([said(NotAction="iam:*")], [said(Action="*:*")], []),
    ([said(NotAction=["iam:*", "sts:*"])], [said(NotAction="IAM:*")], []),
    ([said(NotAction="iam:*")], [said(NotAction=["iam:*", "sts:*"])], EVERYTHING),
    ([said(NotAction="iam:*")], [said(Action="s3:*")], EVERYTHING),
    ([said(Action="s3:Get*", resource="arn:aws:s3:::a")], [said(Action="s3:*")], []),
    (
        [said(Action="s3:Get*", resource=["arn:aws:s3:::a", "arn:aws:s3:::b"])],
        [
            said(Action="s3:*", resource="arn:aws:s3:::a"),
            said(Action="s3:G*", resource="arn:aws:s3:::b"),
        ],
        [],
    ),
    (
        [said(Action="s3:Get*", resource="arn:aws:s3:::a/b")],
        [said(Action="s3:*", resource="arn:aws:s3:::a/*")],
        [],
    ),
    (
        [said(Action="s3:Get*")],
        [said(Action="s3:*", resource="arn:aws:s3:::a/*")],
        ["s3:get*"],
    ),
    ([said(Action="s3:Get*", Condition=MFA)], [said(Action="s3:*")], []),
    ([said(Action="s3:Get*")], [said(Action="s3:*", Condition=MFA)], ["s3:get*"]),
    (
        [said(Action="s3:GetObject")],
        [said(Action="s3:*"), said("Deny", Action="s3:*Object")],
        ["s3:*object"],
    ),
    (
        [said(Action="s3:GetObject"), said("Deny", Action="s3:*Object")],
        [said(Action="s3:*"), said("Deny", Action="s3:*Object")],
        [],
    ),
    ([said(Action="s3:Get*"), said("Deny", Action="s3:*Acl")], [said(Action="s3:*")], []),
    ([said("Deny", Action="s3:*")], [said(Action="s3:*")], []),
    ([said(Action="s3:*")], [said(Action="*"), said("Deny", NotAction="s3:*")], EVERYTHING),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "patterns"), CASES)
def test_only_what_is_not_seen_to_be_covered_is_looked_at(
    left: list[Json], right: list[Json], patterns: Any
) -> None:
    sides = policy_of(document(*left)), policy_of(document(*right))
    scope = scope_of_excess(*sides)
    assert scope.is_everything is (patterns == EVERYTHING)
    assert list(scope.written()) == (["*"] if patterns == EVERYTHING else patterns)


def drawn(choose: random.Random) -> Json:
    """A document of a few statements of any kind."""
    statements = []
    for _ in range(choose.randint(1, 4)):
        element = choose.choice(("Action", "Action", "Action", "NotAction"))
        effect = choose.choice(("Allow", "Allow", "Allow", "Deny"))
        made = said(effect, choose.sample(RESOURCES, choose.randint(1, 2)))
        made[element] = choose.sample(ACTIONS, choose.randint(1, 3))
        if choose.random() < 0.3:
            operator, key, values = choose.choice(CONDITIONS)
            made["Condition"] = {operator: {key: list(values)}}
        statements.append(made)
    return document(*statements)


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_what_is_left_out_is_never_an_excess(seed: int) -> None:
    choose = random.Random(seed)
    one, other = policy_of(drawn(choose)), policy_of(drawn(choose))
    whole = compare(one, other)
    half = excess(one, other)
    assert half.is_none is (whole.verdict in ("equivalent", "left_subset"))
    assert bool(half.witnesses) is bool(whole.only_left)


def test_nothing_is_compared_where_all_is_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "Difference", None)
    read = policy_of(document(said(Action=["s3:Get*", "s3:List*"])))
    assert excess(read, policy_of(document(said(Action="s3:*")))).is_none
    with pytest.raises(TypeError):
        excess(policy_of(document(said(Action="s3:*"))), read)


def test_the_pairs_of_the_benchmark_are_thirty_and_each_is_decided() -> None:
    from tests.benchmarks.bench_containment import pairs

    found = list(pairs())
    assert len({each["name"] for each in found}) == 30
    for pair in found:
        left, right = (policy_of(pair[side]) for side in ("left", "right"))
        half = excess(left, right)
        assert half.is_none != bool(half.witnesses), pair["name"]
