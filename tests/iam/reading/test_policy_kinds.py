"""The kinds of policy: which elements each takes, and how long it may be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.document import parse_policy
from policyhub.iam.reading.policy_kinds import KINDS, RESOURCE_POLICY_QUOTAS, Quota, quota_of
from policyhub.iam.reading.policy_sizes import size_problem

# What AWS's pages say of each element, by kind: `+` taken, `-` rejected, `?` left open, `!` missed
# where it is missing, in the order of the columns.
COLUMNS = (
    "Principal", "no Principal", "NotPrincipal", "NotAction", "Resource", "no Resource",
    "NotResource", "Condition", "Id", "no Version", "2008-10-17",
)  # fmt: skip
TABLE = {
    Usage.IDENTITY: "-+-++-++?++",
    Usage.BOUNDARY: "-+-++-++?++",
    Usage.SESSION: "-+-++-++?++",
    Usage.RESOURCE: "+-+++?+++++",
    Usage.TRUST: "+--+-+-++++",
    Usage.SERVICE_CONTROL: "-+-++-++??-",
    Usage.RESOURCE_CONTROL: "+---+-++??-",
    Usage.ENDPOINT: "+-?++-+++++",
}
NAMES_CALLERS = {Usage.RESOURCE, Usage.TRUST, Usage.RESOURCE_CONTROL, Usage.ENDPOINT}


def plainest(usage: Usage) -> dict[str, Any]:
    """A document of the kind that nothing is wrong with."""
    statement: dict[str, Any] = {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}
    if usage in NAMES_CALLERS:
        statement["Principal"] = "*" if usage is Usage.RESOURCE_CONTROL else {"AWS": "123456789012"}
    if usage is Usage.TRUST:
        del statement["Resource"]
    return {"Version": "2012-10-17", "Statement": statement}


def with_element(usage: Usage, column: str) -> dict[str, Any]:
    """The plainest document with one thing added to it, taken away or replaced."""
    document = plainest(usage)
    statement = document["Statement"]
    if column == "2008-10-17":
        document["Version"] = column
    elif column == "Id":
        document["Id"] = "mine"
    elif column == "no Version":
        del document["Version"]
    elif column.startswith("no "):
        statement.pop(column.removeprefix("no "), None)
    elif column == "NotPrincipal":
        statement.pop("Principal", None)
        statement[column] = {"AWS": "123456789012"}
    elif column.startswith("Not"):
        statement[column] = statement.pop(column.removeprefix("Not"), "*")
    elif column == "Condition":
        statement[column] = {"StringEquals": {"aws:PrincipalTag/team": "web"}}
    else:
        statement.setdefault(column, "*")
    return document


@pytest.mark.parametrize("usage", KINDS, ids=str)
def test_each_kind_takes_the_elements_that_aws_says(usage: Usage) -> None:
    assert not parse_policy(json.dumps(plainest(usage)), usage).problems
    found = ""
    for column in COLUMNS:
        parsed = parse_policy(json.dumps(with_element(usage, column)), usage)
        found += "-" if parsed.errors else "?" if parsed.warnings else "+"
        for problem in parsed.problems:
            assert problem.severity == ("error" if parsed.errors else "warning")
            names_the_kind = KINDS[usage].name in problem.message
            assert names_the_kind or column == "2008-10-17", problem.message
    assert found == TABLE[usage]


@pytest.mark.parametrize("usage", KINDS, ids=str)
def test_each_kind_has_a_name_with_its_article_and_a_source(usage: Usage) -> None:
    kind = KINDS[usage]
    assert kind.name.startswith(("a ", "an "))
    assert kind.source
    assert kind.refused.keys().isdisjoint({*kind.left_open, *kind.needed})


def text_of_length(length: int, filler: str = "a") -> str:
    """A document of so many characters, without white space between its parts."""
    start = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:'
    end = '","Resource":"*"}}'
    return start + filler * (length - len(start) - len(end)) + end


FIGURES = {
    Usage.IDENTITY: (6_144, False),
    Usage.BOUNDARY: (6_144, False),
    Usage.SESSION: (2_048, None),
    Usage.TRUST: (2_048, False),
    Usage.SERVICE_CONTROL: (10_240, True),
    Usage.RESOURCE_CONTROL: (5_120, True),
    Usage.ENDPOINT: (20_480, True),
}


@pytest.mark.parametrize("usage", FIGURES, ids=str)
def test_a_document_longer_than_its_quota_is_told_both_figures(usage: Usage) -> None:
    limit, _ = FIGURES[usage]
    assert size_problem(text_of_length(limit), usage) is None
    problem = size_problem(text_of_length(limit + 1), usage)
    assert problem is not None
    assert (problem.code, problem.severity) == ("over-quota", "warning")
    assert problem.message.startswith(f"{KINDS[usage].name} has {limit + 1:,} characters")
    assert f"more than the quota of {limit:,}" in problem.message


@pytest.mark.parametrize("usage", FIGURES, ids=str)
def test_white_space_counts_where_aws_counts_it(usage: Usage) -> None:
    limit, counts = FIGURES[usage]
    problem = size_problem(text_of_length(limit) + "\n" * 7, usage)
    if counts is False:
        assert problem is None
    else:
        assert problem is not None
        assert problem.code == "over-quota-with-space"
        assert f"{limit + 7:,} characters" in problem.message
    assert size_problem(json.dumps(json.loads(text_of_length(limit))), usage, "", False) is None


def test_white_space_within_a_text_counts_everywhere() -> None:
    limit, _ = FIGURES[Usage.TRUST]
    assert size_problem(text_of_length(limit + 1, " "), Usage.TRUST) is not None
    assert size_problem(text_of_length(limit + 1, '\\"')[: limit - 3], Usage.TRUST) is None


def test_an_object_counts_without_the_escapes_that_are_made_of_it() -> None:
    limit, _ = FIGURES[Usage.RESOURCE_CONTROL]
    fitting = json.dumps(json.loads(text_of_length(limit, "é")))
    assert len(fitting) > 5 * limit
    assert size_problem(fitting, Usage.RESOURCE_CONTROL, "", False) is None
    too_long = json.dumps(json.loads(text_of_length(limit + 1, "é")))
    problem = size_problem(too_long, Usage.RESOURCE_CONTROL, "", False)
    assert problem is not None
    assert f"{limit + 1:,} characters" in problem.message


@pytest.mark.parametrize("service", RESOURCE_POLICY_QUOTAS)
def test_a_resource_policy_is_measured_as_its_service_says(service: str) -> None:
    quota = RESOURCE_POLICY_QUOTAS[service]
    assert size_problem(text_of_length(quota.limit), Usage.RESOURCE, service) is None
    problem = size_problem(text_of_length(quota.limit + 1), Usage.RESOURCE, service)
    assert problem is not None
    assert f"a resource policy has {quota.limit + 1:,} {quota.unit}" in problem.message


def test_bytes_are_counted_as_bytes() -> None:
    quota = RESOURCE_POLICY_QUOTAS["sqs"]
    text = text_of_length(quota.limit // 2 + 100, "é")
    problem = size_problem(text, Usage.RESOURCE, "sqs")
    assert problem is not None
    assert f"{len(text.encode()):,} bytes" in problem.message


def test_where_no_figure_is_known_nothing_is_said() -> None:
    assert quota_of(Usage.RESOURCE, "s3") is None
    assert quota_of(Usage.ANY) is None
    assert size_problem(text_of_length(200_000), Usage.RESOURCE, "s3") is None


def test_what_is_no_json_is_measured_as_it_is() -> None:
    assert size_problem("{" * 3_000, Usage.TRUST) is not None
    assert size_problem('"' + "\\" * 100_000, Usage.TRUST, "", False) is not None


def test_a_quota_of_characters_counts_white_space_unless_it_says_otherwise() -> None:
    assert Quota(1).counts_space is True
