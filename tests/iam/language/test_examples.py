"""What stands in examples for the parts of a name that nothing says."""

from __future__ import annotations

import pytest

from policyhub.iam.language.examples import filled_in


@pytest.mark.parametrize(
    ("arn_format", "expected"),
    [
        (
            "arn:${Partition}:ecs:${Region}:${Account}:cluster/${ClusterName}",
            "arn:aws:ecs:us-east-1:123456789012:cluster/${ClusterName}",
        ),
        ("arn:${Partition}:s3:::${BucketName}", "arn:aws:s3:::${BucketName}"),
        ("*", "*"),
        ("", ""),
    ],
)
def test_what_every_arn_has_is_filled_in_and_the_rest_stays_open(
    arn_format: str, expected: str
) -> None:
    assert filled_in(arn_format) == expected


def test_an_account_that_is_known_stands_in_its_place() -> None:
    assert filled_in("${Account}:${Account}", "111122223333") == "111122223333:111122223333"
