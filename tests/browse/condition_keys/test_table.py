"""Condition keys: the list, and one key with the conditions that use it."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policyhub.browse.condition_keys.condition_key import MEMBERS_SHOWN
from policyhub.catalog.models import ConditionUse
from policyhub.catalog.reference.in_memory import get_reference
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

FAMILY = "aws:ResourceTag/${TagKey}"
ROW = re.compile(r'<th scope="row"><a href="/policies/([^/"]+)/')


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    return markup_of(answer)


def key(client: Client, name: str, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/condition-keys/{quote(name, safe=':/')}.json{query}")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def listed(client: Client, query: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"/condition-keys.json{query}").json()["results"]
    return rows


def test_every_key_is_listed_those_that_only_policies_name_included(client: Client) -> None:
    rows = {row["key"]: row for row in listed(client)}
    assert {info.name for info in get_reference().all_condition_keys()} <= set(rows)
    unlisted = [row for row in rows.values() if not row["known"]]
    assert unlisted
    assert all(row["policyCount"] for row in unlisted)


def test_keys_of_most_policies_come_first(client: Client) -> None:
    counts = [row["policyCount"] for row in listed(client)]
    assert counts == sorted(counts, reverse=True)
    html = page(client, "/condition-keys/")
    assert f"1 to 50 of {len(counts):,} condition keys" in html


def test_a_family_counts_each_policy_once(client: Client) -> None:
    row = next(row for row in listed(client) if row["key"] == FAMILY)
    uses = ConditionUse.objects.filter(
        condition_key__name=FAMILY, statement__version__is_default=True
    )
    policies = {use.statement.version_id for use in uses.select_related("statement")}
    assert row["policyCount"] == len(policies)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("?used=no", lambda row: not row["policyCount"]),
        ("?listed=no", lambda row: not row["known"]),
        ("?prefix=iam", lambda row: row["key"].lower().startswith("iam:")),
        ("?q=passed", lambda row: "passed" in f"{row['key']} {row['description']}".lower()),
    ],
)
def test_a_filter_leaves_exactly_the_keys_that_it_names(
    client: Client, query: str, holds: Any
) -> None:
    left = listed(client, query)
    assert left == [row for row in listed(client) if holds(row)]
    assert left


def test_a_key_has_its_type_and_every_condition_that_uses_it(client: Client) -> None:
    body = key(client, "iam:PassedToService")
    assert body["type"] == "String"
    uses = ConditionUse.objects.filter(
        key_lower="iam:passedtoservice", statement__version__is_default=True
    )
    assert body["count"] == uses.count() == len(body["results"])
    row = next(row for row in body["results"] if row["policy"] == "AmazonECS_FullAccess")
    assert row["operator"] in ("StringLike", "StringEquals")
    assert row["inWords"].startswith("iam:PassedToService is ")
    html = page(client, "/condition-keys/iam:PassedToService/")
    assert "Filters access by the AWS service to which this role is passed" in html
    assert ROW.findall(html) == [each["policy"] for each in body["results"][:50]]


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("?operator=stringequals", lambda row: row["operator"] == "StringEquals"),
        ("?effect=allow", lambda row: row["effect"] == "Allow"),
        ("?effect=deny", lambda row: row["effect"] == "Deny"),
        ("?q=sagemaker", lambda row: "sagemaker" in row["policy"].lower()),
    ],
)
def test_uses_narrow_by_operator_effect_and_policy(client: Client, query: str, holds: Any) -> None:
    left = _every_use(client, "aws:ResourceAccount", query)
    assert left == [row for row in _every_use(client, "aws:ResourceAccount") if holds(row)]
    assert left


def test_a_family_lists_the_keys_in_use_each_with_its_page(client: Client) -> None:
    html = page(client, f"/condition-keys/{quote(FAMILY, safe=':/')}/")
    assert 'href="/condition-keys/aws:ResourceTag/AmazonECSManaged/"' in html
    member = page(client, "/condition-keys/aws:ResourceTag/AmazonECSManaged/")
    assert "AmazonECSInfrastructureRolePolicyForVolumes" in member.replace("<wbr>", "")
    assert "/condition-keys/aws:ResourceTag/$%7BTagKey%7D/" in member


def test_a_long_family_says_how_many_more_there_are(client: Client) -> None:
    html = page(client, f"/condition-keys/{quote(FAMILY, safe=':/')}/")
    keys = {row["key"].lower() for row in _every_use(client, FAMILY)}
    more = re.search(r"<summary>(\d+) more</summary>", html)
    assert more is not None
    assert int(more[1]) == len(keys) - MEMBERS_SHOWN


def _every_use(client: Client, name: str, query: str = "") -> list[dict[str, Any]]:
    body = key(client, name, query)
    rows: list[dict[str, Any]] = body["results"]
    while body["next"]:
        body = client.get(body["next"].removeprefix("http://testserver")).json()
        rows += body["results"]
    assert len(rows) == body["count"]
    return rows


def test_keys_that_policies_use_have_a_page_whatever_signs_they_hold(client: Client) -> None:
    names = sorted(set(ConditionUse.objects.values_list("key", flat=True)))
    assert len(names) > 400
    with_signs = {re.sub(r"\w+", "x", name): name for name in names}
    for name in {*with_signs.values(), *names[::20]}:
        answer = client.get(f"/condition-keys/{quote(name, safe=':/')}/", follow=True)
        assert answer.status_code == 200, name
        assert ROW.findall(markup_of(answer)), name


def test_the_reference_s_spelling_is_the_address(client: Client) -> None:
    answer = client.get("/condition-keys/IAM:passedtoservice/?effect=allow")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/condition-keys/iam:PassedToService/?effect=allow"


def test_a_key_that_no_policy_uses_says_so(client: Client) -> None:
    unused = listed(client, "?used=no")[0]["key"]
    assert "No policy uses it" in page(client, f"/condition-keys/{quote(unused, safe=':/')}/")


@pytest.mark.parametrize("name", ["s3:x.y:sub", "aws:token.example.org:aud", "aws:NoSuchKey"])
def test_a_key_that_nobody_knows_is_not_taken_for_a_providers(client: Client, name: str) -> None:
    answer = client.get(f"/condition-keys/{name}.json")
    assert answer.status_code == 404
    assert answer.json()["error"] == f"no condition key is called `{name}`"
    assert client.get(f"/condition-keys/{name}/").status_code == 404


def test_a_key_that_only_policies_know_is_called_unknown(client: Client) -> None:
    assert "Unknown key" in page(client, "/condition-keys/deepracer:UserToken/")
    assert key(client, "deepracer:UserToken")["known"] is False


def test_of_a_key_without_a_type_it_is_said(client: Client) -> None:
    assert "<dt>Type</dt><dd>not known</dd>" in page(
        client, "/condition-keys/aws:ViaCustomerDomain/"
    )
    about = key(client, "aws:ViaCustomerDomain")
    assert (about["known"], about["type"]) == (True, "")


def test_an_unknown_key_is_not_found_and_near_ones_are_offered(client: Client) -> None:
    html = page(client, "/condition-keys/iam:PassedToServices/", status=404)
    assert 'href="/condition-keys/iam:PassedToService/"' in html
    answer = client.get("/condition-keys/iam:PassedToServices.json")
    assert answer.status_code == 404
    assert "iam:PassedToService" in answer.json()["near"]
    assert "<b>" not in page(client, "/condition-keys/<b>/", status=404)


def test_the_csv_files_have_every_row(client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/condition-keys.csv").content.decode())))
    assert [row["key"] for row in rows] == [row["key"] for row in listed(client)]
    answer = client.get("/condition-keys/iam:PassedToService.csv").content.decode()
    uses = list(csv.DictReader(io.StringIO(answer)))
    assert len(uses) == key(client, "iam:PassedToService")["count"]


def test_nonsense_in_the_query_is_named(client: Client) -> None:
    assert "operator" in page(client, "/condition-keys/iam:PassedToService/?operator=Sounds")
    answer = client.get("/condition-keys/iam:PassedToService.json?operator=Sounds")
    assert answer.status_code == 400


def test_the_number_of_queries_does_not_depend_on_the_key(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("iam:PassedToService", "aws:ResourceAccount", "kms:ViaService"):
        with django_assert_max_num_queries(8):
            client.get(f"/condition-keys/{name}/")
    with django_assert_max_num_queries(5):
        client.get("/condition-keys/")
