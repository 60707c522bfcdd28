"""The shapes of inputs: what a value may be, read and checked with AWS's messages.

Source: IAM API Reference, the constraints of each parameter. Clients leave lengths,
patterns and enumerations to the service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from policyhub.awsapi.errors import validation_error
from policyhub.awsapi.parameters import Tree

Node: TypeAlias = Tree | str

_MOST_SHOWN = 10
_LONGEST_SHOWN = 80
_NUMBER = re.compile(r"-?[0-9]{1,10}")
_INDEX = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Text:
    """A text: its length, its pattern, or the values that it can have."""

    shortest: int = 0
    longest: int | None = None
    pattern: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, its limits included."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of members, at most so many."""

    member: Shape
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Structure:
    """Named members; those required must be there."""

    members: Mapping[str, Shape]
    required: tuple[str, ...] = ()


Shape: TypeAlias = Text | Number | Flag | ListOf | Structure


def read_input(shape: Structure, tree: Tree) -> dict[str, Any]:
    """Read a tree of parameters; what is absent is None, and an absent list is empty.

    Raises `ApiError` with everything that is wrong.
    """
    reading = _Reading()
    value: dict[str, Any] = reading.structure(shape, tree, "")
    reading.refuse_if_wrong()
    return value


class _Reading:
    """Reads one input, gathering what is wrong."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.count = 0

    def refuse_if_wrong(self) -> None:
        if not self.count:
            return
        errors = "error" if self.count == 1 else "errors"
        raise validation_error(
            f"{self.count} validation {errors} detected: {'; '.join(self.wrong)}"
        )

    def structure(self, shape: Structure, node: Node, path: str) -> dict[str, Any]:
        given = self._branches(node, path)
        for name in given:
            if name not in shape.members:
                self._complain(None, _below(path, name), "Unknown parameter")
        return {
            name: self._member(each, given.get(name), _below(path, name), name in shape.required)
            for name, each in shape.members.items()
        }

    def _member(self, shape: Shape, node: Node | None, path: str, required: bool) -> Any:
        if node is not None:
            return self._value(shape, node, path)
        if required:
            self._complain(None, path, "Member must not be null")
        return [] if isinstance(shape, ListOf) else None

    def _value(self, shape: Shape, node: Node, path: str) -> Any:
        if isinstance(shape, ListOf):
            return self._list(shape, node, path)
        if isinstance(shape, Structure):
            return self.structure(shape, node, path)
        if not isinstance(node, str):
            self._complain(None, path, "Member must be one value")
            return None
        if isinstance(shape, Number):
            return self._number(shape, node, path)
        return self._flag(node, path) if isinstance(shape, Flag) else self._text(shape, node, path)

    def _branches(self, node: Node, path: str) -> Tree:
        """The parts of a list or structure; an empty text is one without any."""
        if node and isinstance(node, str):
            self._complain(node, path, "Member must not be one value")
        return node if isinstance(node, dict) else {}

    def _list(self, shape: ListOf, node: Node, path: str) -> list[Any]:
        given = self._branches(node, path)
        members = given.get("member", {})
        if isinstance(members, str):
            self._complain(members, _below(path, "member"), "Member must not be one value")
            return []
        strange = [*(key for key in given if key != "member"), *_strange_indexes(members)]
        for key in strange:
            self._complain(None, _below(path, key), "Unknown parameter")
        if shape.most is not None and len(members) > shape.most:
            self._complain(
                None, path, f"Member must have length less than or equal to {shape.most}"
            )
        indexes = [] if strange else sorted(members, key=int)
        return [
            self._value(shape.member, members[index], f"{path}.{place}.member")
            for place, index in enumerate(indexes, 1)
        ]

    def _number(self, shape: Number, text: str, path: str) -> int | None:
        if not _NUMBER.fullmatch(text):
            self._complain(text, path, "Member must be an integer")
            return None
        number = int(text)
        if number < shape.least:
            least = f"Member must have value greater than or equal to {shape.least}"
            self._complain(text, path, least)
        if number > shape.most:
            self._complain(text, path, f"Member must have value less than or equal to {shape.most}")
        return number

    def _flag(self, text: str, path: str) -> bool:
        if text.lower() not in ("true", "false"):
            self._complain(text, path, "Member must be true or false")
        return text.lower() == "true"

    def _text(self, shape: Text, text: str, path: str) -> str:
        if len(text) < shape.shortest:
            least = f"Member must have length greater than or equal to {shape.shortest}"
            self._complain(text, path, least)
        if shape.longest is not None and len(text) > shape.longest:
            most = f"Member must have length less than or equal to {shape.longest}"
            self._complain(text, path, most)
        if shape.pattern and not re.fullmatch(shape.pattern, text):
            expected = f"Member must satisfy regular expression pattern: {shape.pattern}"
            self._complain(text, path, expected)
        if shape.values and text not in shape.values:
            expected = f"Member must satisfy enum value set: [{', '.join(shape.values)}]"
            self._complain(text, path, expected)
        return text

    def _complain(self, value: str | None, path: str, constraint: str) -> None:
        self.count += 1
        if len(self.wrong) < _MOST_SHOWN:
            shown = "" if value is None else f" '{_shortened(value)}'"
            place = _shortened(path)
            self.wrong.append(
                f"Value{shown} at '{place}' failed to satisfy constraint: {constraint}"
            )


def _strange_indexes(members: Tree) -> list[str]:
    return [f"member.{key}" for key in members if not _INDEX.fullmatch(key)]


def _below(path: str, name: str) -> str:
    """The place as AWS writes it: names begin with a small letter."""
    small = name[:1].lower() + name[1:]
    return f"{path}.{small}" if path else small


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
