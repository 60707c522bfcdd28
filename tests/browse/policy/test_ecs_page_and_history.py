"""AWS's ECS page of 2026 held against every version: its mistakes are found, and no others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from policyhub.catalog.importing import history
from policyhub.catalog.models import DocumentedPolicy
from policyhub.catalog.sources.history_file import read_history_file, write_history

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

INFRASTRUCTURE = "AmazonECSInfrastructureRolePolicyFor"
SERVICE_ROLE = "AmazonECSServiceRolePolicy"
MANAGED = f"{INFRASTRUCTURE}ManagedInstances"
EVENTS = "AmazonEC2ContainerServiceEventsRole"
EXPRESS = "AmazonECSInfrastructureRoleforExpressGatewayServices"
COMPUTE = "AmazonECSComputeServiceRolePolicy"
SCALING = "AWSApplicationAutoscalingECSServicePolicy"

BEFORE = "the entry is dated before"
LATE = "the entry comes"
SILENT = "mentions no change"
NO_VERSION = "no version was created"
NO_MORE = "no further access"
NOT_GRANTED = "does not grant"
ANOTHER = "listed under this policy but describes"
NO_SERVICE = "but no version of it grants anything"

# policy, day of the entry, what is said of it
MISTAKES = {
    (SCALING, "2024-10-24", SILENT),  # v2: cloudwatch:GetMetricData
    (EVENTS, "2023-10-04", ANOTHER),
    (EVENTS, "2023-03-06", SILENT),  # v3
    (COMPUTE, "2025-08-31", LATE),
    (COMPUTE, "2025-03-28", SILENT),  # v2: ec2:DescribeFleets
    (f"{INFRASTRUCTURE}LoadBalancers", "2025-07-15", BEFORE),
    (MANAGED, "2026-02-26", NO_MORE),  # v11: any service whose name begins with ec2
    (MANAGED, "2025-09-29", SILENT),  # v2: passes other roles than v1
    (EXPRESS, "2025-11-15", SILENT),  # v2: elasticloadbalancing:DescribeTargetHealth
    (f"{INFRASTRUCTURE}ServiceConnectTransportLayerSecurity", "2024-01-22", NO_SERVICE),  # AWS KMS
    (SERVICE_ROLE, "2026-01-20", BEFORE),
    (SERVICE_ROLE, "2025-07-15", NO_VERSION),
    (SERVICE_ROLE, "2022-10-14", SILENT),  # v9
}


@pytest.fixture
def with_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring in every version of the policies on the page."""
    names = set(DocumentedPolicy.objects.values_list("policy__name", flat=True))
    header, policies = read_history_file(settings.FIXTURES_DIR / history.HISTORY)
    chosen = [each for each in policies if each.name in names]
    assert len(chosen) == len(names) == 16
    count = sum(len(each.versions) for each in chosen)
    path = tmp_path / history.HISTORY
    write_history(path, replace(header, policies=len(chosen), versions=count), chosen)
    monkeypatch.setattr(history, "history_path", lambda: path)
    history.load_history()


def said(client: Client) -> list[tuple[str, str, str]]:
    """Everything that the pages say against an entry: policy, day, message."""
    found = []
    for name in DocumentedPolicy.objects.values_list("policy__name", flat=True):
        for entry in client.get(f"/policies/{name}/changes.json").json()["results"]:
            found += [(name, entry["date"], message) for message in entry["disagreements"]]
    return found


@pytest.mark.usefixtures("with_history")
def test_the_mistakes_of_the_page_are_found_and_no_others(client: Client) -> None:
    kinds = (BEFORE, LATE, SILENT, NO_VERSION, NO_MORE, NOT_GRANTED, ANOTHER, NO_SERVICE)
    messages = said(client)
    found = {(name, day, kind) for name, day, text in messages for kind in kinds if kind in text}
    assert len(found) == len(messages), "\n".join(map(str, messages))
    assert found == MISTAKES
