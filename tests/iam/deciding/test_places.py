"""The kind of policy at each place of a simulation."""

from __future__ import annotations

from typing import Any

import pytest

from policyhub.iam.deciding.places import kind_at
from policyhub.iam.language.elements import Usage

ROLE = "arn:aws:iam::123456789012:role/deploy"
CASES: list[tuple[str, dict[str, Any], Usage]] = [
    ("identityPolicies[0]", {}, Usage.IDENTITY),
    ("serviceControlPolicies[1][0]", {}, Usage.SERVICE_CONTROL),
    ("resourcePolicy", {"action": "s3:GetObject", "resource": "arn:aws:s3:::x/y"}, Usage.RESOURCE),
    ("resourcePolicy", {"action": "sts:AssumeRole", "resource": ROLE}, Usage.TRUST),
    ("resourcePolicy", {"action": "sts:AssumeRole"}, Usage.TRUST),
    ("resourcePolicy", {"action": ["sts:AssumeRole"]}, Usage.RESOURCE),
    ("resourcePolicy", {"action": "sts:AssumeRole", "resource": 5}, Usage.RESOURCE),
    ("resourcePolicy", {}, Usage.RESOURCE),
]


@pytest.mark.parametrize(("place", "simulation", "kind"), CASES)
def test_a_place_tells_the_kind_also_where_the_rest_is_wrong(
    place: str, simulation: dict[str, Any], kind: Usage
) -> None:
    assert kind_at(place, simulation) is kind
