"""Which differences AWS can be asked about: a verdict of its own, and requests that come first."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from policyhub.catalog.facts.services import ReferenceFacts, get_service_facts
from policyhub.catalog.facts.tables import fact_rows
from policyhub.iam.budget import NO_LIMIT, SpentError, Steps
from policyhub.iam.comparing.action_changes import ActionChanges
from policyhub.iam.comparing.automaton import TooManyStatesError
from policyhub.iam.comparing.common import Common
from policyhub.iam.comparing.compared_policy import compared_policy
from policyhub.iam.comparing.comparison import Comparison, compare, excess
from policyhub.iam.comparing.contexts import ANY_CONTEXT
from policyhub.iam.comparing.resource_values import resource_demand
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import make_request
from policyhub.iam.deciding.simulation import read_simulation
from tests.iam import reference
from tests.iam.comparing.pairs import Json, assert_agrees, policy_of
from tests.iam.reference_services import Services

FACTS = get_service_facts()
SERVICES = Services()
OBJECTS, BUCKET = "arn:aws:s3:::b/*", "arn:aws:s3:::b"
INSTANCES = "arn:aws:ec2:*:*:instance/*"


def allow(action: Any, resource: Any = "*", **more: Any) -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def documented(said: Any) -> Json:
    return {"Version": "2012-10-17", "Statement": said if isinstance(said, list) else [said]}


def decided(witness: Json, document: Json, with_facts: bool) -> str:
    asked = {**witness, "identityPolicies": [document]}
    read = read_simulation(asked, facts=FACTS if with_facts else None)
    return evaluate(read.request, read.policies).name


def check(found: Comparison, left: Json, right: Json) -> None:
    """Every witness is allowed by its side alone, with the facts on if it is one of the asked."""
    for witnesses, mine, other in ((found.only_left, left, right), (found.only_right, right, left)):
        in_order = [(True, None, False).index(each.is_asked) for each in witnesses]
        assert in_order == sorted(in_order)
        for each in witnesses:
            asked = each.to_dict()
            assert ("reference" in asked) is (each.is_asked is not True)
            if each.is_asked is not True:
                read = read_simulation({**asked, "reference": True}, facts=FACTS)
                possibility = read.policies.possibility(read.request)
                assert possibility is not None
                assert possibility.blocks or possibility.possible is None
                assert (possibility.possible is None) >= (each.is_asked is None)
            for with_facts in (True, False):
                assert decided(asked, mine, with_facts) == "allowed", asked
                assert decided(asked, other, with_facts) != "allowed", asked
            for document, expected in ((mine, True), (other, False)):
                naive = {**asked, "identityPolicies": [document]}
                services = SERVICES if naive.pop("reference", True) else None
                answer = reference.decide(naive, services)
                assert (answer["decision"] == "allowed") is expected, naive


def compared(left: Any, right: Any) -> Comparison:
    one, other = documented(left), documented(right)
    found = compare(policy_of(one), policy_of(other), FACTS)
    check(found, one, other)
    return found


NOTHING = allow("iam:GetUser", "arn:aws:s3:::nothing")
CASES: list[tuple[Any, Any, str, str]] = [
    # Requests that can be asked
    (allow("s3:GetObject", OBJECTS), NOTHING, "disjoint", "right_subset"),
    (allow("s3:Get*"), allow("s3:GetObject"), "right_subset", "right_subset"),
    (allow("s3:Get*"), allow("s3:Get*"), "equivalent", "equivalent"),
    (allow("s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "true"}}),
     allow("s3:GetObject"), "left_subset", "left_subset"),
    (allow("*"), allow("s3:*"), "right_subset", "right_subset"),
    ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, allow("*"),
     "left_subset", "left_subset"),
    # An object's action on a bucket, a list of everything on one of them
    ([allow("s3:GetObject", OBJECTS), allow("s3:GetObject", BUCKET)],
     allow("s3:GetObject", OBJECTS), "right_subset", "equivalent"),
    (allow(["s3:GetObject", "ec2:DescribeInstances"], [OBJECTS, INSTANCES]),
     allow("s3:GetObject", [OBJECTS, INSTANCES]), "right_subset", "equivalent"),
    (allow(["ec2:DescribeInstances", "ec2:StopInstances"], INSTANCES),
     allow("ec2:DescribeInstances", INSTANCES), "right_subset", "right_subset"),
    # A pattern that matches no action
    (allow(["s3:Get*", "s3:Obtain*"]), allow("s3:Get*"), "right_subset", "equivalent"),
    # A slip in the service, and in an action's place the name of an API operation
    (allow(["s3:Get*", "codedpeloy:ContinueDeployment"]), allow("s3:Get*"),
     "right_subset", "equivalent"),
    (allow(["s3:Get*", "s3:ListObjects"]), allow("s3:Get*"), "right_subset", "equivalent"),
    # What may be newer than the reference
    (allow(["s3:Get*", "newservice:Foo"]), allow("s3:Get*"), "right_subset", "right_subset"),
    (allow(["s3:Get*", "newservice:*"]), allow("s3:Get*"), "right_subset", "right_subset"),
    (allow(["s3:Get*", "s3:TurnAround"]), allow("s3:Get*"), "right_subset", "right_subset"),
    # Each side more by its wording, only one by what can be asked; and nothing in common
    ([allow("s3:GetObject", OBJECTS), allow("ec2:DescribeInstances", INSTANCES)],
     allow("s3:*", OBJECTS), "overlapping", "left_subset"),
    ([allow("s3:GetObject", OBJECTS), allow("s3:DeleteBucket", OBJECTS)],
     [allow("s3:PutObject", OBJECTS), allow("s3:DeleteBucket", OBJECTS)],
     "overlapping", "disjoint"),
    # Many actions that are treated alike, and a name of another service
    (allow(["s3:Get*", "zzz:Foo"], "arn:aws:s3:::a*"), allow("s3:G*", "arn:aws:s3:::*"),
     "overlapping", "overlapping"),
    # A resource that no pattern names, and one of several types
    ({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": BUCKET},
     {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::c"},
     "overlapping", "equivalent"),
    (allow("ecs:RunTask", "arn:aws:ecs:*:*:task-definition/web:*"),
     allow("ecs:RunTask", "arn:aws:ecs:*:*:*"), "left_subset", "left_subset"),
    # A variable in the place of a name
    (allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}/*"), allow("s3:GetObject", OBJECTS),
     "left_subset", "left_subset"),
    (allow(["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::b/${aws:username}"),
     allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}"), "right_subset", "equivalent"),
    # Two statements that one Deny of the other side takes objects from
    ([allow("s3:*"), allow("s3:Get*", OBJECTS)],
     [allow("s3:*"), allow("s3:Get*", OBJECTS),
      {**allow("s3:GetObject", OBJECTS), "Effect": "Deny"}],
     "right_subset", "right_subset"),
    # A Deny that denies what is never asked
    ([allow("s3:*"), {**allow("s3:GetObject", BUCKET), "Effect": "Deny"}], allow("s3:*"),
     "left_subset", "equivalent"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "verdict", "possible"), CASES)
def test_what_aws_can_be_asked_has_a_verdict_of_its_own(
    left: Any, right: Any, verdict: str, possible: str
) -> None:
    found = compared(left, right)
    assert (found.verdict, found.possible_verdict) == (verdict, possible)
    assert found.undecided == ()


# By the reference it works on no resource, but policies of AWS bound it by ARNs.
IN_DOUBT, ANY_CERTIFICATE = "acm:RequestCertificate", "arn:aws:acm:*:*:certificate/*"
PERHAPS = allow(IN_DOUBT, ANY_CERTIFICATE)
CASES_IN_DOUBT: list[tuple[Any, Any, str, str]] = [
    ([allow("s3:Get*"), PERHAPS], allow("s3:Get*"), "right_subset", "undecided"),
    ([allow("s3:Get*"), allow("acm:Request*", ANY_CERTIFICATE)], allow("s3:Get*"),
     "right_subset", "undecided"),
    # A Deny of it, one side with it and the other with more, and nothing else in common
    ([allow("acm:*"), {**PERHAPS, "Effect": "Deny"}], allow("acm:*"), "left_subset", "undecided"),
    ([allow("s3:GetObject"), PERHAPS], allow("s3:Get*"), "overlapping", "undecided"),
    ([allow("s3:GetObject"), PERHAPS], [allow("s3:PutObject"), PERHAPS],
     "overlapping", "undecided"),
    # What is certain besides decides: a request on `*`, and another action
    ([allow("s3:Get*"), allow(IN_DOUBT)], allow("s3:Get*"), "right_subset", "right_subset"),
    ([allow("s3:*"), PERHAPS], allow("s3:Get*"), "right_subset", "right_subset"),
    ([allow("s3:Get*"), allow("acm:*", ANY_CERTIFICATE)], allow("s3:Get*"),
     "right_subset", "right_subset"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "verdict", "possible"), CASES_IN_DOUBT)
def test_what_the_reference_alone_rules_out_is_no_difference_for_certain_and_no_equality(
    left: Any, right: Any, verdict: str, possible: str
) -> None:
    found = compared(left, right)
    assert (found.verdict, found.possible_verdict) == (verdict, possible)
    said = [each.startswith(f"whether AWS asks about {IN_DOUBT}") for each in found.undecided]
    assert said == ([True] if possible == "undecided" else [])
    mirrored = compared(right, left)
    assert (mirrored.possible_verdict == "undecided") is (possible == "undecided")


def test_a_request_in_doubt_is_shown_as_one() -> None:
    found = compared([allow("s3:Get*"), PERHAPS, allow("s3:GetObject", BUCKET)], allow("s3:Get*"))
    assert [(each.action, each.is_asked) for each in found.only_left] == [(IN_DOUBT, None)]
    vain = compared([PERHAPS, allow("s3:GetObject", BUCKET)], NOTHING)
    assert [(each.action, each.is_asked) for each in vain.only_left] == [
        (IN_DOUBT, None), ("s3:GetObject", False),
    ]  # fmt: skip


def test_what_became_of_an_action_in_doubt_is_undecided() -> None:
    one, other = (policy_of(documented(each)) for each in (PERHAPS, NOTHING))
    changes = ActionChanges(one, other, facts=FACTS)
    assert changes.of(IN_DOUBT) == "undecided"
    assert ActionChanges(one, one, facts=FACTS).of(IN_DOUBT) == "same"
    free = policy_of(documented(allow(IN_DOUBT)))
    assert ActionChanges(free, other, facts=FACTS).of(IN_DOUBT) == "narrower"
    listed = allow(["acm:ListCertificates", IN_DOUBT], ANY_CERTIFICATE)
    changes = ActionChanges(policy_of(documented(listed)), other, facts=FACTS)
    assert changes.of("acm:ListCertificates") == "same"
    assert changes.of(IN_DOUBT) == "undecided"


def test_without_the_facts_the_verdicts_are_one() -> None:
    left, right = (policy_of(documented(each)) for each in (allow("s3:Obtain*"), NOTHING))
    found = compare(left, right)
    assert found.verdict == found.possible_verdict == "disjoint"
    assert all(each.is_asked for each in (*found.only_left, *found.only_right))


def test_possible_requests_come_first_and_are_named_as_aws_does() -> None:
    found = compared(allow(["s3:Obtain*", "s3:getobject"], OBJECTS), NOTHING)
    assert [(each.action, each.is_asked) for each in found.only_left] == [
        ("s3:GetObject", True), ("s3:obtain", False),
    ]  # fmt: skip
    assert found.only_left[0].proof.request.resource == "arn:aws:s3:::b/example"


def test_what_is_never_asked_has_a_known_name_where_there_is_one() -> None:
    found = compared([NOTHING, allow("ec2:DescribeVolum*", INSTANCES)], NOTHING)
    assert [(each.action, each.is_asked) for each in found.only_left] == [
        ("ec2:DescribeVolumeAttribute", False)
    ]


@pytest.mark.parametrize(("left", "right", "verdict", "possible"), CASES)
def test_half_of_a_comparison_says_what_the_whole_says(
    left: Any, right: Any, verdict: str, possible: str
) -> None:
    one, other = policy_of(documented(left)), policy_of(documented(right))
    for mine, its, is_none in (
        (one, other, verdict in ("equivalent", "left_subset")),
        (other, one, verdict in ("equivalent", "right_subset")),
    ):
        half = excess(mine, its, FACTS)
        assert half.is_none is is_none
        assert half.witnesses == compare(mine, its, FACTS).only_left


def test_without_a_budget_half_of_a_comparison_is_undecided() -> None:
    sides = [policy_of(documented(each)) for each in (allow("s3:Get*"), allow("s3:*"))]
    half = excess(sides[0], sides[1], budget=Steps(1))
    assert (half.is_none, half.witnesses) == (False, ())
    assert half.undecided == ("it takes more work than is allowed for one answer",)


def test_without_facts_half_of_a_comparison_is_about_any_request() -> None:
    object_and_bucket = policy_of(documented(allow("s3:GetObject", [OBJECTS, BUCKET])))
    objects = policy_of(documented(allow("s3:GetObject", OBJECTS)))
    assert not excess(object_and_bucket, objects).is_none
    assert excess(objects, object_and_bucket).is_none


def test_a_placeholder_without_slashes_leaves_a_resource_with_one_undecided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = {"service": "iam", "type": "", "placeholder": "RoleNameWithPath", "holds": "",
           "never": "/"}  # fmt: skip
    monkeypatch.setattr(
        "policyhub.catalog.facts.services.fact_rows",
        lambda name: [row] if name == "arn-placeholders" else fact_rows(name),
    )
    facts = ReferenceFacts(FACTS.reference)
    roles = "arn:aws:iam::123456789012:role/"
    left = allow("iam:GetRole", f"{roles}*")
    right = {"Effect": "Allow", "Action": "iam:GetRole", "NotResource": f"{roles}*/*"}
    found = compare(policy_of(documented(left)), policy_of(documented(right)), facts)
    assert (found.verdict, found.possible_verdict) == ("overlapping", "undecided")
    assert found.undecided == (
        "iam:GetRole: whether a request for such a resource is possible is not known",
    )


def test_a_budget_that_is_spent_leaves_what_aws_can_be_asked_undecided() -> None:
    sides = [policy_of(documented(each)) for each in (allow("ec2:*"), allow("ec2:Describe*"))]
    whole = compare(sides[0], sides[1], FACTS)
    assert whole.is_whole
    seen = set()
    for steps in range(0, 4_000, 50):
        found = compare(sides[0], sides[1], FACTS, Steps(steps))
        assert found.possible_verdict in (whole.possible_verdict, "undecided")
        assert found.is_whole or found.undecided
        seen.add((found.verdict, found.possible_verdict))
    assert ("right_subset", "right_subset") in seen


ASKED = [
    ("s3:GetObject", "arn:aws:s3:::b/x"), ("s3:GetObject", "arn:aws:s3:::b"),
    ("s3:ListBucket", "arn:aws:s3:::b"), ("s3:ListBucket", "arn:aws:s3:::b/x"),
    ("s3:ListAllMyBuckets", "*"), ("s3:ListAllMyBuckets", "arn:aws:s3:::b"),
    ("ec2:DescribeInstances", "*"), ("ec2:StopInstances", "arn:aws:ec2:us-east-1:1:instance/i-1"),
    ("ec2:DescribeInstances", "arn:aws:ec2:us-east-1:1:instance/i-1"),
    ("iam:PassRole", "arn:aws:iam::1:role/x"), ("iam:PassRole", "arn:aws:iam::1:user/x"),
    ("iam:ListRoles", "*"), ("iam:ListRoles", "arn:aws:iam::1:role/x"),
    (IN_DOUBT, "*"), (IN_DOUBT, "arn:aws:acm:us-east-1:1:certificate/x"),
]  # fmt: skip
PATTERNS = [
    "s3:*", "s3:Get*", "s3:List*", "s3:GetObject", "ec2:*", "ec2:Describe*", "iam:*",
    "*", "s3:GetObjekt", "iam:ListRoles", "s3:*Bucket*", "ec2:StopInstances", IN_DOUBT, "acm:R*",
]  # fmt: skip
RESOURCES = [
    "*", "arn:aws:s3:::*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:iam::*:role/*",
    "arn:aws:ec2:*:*:instance/*", "arn:aws:s3:::?", ANY_CERTIFICATE,
]  # fmt: skip


def statement(choose: random.Random) -> Json:
    made: Json = {"Effect": "Deny" if choose.random() < 0.25 else "Allow"}
    made["NotAction" if choose.random() < 0.1 else "Action"] = choose.sample(PATTERNS, 2)
    made["NotResource" if choose.random() < 0.1 else "Resource"] = choose.sample(RESOURCES, 2)
    return made


@pytest.mark.parametrize("seed", range(40))
def test_the_naive_reference_agrees_on_what_aws_can_be_asked(seed: int) -> None:
    choose = random.Random(seed)
    documents = [
        documented([statement(choose) for _ in range(choose.randint(1, 2))]) for _ in range(2)
    ]
    left, right = map(policy_of, documents)
    found = compare(left, right, FACTS)
    check(found, *documents)

    def allowed(action: str, resource: str, services: Services | None) -> tuple[bool, ...]:
        asked = {"action": action, "resource": resource}
        answers = [reference.decide({**asked, "identityPolicies": [each]}, services)
                   for each in documents]  # fmt: skip
        return tuple(each["decision"] == "allowed" for each in answers)

    def if_asked(action: str, resource: str) -> tuple[bool, ...]:
        """What AWS is perhaps asked, taken as asked."""
        is_open = SERVICES.ask(action, resource).possible is None
        return allowed(action, resource, None if is_open else SERVICES)

    assert_agrees(found.verdict, {allowed(*each, None) for each in ASKED})
    assert_agrees(found.possible_verdict, {allowed(*each, SERVICES) for each in ASKED})
    assert_agrees(found.possible_verdict, {if_asked(*each) for each in ASKED})


ASKED_ABOUT = ("s3:GetObject", "s3:ListBucket", "s3:ListAllMyBuckets", "iam:PassRole")
NAMED = ("*", "arn:aws:s3:::b", "arn:aws:s3:::b/k", "arn:aws:iam::123456789012:role/r")


def test_what_facts_about_a_resource_say_of_each_other_holds_in_every_request() -> None:
    facts = [resource_demand(action, FACTS).atom for action in ASKED_ABOUT]  # type: ignore[union-attr]
    requests = [make_request("s3:GetObject", resource=each) for each in NAMED]
    held = {fact: [fact.holds(request) for request in requests] for fact in facts}
    assert [sum(each) for each in held.values()] == [1, 1, 1, 1]
    for one in facts:
        assert one.implies(one)
        assert one.keys == ()
        for other in facts:
            if one.implies(other):
                assert all(b for a, b in zip(held[one], held[other], strict=True) if a)
            assert not one.excludes(other)
            assert one.either(other) is None


@pytest.mark.parametrize(
    ("error", "doubt", "is_cut_short"),
    [
        (TooManyStatesError(), "the action patterns have too many combinations", False),
        (SpentError("no time"), "no time: whether both allow any request was not decided", True),
    ],
)
def test_whether_two_have_anything_in_common_is_undecided_where_it_takes_too_long(
    error: Exception, doubt: str, is_cut_short: bool
) -> None:
    def groups() -> Iterator[str]:
        yield "s3:getobject"
        raise error

    one, other = (
        compared_policy(policy_of(documented(allow(each)))) for each in ("s3:Get*", "sqs:*")
    )
    common = Common(one, other, groups, NO_LIMIT, ANY_CONTEXT, FACTS)
    assert common.has_asked() is None
    assert list(common.all_doubts) == [doubt]
    assert common.is_cut_short is is_cut_short
