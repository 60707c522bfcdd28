"""What is said of conditions that can never match, against the engine and the solver."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.decision import Verdict
from policyhub.iam.deciding.formula import Literal
from policyhub.iam.deciding.request import make_request
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.explaining.facts import holds_of
from policyhub.iam.reading.document import ParsedPolicy, parse_policy

KEY = "aws:PrincipalTag/x"
GOOD = {
    "Numeric": ["7", "-1.5"],
    "Date": ["2024-01-31", "1700000000"],
    "IpAddress": ["192.0.2.0/24", "2001:db8::1"],
    "Bool": ["true", "FALSE"],
    "Binary": ["eA=="],
    "Arn": ["arn:aws:s3:::home", "arn:aws:iam::*:role/*"],
    "String": ["web", "web-*"],
}
BAD = {
    "Numeric": ["ten", "7x", "${aws:username}"],
    "Date": ["soon", "2024-13-01"],
    "IpAddress": ["192.0.2.0/33", "here"],
    "Bool": ["yes", "1"],
    "Binary": ["%"],
    "Arn": ["*", "jobs", "arn:aws:s3:${team}::x"],
    "String": ["${team}", "web-${!aws:username}", "${AWS::Region}"],
}
OPERATORS = {
    "Numeric": ["NumericEquals", "NumericNotEquals", "NumericLessThan"],
    "Date": ["DateEquals", "DateNotEquals", "DateGreaterThanEquals"],
    "IpAddress": ["IpAddress", "NotIpAddress"],
    "Bool": ["Bool"],
    "Binary": ["BinaryEquals"],
    "Arn": ["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"],
    "String": ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"],
}
# Requests that tell apart what a condition can be true for.
GIVEN: list[Any] = [
    None, [], "7", "web", "true", "eA==", "2024-01-31", "192.0.2.7", "arn:aws:s3:::home",
    ["7", "web"], ["192.0.2.7", "here"],
]  # fmt: skip
ALWAYS = "this condition is always true"
NEVER = "this Deny never denies"
ONLY_ABSENT = f"only if the request has no `{KEY}`"
ONLY_WITHOUT_VALUE = f"only if `{KEY}` has no value"
WHENEVER_GIVEN = f"whenever `{KEY}` has a value"
UNLESS_EMPTY = f"unless `{KEY}` is an empty list"


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, list[str], int]:
    """An operator, its values, and how many of these can never match."""
    family = draw(st.sampled_from(sorted(OPERATORS)))
    operator = draw(st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]))
    operator += draw(st.sampled_from(OPERATORS[family])) + draw(st.sampled_from(["", "IfExists"]))
    good = draw(st.lists(st.sampled_from(GOOD[family]), max_size=1))
    bad = draw(st.lists(st.sampled_from(BAD[family]), min_size=1 - len(good), max_size=2))
    return operator, [*good, *bad], len(bad)


def read(operator: str, values: list[str]) -> ParsedPolicy:
    statement: dict[str, Any] = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    statement["Condition"] = {operator: {KEY: values}}
    return parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}))


def holds_for(policy: CompiledPolicy, given: Any) -> Verdict:
    context = {} if given is None else {KEY: given}
    request = make_request("s3:GetObject", context=context)
    return policy.statements[0].conditions_hold(request.context)


@pytest.mark.drawn
@settings(max_examples=300, deadline=None)
@given(conditions())
def test_what_is_said_of_a_condition_is_what_the_engine_makes_of_it(
    made: tuple[str, list[str], int],
) -> None:
    operator, values, dead = made
    parsed = read(operator, values)
    assert parsed.policy is not None
    said = parsed.problems
    assert len(said) == dead
    assert all(each.path.startswith("Statement.Condition.") for each in said)
    policy = CompiledPolicy(parsed.policy)
    verdicts = {repr(given): holds_for(policy, given) for given in GIVEN}
    true_for = {given for given, verdict in verdicts.items() if verdict is Verdict.MATCHES}
    known = {given for given, verdict in verdicts.items() if verdict is not Verdict.CANNOT_TELL}
    if not said:
        return
    message = said[0].message
    if len(said) < len(values):
        assert "only the others count" in message
    elif NEVER in message:
        assert not true_for
    elif ALWAYS in message:
        assert true_for == known
    elif ONLY_ABSENT in message:
        assert true_for == {"None"}
    elif ONLY_WITHOUT_VALUE in message:
        assert true_for == {"None", "[]"}
    elif WHENEVER_GIVEN in message:
        assert true_for == known - {"None", "[]"}
    else:
        assert UNLESS_EMPTY in message
        assert true_for == known - {"[]"}


@settings(max_examples=150, deadline=None)
@given(conditions().filter(lambda made: not any("${" in value for value in made[1])))
def test_never_is_said_exactly_where_the_solver_finds_no_value(
    made: tuple[str, list[str], int],
) -> None:
    """Variables are left out: to the solver, a context may have a key of any name."""
    operator, values, _ = made
    parsed = read(operator, values)
    assert parsed.policy is not None
    (condition,) = CompiledPolicy(parsed.policy).statements[0].conditions
    is_never = any(NEVER in each.message for each in parsed.problems)
    assert is_never is not has_model(Literal(holds_of(condition)))


def has_model(truth: Literal) -> bool:
    return next(Solver().models([truth]), None) is not None
