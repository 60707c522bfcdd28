"""Long texts are cut into parts by lines, and their rows found by each."""

from __future__ import annotations

import random

import pytest
from django.db import connection

from policyhub.search.finding.in_database import long_texts
from policyhub.search.finding.in_database.long_texts import in_one_part, parted


@pytest.mark.parametrize("seed", range(20))
def test_parts_have_the_lines_in_order_and_are_short_unless_a_line_is_long(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_texts, "LONGEST", 50)
    choose = random.Random(seed)
    lines = ["x" * choose.choice((0, 1, 3, 20, 48, 49, 50, 80)) for _ in range(choose.randrange(9))]
    text = "\n".join(("", *lines, ""))
    parts = parted(text)
    assert all(part[0] == part[-1] == "\n" for part in parts)
    assert [line for part in parts for line in part[1:-1].split("\n")] == text[1:-1].split("\n")
    for part in parts:
        assert len(part) <= 50 or part.count("\n") == 2
    assert len(parts) == 1 or len(text) > 50


def test_only_postgresql_has_parts() -> None:
    assert in_one_part("x" * long_texts.LONGEST)
    assert in_one_part("x" * (long_texts.LONGEST + 1)) is (connection.vendor != "postgresql")
