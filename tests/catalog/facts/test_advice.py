"""Near misses, changes and examples name only what AWS can be asked."""

from __future__ import annotations

from typing import Any

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.answering.outcome import outcome
from policyhub.iam.answering.outcome_in_words import headline
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import read_simulation
from policyhub.iam.explaining.changes import ChangeKind
from policyhub.iam.explaining.explanation import Explanation, explain
from policyhub.iam.explaining.layers import layer_outlooks
from policyhub.iam.explaining.near_misses import near_misses
from policyhub.iam.explaining.residual import residual
from policyhub.iam.language.arn_formats import ANYTHING, ArnFormats, Holds
from policyhub.iam.language.wording import plain
from tests.catalog.corpus import corpus

FACTS = get_service_facts()
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/web"


def explained(action: str, resource: str, *statements: tuple[str, str]) -> Explanation:
    documents = [
        {"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}
        for action, resource in statements
    ]
    asked: dict[str, Any] = {"action": action, "resource": resource, "identityPolicies": documents}
    read = read_simulation(asked, facts=FACTS)
    return explain(read.request, read.policies)


def offered(explanation: Explanation) -> list[str]:
    """The resources that the explanation offers to ask about."""
    changes = [each for group in explanation.smallest_changes for each in group]
    changes += [each.change for each in explanation.near_misses if each.change]
    return [each.values[0] for each in changes if each.kind is ChangeKind.ASK_FOR_RESOURCE]


def test_a_statement_about_objects_is_said_to_list_no_bucket() -> None:
    found = explained("s3:ListBucket", "arn:aws:s3:::bucket", ("s3:*", "arn:aws:s3:::bucket/*"))
    assert offered(found) == []
    (near,) = found.to_dict()["nearMisses"]
    assert near["change"] is None
    assert "it names resources of type object, and s3:ListBucket works on" in near["explanation"]
    assert "bucket (arn:${Partition}:s3:::${BucketName})" in near["explanation"]


def test_for_a_bucket_where_an_object_is_needed_an_object_is_offered() -> None:
    found = explained("s3:GetObject", "arn:aws:s3:::bucket", ("s3:*", "arn:aws:s3:::bucket/*"))
    assert set(offered(found)) == {"arn:aws:s3:::bucket/x"}


def test_a_pattern_that_ends_early_is_completed_to_a_resource_of_the_action() -> None:
    found = explained("s3:GetObject", "arn:aws:s3:::mine/a", ("s3:*", "arn:aws:s3:::other*"))
    assert set(offered(found)) == {"arn:aws:s3:::other/x"}


def test_for_a_request_that_aws_is_never_asked_one_is_offered_that_it_is() -> None:
    assert offered(explained("ecs:ListTasks", CLUSTER, ("ecs:*", "*"))) == [
        "arn:aws:ecs:us-east-1:123456789012:container-instance/x/x"
    ]
    assert offered(explained("ec2:DescribeVpcs", CLUSTER, ("ec2:*", "*"))) == ["*"]


@pytest.mark.parametrize(
    ("action", "resource", "says"),
    [
        ("ecs:ListTasks", CLUSTER, "Denied, because no such request exists"),
        (
            "acm:RequestCertificate",
            "arn:aws:acm:us-east-1:123456789012:certificate/x",
            "Denied, because no resource of this action is known",
        ),
        ("ecs:DeleteCluster", CLUSTER, "Allowed"),
    ],
)
def test_the_headline_says_where_the_policies_have_no_say(
    action: str, resource: str, says: str
) -> None:
    asked = {"action": action, "resource": resource, "identityPolicies": [ALL]}
    read = read_simulation(asked, facts=FACTS)
    decision = evaluate(read.request, read.policies)
    found = outcome(read.request, decision, residual(read.request, read.policies))
    layers = layer_outlooks(read.request, read.policies, decision)
    assert plain(headline(found, layers)) == says


def test_of_any_resource_only_those_of_the_action_count() -> None:
    statements = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource, "Condition": of_a_team}
        for of_a_team in [{"StringEquals": {"aws:PrincipalTag/team": "web"}}]
        for resource in ["arn:aws:s3:::mine/*", "arn:aws:s3:::bucket"]
    ]
    asked = {"action": "s3:GetObject", "identityPolicies": [{"Statement": statements}]}
    read = read_simulation(asked, facts=FACTS)
    depends_on = residual(read.request, read.policies, any_resource=True)
    assert "mine/*" in str(depends_on.allowed)
    assert "bucket" not in str(depends_on.allowed)
    near = near_misses(read.request, read.policies, any_resource=True)
    assert [bool(each.mismatch) for each in near] == [False]
    assert near[0].clause.element == "Condition"


@pytest.mark.parametrize("resource", ["arn:aws:s3:::bucket/x", CLUSTER, "arn:aws:s3:::bucket"])
@pytest.mark.parametrize("action", ["s3:GetObject", "ecs:ListTasks", "s3:ListBucket"])
def test_whatever_is_offered_is_possible(action: str, resource: str) -> None:
    found = explained(action, resource, (action, "arn:aws:s3:::*"), (action, "arn:aws:ecs:*"))
    assert all(FACTS.possibility(action, each).possible is not False for each in offered(found))


def test_what_a_decision_depends_on_agrees_with_the_decision() -> None:
    for action, resource in [("ecs:ListTasks", CLUSTER), ("s3:GetObject", "arn:aws:s3:::b/x")]:
        asked = {"action": action, "resource": resource, "identityPolicies": [ALL]}
        read = read_simulation(asked, facts=FACTS)
        decision = evaluate(read.request, read.policies)
        assert residual(read.request, read.policies).decision(read.request) == decision.name


ALL = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}

MATCHES = [
    ("arn:aws:s3:::a/b", True),
    ("arn:aws:s3:::a/", False),
    ("arn:aws:s3:::/b", False),
    ("arn:aws:s3:::a/b/c:d", True),
    ("arn:aws:s3:::a", False),
    ("", False),
    ("arn:aws:s3:x::a/b", False),
    ("arn:aws:s3:::a/b\N{SNOWMAN}", True),
]


@pytest.mark.parametrize(("arn", "fits"), MATCHES)
def test_an_arn_fits_a_format_as_a_whole(arn: str, fits: bool) -> None:
    object_format = ("arn:${Partition}:s3:::${Bucket}/${Key}", {"Key": ANYTHING})
    text, holds = object_format
    formats = ArnFormats([(text, lambda name: holds.get(name, Holds()))], wide=False)
    assert formats.fit(arn) is fits
    assert formats.meet(arn) is fits


def test_examples_fit_the_pattern_and_the_format_over_the_whole_corpus() -> None:
    tried = 0
    for policy in list(corpus().values())[::20]:
        for statement in policy.statements:
            for action in statement.actions[:2]:
                for pattern in statement.resources[:2]:
                    example = known_example(action, pattern)
                    if example:
                        tried += 1
                        assert FACTS.meets(action, pattern)
                        assert FACTS.possibility(action, example).possible
    assert tried > 50


def known_example(action: str, pattern: str) -> str:
    is_known = FACTS.reference.action(action) is not None
    return FACTS.example(action, pattern) if is_known and "${" not in pattern else ""


def test_a_hostile_arn_takes_time_in_proportion_to_its_length() -> None:
    assert not FACTS.possibility("s3:GetObject", "arn:" * 4_000).possible
    assert FACTS.possibility("s3:GetObject", "arn:aws:s3:::b/" + "/:" * 20_000).possible
    assert not FACTS.meets("s3:ListBucket", "*:" * 200 + "?/" * 200)
