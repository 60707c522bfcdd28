"""A document as a resource of Terraform.

Source: Terraform's pages "Strings and Templates" and "jsonencode Function": in a string `${` and
`%{` begin a template unless their first sign is doubled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from policyhub.workbench.outputs.naming import snake_case

Json = Any
_INDENT = "  "


def as_terraform(document: Mapping[str, Json], name: str, description: str) -> str:
    """The document as an `aws_iam_policy`."""
    return (
        f'resource "aws_iam_policy" "{snake_case(name)}" {{\n'
        f"  name        = {_text(name)}\n"
        f"  description = {_text(description)}\n"
        f"  policy = jsonencode({_expression(document, 1)})\n"
        "}\n"
    )


def _expression(value: Json, depth: int) -> str:
    """A JSON value as an expression of HCL."""
    if isinstance(value, str):
        return _text(value)
    inside, outside = _INDENT * (depth + 1), _INDENT * depth
    if isinstance(value, Mapping):
        members = [(_text(key), _expression(each, depth + 1)) for key, each in value.items()]
        lines = (f"{inside}{line}\n" for line in _aligned(members))
        return f"{{\n{''.join(lines)}{outside}}}"
    if isinstance(value, list):
        items = (f"{inside}{_expression(each, depth + 1)},\n" for each in value)
        return f"[\n{''.join(items)}{outside}]"
    return json.dumps(value)


def _aligned(members: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Members as `terraform fmt` has them: the signs of lines that follow each other in line."""
    for is_long, run in groupby(members, lambda member: "\n" in member[1]):
        pairs = list(run)
        width = 0 if is_long else max(len(key) for key, _ in pairs)
        yield from (f"{key:<{width}} = {value}" for key, value in pairs)


def _text(text: str) -> str:
    """A string of HCL, in which nothing is a template."""
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted.replace("${", "$${").replace("%{", "%%{")
