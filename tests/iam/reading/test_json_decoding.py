"""The decoder notices each name that an object repeats, and keeps numbers as it is told."""

from __future__ import annotations

import time

import pytest

from policyhub.iam.reading.json_decoding import JsonNumber, json_decoder


@pytest.mark.parametrize(
    ("text", "repeated"),
    [
        ("{}", []),
        ('{"a": 1, "b": {"a": 2}}', []),
        ('{"a": 1, "b": 2, "a": 3}', ["a"]),
        ('{"a": 1, "a": 2, "a": 3, "b": 4, "b": 5}', ["a", "b"]),
        ('[{"a": 1, "a": 2}, {"a": 3}, {"b": {"c": 1, "c": 2}, "b": 3}]', ["a", "c", "b"]),
        ('{"a": 1, "\\u0061": 2}', ["a"]),
        ('{"a": 1, "A": 2}', []),
    ],
)
def test_each_repeated_name_is_told_once_for_every_object(text: str, repeated: list[str]) -> None:
    found: list[str] = []
    json_decoder(found.append).decode(text)
    assert found == repeated


@pytest.mark.parametrize(
    ("text", "plain", "written"),
    [("1", 1, "1"), ("1.50", 1.5, "1.50"), ("-1e3", -1000.0, "-1e3"), ("9" * 30, None, "9" * 30)],
)
def test_numbers_are_values_or_stay_as_written(
    text: str, plain: float | None, written: str
) -> None:
    assert json_decoder(print).decode(text) == (int(text) if plain is None else plain)
    assert json_decoder(print, numbers_as_written=True).decode(text) == JsonNumber(written)


def test_an_object_of_very_many_names_is_read_in_a_moment() -> None:
    names = ", ".join(f'"{number}": 0' for number in range(40_000))
    began = time.perf_counter()
    found: list[str] = []
    json_decoder(found.append).decode(f'{{{names}, "0": 1}}')
    assert found == ["0"]
    assert time.perf_counter() - began < 5
