"""A policy as JSON: the keys that others rely on, at the version asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from policyhub.catalog.models import PolicyVersion

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

FIXTURE = json.loads((settings.FIXTURES_DIR / "ecs.json").read_text(encoding="utf-8"))
PROMISED = {
    "name", "arn", "path", "kind", "attachable", "trustedServices", "summary", "considerations",
    "versions", "document", "statements", "services", "permissionDescriptions", "changelog",
    "findings",
}  # fmt: skip


def policy(client: Client, name: str, version: str = "") -> dict[str, Any]:
    answer = client.get(f"/policies/{name}.json", {"version": version} if version else {})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize("fixture", FIXTURE["policies"], ids=lambda each: each["name"])
def test_a_policy_of_the_ecs_page_says_what_the_page_says(
    client: Client, fixture: dict[str, Any]
) -> None:
    body = policy(client, fixture["name"])
    assert set(body) >= PROMISED
    assert body["arn"] == fixture["arn"]
    assert body["summary"] == fixture["summary"]
    assert body["considerations"] == fixture["considerations"]
    assert body["trustedServices"] == fixture["trustedServices"]
    assert body["documentedAttachable"] == fixture["documentedAttachable"]
    described = [(row["pattern"], row["text"]) for row in body["permissionDescriptions"]]
    told = fixture.get("permissionDescriptions", [])
    assert described == [(row["pattern"], row["text"]) for row in told]


@pytest.mark.parametrize(
    "fixture",
    [each for each in FIXTURE["policies"] if each.get("versions")],
    ids=lambda each: each["name"],
)
def test_the_page_s_document_comes_back_as_it_is_with_its_order(
    client: Client, fixture: dict[str, Any]
) -> None:
    version = fixture["versions"][0]
    body = policy(client, fixture["name"], version["versionId"])
    assert body["versionId"] == version["versionId"]
    assert json.dumps(body["document"]) == json.dumps(version["document"])


def test_every_change_of_the_page_is_with_its_policy(client: Client) -> None:
    for entry in FIXTURE["changelog"]:
        if entry.get("policy"):
            changes = policy(client, entry["policy"])["changelog"]
            told = [(row["date"], row["title"], row["source"]) for row in changes]
            assert (entry["date"], entry["title"], "documentation") in told


def test_versions_name_the_default_one_and_their_sources(client: Client) -> None:
    versions = policy(client, "AmazonECS_FullAccess")["versions"]
    assert [row["versionId"] for row in versions] == ["v22", "v20"]
    assert [row["isDefault"] for row in versions] == [True, False]
    assert [row["source"] for row in versions] == ["iam-api", "documentation"]


def test_statements_have_their_elements_and_plain_english(client: Client) -> None:
    statements = policy(client, "AmazonECS_FullAccess", "v20")["statements"]
    assert len(statements) == 8
    passing = next(row for row in statements if row["action"] == ["iam:PassRole"])
    assert passing["effect"] == "Allow"
    assert passing["condition"]["StringLike"]["iam:PassedToService"]
    assert passing["inWords"].startswith("Allows iam:PassRole on ")


def test_not_action_and_not_resource_keep_their_names(client: Client) -> None:
    statement = policy(client, "PowerUserAccess")["statements"][0]
    assert "iam:*" in statement["notAction"]
    assert "action" not in statement
    statements = policy(client, "AmazonSecurityLakePermissionsBoundary")["statements"]
    assert any("notResource" in row and "resource" not in row for row in statements)


def test_services_count_what_is_granted_by_level(client: Client) -> None:
    body = policy(client, "AmazonECS_FullAccess", "v20")
    services = {row["prefix"]: row for row in body["services"]}
    assert len(services) == 19
    assert (
        sum(row["actionCount"] for row in body["services"]) == body["permissions"]["count"] == 438
    )
    assert services["ecs"]["access"] == "Full access"
    levels = services["ssm"]["levels"]
    assert sum(level["granted"] for level in levels.values()) == services["ssm"]["actionCount"]
    assert services["ssm"]["scopes"][0]["resources"].startswith("arn:aws:ssm:")


def test_the_permissions_link_leads_to_the_rows_that_it_counts(client: Client) -> None:
    permissions = policy(client, "AmazonECS_FullAccess", "v20")["permissions"]
    assert permissions["url"].endswith(
        "/policies/AmazonECS_FullAccess/permissions.json?version=v20"
    )
    rows = client.get(permissions["url"].removeprefix("http://testserver")).json()
    assert rows["count"] == permissions["count"]


def test_findings_hold_the_prose_against_the_version_it_describes(client: Client) -> None:
    at_default = policy(client, "AmazonECS_FullAccess")["findings"]
    assert {"code", "severity", "message", "evidence", "remedy"} == set(at_default[0])
    assert any("fsx" in row["message"] for row in at_default)
    assert at_default == policy(client, "AmazonECS_FullAccess", "v20")["findings"]


def test_patterns_that_match_nothing_are_not_dropped(client: Client) -> None:
    body = policy(client, "AWSSupportServiceRolePolicy")
    rows = {row["pattern"]: row for row in body["unmatchedPatterns"]}
    assert rows["iotevents:listInputs"]["reason"] == "retired service"
    assert rows["iotevents:listInputs"]["statement"] == 4


def test_an_unknown_version_is_an_error_that_lists_the_known_ones(client: Client) -> None:
    answer = client.get("/policies/AmazonECS_FullAccess.json?version=v99")
    assert answer.status_code == 404
    assert answer.json()["versions"] == ["v22", "v20"]


@pytest.mark.parametrize("name", ["AdministratorAccess", "ReadOnlyAccess", "AWSDenyAll"])
def test_large_and_denying_policies_have_their_json(client: Client, name: str) -> None:
    version = PolicyVersion.objects.get(policy__name=name, is_default=True)
    body = policy(client, name)
    assert body["document"] == json.loads(version.document)
    assert body["permissions"]["count"] == version.action_count
