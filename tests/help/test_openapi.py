"""The OpenAPI document: valid, complete, and true of the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyCase
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from policyhub.browse.changes.log import CHANGES
from policyhub.browse.policies.rows import POLICIES
from policyhub.browse.services.grant_rows import GRANTS
from policyhub.browse.services.table import SERVICES
from policyhub.curating.models import BroughtFile
from policyhub.help.openapi import openapi_document
from policyhub.iam.deciding.simulation import EXPECTATIONS, KEYS

DOCUMENT = openapi_document()
REGISTRY: Any = Registry().with_resource(
    "urn:openapi", Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
)
# Values for the parts of paths, and for the parameters that an answer needs.
PARTS = {
    "policy": "AmazonECS_FullAccess",
    "service": "ecs",
    "action": "ecs:RunTask",
    "key": "aws:SourceIp",
    "slug": "using",
    "risk": "ecs-004",
    "import": "1",
}
NEEDED: dict[str, dict[str, Any]] = {
    "/search.json": {"q": "passrole"},
    "/who-can.json": {"action": "iam:PassRole"},
    "/best-fit.json": {"actions": "ecs:RunTask ecs:StopTask"},
    "/compare.json": {"policy": ["AmazonECS_FullAccess@v20", "AmazonECS_FullAccess"]},
    "/compare/report.json": {"policy": ["AmazonECS_FullAccess@v20", "AmazonECS_FullAccess"]},
    "/report.json": {"policy": "AmazonECS_FullAccess"},
    "/template.json": {
        "document": '{"Statement": {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}}'
    },
    "/simulate.json": {"policy": "AmazonECS_FullAccess", "action": "ecs:RunTask"},
    "/simulate/scenario.json": {"policy": "AmazonECS_FullAccess", "action": "ecs:RunTask"},
}
GETS = [path for path, item in DOCUMENT["paths"].items() if "get" in item]


def resolved(value: Any) -> Any:
    """What a reference stands for."""
    if not isinstance(value, dict) or "$ref" not in value:
        return value
    found: Any = DOCUMENT
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def absolute(value: Any) -> Any:
    """A part of the document with references that lead into it from anywhere."""
    if isinstance(value, list):
        return [absolute(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: f"urn:openapi{each}" if key == "$ref" else absolute(each)
        for key, each in value.items()
    }


def check(answer: Any, responses: dict[str, Any]) -> None:
    """Hold an answer against the schema of its status."""
    response = resolved(responses[str(answer.status_code)])
    schema = response["content"]["application/json"]["schema"]
    validator = Draft202012Validator(absolute(schema), registry=REGISTRY)
    errors = [f"{each.json_path}: {each.message}" for each in validator.iter_errors(answer.json())]
    assert not errors, errors[:5]


def parameters(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [resolved(each) for each in operation.get("parameters", [])]


def json_routes(resolver: URLResolver, under: str = "") -> Iterator[str]:
    """The addresses of all JSON twins, their variable parts in braces."""
    for each in resolver.url_patterns:
        route = f"{under}{each.pattern}"
        if isinstance(each, URLResolver):
            if not route.startswith("admin/"):
                yield from json_routes(each, route)
        elif isinstance(each, URLPattern) and route.endswith(".json"):
            yield "/" + re.sub(r"<[^>]+>", "{}", route)


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_every_json_twin_is_described_and_every_address_described_exists() -> None:
    described = {re.sub(r"\{[^}]+\}", "{}", path) for path in DOCUMENT["paths"]}
    assert described == set(json_routes(get_resolver()))


def test_operations_have_names_of_their_own() -> None:
    names = [item[method]["operationId"] for item in DOCUMENT["paths"].values() for method in item]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("path", "listing"),
    [
        ("/policies.json", POLICIES),
        ("/changes.json", CHANGES),
        ("/services.json", SERVICES),
        ("/actions/{action}.json", GRANTS),
    ],
)
def test_the_filters_of_a_list_are_described(path: str, listing: Any) -> None:
    described = {
        each["name"] for each in parameters(DOCUMENT["paths"][path]["get"]) if each["in"] == "query"
    }
    assert described - {"q", "sort", "page", "version"} == {each.key for each in listing.facets}


def test_a_simulation_is_described_with_every_key_that_it_takes() -> None:
    schema = DOCUMENT["components"]["schemas"]["Simulation"]
    assert set(schema["properties"]) == KEYS
    assert tuple(schema["properties"]["expect"]["enum"]) == EXPECTATIONS


@pytest.fixture
def a_brought_file(db: None) -> None:
    BroughtFile.objects.create(pk=1, name="ecs.json", data=b"[]")


@pytest.mark.usefixtures("a_brought_file")
@pytest.mark.parametrize("path", GETS)
def test_an_answer_is_as_described(admin_client: Client, path: str) -> None:
    answer = admin_client.get(path.format(**PARTS), NEEDED.get(path, {}))
    assert answer.status_code == 200, answer.content[:300]
    check(answer, DOCUMENT["paths"][path]["get"]["responses"])


@pytest.mark.django_db
@pytest.mark.parametrize("path", [path for path in GETS if "{" in path])
def test_what_does_not_exist_is_answered_as_described(admin_client: Client, path: str) -> None:
    nothing = dict.fromkeys(PARTS, "no-such:Thing")
    answer = admin_client.get(path.format(**nothing), NEEDED.get(path, {}), follow=True)
    check(answer, DOCUMENT["paths"][path]["get"]["responses"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"action": "ecs:RunTask", "identityPolicies": [{"managed": "AmazonECS_FullAccess"}]}, 200),
        ({"action": "ecs:RunTask", "nosuchkey": 1}, 400),
        ({}, 400),
        ([], 400),
    ],
)
def test_a_posted_simulation_is_answered_as_described(
    client: Client, sent: Any, status: int
) -> None:
    answer = client.post("/simulate.json", sent, content_type="application/json")
    assert answer.status_code == status
    check(answer, DOCUMENT["paths"]["/simulate.json"]["post"]["responses"])


WORDS = st.one_of(
    st.sampled_from(
        ["", "ecs", "Write", "free", "yes", "no", "2024-01-01", "-name", "iam:PassRole", "v20"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
)
COSTLY = ("/compare.json", "/compare/report.json", "/best-fit.json", "/facts.json")
CHEAP = [path for path in GETS if path not in COSTLY]


class DescribedAnswers(PropertyCase):
    """A fuzzer that reads the document: whatever its parameters are given, the answer is in it."""

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_any_values_of_the_described_parameters_get_a_described_answer(self, data: Any) -> None:
        path = data.draw(st.sampled_from(CHEAP))
        operation = DOCUMENT["paths"][path]["get"]
        asked = [each for each in parameters(operation) if each["in"] == "query"]
        chosen = data.draw(st.lists(st.sampled_from(asked), max_size=3)) if asked else []
        query = NEEDED.get(path, {}) | {each["name"]: data.draw(WORDS) for each in chosen}
        answer = self.client.get(path.format(**PARTS), query)
        check(answer, operation["responses"])
