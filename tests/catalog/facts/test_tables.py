"""The tables of facts: whole, with their origin, and in step with what they speak of."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from policyhub.catalog.facts.impossible import impossible_grants
from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.facts.tables import FactTable, fact_rows, fact_tables
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.catalog.reference.source import package_files, read_json_file
from policyhub.iam.language.elements import Statement
from tests.catalog.corpus import corpus

REFERENCE = get_reference()
COUNTS = {
    "actions-bounded-untyped": 314,
    "actions-outside-reference": 159,
    "api-operations": 68,
    "arn-placeholders": 42,
    "condition-key-availability": 215,
    "escalation-paths": 258,
    "event-sources": 81,
    "further-arn-formats": 1,
    "impossible-grants": 28,
    "keys-outside-reference": 63,
    "lost-resource-types": 25,
    "organization-policies": 2,
    "policy-checks": 155,
    "rcp-exemptions": 4,
    "rcp-services": 62,
    "regions": 48,
    "resource-owner-exceptions": 17,
}


def test_every_table_has_the_rows_that_it_is_known_to_have() -> None:
    assert {name: len(table.rows) for name, table in fact_tables().items()} == COUNTS


@pytest.mark.parametrize("table", fact_tables().values(), ids=lambda table: table.name)
def test_a_table_says_where_it_comes_from_and_its_rows_are_alike(table: FactTable) -> None:
    assert all((table.title, table.summary, table.origin, table.licence))
    assert re.fullmatch(r"20\d\d(-\d\d(-\d\d)?)?", table.as_of)
    assert all(row.keys() == table.columns.keys() for row in table.rows)
    texts = [json.dumps(row) for row in table.rows]
    assert len(texts) == len(set(texts))


def test_the_readme_of_the_fixtures_names_every_table_with_its_count() -> None:
    text = (Path(settings.FIXTURES_DIR) / "README.md").read_text(encoding="utf-8")
    for name, count in COUNTS.items():
        assert f"| `{name}.json` | {count} |" in text


def test_what_the_tables_speak_of_is_in_the_reference() -> None:
    assert all(row["service"] in REFERENCE.services for row in fact_rows("rcp-services"))
    assert all(REFERENCE.expand(row["action"]) for row in fact_rows("resource-owner-exceptions"))
    for row in fact_rows("arn-placeholders"):
        types = REFERENCE.resource_types(row["service"])
        named = [each for each in types if row["type"] in ("", each.name)]
        assert any(f"${{{row['placeholder']}}}" in each.arn for each in named), row


def test_api_operations_are_no_actions_and_what_aws_asks_for_is_one() -> None:
    assert all(row["service"] in REFERENCE.services for row in fact_rows("event-sources"))
    for row in fact_rows("api-operations"):
        assert REFERENCE.action(row["operation"]) is None, row
        assert REFERENCE.action(re.split(r",| and ", row["action"])[0]) is not None, row
        assert row["page"].startswith("https://docs.aws.amazon.com/")


def test_lost_types_are_added_and_nothing_of_the_package_is_lost() -> None:
    lost = {row["action"]: set(row["types"]) for row in fact_rows("lost-resource-types")}
    for service in REFERENCE.services.values():
        packaged = read_json_file(package_files(), "actions", f"{service.prefix}.json")
        names = {each.name for each in service.resource_types}
        for action in service.actions:
            own = {each["name"] for each in packaged[action.name.lower()]["resourceTypes"]}
            known = {each.name for each in action.resource_types}
            assert known == own | lost.get(action.id, set())
            assert known <= names


def test_what_policies_name_in_vain_is_what_the_corpus_has() -> None:
    found = [
        {
            "policy": each.policy,
            "statement": each.statement + 1,
            "action": each.action,
            "resources": list(each.resources),
        }
        for each in impossible_grants(corpus().items(), get_service_facts())
    ]
    assert found == list(fact_rows("impossible-grants"))


def is_bounded_by_arns(statement: Statement) -> bool:
    return (
        statement.effect == "Allow"
        and bool(statement.resources)
        and not statement.not_resource
        and all(each.strip("*") for each in statement.resources)
    )


def test_the_actions_that_policies_bound_without_a_type_are_those_of_the_corpus() -> None:
    found: dict[str, set[str]] = {}
    for name, policy in corpus().items():
        for statement in filter(is_bounded_by_arns, policy.statements):
            for pattern in () if statement.not_action else statement.actions:
                action = REFERENCE.action(pattern)
                if action is not None and not action.resource_types:
                    found.setdefault(action.id, set()).add(name)
    kept = {row["action"]: set(row["policies"]) for row in fact_rows("actions-bounded-untyped")}
    assert found == kept


def test_the_actions_outside_the_reference_are_those_that_policies_name_in_vain() -> None:
    named: dict[str, set[str]] = {}
    for name, policy in corpus().items():
        for action in {each for row in policy.statements for each in row.actions}:
            if action not in ("*", "*:*") and not REFERENCE.expand(action):
                named.setdefault(action, set()).add(name)
    rows = {row["action"]: set(row["policies"]) for row in fact_rows("actions-outside-reference")}
    assert rows == named
