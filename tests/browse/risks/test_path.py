"""The page of one path: what it takes, and every policy that has it, with its proof."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policyhub.catalog.models import PolicyVersion
from policyhub.iam.language.wording import plain
from policyhub.judge.risks.known import risks_of_version
from policyhub.judge.risks.paths import known_paths
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PASSING = "ecs-001"


def path(client: Client, name: str, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/risks/{name}.json{query}")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def in_force(key: str) -> PolicyVersion:
    return PolicyVersion.objects.in_force().select_related("policy").get(policy__key=key)


def test_a_path_names_its_actions_and_the_service_that_must_get_the_role(client: Client) -> None:
    html = markup_of(client.get(f"/risks/{PASSING}/"))
    body = path(client, PASSING)
    assert {"iam:PassRole", "ecs:CreateService"} <= set(body["actions"])
    services = [each["passedTo"] for each in body["requests"] if each["passedTo"]]
    assert services == [["ecs-tasks.amazonaws.com"]]
    for action in body["actions"]:
        assert f'href="/actions/{action}/"' in html
    assert "passed to <code>ecs-<wbr>tasks.<wbr>amazonaws.<wbr>com</code>" in html
    assert body["source"] in html


@pytest.mark.parametrize("name", [PASSING, "iam-001", "data-s3-1"])
def test_a_policy_answers_as_it_does_when_all_its_risks_are_sought(
    client: Client, name: str
) -> None:
    for row in path(client, name)["results"][:12]:
        found = {each.id: each for each in risks_of_version(in_force(row["policy"]))}[name]
        assert row["answer"] == found.answer
        if found.is_claimed:
            assert row["statements"] == [each + 1 for each in found.statements]
            assert row["inWords"] == list(found.bounds)
        else:
            assert row["inWords"] == list(
                dict.fromkeys(plain(each.clause) for each in found.ruled_out_by)
            )


@pytest.mark.parametrize("name", [PASSING, "iam-009", "data-kms-1", "cred-2"])
def test_the_proof_of_each_policy_is_allowed_by_the_simulator(client: Client, name: str) -> None:
    rows = [row for row in path(client, name)["results"] if row["simulate"]]
    assert rows
    for row in rows[:8]:
        answer = client.get(row["simulate"].replace("/simulate/", "/simulate.json", 1))
        assert answer.status_code == 200
        assert "allowed" in decisions(answer.json()), row["simulate"]


def decisions(body: Any) -> set[str]:
    """Every decision that an answer of the simulator names."""
    if isinstance(body, dict):
        own = {body["decision"]} if isinstance(body.get("decision"), str) else set()
        return own.union(*map(decisions, body.values()))
    return set[str]().union(*map(decisions, body)) if isinstance(body, list) else set()


def test_the_policies_that_leave_it_free_come_first(client: Client) -> None:
    order = ["free", "bounded", "undecided", "ruled-out"]
    answers = [order.index(row["answer"]) for row in path(client, PASSING)["results"]]
    assert len(set(answers)) > 1
    assert answers == sorted(answers)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("?answer=bounded", lambda row: row["answer"] == "bounded"),
        ("?answer=free&answer=ruled-out", lambda row: row["answer"] in ("free", "ruled-out")),
        ("?group=take-over", lambda row: row["group"] == "take-over"),
        ("?q=ecs", lambda row: "ecs" in row["policy"].lower()),
    ],
)
def test_a_filter_leaves_exactly_the_policies_that_it_names(
    client: Client, query: str, holds: Any
) -> None:
    left = path(client, PASSING, query)["results"]
    assert left
    assert left == [row for row in path(client, PASSING)["results"] if holds(row)]


def test_an_id_in_capitals_leads_to_the_path(client: Client) -> None:
    answer = client.get("/risks/IAM-001/?answer=free")
    assert (answer.status_code, answer["Location"]) == (302, "/risks/iam-001/?answer=free")


@pytest.mark.parametrize("name", ["iam-0001", "nothing", "%00", "a" * 3000])
def test_an_unknown_id_is_said_to_be_unknown(client: Client, name: str) -> None:
    assert client.get(f"/risks/{name}/").status_code in (400, 404)
    assert client.get(f"/risks/{name}.json").status_code in (400, 404)


def test_an_id_nearly_right_is_answered_with_what_is_near(client: Client) -> None:
    answer = client.get("/risks/iam-0001.json")
    assert "iam-001" in answer.json()["near"]
    assert 'href="/risks/iam-001/"' in markup_of(client.get("/risks/iam-0001/"))


def test_a_page_of_policies_takes_few_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(f"/risks/{PASSING}/")
    with django_assert_max_num_queries(8):
        client.get(f"/risks/{PASSING}/")


def test_every_page_of_policies_is_reached_and_the_csv_has_them_all(client: Client) -> None:
    rows = list(
        csv.DictReader(io.StringIO(client.get("/risks/data-s3-1.csv").content.decode("utf-8-sig")))
    )
    body = path(client, "data-s3-1")
    assert [row["policy"] for row in rows] == [row["policy"] for row in body["results"]]
    html = markup_of(client.get("/risks/data-s3-1/?page=2"))
    assert re.findall(r'data-policy="([^"]+)"', html) == [row["policy"] for row in rows[25:50]]


def test_every_path_has_a_page(client: Client) -> None:
    # The pages without any policy would show what only they need.
    for each in known_paths()[::25]:
        assert client.get(f"/risks/{each.id}/?answer=undecided").status_code == 200


@pytest.mark.parametrize("value", ["free-passrole", "Data"])
def test_a_family_of_risks_in_the_place_of_an_id_leads_to_its_policies(
    client: Client, value: str
) -> None:
    answer = client.get(f"/risks/{value}/")
    assert answer.status_code == 404
    url = f"/search/?q=risk:{value.lower()}"
    assert f'href="{url}"' in answer.content.decode()
    assert client.get(url).status_code == 200
