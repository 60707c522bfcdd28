"""What a copy is called: as a policy, and as the identifiers of other languages."""

from __future__ import annotations

import re

_NOT_IN_NAMES = re.compile(r"[^\w+=,.@-]", re.ASCII)
_NOT_IN_IDENTIFIERS = re.compile(r"[^a-z0-9]+")
# Source: IAM API Reference, "CreatePolicy".
LONGEST_NAME = 128
_ENDING = "-narrowed"


def policy_name(original: str) -> str:
    """A name for the copy of a policy, with what IAM takes in names only."""
    bare = original.partition("@")[0].rpartition("/")[2]
    clean = _NOT_IN_NAMES.sub("-", bare)[: LONGEST_NAME - len(_ENDING)]
    return f"{clean or 'policy'}{_ENDING}"


def is_policy_name(name: str) -> bool:
    """Whether IAM takes a name for a policy."""
    return 0 < len(name) <= LONGEST_NAME and not _NOT_IN_NAMES.search(name)


def snake_case(name: str) -> str:
    """A name as Terraform and Python have identifiers."""
    words = _NOT_IN_IDENTIFIERS.sub("_", name.lower()).strip("_")
    return words if words[:1].isalpha() else f"policy_{words}".rstrip("_")


def pascal_case(name: str) -> str:
    """A name as CloudFormation and classes have it: letters and digits."""
    return "".join(f"{each[:1].upper()}{each[1:]}" for each in snake_case(name).split("_"))
