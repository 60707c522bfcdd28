"""An action's page: what it is, who grants it, and what it says about unknown names."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policyhub.catalog.access.permissions import effective_permissions_of
from policyhub.catalog.models import Pattern, PolicyVersion
from policyhub.catalog.reference.in_memory import get_reference
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ROW = re.compile(r'<th scope="row"><a href="/policies/([^/"]+)/')


def action(client: Client, name: str, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/actions/{name}.json{query}")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    assert body["count"] == len(body["results"])
    return body


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    return markup_of(answer)


def text(html: str) -> str:
    without = re.sub(r"<wbr>|</?(?:code|span|a)\b[^>]*>", "", html)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", without))


def test_the_page_has_the_reference_s_facts(client: Client) -> None:
    shown = text(page(client, "/actions/ecs:RunTask/"))
    assert "Grants permission to start a task" in shown
    assert "task-definition yes arn:${Partition}:ecs:${Region}" in shown
    assert "A caller also needs iam:PassRole." in shown
    assert "ecs:cluster ARN" in shown


def test_json_has_the_reference_s_facts(client: Client) -> None:
    body = action(client, "ecs:RunTask")
    assert body["known"] is True
    assert body["level"] == "Write"
    assert body["resourceTypes"][0]["name"] == "task-definition"
    assert body["resourceTypes"][0]["required"] is True
    assert {"name": "ecs:cluster", "type": "ARN"} in body["conditionKeys"]
    assert body["dependentActions"] == ["iam:PassRole"]


def test_every_arn_format_of_a_resource_type_is_shown(client: Client) -> None:
    formats = [
        "arn:${Partition}:apigateway:${Region}::/apis/${ApiId}/stages/${StageName}",
        "arn:${Partition}:apigateway:${Region}::/restapis/${RestApiId}/stages/${StageName}",
    ]
    bodies = [action(client, "apigateway:GET"), client.get("/services/apigateway.json").json()]
    for body in bodies:
        (stage,) = [each for each in body["resourceTypes"] if each["name"] == "Stage"]
        assert stage["arnFormats"] == formats
    for url in ("/actions/apigateway:GET/", "/services/apigateway/"):
        html = page(client, url).replace("<wbr>", "")
        assert all(f"<code>{each}</code>" in html for each in formats)


def test_every_policy_that_grants_or_denies_it_is_there_as_freely_as_it_does(
    client: Client,
) -> None:
    expected = {}
    versions = PolicyVersion.objects.filter(is_default=True).select_related("policy")
    for version in versions:
        grant = effective_permissions_of(version.document, version.digest).grant("ecs:RunTask")
        if grant is not None:
            expected[version.policy.name] = grant.freedom
    found = {row["policy"]: row["granted"] for row in action(client, "ecs:RunTask")["results"]}
    assert found == expected
    assert {"free", "conditional", "scoped", "blocked"} <= set(found.values())


def test_bounds_are_told_in_words(client: Client) -> None:
    rows = {row["policy"]: row for row in action(client, "iam:PassRole")["results"]}
    statements = rows["AmazonECS_FullAccess"]["statements"]
    assert "iam:PassedToService is ecs-tasks.amazonaws.com" in [
        each["conditions"] for each in statements
    ]
    html = page(client, "/actions/iam:PassRole/?q=AmazonECS_FullAccess")
    assert "when iam:PassedToService is ecs-tasks.amazonaws.com" in text(html)
    assert "/policies/AmazonECS_FullAccess/document/?statement=" in html


def test_a_grant_that_is_free_says_nothing_of_narrower_ones(client: Client) -> None:
    shown = text(page(client, "/actions/iam:PassRole/?q=AdministratorAccess&granted=free"))
    assert "AdministratorAccess freely every resource statement 1" in shown


def test_a_denial_says_that_it_is_one(client: Client) -> None:
    shown = text(page(client, "/actions/ecs:RunTask/?q=AWSDenyAll"))
    assert "AWSDenyAll denied denied on every resource" in shown


def test_many_policies_are_paged_the_freest_first(client: Client) -> None:
    body = action(client, "iam:PassRole")
    names = [row["policy"] for row in body["results"]]
    first = ROW.findall(page(client, "/actions/iam:PassRole/"))
    second = ROW.findall(page(client, "/actions/iam:PassRole/?page=2"))
    assert len(first) == 50
    assert first + second == names[: 50 + len(second)]
    assert f"1 to 50 of {body['count']} policies" in text(page(client, "/actions/iam:PassRole/"))


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("granted=free", lambda row: row["granted"] == "free"),
        ("granted=blocked&granted=scoped", lambda row: row["granted"] in ("blocked", "scoped")),
        ("kind=service-linked-role", lambda row: row["kind"] == "service-linked-role"),
        ("attachable=no", lambda row: row["attachable"] is False),
        ("q=sagemaker", lambda row: "sagemaker" in row["policy"].lower()),
    ],
)
def test_a_filter_leaves_exactly_the_rows_that_it_names(
    client: Client, query: str, holds: Any
) -> None:
    every = action(client, "iam:PassRole")["results"]
    left = action(client, "iam:PassRole", f"?{query}")["results"]
    assert left == [row for row in every if holds(row)]
    assert 0 < len(left) < len(every)


def test_rows_sort_by_policy_in_both_directions(client: Client) -> None:
    up = [row["policy"] for row in action(client, "ecs:RunTask", "?sort=policy")["results"]]
    down = [row["policy"] for row in action(client, "ecs:RunTask", "?sort=-policy")["results"]]
    assert up == sorted(up, key=str.lower)
    assert down == up[::-1]


def test_the_csv_file_has_every_policy(client: Client) -> None:
    answer = client.get("/actions/iam:PassRole.csv")
    assert "iam-PassRole.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["policy"] for row in rows] == [
        row["policy"] for row in action(client, "iam:PassRole")["results"]
    ]


def test_another_case_leads_to_the_right_one(client: Client) -> None:
    answer = client.get("/actions/IAM:passrole/?granted=free")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/actions/iam:PassRole/?granted=free"
    twin = client.get("/actions/ECS:runtask.json")
    assert twin.headers["Location"] == "/actions/ecs:RunTask.json"


def test_every_action_that_only_policies_name_has_a_page(client: Client) -> None:
    reference = get_reference()
    names = [
        text
        for text in Pattern.objects.filter(has_wildcard=False).values_list("text", flat=True)
        if ":" in text and reference.action(text) is None
    ]
    assert len(names) > 50
    for name in names:
        answer = client.get(f"/actions/{name}/", follow=True)
        assert answer.status_code == 200, name
        assert "Not in the service authorization reference" in markup_of(answer)
        assert ROW.findall(markup_of(answer)), name


def test_an_action_near_another_is_not_found_and_the_near_one_offered(client: Client) -> None:
    html = page(client, "/actions/ecs:RunTasks/", status=404)
    assert 'href="/actions/ecs:RunTask/"' in html
    assert "would allow it anyway" in html
    assert 'href="/policies/AdministratorAccess/"' in html
    assert client.get("/actions/ecs:RunTasks.json").json()["near"][0] == "ecs:RunTask"


def test_a_pattern_is_told_from_an_action(client: Client) -> None:
    html = page(client, "/actions/ecs:Submit*/", status=404)
    assert "is a pattern, not an action" in text(html)
    assert 'href="/actions/ecs:SubmitTaskStateChange/"' in html


@pytest.mark.parametrize("name", ["nonsense", "x:y", "<b>:c", "ecs:", "a" * 3000])
def test_what_is_no_action_at_all_is_not_found(client: Client, name: str) -> None:
    html = page(client, f"/actions/{name}/", status=404)
    assert "<b>:c" not in html


def test_nonsense_in_the_query_is_named(client: Client) -> None:
    assert "not a value of" in page(client, "/actions/ecs:RunTask/?granted=gladly")
    assert client.get("/actions/ecs:RunTask.json?granted=gladly").status_code == 400


def test_a_column_that_does_not_sort_is_plain_text_and_is_refused_as_an_order(
    client: Client,
) -> None:
    html = page(client, "/actions/ecs:RunTask/")
    assert '<th scope="col">On which resources, and when</th>' in html
    refused = client.get("/actions/ecs:RunTask.json?sort=bounds")
    assert refused.status_code == 400
    assert "`bounds` is not a column to sort by: use `policy`, `granted` or `kind`" in str(
        refused.content.decode()
    )


def test_the_number_of_queries_does_not_depend_on_the_action(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("ecs:RunTask", "iam:PassRole", "ec2:DescribeInstances"):
        client.get(f"/actions/{name}/")
        with django_assert_max_num_queries(5):
            client.get(f"/actions/{name}/")
