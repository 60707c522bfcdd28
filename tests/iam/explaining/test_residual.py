"""What a decision depends on: exact for every filling-in of the open keys, and simple."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.formula import AllOf, AnyOf, Literal, all_of, any_of, holds, negation
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.simulation import Simulation, read_simulation
from policyhub.iam.deciding.statements import ResourcePattern
from policyhub.iam.explaining.facts import (
    ConditionHolds,
    GivenAsList,
    ResourceCovered,
    condition_holds,
)
from policyhub.iam.explaining.residual import (
    Residual,
    atoms_of,
    decides_alone,
    open_request,
    residual,
)
from policyhub.iam.language.elements import Condition
from tests.iam.generation import Choices, context, random_simulation
from tests.iam.generation_alphabets import REQUESTS

SEED = 20261127
SIMULATIONS = 500
FILLINGS = 6


def read(simulation: dict[str, Any]) -> Simulation:
    return read_simulation(simulation)


def filled(simulation: dict[str, Any], filling: dict[str, Any]) -> Request:
    """The request with the filling's keys added; what the simulation gives stays."""
    given = simulation.get("context", {})
    spelt = {key.lower() for key in given}
    added = {key: value for key, value in filling.items() if key.lower() not in spelt}
    return read({**simulation, "context": {**added, **given}}).request


by_count = pytest.mark.parametrize(
    "count", [SIMULATIONS, pytest.param(3 * SIMULATIONS, marks=pytest.mark.endurance)]
)


@pytest.mark.drawn
@by_count
def test_the_residual_is_the_decision_for_every_filling_in_of_the_open_keys(count: int) -> None:
    generator = random.Random(SEED)
    choices = Choices(lambda count: int(generator.random() * count))
    open_ones = 0
    for _ in range(count):
        simulation = random_simulation(generator)
        if generator.random() < 0.5:
            simulation.pop("context", None)
        made = read(simulation)
        depends_on = residual(made.request, made.policies)
        open_ones += not depends_on.is_settled
        for filling in ({}, *(context(choices) for _ in range(FILLINGS))):
            request = fill(made.request, filled(simulation, filling))
            decision = evaluate(request, made.policies).name
            assert depends_on.decision(request) == decision, (simulation, filling)
    assert open_ones > count / 10


@pytest.mark.drawn
@by_count
def test_with_any_resource_the_residual_is_the_decision_on_whichever_is_asked_for(
    count: int,
) -> None:
    generator = random.Random(SEED)
    open_ones = 0
    for _ in range(count):
        simulation = random_simulation(generator)
        made = read(simulation)
        if made.request.service in ("kms", "sts"):
            continue
        found = residual(made.request, made.policies, any_resource=True)
        open_ones += any(isinstance(each, ResourceCovered) for each in atoms_of(found.allowed))
        for _, resource in generator.sample(REQUESTS, FILLINGS):
            request = replace(made.request, resource=resource)
            assert found.decision(request) == evaluate(request, made.policies).name, simulation
    assert open_ones > count / 20


@pytest.mark.parametrize("simplify", [True, False])
def test_where_an_identity_policy_decides_alone_its_statements_say_when(simplify: bool) -> None:
    generator = random.Random(SEED)
    choices = Choices(lambda count: int(generator.random() * count))
    alone = {True: 0, False: 0}
    for _ in range(SIMULATIONS):
        simulation = random_simulation(generator)
        made = read(simulation)
        group = tuple(each for each in made.policies.identity if each.compiled is not None)
        policies = AppliedPolicies(identity=group, facts=made.policies.facts)
        decides = decides_alone(made.request, policies, any_resource=False)
        alone[decides] += 1
        asked = open_request(made.request, policies, simplify=simplify)
        compiled = [each.compiled for each in group if each.compiled is not None]
        about = [one for each in compiled for one in each.about(made.request.action)]
        found = [each for each in map(asked.said_by, about) if each is not None]
        for filling in ({}, *(context(choices) for _ in range(FILLINGS if decides else 0))):
            request = fill(made.request, filled(simulation, filling))
            allows = [holds(each.matches, request) for each in found if not each.is_deny]
            denies = [
                holds(each.matches, request) or holds(each.doubts, request)
                for each in found
                if each.is_deny
            ]
            is_allowed = evaluate(request, policies).is_allowed
            assert not decides or is_allowed == (any(allows) and not any(denies)), simulation
    assert min(alone.values()) > SIMULATIONS / 10


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"action": "ecs:RunTask"}, True),
        ({"action": "sts:GetCallerIdentity"}, False),
        ({"action": "s3:GetObject", "resource": "arn:aws:s3:::a-bucket"}, False),
        ({"action": "ecs:RunTask", "principal": "arn:aws:iam::123456789012:root"}, False),
        ({"action": "kms:Decrypt", "resource": "arn:aws:kms:us-east-1:123456789012:key/x"}, False),
        (
            {
                "action": "s3:GetObject",
                "resource": "arn:aws:s3:::a-bucket/x",
                "principal": "arn:aws:iam::123456789012:user/me",
                "resourceAccount": "210987654321",
            },
            False,
        ),
    ],
)
def test_an_identity_policy_decides_alone_what_needs_it_and_nothing_else(
    asked: dict[str, Any], expected: bool
) -> None:
    made = read(asked)
    policies = replace(made.policies, facts=get_service_facts())
    assert decides_alone(made.request, policies, any_resource=False) is expected


def test_characters_of_an_older_version_are_not_taken_for_a_variable_of_the_same_text() -> None:
    resource = "arn:aws:s3:::home/${aws:username}/x"
    on_it = {"Action": "s3:GetObject", "Resource": resource}
    deny = {"Effect": "Deny", "Principal": "*", **on_it}
    made = read(
        {
            "action": "s3:GetObject",
            "resource": "*",
            "identityPolicies": [{"Statement": [{"Effect": "Allow", **on_it}]}],
            "resourcePolicy": {"Version": "2012-10-17", "Statement": [deny]},
        }
    )
    found = residual(made.request, made.policies, any_resource=True)
    request = replace(made.request, resource=resource)
    assert found.decision(request) == evaluate(request, made.policies).name == "allowed"


def fill(bare: Request, with_filling: Request) -> Request:
    """The filled request without a key of its own that overrides what was settled."""
    settled = {**with_filling.context, **bare.context}
    return Request(
        bare.action,
        bare.resource,
        bare.caller,
        bare.resource_account,
        bare.management_account,
        settled,
    )


def test_a_key_that_is_said_to_be_absent_is_not_open() -> None:
    generator = random.Random(SEED)
    for _ in range(SIMULATIONS // 3):
        made = read(random_simulation(generator))
        depends_on = residual(made.request, made.policies)
        closed = residual(made.request, made.policies, absent=depends_on.keys)
        assert closed.is_settled
        assert closed.decision(made.request) == evaluate(made.request, made.policies).name


def allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*", **elements}


def deny(**elements: Any) -> dict[str, Any]:
    return {**allow(**elements), "Effect": "Deny"}


def depends_on(*statements: dict[str, Any], **simulation: Any) -> Residual:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    made = read({"action": "ecs:RunTask", "identityPolicies": [json.dumps(document)], **simulation})
    return residual(made.request, made.policies)


def when(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: list(values)}}}


def said(truth: Any) -> Any:
    """A truth in short: atoms as operator, key, values."""
    if isinstance(truth, bool):
        return truth
    if isinstance(truth, Literal):
        atom: Any = truth.atom
        text = (
            f"{atom.operator} {atom.key} {','.join(atom.values)}"
            if hasattr(atom, "operator")
            else type(atom).__name__
        )
        return f"not {text}" if truth.negative else text
    assert isinstance(truth, AllOf | AnyOf)
    sign = "all" if isinstance(truth, AllOf) else "any"
    return (sign, tuple(said(part) for part in truth.parts))


TAG = "aws:requesttag/team"
WEB, BOTH = f"stringequals {TAG} web", f"stringequals {TAG} web,db"

SIMPLIFIED: list[tuple[str, list[dict[str, Any]], Any, Any]] = [
    ("nothing open", [allow()], True, False),
    (
        "an unconditional allow beside a conditional",
        [allow(**when("StringEquals", TAG, "web")), allow()],
        True,
        False,
    ),
    ("the same condition twice", [allow(**when("StringEquals", TAG, "web"))] * 2, WEB, False),
    (
        "two values in two statements",
        [allow(**when("StringEquals", TAG, "web")), allow(**when("StringEquals", TAG, "db"))],
        BOTH,
        False,
    ),
    (
        "a narrower condition beside a wider one",
        [
            allow(**when("StringEquals", TAG, "web", "db")),
            allow(**when("StringEquals", TAG, "web")),
        ],
        BOTH,
        False,
    ),
    (
        "an allow that its own deny takes back",
        [allow(**when("StringEquals", TAG, "web")), deny(**when("StringEquals", TAG, "web", "db"))],
        False,
        BOTH,
    ),
    (
        "a deny of all but the allowed",
        [allow(**when("StringEquals", TAG, "web")), deny(**when("StringNotEquals", TAG, "web"))],
        WEB,
        f"stringnotequals {TAG} web",
    ),
    (
        "a deny that needs no value where the allow needs one",
        [allow(**when("StringEquals", TAG, "web")), deny(**when("Null", TAG, "true"))],
        WEB,
        f"null {TAG} true",
    ),
    ("an unconditional deny", [allow(**when("StringEquals", TAG, "web")), deny()], False, True),
    (
        "what two ways have in common, once",
        [
            allow(
                Condition={"StringEquals": {TAG: "web"}, "Bool": {"aws:SecureTransport": "true"}}
            ),
            allow(Condition={"StringEquals": {TAG: "web"}, "Null": {"aws:SourceVpc": "false"}}),
        ],
        (
            "all",
            (WEB, ("any", ("bool aws:securetransport true", "null aws:sourcevpc false"))),
        ),
        False,
    ),
]


@pytest.mark.parametrize(
    ("statements", "allowed", "denied"),
    [pytest.param(*case[1:], id=case[0]) for case in SIMPLIFIED],
)
def test_a_residual_says_no_more_than_it_must(
    statements: list[dict[str, Any]], allowed: Any, denied: Any
) -> None:
    found = depends_on(*statements)
    assert _frozen(said(found.allowed)) == _frozen(allowed)
    assert _frozen(said(found.denied)) == _frozen(denied)


def _frozen(value: Any) -> Any:
    if isinstance(value, tuple):
        return value[0], frozenset(map(_frozen, value[1]))
    return value


def test_a_resource_with_an_open_variable_is_part_of_the_residual() -> None:
    found = depends_on(
        allow(Resource="arn:aws:s3:::home/${aws:username}/*"), resource="arn:aws:s3:::home/ana/x"
    )
    assert found.keys == ("aws:username",)
    assert said(found.allowed) == "ResourceCovered"


def test_the_keys_of_a_residual_are_those_that_can_change_the_decision() -> None:
    found = depends_on(
        allow(**when("StringEquals", "aws:SourceVpc", "vpc-1")),
        allow(),
        deny(**when("StringLike", "aws:SourceVpce", "*")),
    )
    assert found.keys == ("aws:SourceVpce",)


def test_no_one_can_be_kept_from_asking_who_they_are() -> None:
    made = read({"action": "sts:GetCallerIdentity", "identityPolicies": []})
    assert residual(made.request, made.policies) == Residual(allowed=True, denied=False)


def test_a_document_that_cannot_be_read_leaves_nothing_allowed() -> None:
    found = depends_on(allow(), identityPolicies=[{"Statement": []}])
    assert (found.allowed, found.denied) == (False, False)


# Two conditions, whether the first implies the second, and whether they exclude each other.
RELATED: list[tuple[tuple[str, str, str], tuple[str, str, str], bool, bool]] = [
    (("StringEquals", "a:k", "x"), ("StringEquals", "a:k", "x"), True, False),
    (("StringEquals", "a:k", "x"), ("StringEquals", "a:K", "x"), True, False),
    (("StringEquals", "a:k", "x"), ("StringEquals", "a:other", "x"), False, False),
    (("StringEquals", "a:k", "x"), ("StringEqualsIfExists", "a:k", "x"), True, False),
    (("StringEqualsIfExists", "a:k", "x"), ("StringEquals", "a:k", "x"), False, False),
    (("StringEquals", "a:k", "x"), ("Null", "a:k", "false"), True, False),
    (("StringEquals", "a:k", "x"), ("Null", "a:k", "true"), False, True),
    (("StringNotEquals", "a:k", "x"), ("Null", "a:k", "false"), False, False),
    (("StringEqualsIfExists", "a:k", "x"), ("Null", "a:k", "true"), False, False),
    (("ForAnyValue:StringNotEquals", "a:k", "x"), ("Null", "a:k", "false"), True, False),
    (("ForAllValues:StringEquals", "a:k", "x"), ("Null", "a:k", "true"), False, False),
    (("Null", "a:k", "true"), ("Null", "a:k", "false"), False, True),
    (("StringEquals", "a:k", "x"), ("StringNotEquals", "a:k", "x"), False, True),
    (("StringNotEquals", "a:k", "x"), ("StringEquals", "a:k", "x"), False, True),
    (("StringEqualsIfExists", "a:k", "x"), ("StringNotEquals", "a:k", "x"), False, False),
    (("StringLike", "a:k", "x*"), ("StringEquals", "a:k", "x"), False, False),
    (("StringLike", "a:k", "${a:v}"), ("StringNotLike", "a:k", "${a:v}"), False, True),
    (("ForAnyValue:StringEquals", "a:k", "x"), ("StringNotEquals", "a:k", "x"), False, False),
]


@pytest.mark.parametrize(("one", "other", "implies", "excludes"), RELATED)
def test_how_two_conditions_relate_is_seen(
    one: tuple[str, str, str], other: tuple[str, str, str], implies: bool, excludes: bool
) -> None:
    first, second = (fact(*each) for each in (one, other))
    assert first.implies(second) is implies
    assert first.excludes(second) is excludes


def fact(operator: str, key: str, value: str, version: str = "2012-10-17") -> ConditionHolds:
    return condition_holds(Condition(operator, key, (value,)), version)


def test_facts_of_different_kinds_are_not_taken_for_each_other() -> None:
    listed = GivenAsList("a:k", "a:k")
    pattern = "arn:aws:s3:::${aws:username}"
    covered = ResourceCovered(pattern, "x", ResourcePattern(pattern, "2012-10-17"))
    equals = fact("StringEquals", "a:k", "x")
    unknown = fact("StringMatches", "a:k", "x")
    for one, other in ((equals, listed), (listed, covered), (covered, equals), (equals, unknown)):
        assert not one.implies(other)
        assert one.either(other) is None
    assert equals.excludes(listed)
    assert listed.excludes(equals)
    assert not covered.excludes(equals)
    assert not equals.excludes(unknown)
    assert unknown.either(equals) is None
    assert equals.either(fact("StringLike", "a:k", "x")) is None
    assert covered.implies(covered)
    # With variables or without, the same text asks for different things.
    variable = ("StringLike", "a:k", "${a:v}")
    assert not fact(*variable).excludes(fact("StringNotLike", "a:k", "${a:v}", "2008-10-17"))


def test_more_conditions_than_are_compared_are_kept_exact() -> None:
    many = [f"web:{number}" for number in range(150)]
    found = depends_on(*(allow(**when("StringEquals", key, "v")) for key in many))
    assert len(found.keys) == 150
    request = read({"action": "a:b", "context": {"web:149": "v"}}).request
    assert found.decision(request) == "allowed"
    assert found.decision(read({"action": "a:b"}).request) == "implicitDeny"


def literal(name: str) -> Literal:
    (made,) = {depends_on(allow(**when("StringEquals", name, "v"))).allowed}
    assert isinstance(made, Literal)
    return made


@pytest.mark.drawn
def test_formulas_obey_the_laws_of_truth_under_every_assignment() -> None:
    """Random formulas over four atoms, against what they mean, under all assignments."""
    generator = random.Random(SEED)
    literals = [literal(f"web:{letter}") for letter in "abcd"]
    assignments = [
        read(
            {
                "action": "a:b",
                "context": {f"web:{k}": "v" for i, k in enumerate("abcd") if mask >> i & 1},
            }
        ).request
        for mask in range(16)
    ]

    def grow(depth: int) -> tuple[Any, list[bool]]:
        if depth == 0 or generator.random() < 0.2:
            one = generator.choice(literals)
            return one, [one.holds(each) for each in assignments]
        kind = generator.choice(["all", "any", "not"])
        parts = [grow(depth - 1) for _ in range(1 if kind == "not" else generator.randint(2, 3))]
        rows = zip(*(meaning for _, meaning in parts), strict=True)
        if kind == "not":
            return negation(parts[0][0]), [not value for value in parts[0][1]]
        combine, settle = (all_of, all) if kind == "all" else (any_of, any)
        return combine([truth for truth, _ in parts]), [settle(row) for row in rows]

    for _ in range(3_000):
        truth, meaning = grow(4)
        found = [truth if isinstance(truth, bool) else truth.holds(each) for each in assignments]
        assert found == meaning
