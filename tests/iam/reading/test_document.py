"""Policy documents: the cases in `cases/document`, and texts that no case file can contain."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data

from policyhub.iam.reading.document import (
    MAX_DOCUMENT_BYTES,
    PROBLEM_KINDS,
    ParsedPolicy,
    Problem,
    Usage,
    canonical_json,
    digest,
    parse_policy,
    read_alone,
)
from policyhub.iam.reading.json_text import locate, statement_spans
from policyhub.iam.reading.problem_collector import MAX_OF_A_SEVERITY

CASES = Path(__file__).parents[1] / "cases" / "document"
CASE_KEYS = {"usage", "text", "problems", "policy"}

VALID = '{"Version": "2012-10-17", "Statement": [%s]}'
STATEMENT = '{"Effect": "Allow", "Action": %s, "Resource": "*"}'


def read_cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{file.stem}::{name}")
        for file in sorted(CASES.rglob("*.json"))
        for name, case in json.loads(file.read_text(encoding="utf-8")).items()
    ]


def in_words(problem: Problem) -> str:
    """Write a problem on one line, as the case files do."""
    return (
        f"{problem.severity} {problem.code} | {problem.path}"
        f" | {problem.line}:{problem.column} | {problem.message}"
    )


def codes(parsed: ParsedPolicy) -> list[str]:
    return [problem.code for problem in parsed.problems]


@pytest.mark.parametrize("case", read_cases())
def test_a_document_gives_its_problems_and_its_policy(case: dict[str, Any]) -> None:
    assert case.keys() <= CASE_KEYS, f"unknown keys: {case.keys() - CASE_KEYS}"
    text = "\n".join(case["text"])
    parsed = parse_policy(text, Usage(case.get("usage", "any")))
    assert [in_words(problem) for problem in parsed.problems] == case["problems"]
    assert parsed.ok is not any(line.startswith("error") for line in case["problems"])
    assert parse_policy(text.encode(), Usage(case.get("usage", "any"))) == parsed
    if "policy" in case:
        assert parsed.policy is not None
        assert json.loads(json.dumps(dataclasses.asdict(parsed.policy))) == case["policy"]


def test_every_kind_of_problem_has_a_case_or_a_test_of_its_own() -> None:
    shown = {line.split()[1] for case in read_cases() for line in case.values[0]["problems"]}
    tested_below = {
        "document-too-large",
        "not-utf-8",
        "nested-too-deep",
        "further-errors",
        "further-warnings",
        # In test_policy_kinds.py.
        "over-quota",
        "over-quota-with-space",
        # About where the policy is used, not about its text.
        "service-linked-policy",
        "other-arn",
        "version-in-doubt",
    }
    assert shown | tested_below == PROBLEM_KINDS.keys()


def test_a_kind_of_problem_is_told_in_sentences() -> None:
    for code, kind in PROBLEM_KINDS.items():
        assert code == code.lower().replace("_", "-")
        assert kind.message[0] in "`{" or kind.message[0].islower()
        assert kind.explanation[0].isupper()
        assert kind.explanation.endswith(".")


def test_a_problem_is_json_ready() -> None:
    problem = Problem("bad-effect", "Statement[0].Effect", "a sentence", 2, 13, "error")
    assert json.loads(json.dumps(problem.to_dict())) == {
        "code": "bad-effect",
        "path": "Statement[0].Effect",
        "message": "a sentence",
        "line": 2,
        "column": 13,
        "severity": "error",
    }


def test_errors_and_warnings_are_told_apart() -> None:
    parsed = parse_policy(VALID % (STATEMENT % '["s3:", "s3"]'))
    assert [problem.code for problem in parsed.errors] == ["action-without-service"]
    assert [problem.code for problem in parsed.warnings] == ["action-without-name"]
    assert parsed.policy is None
    assert not parsed.ok


def test_a_document_of_the_largest_size_is_read() -> None:
    text = VALID % (STATEMENT % '"s3:Get*"')
    padding = " " * (MAX_DOCUMENT_BYTES - len(text))
    assert parse_policy(text + padding).ok
    assert codes(parse_policy(text + padding + " ")) == ["document-too-large"]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("é" * (MAX_DOCUMENT_BYTES // 2 + 1), "262,146"),
        (b" " * 2**20, "1,048,576"),
        ("{" * 2**20, "1,048,576"),
    ],
    ids=["two-bytes-a-character", "bytes", "brackets"],
)
def test_a_document_that_is_too_large_is_told_its_size(text: str | bytes, size: str) -> None:
    (problem,) = parse_policy(text).problems
    assert problem.code == "document-too-large"
    assert problem.message == (
        f"the document has {size} bytes, more than the limit of 262,144: shorten it"
    )
    assert (problem.line, problem.column) == (None, None)


def test_bytes_that_are_not_utf_8_are_named_with_their_place() -> None:
    (problem,) = parse_policy('{"Id":\n "é'.encode() + b"\xff\xfe").problems
    assert problem.message == "byte `0xFF` is not UTF-8: save the document as UTF-8"
    assert (problem.code, problem.line, problem.column) == ("not-utf-8", 2, 4)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_other_encodings_are_no_utf_8(encoding: str) -> None:
    assert codes(parse_policy("{}".encode(encoding))) == ["not-utf-8"]


def test_half_a_surrogate_pair_in_the_text_itself_is_named() -> None:
    parsed = parse_policy('{"Id": "\ud800", "Statement": []}')
    assert sorted(codes(parsed)) == [
        "character-outside-latin-1",
        "missing-statement",
        "unstorable-character",
    ]
    json.dumps([problem.to_dict() for problem in parsed.problems], ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("text", "column"),
    [("[" * 200_000, 101), ('{"a":' * 40_000, 501), ("[{}," * 50_000, 398)],
    ids=["lists", "objects", "lists-with-objects"],
)
def test_nesting_without_end_is_named_where_it_gets_too_deep(text: str, column: int) -> None:
    (problem,) = parse_policy(text).problems
    assert problem.code == "nested-too-deep"
    assert (problem.line, problem.column) == (1, column)


def test_deep_nesting_that_can_be_read_is_the_wrong_type() -> None:
    nested = "[" * 900 + "]" * 900
    assert codes(parse_policy(nested)) == ["wrong-type"]
    assert codes(parse_policy(VALID % (STATEMENT % nested))) == ["wrong-type"]


def test_a_number_of_many_digits_is_no_crash() -> None:
    assert codes(parse_policy("9" * 5000)) == ["wrong-type"]
    assert codes(parse_policy(VALID % (STATEMENT % ("9" * 5000)))) == ["wrong-type"]


def test_very_many_errors_are_cut_short_and_it_is_said() -> None:
    parsed = parse_policy(VALID % ",".join(["{}"] * 5000))
    assert len(parsed.problems) == MAX_OF_A_SEVERITY + 1
    assert codes(parsed)[-1] == "further-errors"
    assert parsed.problems[-1].message == "there are more than these 250 errors: fix them first"


def test_very_many_errors_in_one_list_are_cut_short() -> None:
    parsed = parse_policy(VALID % (STATEMENT % json.dumps(["Get"] * 5000)))
    assert codes(parsed) == ["action-without-service"] * MAX_OF_A_SEVERITY + ["further-errors"]


def test_very_many_warnings_hide_no_error() -> None:
    actions = json.dumps(["s3:"] * 2000 + ["s3"])
    parsed = parse_policy(VALID % (STATEMENT % actions))
    assert len(parsed.warnings) == MAX_OF_A_SEVERITY + 1
    assert [problem.code for problem in parsed.errors] == ["action-without-service"]
    assert codes(parsed)[-1] == "further-warnings"


def test_very_many_repeated_names_are_cut_short() -> None:
    parsed = parse_policy("{" + '"a": 1,' * 3000 + '"a": 1}')
    assert codes(parsed).count("duplicate-key") > 200
    assert codes(parsed)[-1] == "further-errors"


def test_a_long_input_is_shortened_in_the_message_and_the_path() -> None:
    (problem, _) = parse_policy(json.dumps({"k" * 5000: 1})).problems[::-1]
    assert problem.message == f"`{'k' * 80}…` is not an element of a policy document: remove it"
    assert problem.path == f'["{"k" * 200}..."]'


def test_the_place_of_a_problem_is_where_its_path_leads() -> None:
    text = VALID.replace(" ", "\n") % (STATEMENT % '["s3:GetObject",\n "Get"]')
    (problem,) = parse_policy(text).problems
    span = locate(text, problem.path)
    assert span is not None
    assert (span.line, span.column) == (problem.line, problem.column)
    assert text[span.start : span.end] == '"Get"'


def test_the_canonical_form_ignores_formatting_and_the_order_of_names() -> None:
    first = '{"b": [2, 1.50, "\\u00e9"],\n "a": {"d": null, "c": true}}'
    second = '{"a":{"c":true,"d":null},"b":[2,1.50,"é"]}'
    assert canonical_json(first) == '{"a":{"c":true,"d":null},"b":[2,1.50,"\\u00e9"]}'
    assert digest(first) == digest(second)
    assert len(digest(first)) == 64


@pytest.mark.parametrize(
    ("first", "second"),
    [("[1, 2]", "[2, 1]"), ("[1]", '["1"]'), ("[1.10]", "[1.1]"), ('["a"]', '"a"'), ("{}", "[]")],
)
def test_the_canonical_form_keeps_what_differs(first: str, second: str) -> None:
    assert digest(first) != digest(second)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("[NaN]", "NaN is not JSON"),
        ("[" * 100_000, "nested too deep"),
        ("\ufeff{}", "BOM"),
    ],
    ids=["empty", "unclosed", "not-a-number", "deep", "byte-order-mark"],
)
def test_what_is_not_json_has_no_canonical_form(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        canonical_json(text)


def test_every_managed_policy_of_aws_is_read_and_one_has_a_resource_that_matches_nothing() -> None:
    """The one has a variable before the fifth colon, where AWS's guide says that none works."""
    policies = json.loads(aws_managed_policies_data)
    statements = 0
    never: dict[str, list[str]] = {}
    for name, policy in policies.items():
        text = json.dumps(policy["Document"])
        parsed = parse_policy(text, Usage.IDENTITY)
        odd = [each for each in parsed.problems if each.code != "unguarded-for-all-values"]
        never |= {name: [f"{each.path} {each.message}" for each in odd]} if odd else {}
        assert parsed.policy is not None
        assert len(parsed.policy.statements) == len(statement_spans(text)), name
        assert canonical_json(text) == canonical_json(json.dumps(policy["Document"], indent=4))
        statements += len(parsed.policy.statements)
    assert (len(policies), statements) == (1582, 8850)
    assert never == {
        "AmazonTimestreamInfluxDBServiceRolePolicy": [
            "Statement[8].Resource `arn:*:kms:*:${aws:PrincipalAccount}:key/*` contains a variable "
            "before its fifth colon, where variables don't work, so this Allow never grants"
        ]
    }


def damaged(generator: random.Random, text: str) -> str | bytes:
    """Return the text cut, flipped, doubled, nested or with a stray sign in it."""
    place = generator.randrange(len(text))
    stray = generator.choice(['"', "\\", "{", "]", ",", "\0", "\ud800", "é", "NaN", "9" * 5000])
    damage = generator.randrange(6)
    if damage == 0:
        return text[:place]
    if damage == 1:
        flipped = bytearray(text.encode("utf-8", "surrogatepass"))
        flipped[place % len(flipped)] ^= 1 << generator.randrange(8)
        return bytes(flipped)
    if damage == 2:
        return text[:place] + stray + text[place:]
    if damage == 3:
        return text[:place] + text[place + generator.randrange(1, 20) :]
    if damage == 4:
        return text[:place] + generator.choice("[{") * generator.choice([5, 2000]) + text[place:]
    return text[:place] + text[generator.randrange(len(text)) :]


def documents() -> list[str]:
    return ["\n".join(case.values[0]["text"]) or " " for case in read_cases()]


def check_any_text(text: str | bytes) -> None:
    """Check what is true for every text: no exception, consistent answers, printable problems."""
    for usage in Usage:
        parsed = parse_policy(text, usage)
        assert parsed.ok is (parsed.errors == ())
        assert len(parsed.errors) + len(parsed.warnings) == len(parsed.problems)
        for problem in parsed.problems:
            json.dumps(problem.to_dict(), ensure_ascii=False).encode()
            assert "\n" not in problem.message + problem.path
            assert (problem.line is None) is (problem.column is None)


def test_damaged_documents_get_an_answer() -> None:
    generator = random.Random(20240110)
    texts = documents()
    for _ in range(1500):
        check_any_text(damaged(generator, generator.choice(texts)))


element_names = st.sampled_from(
    ["Version", "Statement", "Effect", "Action", "Resource", "Principal", "Condition", "AWS"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(element_names | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_any_json_value_gets_an_answer(value: object) -> None:
    check_any_text(json.dumps(value))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes_or_text_get_an_answer(text: str | bytes) -> None:
    check_any_text(text)


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [(3, 14, "line 3, column 14: it is odd"), (None, None, "it is odd")],
)
def test_a_problem_is_told_with_its_place_where_the_text_has_one(
    line: int | None, column: int | None, words: str
) -> None:
    assert Problem("odd", "Statement", "it is odd", line, column, "warning").in_words == words


def test_what_can_never_match_is_told_apart_from_other_warnings() -> None:
    parsed = parse_policy(
        json.dumps(
            {
                "Statement": {
                    **{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                    "Condition": {"NumericEquals": {"s3:max-keys": "ten"}, "Odd": {"a:b": "c"}},
                }
            }
        )
    )
    assert {each.code for each in parsed.never_matching} == {"value-never-matches"}
    assert len(parsed.warnings) > len(parsed.never_matching)


@pytest.mark.parametrize("case", read_cases())
def test_a_policy_read_alone_is_the_one_that_is_read_with_its_problems(case: Any) -> None:
    usage = Usage(case.get("usage", "any"))
    text = "\n".join(case["text"])
    assert read_alone(text, usage) == parse_policy(text, usage).policy
