"""`/simulate.json`: one question by POST, the page's by GET, every problem at once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.importing.run import import_policies
from policyhub.iam.deciding.simulation import read_simulation
from policyhub.simulate.lines import answer
from tests.catalog.given_sources import NAME, policy, version

pytestmark = pytest.mark.django_db
ALLOW = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"},
}


def post(client: Client, body: Any) -> Any:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post("/simulate.json", text, content_type="application/json")


def test_a_simulation_is_answered_as_the_command_answers_it(client: Client) -> None:
    asked = {"id": 7, "action": "ecs:RunTask", "identityPolicies": [ALLOW], "trace": True}
    response = post(client, asked)
    assert response.status_code == 200
    read = read_simulation(asked, facts=get_service_facts())
    assert response.json() == answer(read)


def test_what_was_imported_since_is_decided_by(client: Client) -> None:
    asked = {"action": "s3:PutObject", "identityPolicies": [{"managed": NAME}]}
    asked["resource"] = "arn:aws:s3:::a/b"
    first = version("v1", "s3:GetObject")
    import_policies([policy(first)])
    assert post(client, asked).json()["decision"] == "implicitDeny"
    second = version("v2", "s3:*", created="2025-01-01")
    import_policies([policy(replace(first, is_default=False), second, day="2026-02-02")])
    assert post(client, asked).json()["decision"] == "allowed"


def test_an_expectation_is_answered_too(client: Client) -> None:
    asked = {"action": "ecs:RunTask", "identityPolicies": [ALLOW], "expect": "denied"}
    assert post(client, asked).json()["passed"] is False


REFUSED: list[tuple[str, Any, int, list[tuple[str, str]]]] = [
    ("nothing", "", 400, [("not-json", "")]),
    ("no JSON", "{", 400, [("not-json", "")]),
    ("bytes that are no UTF-8", b"\xff", 400, [("not-json", "")]),
    ("nested too deep", "[" * 99_999, 400, [("not-json", "")]),
    ("a key twice", '{"action":"a:b","action":"a:c"}', 400, [("duplicate-key", "")]),
    ("more than is read", '"' + "x" * (5 * 1024 * 1024) + '"', 413, [("too-large", "")]),
    ("a list", [], 400, [("not-an-object", "")]),
    (
        "all problems at once",
        {"action": 1, "context": [], "x": 1},
        400,
        [("unknown-key", "x"), ("wrong-type", "action"), ("wrong-type", "context")],
    ),
    (
        "an unknown policy",
        {"action": "a:b", "identityPolicies": [{"managed": "None"}]},
        400,
        [("unknown-policy", "identityPolicies[0]")],
    ),
]


@pytest.mark.parametrize(
    ("body", "status", "problems"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED]
)
def test_what_makes_no_sense_is_refused_with_every_reason(
    client: Client, body: Any, status: int, problems: list[tuple[str, str]]
) -> None:
    response = post(client, body)
    assert response.status_code == status
    found = response.json()["problems"]
    assert [(each["code"], each["path"]) for each in found] == problems
    assert all(each["message"] for each in found)


def test_the_page_s_address_gives_the_same_as_json(client: Client) -> None:
    asked = {"policy": "AmazonECS_FullAccess@v20", "action": "ecs:RunTask"}
    one = client.get("/simulate.json", asked).json()
    assert (one["decision"], one["action"]) == ("allowed", "ecs:RunTask")
    assert one["trace"]["statements"]
    several = client.get("/simulate.json", {**asked, "action": ["ecs:RunTask", "s3:GetObject"]})
    assert [each["decision"] for each in several.json()["results"]] == ["allowed", "implicitDeny"]


def test_an_address_that_asks_nothing_says_what_to_add(client: Client) -> None:
    response = client.get("/simulate.json")
    assert response.status_code == 400
    assert "an action is needed" in response.json()["problems"][0]["message"]


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    assert getattr(client, method)("/simulate.json").status_code == 405
