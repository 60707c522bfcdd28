"""Which services a policy belongs to: by its name, who assumes it, its page, what it grants."""

from __future__ import annotations

import pytest

from policyhub.catalog.deriving import drift
from policyhub.catalog.deriving.belonging import REASONS, service_names
from policyhub.catalog.deriving.indexing import find_drift, index_policies
from policyhub.catalog.models import Policy, PolicyService

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("AmazonECS_FullAccess", "ecs"),
        ("AmazonECSTaskExecutionRolePolicy", "ecs"),
        ("AmazonECSServiceRolePolicy", "ecs"),
        ("AmazonEC2ContainerServiceEventsRole", "ecs"),
        ("AmazonEC2ContainerRegistryReadOnly", "ecr"),
        ("AmazonElasticContainerRegistryPublicReadOnly", "ecr-public"),
        ("AmazonEC2ReadOnlyAccess", "ec2"),
        ("CloudWatchLogsFullAccess", "logs"),
        ("CloudWatchFullAccess", "cloudwatch"),
        ("CloudWatchEventsFullAccess", "events"),
        ("AWSServiceRoleForAmazonEKSNodegroup", "eks"),
        ("AWSSSOReadOnly", "sso"),
        ("AWSIoTFullAccess", "iot"),
        ("AWSIAMIdentityCenterAllowListForIdentityContext", "sso"),
        ("AWSResourceExplorerReadOnlyAccess", "resource-explorer-2"),
        ("AutoScalingFullAccess", "autoscaling"),
    ],
)
def test_a_name_begins_with_its_service(name: str, prefix: str) -> None:
    assert service_names().of_name(name) == {prefix}


@pytest.mark.parametrize(
    "name",
    ["", "A", "AWS", "AmazonECSomething", "ecstatic", "AWSConnector", "ReadOnlyAccess", "JustECS"],
)
def test_a_part_of_a_word_is_no_service(name: str) -> None:
    assert not service_names().of_name(name)


@pytest.mark.parametrize(
    ("principal", "prefixes"),
    [
        ("ecs.amazonaws.com", {"ecs"}),
        ("ecs-tasks.amazonaws.com", {"ecs"}),
        ("ecs.application-autoscaling.amazonaws.com", {"application-autoscaling"}),
        ("ec2.amazonaws.com.cn", {"ec2"}),
        ("nosuchservice.amazonaws.com", set()),
        ("ecs.example.com", set()),
        ("", set()),
    ],
)
def test_a_principal_is_of_its_service(principal: str, prefixes: set[str]) -> None:
    assert service_names().of_principals([principal]) == prefixes


@pytest.mark.parametrize(
    ("address", "prefixes"),
    [
        ("https://docs.aws.amazon.com/AmazonECS/latest/developerguide/x.html#y", {"ecs"}),
        ("https://docs.aws.amazon.com/lambda/latest/dg/", {"lambda"}),
        ("https://docs.aws.amazon.com/aws-managed-policy/latest/reference/", set()),
        ("https://example.com/AmazonECS/latest/", set()),
        ("http://[::1", set()),
        ("", set()),
    ],
)
def test_a_page_is_of_the_service_whose_guide_it_is_in(address: str, prefixes: set[str]) -> None:
    assert service_names().of_page(address) == prefixes


def reasons(policy: str, prefix: str) -> set[str]:
    row = PolicyService.objects.filter(policy__name=policy, service__prefix=prefix).first()
    return {each for each in REASONS if getattr(row, each)} if row else set()


def test_the_reasons_are_kept() -> None:
    assert reasons("AmazonECSServiceRolePolicy", "ecs") == {"named", "trusted", "documented"}
    assert reasons("AmazonECS_FullAccess", "ecs") == {"granted", "named", "documented"}
    assert reasons("AWSCodeDeployRoleForECS", "ecs") == {"granted", "documented"}
    assert reasons("AWSCodeDeployRoleForECS", "codedeploy") == {"trusted"} | (
        {"named"} if service_names().of_name("AWSCodeDeployRoleForECS") else set()
    )
    assert reasons("AmazonEC2ContainerRegistryReadOnly", "ecs") == set()


@pytest.mark.one_database
def test_what_a_curator_says_moves_a_policy_and_forgetting_it_is_drift(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What follows from documents alone is looked at elsewhere, and takes a minute.
    monkeypatch.setattr(drift, "_version_drift", lambda reference: iter(()))
    policy = Policy.objects.get(name="AmazonEKS_CNI_Policy")
    policy.trusted_services = ["lambda.amazonaws.com"]
    policy.save()
    drifted = [(each.version, each.what) for each in find_drift()]
    assert drifted == [("AmazonEKS_CNI_Policy", "belonging to lambda")]
    index_policies([policy.pk])
    assert reasons("AmazonEKS_CNI_Policy", "lambda") == {"trusted"}
    assert find_drift() == []
