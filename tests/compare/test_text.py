"""The text of two documents side by side: only what says something else, word by word."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from policyhub.compare.text import Line, LineRow, differences, in_one_column, line_rows
from policyhub.iam.comparing.alignment import align
from tests.iam.comparing.pairs import policy_of

ALLOW = {
    "Sid": "Read",
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
    "Condition": {
        "StringEquals": {"aws:PrincipalTag/a": ["x", "y"], "aws:RequestedRegion": "eu-west-1"},
        "Bool": {"aws:SecureTransport": True},
    },
}
OTHER = {"Effect": "Deny", "NotAction": "iam:*", "NotResource": "arn:aws:iam::*:role/a"}


def document(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)} | more


def found(left: dict[str, Any], right: dict[str, Any]) -> list[Line]:
    one, other = policy_of(left), policy_of(right)
    return differences(one, other, align(one, other))


def as_text(lines: list[Line]) -> list[str]:
    """The changed lines with their signs, the changed words in brackets."""
    return [
        line.sign + "".join(f"[{text}]" if mark else text for text, mark in line.pieces).strip()
        for line in lines
        if line.kind not in ("same", "place")
    ]


def shuffled(value: Any) -> Any:
    """The same JSON with every object's names and every list's items the other way round."""
    if isinstance(value, dict):
        return {key: shuffled(each) for key, each in reversed(value.items())}
    return [shuffled(each) for each in reversed(value)] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (document(ALLOW, OTHER), shuffled(document(ALLOW, OTHER))),
        (document(OTHER), document(OTHER | {"NotAction": ["iam:*", "iam:*"]})),
        (document(OTHER), {"Statement": OTHER, "Version": "2012-10-17"}),
        ({"Statement": [OTHER]}, document(OTHER, Version="2008-10-17")),
        (
            document(ALLOW),
            document(ALLOW | {"Condition": {
                **ALLOW["Condition"], "Bool": {"aws:SecureTransport": ["true"]},  # type: ignore[dict-item]
            }}),
        ),
    ],
)  # fmt: skip
def test_order_and_ways_of_writing_are_no_difference(
    left: dict[str, Any], right: dict[str, Any]
) -> None:
    assert found(left, right) == []


CHANGED: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (
        ALLOW,
        {"Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::other/*"]},
        ['-"arn:aws:s3:::[bucket]/*"', '+"arn:aws:s3:::[other]/*"'],
    ),
    (ALLOW, {"Action": ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]}, ['+"s3:PutObject"']),
    (ALLOW, {"Action": ["s3:GetObject"]}, ['-"s3:ListBucket"']),
    (ALLOW, {"Sid": "Other"}, ['-"Sid": "[Read]",', '+"Sid": "[Other]",']),
    (OTHER, {"NotAction": "sts:GetFederationToken"}, ['-"iam:*"', '+"sts:GetFederationToken"']),
]


@pytest.mark.parametrize(("statement", "change", "expected"), CHANGED)
def test_the_changed_words_of_a_changed_line_are_marked(
    statement: dict[str, Any], change: dict[str, Any], expected: list[str]
) -> None:
    assert as_text(found(document(statement), document(statement | change))) == expected


def test_a_difference_names_its_statement_and_long_lines_are_shown_whole() -> None:
    long = {"Resource": [f"arn:aws:s3:::{'a/' * 300}"]}
    lines = found(document(OTHER, ALLOW), document(OTHER, ALLOW | long))
    assert lines[0].pieces == (("statement 2 Read", False),)
    assert not any(mark for line in lines for _, mark in line.pieces)
    gone = found(document(OTHER, ALLOW), document(OTHER))
    assert gone[0].pieces == (("statement 2 Read, before", False),)
    version = found(document(OTHER), document(OTHER, Version="2008-10-17"))
    assert version[0].pieces == (("around the statements", False),)
    assert as_text(version) == ['-"Version": "[2012]-10-17",', '+"Version": "[2008]-10-17",']


def test_of_many_changed_lines_none_is_taken_for_another() -> None:
    left = [f"s3:Get{number}A" for number in range(30)]
    right = [f"s3:Get{number}B" for number in range(30)]
    lines = found(document(ALLOW | {"Action": left}), document(ALLOW | {"Action": right}))
    assert not any(mark for line in lines for _, mark in line.pieces)


def test_texts_with_line_separators_stay_on_their_line() -> None:
    odd = ALLOW | {"Condition": {"StringEquals": {"aws:PrincipalTag/a": "one\u2028two\nthree"}}}
    lines = as_text(found(document(ALLOW | {"Condition": {}}), document(odd)))
    assert '+"one\u2028two\\nthree"' in lines


@pytest.mark.django_db
def test_the_page_marks_words_and_says_where_only_the_order_differs(client: Client) -> None:
    sides = [json.dumps(document(ALLOW)), json.dumps(shuffled(document(ALLOW)))]
    page = client.get("/compare/", {"policy": sides}).content.decode()
    assert "The documents differ only in their order" in page
    versions = {"policy": ["AmazonECS_FullAccess@v20", "AmazonECS_FullAccess@v22"]}
    page = unescape(client.get("/compare/", versions).content.decode()).replace("<wbr>", "")
    assert '"Sid": "InfrastructurePassRolePolicy",' in page
    assert "elasticloadbalancing:DescribeTags" not in page
    other = json.dumps(document(ALLOW | {"Sid": "Other"}))
    page = unescape(client.get("/compare/", {"policy": [sides[0], other]}).content.decode())
    assert re.search(r"<del\s*>Read</del>", page)
    assert re.search(r"<ins\s*>Other</ins>", page)


def rows_of(left: dict[str, Any], right: dict[str, Any]) -> list[LineRow]:
    one, other = policy_of(left), policy_of(right)
    return line_rows(one, other, align(one, other))


@pytest.mark.parametrize(("statement", "change", "expected"), CHANGED)
def test_side_by_side_the_same_lines_are_next_to_each_other(
    statement: dict[str, Any], change: dict[str, Any], expected: list[str]
) -> None:
    rows = rows_of(document(statement), document(statement | change))
    assert as_text(in_one_column(rows)) == expected
    for row in rows:
        kinds = row.left and row.left.kind, row.right and row.right.kind
        assert kinds in {
            ("place", None), ("same", "same"), ("removed", "added"), ("removed", None),
            (None, "added"),
        }  # fmt: skip
        if row.left and row.right and row.left.kind == "same":
            texts = ["".join(text for text, _ in each.pieces) for each in (row.left, row.right)]
            assert texts[0].rstrip(",") == texts[1].rstrip(",")


def test_a_line_that_became_another_is_next_to_it_and_others_fill_the_rows_between() -> None:
    added = ["arn:aws:ec2:::x", "arn:aws:s3:::bucket/a/*"]
    one = document(ALLOW | {"Resource": ["arn:aws:s3:::bucket/*"]})
    other = document(ALLOW | {"Resource": added})
    texts = [
        ["".join(text for text, _ in each.pieces).strip(' ",') if each else "" for each in
         (row.left, row.right)]
        for row in rows_of(one, other)
        if row.is_changed
    ]  # fmt: skip
    assert texts == [["", added[0]], ["arn:aws:s3:::bucket/*", added[1]]]


@pytest.mark.django_db
def test_the_page_shows_the_text_side_by_side_and_since_when_lines_are_so(client: Client) -> None:
    versions = {"policy": ["AmazonECS_FullAccess@v20", "AmazonECS_FullAccess@v22"]}
    inline = unescape(client.get("/compare/", versions).content.decode())
    assert 'class="code diff"' in inline
    assert 'class="code diff sides"' not in inline
    assert 'class="since"' in inline
    assert "since v22" in inline
    assert "text=side#text-head" in inline
    side = unescape(client.get("/compare/", versions | {"text": "side"}).content.decode())
    assert 'class="code diff sides"' in side
    assert "One below the other" in " ".join(side.split())
    wrong = client.get("/compare/", versions | {"text": "upside"})
    assert "upside is not a choice" in as_plain(wrong.content.decode())


def as_plain(html: str) -> str:
    return html.replace("<code>", "").replace("</code>", "")
