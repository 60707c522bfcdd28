"""Since which version each line of a document is as it is, in the statement it is in."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

import pytest

from policyhub.browse.reading.json_lines import pretty
from policyhub.browse.reading.line_blame import lines_since
from policyhub.catalog.access.blame import Since
from policyhub.catalog.models import Policy


def statement(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def since_of(*versions: list[dict[str, Any]]) -> dict[str, str]:
    """The last version's lines that have a value, with the version since which they are there."""
    texts = [json.dumps({"Version": "2012-10-17", "Statement": each}) for each in versions]
    dated = [(Since(f"v{number}", None), text) for number, text in enumerate(texts, 1)]
    laid_out = pretty(texts[-1])
    found = zip(laid_out.lines, lines_since(laid_out, dated), strict=True)
    return {line.strip().rstrip(","): since.name for line, since in found if since}


def test_an_added_action_is_as_new_as_the_version_that_added_it() -> None:
    found = since_of(
        [statement("s3:Get*")],
        [statement("s3:Get*", "s3:List*")],
        [statement("s3:Describe*", "s3:List*", "s3:Get*")],
    )
    assert found == {
        '"Effect": "Allow"': "v1",
        '"Resource": "*"': "v1",
        '"s3:Get*"': "v1",
        '"s3:List*"': "v2",
        '"s3:Describe*"': "v3",
    }


def test_what_was_taken_out_in_between_is_as_new_as_its_return() -> None:
    found = since_of(
        [statement("s3:Get*", "s3:List*")], [statement("s3:List*")], [statement("s3:Get*")]
    )
    assert found['"s3:Get*"'] == "v3"


@pytest.mark.parametrize(
    ("before", "after", "value", "expected"),
    [
        pytest.param(
            [statement("s3:Get*"), statement("ecs:*", "ecr:*")],
            [statement("ecs:*", "ecr:*"), statement("s3:Get*")],
            '"ecs:*"',
            "v1",
            id="statements that changed places",
        ),
        pytest.param(
            [statement("s3:Get*", Sid="Reads")],
            [statement("iam:PassRole", "sts:*"), statement("s3:*", Sid="Reads")],
            '"Sid": "Reads"',
            "v1",
            id="a statement known by its Sid although little else is left",
        ),
        pytest.param(
            [statement("s3:Get*")],
            [statement("s3:Get*", Effect="Deny")],
            '"s3:Get*"',
            "v2",
            id="a statement that denies what the other allowed",
        ),
        pytest.param(
            [statement("s3:Get*")],
            [statement("s3:Get*", Condition={"Bool": {"aws:SecureTransport": "true"}})],
            '"aws:SecureTransport": "true"',
            "v2",
            id="a condition that was added",
        ),
        pytest.param(
            [statement("s3:Get*", Condition={"StringEquals": {"aws:PrincipalTag/a": "x"}})],
            [statement("s3:Get*", Condition={"StringEquals": {"aws:PrincipalTag/a": ["x", "y"]}})],
            '"x"',
            "v1",
            id="a single value that became one of a list",
        ),
        pytest.param(
            [statement("s3:Get*")],
            [statement("s3:Get*", Resource=["s3:Get*"])],
            '"Resource": [',
            "",
            id="a line that only begins a list",
        ),
    ],
)
def test_a_line_is_dated_by_the_statement_that_it_continues(
    before: list[dict[str, Any]], after: list[dict[str, Any]], value: str, expected: str
) -> None:
    assert since_of(before, after).get(value, "") == expected


def test_a_document_of_one_statement_without_a_list_is_dated_too() -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": statement("s3:Get*")})
    laid_out = pretty(text)
    found = lines_since(laid_out, [(Since("v1", None), text)])
    assert [line.strip() for line, since in zip(laid_out.lines, found, strict=True) if since] == [
        '"Effect": "Allow",',
        '"s3:Get*"',
        '"Resource": "*"',
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["AmazonECS_FullAccess", "AWSSupportServiceRolePolicy"])
def test_every_value_of_a_document_of_aws_has_its_version_or_an_earlier_one(name: str) -> None:
    rows = list(Policy.objects.get(name=name).versions.oldest_first())
    dated = [(Since(row.version_id, None), row.document) for row in rows]
    laid_out = pretty(rows[-1].document)
    found = lines_since(laid_out, dated)
    known = {row.version_id for row in rows}
    within = [laid_out.lines[start:stop] for start, stop in laid_out.statement_lines]
    values = [
        line
        for line in chain.from_iterable(within)
        if not line.rstrip(",").endswith(("{", "[", "}", "]"))
    ]
    assert [each.version_id in known for each in found if each] == [True] * len(values)
