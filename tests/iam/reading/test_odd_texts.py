"""Why a text in a variable's place never has a value."""

from __future__ import annotations

import pytest

from policyhub.iam.reading.odd_texts import why_never_filled


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("aws:username", ""),
        ("AWS::Region", "CloudFormation"),
        ("!Sub", "CloudFormation"),
        ("username", "a service prefix and a colon"),
        ("aws:user name", "no spaces"),
        ("aws:", "not the name of a condition key"),
        ("aws:TagKeys", "a list of values"),
    ],
)
def test_the_reason_is_that_of_the_text(key: str, says: str) -> None:
    assert says in why_never_filled(key)
    assert bool(says) is bool(why_never_filled(key))
