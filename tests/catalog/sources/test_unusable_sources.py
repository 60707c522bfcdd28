"""Texts and members that are not a policy: the reason, its place, and how to fix it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyhub.catalog.sources.items import Rejection, SourcePolicy
from policyhub.iam.reading.document import MAX_DOCUMENT_BYTES
from policyhub.iam.reading.json_text import MAX_MARKS
from tests.catalog.given_sources import (
    ACCOUNT,
    ANSWER,
    DOCUMENT,
    NAME,
    detail,
    read,
    the_reason,
    version_detail,
)

BAD_TEXTS: dict[str, tuple[str | bytes, str]] = {
    "empty": (b"", "an empty text: give a policy document"),
    "white space": (b" \n\t ", "an empty text"),
    "only a byte order mark": (b"\xef\xbb\xbf", "an empty text"),
    "not UTF-8": (b'{"Sid": "\xe9"}', "not UTF-8 text (byte 10): save it as UTF-8"),
    "half of UTF-16": (DOCUMENT.encode("utf-16")[:21], "not UTF-16"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0", "not UTF-8 text (byte 1)"),
    "NULs": (b"\0" * 20, "line 1, column 1: "),
    "prose": ("Dear reader", "line 1, column 1: "),
    "truncated": (DOCUMENT[:40], "line 1, column "),
    "truncated within a string": (DOCUMENT[:50] + "\n", "close the string that starts here"),
    "truncated on line 3": ('{"Version":\n"2012-10-17",\n"Statement": [', "line 3, column "),
    "text after the end": (DOCUMENT + "}", f"line 1, column {len(DOCUMENT) + 1}: "),
    "a comma too many": ('{"Statement":[],}', "remove the comma"),
    "nested without end": ("[" * 100_000, "line 1, column 101: "),
    "large and not JSON": ("{" + " " * MAX_DOCUMENT_BYTES, "not JSON"),
    "large and nested without end": ('{"a":' * 100_000, "nested too deep"),
    "a number": ("42", "without an object in it: give a policy document"),
    "null": ("null", "without an object in it"),
    "a string": ('"hello"', "without an object in it"),
    "an empty list": ("[]", "without an object in it"),
    "an empty object": ("{}", "no policy in it: give a policy document"),
    "another object": ('{"name": "policyhub", "version": 3}', "no policy in it"),
    "get-policy alone": (json.dumps({"Policy": {"PolicyName": "R"}}), "get-policy-version`"),
    "list-policies": (
        json.dumps({"Policies": [{"PolicyName": "R", "Arn": "x"}]}),
        "get-account-authorization-details`",
    ),
    "a version without document": ('{"PolicyVersion": {"VersionId": "v1"}}', "`Document`"),
    "a name twice in an answer": (
        json.dumps(ANSWER).replace('"Effect"', '"Effect": "Deny", "Effect"'),
        "line 1, column 91, PolicyVersion.Document.Statement[0].Effect: `Effect` appears twice in",
    ),
}


@pytest.mark.parametrize(("text", "reason"), BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_text_that_holds_no_policy_is_rejected_with_the_reason(
    text: str | bytes, reason: str
) -> None:
    assert reason in the_reason(text)


BAD_DETAILS: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"PolicyName": None}, "not a valid policy name"),
    "a number as name": (
        {"PolicyName": 7},
        "a value that is not a string is not a valid policy name",
    ),
    "a name with a space": ({"PolicyName": "my policy"}, "`my policy` is not a valid policy name"),
    "a name too long": ({"PolicyName": "x" * 129}, "1 to 128"),
    "a name with a line end": ({"PolicyName": "x\n"}, "not a valid policy name"),
    "a number as ARN": ({"Arn": 7}, "a value that is not a string is not the ARN"),
    "another policy's ARN": ({"Arn": "arn:aws:iam::aws:policy/Other"}, f"a policy named {NAME}"),
    "a role's ARN": ({"Arn": f"arn:aws:iam::{ACCOUNT}:role/{NAME}"}, "not the ARN"),
    "no versions": ({"PolicyVersionList": None}, "fill its `PolicyVersionList`"),
    "a version that is text": ({"PolicyVersionList": ["v1"]}, "`Document` is missing"),
    "a version id of its own": (
        {"PolicyVersionList": [version_detail("latest")]},
        "`latest` is no",
    ),
    "a number as version id": (
        {"PolicyVersionList": [{"VersionId": 3, "Document": {}}]},
        "write it as v1",
    ),
    "two defaults": (
        {
            "PolicyVersionList": [
                version_detail("v1", IsDefaultVersion=True),
                version_detail("v2", IsDefaultVersion=True),
            ]
        },
        "several default versions (v1 and v2)",
    ),
    "no date": ({"CreateDate": "yesterday"}, "`yesterday` is not a date: write it as 2024-01-22"),
    "a number as date": ({"UpdateDate": 1705917600}, "a value that is not a string is not a date"),
    "a date before all dates": ({"UpdateDate": "0001-01-01T00:00:00+23:00"}, "is not a date"),
}


@pytest.mark.parametrize(("members", "reason"), BAD_DETAILS.values(), ids=BAD_DETAILS)
def test_a_broken_detail_is_rejected_with_the_member_to_mend(
    members: dict[str, Any], reason: str
) -> None:
    assert reason in the_reason(json.dumps(detail(**members)))


def test_a_detail_without_any_name_is_told_so() -> None:
    nameless = detail()
    del nameless["PolicyName"], nameless["Arn"]
    assert "`PolicyName` is missing" in the_reason(json.dumps(nameless))


def test_a_document_from_standard_input_needs_a_name() -> None:
    assert "save it in a file named after the policy" in the_reason(DOCUMENT, stem="")


def test_a_file_name_that_is_no_policy_name_is_rejected() -> None:
    assert "`my policy` is not a valid policy name" in the_reason(DOCUMENT, stem="my policy")


def twice(policy: dict[str, Any], name: str) -> str:
    """The policy's JSON with one of its names repeated."""
    return json.dumps(policy).replace(f'"{name}":', f'"{name}": null, "{name}":', 1)


def test_a_name_that_stands_twice_costs_only_its_own_policy() -> None:
    listed = [
        json.dumps(detail("First")),
        twice(detail("Second"), "Effect"),
        twice(detail("Third"), "PolicyVersionList"),
        json.dumps(detail("Fourth")),
    ]
    inner = ",\n".join(listed)
    for text in (f'{{"Policies": [\n{inner}]}}', f"[\n{inner}]"):
        first, second, third, fourth = read(text)
        assert isinstance(first, SourcePolicy)
        assert isinstance(second, Rejection)
        assert isinstance(third, Rejection)
        assert isinstance(fourth, SourcePolicy)
        assert second.place.endswith("[1]")
        assert second.reason.startswith("line 3, column ")
        assert "Statement[0].Effect: `Effect` appears twice in one object" in second.reason
        assert "PolicyVersionList: `PolicyVersionList` appears twice" in third.reason


def test_a_name_that_stands_twice_above_the_policies_costs_them_all() -> None:
    text = f'{{"Policies": [], "Policies": [{json.dumps(detail())}]}}'
    assert the_reason(text).startswith("line 1, column 18, Policies: `Policies` appears twice")


def test_names_that_stand_twice_everywhere_are_not_counted_for_ever() -> None:
    pairs = ",".join(['{"a": 1, "a": 2}'] * (MAX_MARKS + 1))
    text = f'{{"Policies": [{json.dumps(detail())}, [{pairs}]]}}'
    assert (
        the_reason(text)
        == f"names appear twice in {MAX_MARKS} objects or more: write the document again"
    )
