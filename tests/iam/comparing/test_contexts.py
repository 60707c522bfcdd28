"""Only contexts that AWS can send count, and any where any is asked about."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any, get_args

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.budget import Steps
from policyhub.iam.comparing.comparison import Comparison, compare
from policyhub.iam.comparing.contexts import (
    ANY_CONTEXT,
    Contexts,
    admits,
    contexts_of,
    examples_of,
    moment_in_text,
)
from policyhub.iam.comparing.solver import Solver, in_contexts, simplified
from policyhub.iam.deciding.condition_keys import KeyTraits, ValueType
from policyhub.iam.deciding.formula import Literal, Truth, all_of, any_of
from policyhub.iam.explaining.facts import condition_holds
from policyhub.iam.explaining.residual import Residual
from policyhub.iam.language.elements import Condition
from tests.iam import reference, reference_contexts
from tests.iam.comparing.pairs import assert_agrees, check, policy_of

AWS = contexts_of(get_service_facts())
ROLE = "arn:aws:iam::123456789012:role/deploy"


def documented(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def reading(**condition: Any) -> dict[str, Any]:
    made = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    return {**made, **({"Condition": condition} if condition else {})}


def compared(left: Any, right: Any, contexts: Contexts = AWS) -> Comparison:
    one, other = (
        policy_of(documented(*(each if isinstance(each, list) else [each])))
        for each in (left, right)
    )
    found = compare(one, other, contexts=contexts)
    check(found, one, other)
    return found


ALWAYS_TRUE: list[Any] = [
    reading(DateGreaterThan={"aws:CurrentTime": "2000-01-01T00:00:00Z"}),
    reading(DateGreaterThan={"aws:EpochTime": "0"}),
    reading(NumericGreaterThan={"aws:EpochTime": "0"}),
    reading(Null={"aws:PrincipalArn": "false"}),
    reading(Null={"aws:userid": "false"}),
    reading(StringLike={"aws:userid": "*"}),
    reading(Null={"aws:PrincipalAccount": "false"}),
    reading(Null={"aws:PrincipalType": "false"}),
    reading(Bool={"aws:ViaAWSService": ["true", "false"]}),
    reading(Bool={"aws:SecureTransport": ["true", "false"]}),
    reading(StringEquals={"aws:SecureTransport": ["true", "false"]}),
    reading(Null={"aws:RequestedRegion": "false"}),
    reading(ArnLike={"aws:PrincipalArn": ["arn:*:iam::*:*", "arn:*:sts::*:*"]}),
    [reading(Bool={"aws:SecureTransport": each}) for each in ("true", "false")],
    [
        reading(DateLessThan={"aws:CurrentTime": "2026-01-01"}),
        reading(NumericGreaterThanEquals={"aws:EpochTime": "1767225600"}),
    ],
]


@pytest.mark.parametrize("said", ALWAYS_TRUE)
def test_what_is_so_in_every_request_makes_no_difference(said: Any) -> None:
    assert compared(reading(), said).verdict == "equivalent"
    assert compared(said, reading()).verdict == "equivalent"
    assert compared(reading(), said, ANY_CONTEXT).verdict == "right_subset"


NOT_ALWAYS_TRUE: list[tuple[Any, str]] = [
    (reading(Null={"aws:username": "false"}), "aws:username"),
    (reading(Null={"aws:SourceIp": "false"}), "aws:SourceIp"),
    (reading(IpAddress={"aws:SourceIp": ["0.0.0.0/0", "::/0"]}), "aws:SourceIp"),
    (reading(Bool={"aws:MultiFactorAuthPresent": ["true", "false"]}), "aws:MultiFactorAuthPresent"),
    (reading(Null={"aws:ResourceAccount": "false"}), "aws:ResourceAccount"),
]


@pytest.mark.parametrize(("said", "key"), NOT_ALWAYS_TRUE)
def test_a_key_that_may_be_missing_makes_one_and_is_named(said: Any, key: str) -> None:
    found = compared(reading(), said)
    assert found.verdict == "right_subset"
    assert [each.absent for each in found.only_left] == [(key,)]


VERDICTS: list[tuple[Any, Any, str, str]] = [
    # Never so: as good as no statement
    (reading(Null={"aws:PrincipalArn": "true"}), reading(DateLessThan={"aws:CurrentTime": "2010"}),
     "equivalent", "overlapping"),
    (reading(StringEquals={"aws:ViaAWSService": "yes"}), reading(Null={"aws:userid": "true"}),
     "equivalent", "overlapping"),
    # The two keys of the time say the same
    (reading(DateLessThan={"aws:CurrentTime": "2026-01-01"}),
     reading(DateLessThan={"aws:EpochTime": "1767225600"}), "equivalent", "overlapping"),
    (reading(DateLessThan={"aws:CurrentTime": "2026-01-01"}),
     reading(DateGreaterThan={"aws:EpochTime": "1767225599.5"}), "overlapping", "overlapping"),
    (reading(DateLessThan={"aws:CurrentTime": "2026-01-01"}),
     reading(NumericGreaterThan={"aws:EpochTime": "1767225600"}), "disjoint", "overlapping"),
    # A key with one value is no list
    (reading(**{"ForAnyValue:StringEqualsIfExists": {"iam:PassedToService": "ecs.amazonaws.com"}}),
     reading(StringEqualsIfExists={"iam:PassedToService": "ecs.amazonaws.com"}),
     "equivalent", "right_subset"),
    # IfExists says nothing more where the key exists
    (reading(StringLikeIfExists={"aws:PrincipalArn": ROLE}),
     reading(StringLike={"aws:PrincipalArn": ROLE}), "equivalent", "right_subset"),
    # A star that crosses colons, on ARNs that have no more of them
    (reading(StringLike={"aws:PrincipalArn": "arn:aws:*"}),
     reading(ArnLike={"aws:PrincipalArn": "arn:aws:*:*:*:*"}),
     "equivalent", "right_subset"),
    (reading(StringNotLike={"aws:PrincipalArn": "arn:*"}), reading(Null={"aws:userid": "true"}),
     "equivalent", "overlapping"),
    # Not known: the reference has no type for it, or one that gives way
    (reading(Bool={"k:unknown": ["true", "false"]}), reading(Null={"k:unknown": "false"}),
     "left_subset", "left_subset"),
    (reading(StringLike={"ecs:cluster": "web*"}), reading(Null={"ecs:cluster": "true"}),
     "disjoint", "disjoint"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "verdict", "in_any"), VERDICTS)
def test_the_verdict_is_about_contexts_that_aws_can_send(
    left: Any, right: Any, verdict: str, in_any: str
) -> None:
    assert compared(left, right).verdict == verdict
    assert compared(left, right, ANY_CONTEXT).verdict == in_any


def test_a_time_that_is_compared_as_text_is_undecided_where_nothing_is_found() -> None:
    found = compared(reading(), reading(StringLike={"aws:CurrentTime": "20*"}))
    assert (found.verdict, "compared as text" in found.undecided[0]) == ("undecided", True)


def test_an_address_that_is_compared_as_a_date_is_undecided_where_nothing_is_found() -> None:
    found = compared(reading(DateLessThan={"aws:SourceIp": "2010"}), reading(Null={"k:k": "x"}))
    assert found.only_left == ()
    assert "compared as if it were of another type" in found.undecided[0]


def test_variables_take_values_of_their_keys_type() -> None:
    left = {**reading(), "Resource": "arn:aws:s3:::b/${aws:SecureTransport}"}
    right = {**reading(), "Resource": ["arn:aws:s3:::b/true", "arn:aws:s3:::b/false"]}
    assert compared(left, right).verdict == "left_subset"
    (witness,) = compared(left, {**reading(), "Resource": "arn:aws:s3:::b/true"}).only_left
    assert witness.proof.context == {"aws:SecureTransport": "false"}


@pytest.mark.parametrize("seed", range(80))
def test_the_naive_reference_agrees_in_every_context_that_aws_can_send(seed: int) -> None:
    choose = random.Random(seed)
    documents = [documented(*reference_contexts.random_statements(choose)) for _ in range(2)]
    left, right = map(policy_of, documents)
    found = compare(left, right, contexts=AWS)

    def allowed(request: dict[str, Any]) -> tuple[bool, ...]:
        asked = [{**request, "identityPolicies": [each]} for each in documents]
        return tuple(reference.decide(each)["decision"] == "allowed" for each in asked)

    contexts = [reference_contexts.random_context(choose) for _ in range(30)]
    seen = {allowed({"action": "s3:GetObject", "context": each}) for each in contexts}
    assert_agrees(found.verdict, seen)
    proofs = [each.to_dict() for each in (*found.only_left, *found.only_right)]
    expected = [(True, False)] * len(found.only_left) + [(False, True)] * len(found.only_right)
    assert list(map(allowed, proofs)) == expected
    assert all(reference_contexts.can_be_sent(each["context"]) for each in proofs)


def condition(operator: str, key: str, *values: str) -> Literal:
    return Literal(condition_holds(Condition(operator, key, values), "2012-10-17"))


TEAM = condition("StringEquals", "aws:PrincipalTag/team", "web")
LATE = condition("DateGreaterThan", "aws:CurrentTime", "2000-01-01")
SIMPLIFIED: list[tuple[Truth, Truth]] = [
    (LATE, True),
    (LATE.negated(), False),
    (TEAM, TEAM),
    (all_of([LATE, TEAM]), TEAM),
    (any_of([LATE.negated(), TEAM]), TEAM),
    (any_of([LATE, TEAM]), True),
]


@pytest.mark.parametrize(("truth", "simple"), SIMPLIFIED)
def test_what_is_always_so_is_left_out_of_a_truth(truth: Truth, simple: Truth) -> None:
    assert simplified(truth, Solver(contexts=AWS)) == simple
    assert simplified(truth, Solver()) == truth


def test_an_anonymous_request_may_lack_what_signed_ones_have() -> None:
    anonymous = contexts_of(get_service_facts(), is_signed=False)
    assert AWS.is_always_there("aws:principalarn")
    assert not anonymous.is_always_there("aws:PrincipalArn")
    assert anonymous.is_always_there("aws:userid")
    assert not ANY_CONTEXT.is_always_there("aws:userid")


@pytest.mark.parametrize(
    ("moment", "dated", "counted"),
    [
        ("1293840000", "2011-01-01T00:00:00Z", "1293840000"),
        ("1293840000.50", "2011-01-01T00:00:00.5Z", "1293840000.5"),
        ("1e15", "1000000000000000", "1000000000000000"),
    ],
)
def test_a_moment_is_a_date_or_seconds(moment: str, dated: str, counted: str) -> None:
    assert moment_in_text("aws:currenttime", Decimal(moment)) == dated
    assert moment_in_text("aws:epochtime", Decimal(moment)) == counted


OTHERS: dict[ValueType, str] = {
    "ARN": "role/example",
    "Bool": "yes",
    "Numeric": "one",
    "Date": "yesterday",
    "IPAddress": "192.0.2",
}


@pytest.mark.parametrize("kind", get_args(ValueType))
def test_the_examples_of_a_type_are_of_it_and_differ(kind: ValueType) -> None:
    known = KeyTraits("aws:Example", kind)
    first, second, *_ = examples = examples_of(known, "aws:example")
    assert first != second
    assert all(admits(known, "aws:example", each) for each in examples)
    if kind in OTHERS:
        assert not admits(known, "aws:example", OTHERS[kind])


def test_a_key_of_which_nothing_is_known_has_any_value() -> None:
    assert all(admits(None, "aws:example", each) for each in OTHERS.values())


def test_without_time_what_it_depends_on_stays_as_it_is() -> None:
    fact = Literal(condition_holds(Condition("Bool", "aws:SecureTransport", ("true",)), ""))
    depends_on = Residual(fact, False)
    assert in_contexts(depends_on, Solver(Steps(0), contexts=AWS)) is depends_on


def test_a_condition_that_is_undecided_is_kept() -> None:
    """An ARN pattern with escaped characters is not compared."""
    condition = Condition("ArnLike", "aws:SourceArn", ("arn:aws:s3:::a${*}b",))
    odd = Literal(condition_holds(condition, "2012-10-17"))
    solver = Solver(contexts=AWS)
    assert solver.settled(odd) is None
    assert simplified(odd, solver) == odd


@pytest.mark.parametrize(
    "key",
    [
        *("aws:RequestTag/team", "aws:ResourceTag/team", "aws:PrincipalTag/team"),
        *("s3:ExistingObjectTag/team", "iam:ResourceTag/team", "rds:db-tag/team"),
        "account:AccountResourceOrgTags/team",
    ],
)
def test_a_tag_can_have_an_empty_value(key: str) -> None:
    some, given = reading(StringLike={key: "?*"}), reading(Null={key: "false"})
    found = compared(some, given)
    assert found.verdict == "left_subset"
    (witness,) = found.only_right
    assert witness.to_dict()["context"] == {key: ""}
    assert compared(reading(StringLike={key: "*"}), given).verdict == "equivalent"
    without = compared(reading(StringEquals={key: ""}), reading(StringEquals={key: "x"}))
    assert without.verdict == "disjoint"


@pytest.mark.parametrize("key", ["aws:username", "aws:RequestedRegion", "ec2:InstanceType"])
def test_what_is_no_tag_has_no_empty_value(key: str) -> None:
    some, given = reading(StringLike={key: "?*"}), reading(Null={key: "false"})
    assert compared(some, given).verdict == "equivalent"


def test_of_a_key_whose_type_is_not_known_no_value_is_ruled_out() -> None:
    key = "aws:ViaCustomerDomain"
    given = reading(Null={key: "false"})
    assert compared(reading(Bool={key: ["true", "false"]}), given).verdict == "left_subset"
    assert compared(reading(StringLike={key: "*"}), given).verdict == "equivalent"
    assert compared(reading(), given).verdict == "right_subset"
