"""Pairs of policies that differ in a known way, or in any way, and requests to try them with."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from policyhub.iam.comparing.comparison import Comparison
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import ContextValue, Request
from policyhub.iam.deciding.simulation import read_simulation
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.language.elements import PolicyDocument
from policyhub.iam.reading.document import parse_policy

Json = dict[str, Any]
# A changed document and the verdict on the original against it; None where it can't be changed.
Changed = tuple[Json | None, str]

ACTIONS = ("s3:Get*", "s3:GetObject", "s3:*", "s3:Put*", "*", "iam:PassRole", "s3:*Object", "iam:*")
RESOURCES = (
    "*", "arn:aws:s3:::a", "arn:aws:s3:::a*", "arn:aws:s3:::*b", "arn:aws:s3:::${aws:username}",
    "arn:aws:s3:::a/?",
)  # fmt: skip
CONDITIONS = (
    ("StringEquals", "k:s", ("a", "b")),
    ("StringNotEquals", "k:s", ("a",)),
    ("StringLikeIfExists", "k:s", ("a*",)),
    ("StringEqualsIgnoreCase", "k:s", ("A",)),
    ("NumericLessThan", "k:n", ("5",)),
    ("NumericGreaterThanEquals", "k:n", ("5", "7")),
    ("Null", "k:s", ("true",)),
    ("Null", "k:n", ("false",)),
    ("IpAddress", "aws:SourceIp", ("10.0.0.0/8",)),
    ("NotIpAddress", "aws:SourceIp", ("10.0.0.0/9",)),
    ("Bool", "k:b", ("true",)),
    ("ForAllValues:StringEquals", "k:l", ("a", "b")),
    ("ForAnyValue:StringLike", "k:l", ("a*",)),
    ("DateLessThan", "aws:CurrentTime", ("2026-01-01",)),
)
VALUES: dict[str, tuple[tuple[str, ...], ...]] = {
    "k:s": (("a",), ("A",), ("ab",), ("c",)),
    "k:n": (("4",), ("5",), ("6",), ("8",), ("x",)),
    "aws:SourceIp": (("10.1.1.1",), ("10.200.1.1",), ("11.1.1.1",), ("::1",)),
    "k:b": (("true",), ("FALSE",)),
    "k:l": ((), ("a",), ("a", "b"), ("ab", "c")),
    "aws:CurrentTime": (("2025-06-01",), ("2026-06-01",)),
    "aws:username": (("a",), ("b",), ("*",)),
}
ASKED = ("s3:GetObject", "s3:GetX", "s3:PutObject", "iam:PassRole", "iam:X", "ec2:Y")
ASKED_OF = ("*", "arn:aws:s3:::a", "arn:aws:s3:::ab", "arn:aws:s3:::b", "arn:aws:s3:::a/x", "x")


def policy_of(document: Json) -> PolicyDocument:
    """The document as a policy; it must be one."""
    parsed = parse_policy(json.dumps(document))
    assert parsed.policy is not None, parsed.problems
    return parsed.policy


def as_list(value: Any) -> list[Any]:
    """A value, or those of a list."""
    return value if isinstance(value, list) else [value]


def rewritten(document: Json, choose: random.Random) -> Json:
    """The same document: statements split, shuffled, with other Sids, and one said twice."""
    made: list[Json] = []
    for statement in as_list(document["Statement"]):
        rest = {key: value for key, value in statement.items() if key != "Sid"}
        element = choose.choice([e for e in ("Action", "Resource") if e in rest] or [""])
        values = as_list(rest.get(element, []))
        if len(values) > 1:
            choose.shuffle(values)
            cut = choose.randrange(1, len(values))
            made += ({**rest, element: values[:cut]}, {**rest, element: values[cut - 1 :]})
        else:
            made.append(rest)
    choose.shuffle(made)
    made.append(made[0])
    return {**document, "Statement": [{"Sid": f"S{n}", **each} for n, each in enumerate(made)]}


def with_one_statement_less(document: Json, choose: random.Random) -> Changed:
    """Without one of several statements."""
    statements = as_list(document["Statement"])
    if len(statements) < 2:
        return None, ""
    gone = choose.randrange(len(statements))
    kept = statements[:gone] + statements[gone + 1 :]
    is_allow = statements[gone]["Effect"] == "Allow"
    return {**document, "Statement": kept}, "right_subset" if is_allow else "left_subset"


def with_one_condition_less(document: Json, choose: random.Random) -> Changed:
    """Without one key of one Condition."""
    statements = json.loads(json.dumps(as_list(document["Statement"])))
    conditional = [each for each in statements if each.get("Condition")]
    if not conditional:
        return None, ""
    statement = choose.choice(conditional)
    operator = choose.choice(sorted(statement["Condition"]))
    del statement["Condition"][operator][choose.choice(sorted(statement["Condition"][operator]))]
    if not statement["Condition"][operator]:
        del statement["Condition"][operator]
    if not statement["Condition"]:
        del statement["Condition"]
    is_allow = statement["Effect"] == "Allow"
    return {**document, "Statement": statements}, "left_subset" if is_allow else "right_subset"


def random_pair(choose: random.Random) -> tuple[PolicyDocument, PolicyDocument]:
    """Two policies of few statements; often the other is the one with something changed."""
    one = [_statement(choose) for _ in range(choose.randint(1, 3))]
    if choose.random() < 0.6:
        other = list(one)
        other[choose.randrange(len(other))] = _statement(choose)
    else:
        other = [_statement(choose) for _ in range(choose.randint(1, 3))]
    first, second = (
        policy_of({"Version": "2012-10-17", "Statement": each}) for each in (one, other)
    )
    return first, second


def _statement(choose: random.Random) -> Json:
    statement: Json = {"Effect": "Deny" if choose.random() < 0.25 else "Allow"}
    action = "NotAction" if choose.random() < 0.1 else "Action"
    resource = "NotResource" if choose.random() < 0.15 else "Resource"
    statement[action] = choose.sample(ACTIONS, choose.randint(1, 2))
    statement[resource] = choose.sample(RESOURCES, choose.randint(1, 2))
    for operator, key, values in choose.sample(CONDITIONS, choose.choice((0, 0, 1, 1, 2))):
        statement.setdefault("Condition", {}).setdefault(operator, {})[key] = list(values)
    return statement


def random_requests(choose: random.Random, count: int) -> Iterator[Request]:
    """Requests about what the random policies are about."""
    for _ in range(count):
        context = {}
        for key, offered in VALUES.items():
            if choose.random() < 0.6:
                values = choose.choice(offered)
                is_list = len(values) != 1 or choose.random() < 0.1
                context[key.lower()] = ContextValue(key, values, is_list)
        yield Request(choose.choice(ASKED), choose.choice(ASKED_OF), context=context)


def check(found: Comparison, left: PolicyDocument, right: PolicyDocument) -> None:
    """Every witness is valid, decided as a simulation reads it."""
    for witnesses, mine, other in (
        (found.only_left, left, right),
        (found.only_right, right, left),
    ):
        for witness in witnesses:
            assert decided(witness.to_dict(), mine) == "allowed", witness
            assert decided(witness.to_dict(), other) != "allowed", witness


def decided(simulation: dict[str, Any], policy: PolicyDocument) -> str:
    """What the engine decides of a simulation with one identity policy."""
    read = read_simulation(simulation | {"identityPolicies": []})
    identity = (AppliedPolicy("compared", CompiledPolicy(policy)),)
    applied = AppliedPolicies(identity=identity, resource=read.policies.resource)
    return evaluate(read.request, applied).name


def assert_agrees(verdict: str, seen: set[tuple[bool, ...]]) -> None:
    """No request that was seen contradicts the verdict."""
    impossible = {
        "equivalent": {(True, False), (False, True)},
        "left_subset": {(True, False)},
        "right_subset": {(False, True)},
        "disjoint": {(True, True)},
    }
    assert not seen & impossible.get(verdict, set()), (verdict, seen)
