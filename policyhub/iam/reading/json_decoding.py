"""A JSON decoder that notices names which an object repeats: of two values one would be lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class JsonNumber:
    """A number as it is written in the text; also NaN and Infinity, which are not numbers."""

    text: str


Json: TypeAlias = "bool | str | JsonNumber | list[Json] | dict[str, Json] | None"


def json_decoder(
    on_repeated_name: Callable[[str], object], numbers_as_written: bool = False
) -> json.JSONDecoder:
    """Make a decoder that calls `on_repeated_name` with each name that an object has twice.

    Numbers become ints and floats, or `JsonNumber` with their text.
    """

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            for name, times in Counter(name for name, _ in pairs).items():
                if times > 1:
                    on_repeated_name(name)
        return found

    if not numbers_as_written:
        return json.JSONDecoder(object_pairs_hook=members)
    return json.JSONDecoder(
        object_pairs_hook=members,
        parse_int=JsonNumber,
        parse_float=JsonNumber,
        parse_constant=JsonNumber,
    )
