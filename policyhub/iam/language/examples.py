"""Placeholders for the parts of a name that are not known: in examples, proofs and offers."""

from __future__ import annotations

EXAMPLE_PARTITION = "aws"
EXAMPLE_REGION = "us-east-1"
EXAMPLE_ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"


def filled_in(arn_format: str, account: str = EXAMPLE_ACCOUNT) -> str:
    """An ARN format of the reference, with what is known of every resource in its place."""
    for placeholder, value in (
        ("${Partition}", EXAMPLE_PARTITION),
        ("${Region}", EXAMPLE_REGION),
        ("${Account}", account),
    ):
        arn_format = arn_format.replace(placeholder, value)
    return arn_format
