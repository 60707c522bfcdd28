"""Lists, searches and the JSON of a policy know its risks."""

from __future__ import annotations

import pytest
from django.test import Client

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import ManagedDocument, read_simulation
from policyhub.iam.language.elements import Usage
from policyhub.judge.models import PolicyRisk
from policyhub.judge.risks.filters import RISK_VALUES, values_by_policy
from policyhub.judge.risks.kinds import FAMILIES
from policyhub.search.finding.current import get_index
from policyhub.search.finding.entries import POLICIES
from policyhub.search.finding.query import parse_query
from tests.catalog.corpus import documents_by_name

pytestmark = pytest.mark.django_db


def having(value: str) -> set[str]:
    """The policies with a value, by a plain look at the rows."""
    family = value.removeprefix("free-")
    answers = ["free"] if value.startswith("free-") else ["free", "bounded"]
    rows = PolicyRisk.objects.filter(family__iexact=family, answer__in=answers)
    return set(rows.values_list("version__policy__key", flat=True))


@pytest.mark.parametrize("value", RISK_VALUES)
def test_the_search_keeps_the_policies_that_have_the_risk(value: str) -> None:
    wanted = having(value)
    assert wanted
    hits = get_index().find(parse_query(f"risk:{value}")[0])
    assert {each.name for each in hits.page(POLICIES, 0, 2_000)} == wanted
    assert hits.counts() == {POLICIES: len(wanted)}


@pytest.mark.parametrize("value", [each for each in RISK_VALUES if each.startswith("free-")])
def test_the_list_keeps_the_policies_that_have_the_risk_freely(value: str, client: Client) -> None:
    answer = client.get("/policies.json", {"risk": value}).json()
    assert answer["count"] == len(having(value))


def test_values_are_two_for_each_family() -> None:
    assert len(RISK_VALUES) == 2 * len(FAMILIES)
    of_ecs = values_by_policy(["AmazonECS_FullAccess", "AWSDenyAll"])
    assert of_ecs.keys() == {"AmazonECS_FullAccess"}
    assert {"passrole", "takeover", "free-takeover"} <= of_ecs["AmazonECS_FullAccess"]
    assert "free-passrole" not in of_ecs["AmazonECS_FullAccess"]


def test_a_value_that_is_not_known_is_refused_with_those_that_are(client: Client) -> None:
    hits = get_index().find(parse_query("risk:danger")[0])
    assert hits.counts() == {}
    assert "passrole" in hits.problems[0].message


def test_a_policy_as_json_has_its_verdict_and_risks_that_replay(client: Client) -> None:
    policy = client.get("/policies/AmazonECS_FullAccess.json").json()
    assert policy["verdict"]["group"] == "take-over"
    risk = next(each for each in policy["risks"] if each["id"] == "ecs-004")
    assert risk["answer"] == "bounded"

    def found(name: str, version: str | None, usage: Usage) -> ManagedDocument:
        return ManagedDocument(documents_by_name()[name])

    for each in risk["proof"]:
        (named,) = each["identityPolicies"]
        assert named == {"managed": "AmazonECS_FullAccess", "version": policy["versionId"]}
        read = read_simulation(each, found, facts=get_service_facts())
        assert evaluate(read.request, read.policies).is_allowed
        answer = client.post("/simulate.json", each, content_type="application/json")
        assert answer.json()["decision"] == "allowed"
