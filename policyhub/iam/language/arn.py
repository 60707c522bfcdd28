"""The six parts of an Amazon Resource Name."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = 6


@dataclass(frozen=True, slots=True)
class Arn:
    """`arn:partition:service:region:account:resource`; the resource may contain more colons."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse_arn(text: str) -> Arn | None:
    """Return the parts of an ARN, or None if the text is not an ARN."""
    parts = text.split(":", PARTS - 1)
    if len(parts) != PARTS or parts[0] != "arn":
        return None
    return Arn(*parts[1:])
