"""Places in JSON text, in good texts and in what is not JSON at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyhub.iam.reading.json_text import (
    MAX_MARKS,
    Outline,
    format_path,
    line_and_column,
    locate,
    nested_too_deep_at,
    parse_path,
    statement_spans,
    unstorable_texts,
)

TEXT = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "A", "Action": ["s3:Get*", "s3:\\u0050ut*"]},
    {"Condition": {"StringEquals": {"a.b:c[0]": 1, "\\u0061\\"": [true, {"x": null}]}}}
  ]
}"""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", TEXT),
        ("Version", '"2012-10-17"'),
        ("Statement[0].Sid", '"A"'),
        ("Statement[0].Action[1]", '"s3:\\u0050ut*"'),
        ('Statement[1].Condition.StringEquals["a.b:c[0]"]', "1"),
        ('Statement[1].Condition.StringEquals["a\\""][0]', "true"),
        ('Statement[1].Condition.StringEquals["a\\""][1].x', "null"),
        (
            "Statement[1].Condition",
            '{"StringEquals": {"a.b:c[0]": 1, "\\u0061\\"": [true, {"x": null}]}}',
        ),
    ],
)
def test_a_path_leads_to_its_value(path: str, found: str) -> None:
    span = locate(TEXT, path)
    assert span is not None
    assert TEXT[span.start : span.end] == found
    assert (span.line, span.column) == line_and_column(TEXT, span.start)


@pytest.mark.parametrize(
    "path",
    [
        "Id",
        "Statement[2]",
        "Statement.Sid",
        "Version.x",
        "Version[0]",
        "[0]",
        "Statement[0].Action[2]",
        "a b",
        "Statement[",
        "Statement[x]",
        'Statement["x]',
    ],
)
def test_a_path_to_nothing_has_no_place(path: str) -> None:
    assert locate(TEXT, path) is None


@pytest.mark.parametrize("text", ["", "  ", "}", "]", ",", ":", '"', "\\"])
def test_a_text_that_is_no_json_is_read_as_far_as_it_goes(text: str) -> None:
    assert locate(text, "Statement[0]") is None
    assert statement_spans(text) == ()


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ('{"a": [1, 2', "a[1]", "2"),
        ('{"a": "open', "a", '"open'),
        ('{"a": [1, 2', "a", "[1, 2"),
        ('{"a" 1, "b": 2}}}', "b", "2"),
        ('{"\\x": 1}', '["\\"\\\\x\\""]', "1"),
        ("{a: 1}", "a", "1"),
        ("5 6", "", "5"),
    ],
)
def test_what_can_be_seen_of_a_broken_text_has_a_place(text: str, path: str, found: str) -> None:
    span = locate(text, path)
    assert span is not None
    assert text[span.start : span.end] == found


def test_of_a_repeated_name_the_last_is_found_as_the_parser_does() -> None:
    span = locate('{"a": 1, "a": 2}', "a")
    assert span is not None
    assert span.start == 14


def test_repeated_names_are_marked_with_their_path_and_place() -> None:
    outline = Outline('{"a": [{"b": 1, "b": 2}], "a": 3}').read_all()
    assert [(mark.parts, mark.text, mark.offset) for mark in outline.repeated_names] == [
        (("a", 0, "b"), "b", 16),
        (("a",), "a", 26),
    ]


def test_strings_that_cannot_be_stored_are_marked() -> None:
    outline = Outline('{"a": ["\\u0000", "\\ud83d\\ude00", "\\udc00"], "\\ud800": 1}').read_all()
    assert [(mark.parts, mark.offset) for mark in outline.unstorable_strings] == [
        (("a", 0), 7),
        (("a", 2), 33),
        (("\ud800",), 44),
    ]


def test_marks_are_kept_up_to_a_limit() -> None:
    repeated = Outline("{" + '"a":1,' * (MAX_MARKS + 50) + '"a":1}').read_all()
    assert len(repeated.repeated_names) == MAX_MARKS
    unstorable = Outline("[" + '"\\u0000",' * (MAX_MARKS + 50) + '""]').read_all()
    assert len(unstorable.unstorable_strings) == MAX_MARKS


def test_a_text_is_read_only_as_far_as_needed() -> None:
    text = "[" + "{}," * 5000 + '{"last": 1}]'
    outline = Outline(text)
    first = outline.find((0,))
    last = outline.find((5000, "last"))
    assert first is not None
    assert last is not None
    assert text[last.start : last.end] == "1"
    assert outline.find((5001,)) is None


def test_statements_have_their_places_in_order() -> None:
    spans = statement_spans(TEXT)
    assert [(span.line, span.column) for span in spans] == [(4, 5), (5, 5)]
    assert [json.loads(TEXT[span.start : span.end]) for span in spans] == json.loads(TEXT)[
        "Statement"
    ]


def test_a_single_statement_is_one_place() -> None:
    text = '{"Statement": {"Effect": "Allow"}}'
    (span,) = statement_spans(text)
    assert text[span.start : span.end] == '{"Effect": "Allow"}'


def test_statements_that_are_no_objects_have_places_too() -> None:
    assert [span.start for span in statement_spans('{"Statement": [1, {}, "x"]}')] == [15, 18, 22]


def test_lines_and_columns_count_from_one() -> None:
    text = "a\r\nbc\n"
    places = [line_and_column(text, offset) for offset in (0, 2, 3, 4, 6)]
    assert places == [(1, 1), (1, 3), (2, 1), (2, 2), (3, 1)]


@pytest.mark.parametrize(
    ("text", "depth", "offset"),
    [("[[[", 2, 2), ('{"[[": [[]]}', 2, 8), ("[][][]", 1, None), ("]]][[", 1, None), ("", 0, None)],
)
def test_the_first_bracket_that_is_too_deep_is_found(
    text: str, depth: int, offset: int | None
) -> None:
    assert nested_too_deep_at(text, depth) == offset


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ((), ""),
        (("Statement", 0, "Action", 12), "Statement[0].Action[12]"),
        (("aws:RequestTag/team",), "aws:RequestTag/team"),
        (("a.b", "c"), '["a.b"].c'),
        (("", 'q"\\', "é", "a b"), '[""]["q\\"\\\\"]["\\u00e9"]["a b"]'),
        ((3,), "[3]"),
    ],
)
def test_a_path_is_written_and_read_alike(parts: tuple[str | int, ...], path: str) -> None:
    assert format_path(parts) == path
    assert parse_path(path) == parts


@settings(deadline=None)
@given(st.lists(st.text(max_size=6) | st.integers(0, 9999), max_size=5))
def test_any_path_is_read_as_it_was_written(parts: list[str | int]) -> None:
    assert parse_path(format_path(tuple(parts))) == tuple(parts)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=15,
)


def check_places(value: object, outline: Outline, parts: tuple[str | int, ...]) -> None:
    node = outline.find(parts)
    assert node is not None
    assert json.loads(outline.text[node.start : node.end]) == value
    if isinstance(value, dict):
        for name, inner in value.items():
            check_places(inner, outline, (*parts, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            check_places(inner, outline, (*parts, index))


@settings(max_examples=200, deadline=None)
@given(values, st.sampled_from([None, 2]), st.booleans())
def test_every_value_of_any_json_text_is_found(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    check_places(value, Outline(text).read_all(), ())


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("\ud83d", [((), "\ud83d")]),
        ("a\0", [((), "a\0")]),
        ("\U0001f600", []),
        (["a", {"b": ["\udfff", 1, None]}], [((1, "b", 0), "\udfff")]),
        ({"\0": "\ud800"}, [(("\0",), "\0"), (("\0",), "\ud800")]),
    ],
)
def test_each_unstorable_text_of_a_value_is_found_in_its_place(
    value: object, found: list[object]
) -> None:
    assert list(unstorable_texts(value)) == found


@pytest.mark.parametrize("text", ["a\0", "plain"])
def test_no_nesting_is_too_deep_to_look_for_unstorable_texts(text: str) -> None:
    value: object = text
    for _ in range(depth := 5_000):
        value = [value]
    found = list(unstorable_texts(value))
    assert found == ([((0,) * depth, text)] if text != "plain" else [])
