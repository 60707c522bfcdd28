"""YAML of CloudFormation templates, read into the values that the same template in JSON has.

CloudFormation's YAML is version 1.1 without aliases, and writes its functions as tags: `!Sub x`
is `{"Fn::Sub": "x"}`. Every scalar is taken as the text that it is, as CloudFormation does in a
policy document: `2012-10-17` is no date there, `false` no less than `"false"`.
Source: AWS CloudFormation User Guide, "CloudFormation template formats".
"""

from __future__ import annotations

from typing import Any

import yaml

from policyhub.catalog.sources.cloudformation import LARGEST_TEMPLATE

# Their tags are the names of the JSON members; every other tag is short for `Fn::` and its name.
_WHOLE_NAMES = ("Ref", "Condition")


class YamlProblemError(ValueError):
    """A text that is no YAML, or has what CloudFormation does not take; says where and why."""


def read_yaml(text: str) -> Any:
    """The value of a text in CloudFormation's YAML: texts, lists and dictionaries of these.

    Raises `YamlProblemError`.
    """
    if len(text.encode()) > LARGEST_TEMPLATE:
        raise YamlProblemError("larger than the 1 MiB that CloudFormation takes: split it")
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        return None if node is None else _NodeReader().value(node)
    except yaml.MarkedYAMLError as error:
        place = _line_and_column(error.problem_mark) if error.problem_mark else ""
        raise YamlProblemError(f"{place}not YAML ({error.problem}): fix it there") from error
    except yaml.YAMLError as error:
        words = " ".join(str(error).split())
        raise YamlProblemError(f"not YAML ({words}): save it as plain text") from error
    except RecursionError as error:
        raise YamlProblemError("lists and mappings are nested too deep") from error


class _NodeReader:
    """Turns the nodes of one text into values; no node may stand at two places."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def value(self, node: yaml.Node) -> Any:
        """A node's value, in an object named after its function where it has such a tag."""
        if id(node) in self._seen:
            raise _problem(node, "this is used by an alias, and CloudFormation takes none")
        self._seen.add(id(node))
        value = self._content(node)
        if not node.tag.startswith("!"):
            return value
        name = node.tag.removeprefix("!")
        return {name if name in _WHOLE_NAMES else f"Fn::{name}": value}

    def _content(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each) for each in node.value]
        return node.value

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for key, value in node.value:
            name = self.value(key)
            if not isinstance(name, str):
                raise _problem(key, "a name that is not a text")
            if name in members:
                raise _problem(key, f"`{name[:60]}` appears twice in one mapping")
            members[name] = self.value(value)
        return members


def _problem(node: yaml.Node, what: str) -> YamlProblemError:
    return YamlProblemError(f"{_line_and_column(node.start_mark)}{what}: correct it there")


def _line_and_column(mark: yaml.Mark) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}: "
