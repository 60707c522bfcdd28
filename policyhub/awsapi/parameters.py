"""A request's parameters: form-encoded names and values, read into a tree by their dots.

Source: Making query requests, in the IAM User Guide ("Calling the IAM API using HTTP query
requests"). A list is `Name.member.1`, `Name.member.2`, …; an empty list is `Name=`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias
from urllib.parse import parse_qsl

from policyhub.awsapi.errors import validation_error
from policyhub.http import NOT_IN_XML

Tree: TypeAlias = dict[str, "Tree | str"]

MOST_PARAMETERS = 50_000
_LONGEST_NAME = 300
# How a request says who sends it and when. It is not checked.
_SIGNATURE = re.compile(
    r"X-Amz-[A-Za-z-]+|AWSAccessKeyId|Signature(?:Method|Version)?|SecurityToken|Timestamp|Expires"
)


def read_parameters(*texts: bytes) -> Tree:
    """Read form-encoded texts into one tree, without the parameters of a signature.

    Raises `ApiError`: what is given twice, or can't be read, is refused, never guessed.
    """
    pairs = [pair for text in texts for pair in _decoded_pairs(text)]
    return _tree((name, value) for name, value in pairs if not _SIGNATURE.fullmatch(name))


def _decoded_pairs(text: bytes) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(
            text.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except UnicodeDecodeError as error:
        raise validation_error("The parameters are not UTF-8.") from error
    except ValueError as error:
        message = f"There are more than {MOST_PARAMETERS:,} parameters: send fewer at a time."
        raise validation_error(message) from error
    for name, value in pairs:
        _check(name, value)
    return pairs


def _check(name: str, value: str) -> None:
    if len(name) > _LONGEST_NAME or NOT_IN_XML.search(name):
        raise validation_error("A parameter's name is too long, or contains a control character.")
    if NOT_IN_XML.search(value):
        message = f"The value of {name} contains a control character that XML can't represent."
        raise validation_error(message)


def _tree(pairs: Iterable[tuple[str, str]]) -> Tree:
    tree: Tree = {}
    for name, value in pairs:
        *above, last = name.split(".")
        node: Tree | str = tree
        for part in above:
            node = node.setdefault(part, {}) if isinstance(node, dict) else node
        if not isinstance(node, dict) or last in node:
            message = f"The parameter {name} is given twice, or contradicts another one."
            raise validation_error(message)
        node[last] = value
    return tree
