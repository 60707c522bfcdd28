"""Fixes: carried out on a value and on a text they give the same document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.iam.reading.json_text import Outline, format_path
from policyhub.judge.reporting.editing import (
    UnusableFixError,
    edited,
    fixed,
    text_edits,
)
from policyhub.judge.reporting.finding import Edit, Fix

DOCUMENT = {"a": ["x", "y", "z"], "b": {"c": 1, "d": {}}, "e f": "last"}


def fix(*edits: Edit) -> Fix:
    return Fix("it", edits)


CASES = [
    (Edit("replace", "a[1]", "new"), {**DOCUMENT, "a": ["x", "new", "z"]}),
    (Edit("remove", "a[0]"), {**DOCUMENT, "a": ["y", "z"]}),
    (Edit("remove", "a[2]"), {**DOCUMENT, "a": ["x", "y"]}),
    (Edit("remove", "b.c"), {**DOCUMENT, "b": {"d": {}}}),
    (Edit("remove", '["e f"]'), {"a": DOCUMENT["a"], "b": DOCUMENT["b"]}),
    (Edit("rename", "b.c", "C"), {**DOCUMENT, "b": {"C": 1, "d": {}}}),
    (Edit("add", "b.d.k", [1]), {**DOCUMENT, "b": {"c": 1, "d": {"k": [1]}}}),
    (Edit("add", "n.m.o", 2), {**DOCUMENT, "n": {"m": {"o": 2}}}),
]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(("edit", "expected"), CASES, ids=lambda case: getattr(case, "path", ""))
def test_an_edit_of_the_text_and_of_the_value_agree(
    edit: Edit, expected: Any, indent: int | None
) -> None:
    assert fixed(DOCUMENT, fix(edit)) == expected
    text = json.dumps(DOCUMENT, indent=indent)
    assert json.loads(edited(text, text_edits(Outline(text), fix(edit)))) == expected


def test_a_renamed_member_keeps_its_place() -> None:
    assert list(fixed({"a": 1, "b": 2}, fix(Edit("rename", "a", "z")))) == ["z", "b"]


def test_removals_count_in_the_document_as_it_was() -> None:
    both = fix(Edit("remove", "a[0]"), Edit("remove", "a[1]"))
    assert fixed(DOCUMENT, both)["a"] == ["z"]


def test_edits_that_touch_each_other_are_left_out_of_a_text() -> None:
    text = json.dumps({"a": ["x", "y"]})
    both = fix(Edit("remove", "a[0]"), Edit("remove", "a[1]"))
    assert text_edits(Outline(text), both) == ()


@pytest.mark.parametrize("path", ["", "a[9]", "b.x", "a.b", "[["])
@pytest.mark.parametrize("kind", ["remove", "replace", "rename"])
def test_an_edit_of_what_is_not_there_is_refused(path: str, kind: Any) -> None:
    with pytest.raises(UnusableFixError):
        text_edits(Outline(json.dumps(DOCUMENT)), fix(Edit(kind, path, "v")))
    with pytest.raises(UnusableFixError):
        fixed(DOCUMENT, fix(Edit(kind, path, "v")))


JSON = st.recursive(
    st.none() | st.integers(0, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), JSON, min_size=1), st.data(), st.booleans())
def test_whatever_is_removed_the_text_stays_json_and_says_the_same_as_the_value(
    document: dict[str, Any], data: st.DataObject, is_ascii: bool
) -> None:
    parts: list[str | int] = []
    value: Any = document
    while isinstance(value, dict | list) and value and (not parts or data.draw(st.booleans())):
        chosen = data.draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(
            len(value))))  # fmt: skip
        parts.append(chosen)
        value = value[chosen]
    remove = fix(Edit("remove", format_path(tuple(parts))))
    text = json.dumps(document, ensure_ascii=is_ascii)
    if any(isinstance(each, str) and not each for each in parts):
        return
    assert json.loads(edited(text, text_edits(Outline(text), remove))) == fixed(document, remove)
