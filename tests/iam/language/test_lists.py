"""Lists in a sentence."""

from __future__ import annotations

import pytest

from policyhub.iam.language.lists import first_few


@pytest.mark.parametrize(
    ("items", "most", "expected"),
    [
        ([], 2, ""),
        (["a"], 2, "a"),
        (["a", "b"], 2, "a, b"),
        (["a", "b", "c"], 2, "a, b and 1 more"),
        (["a", *map(str, range(1_000))], 1, "a and 1,000 more"),
    ],
)
def test_the_first_few_are_named_and_the_others_counted(
    items: list[str], most: int, expected: str
) -> None:
    assert first_few(items, most) == expected
