"""Which statement became which, and what was done to it."""

from __future__ import annotations

from typing import Any

import pytest

from policyhub.iam.budget import Steps
from policyhub.iam.comparing.alignment import align
from tests.iam.comparing.pairs import policy_of


def allow(actions: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource} | more


def changes(left: list[Any], right: list[Any]) -> list[tuple[int | None, int | None, str]]:
    pairs = align(policy_of({"Statement": left}), policy_of({"Statement": right}))
    return [
        (
            None if pair.left is None else pair.left.position,
            None if pair.right is None else pair.right.position,
            pair.change,
        )
        for pair in pairs
    ]


ONLY_WHEN = {"Condition": {"StringEquals": {"a:k": "x"}}}
A, B, C = allow("a:A"), allow("b:*"), allow(["c:One", "c:Two"], "arn:aws:c:::x")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([A, B], [A, B], [(0, 0, "same"), (1, 1, "same")]),
        ([A, B, C], [C, A, B], [(2, 0, "moved"), (0, 1, "same"), (1, 2, "same")]),
        ([A], [A | {"Sid": "Named"}], [(0, 0, "cosmetic")]),
        (
            [A, B, C],
            [C | {"Sid": "Named"}, A, B],
            [(2, 0, "moved"), (0, 1, "same"), (1, 2, "same")],
        ),
        ([A], [allow(["a:a", "a:A"])], [(0, 0, "cosmetic")]),
        ([C], [allow(["c:Two", "c:One"], ["arn:aws:c:::x"])], [(0, 0, "cosmetic")]),
        ([C], [allow(["c:One", "c:Two", "c:Three"], "arn:aws:c:::x")], [(0, 0, "widened")]),
        ([C], [allow(["c:One"], "arn:aws:c:::x")], [(0, 0, "narrowed")]),
        ([C | ONLY_WHEN], [C], [(0, 0, "widened")]),
        ([C], [C | ONLY_WHEN], [(0, 0, "narrowed")]),
        ([C], [allow(["c:One", "c:Two"], "*")], [(0, 0, "widened")]),
        ([C], [allow(["c:One", "c:Three"], "arn:aws:c:::x")], [(0, 0, "changed")]),
        ([A], [A, B], [(0, 0, "same"), (None, 1, "added")]),
        ([A, A], [A], [(0, 0, "same"), (1, None, "removed")]),
        ([A], [A, A], [(0, 0, "same"), (None, 1, "added")]),
        ([A, B], [B], [(0, None, "removed"), (1, 0, "same")]),
        ([A], [A | {"Effect": "Deny"}], [(0, None, "removed"), (None, 0, "added")]),
        (
            [A | {"Effect": "Deny"}],
            [allow(["a:A", "a:B"]) | {"Effect": "Deny"}],
            [(0, 0, "widened")],
        ),
        (
            [A | {"Sid": "Same"}],
            [allow("z:Z") | {"Sid": "Same"}],
            [(0, 0, "changed")],
        ),
    ],
)
def test_each_statement_is_paired_and_its_change_told(
    left: list[Any], right: list[Any], expected: list[tuple[int | None, int | None, str]]
) -> None:
    assert changes(left, right) == expected


def test_the_clauses_that_differ_are_named() -> None:
    (pair,) = align(
        policy_of({"Statement": [C | {"Sid": "One"}]}),
        policy_of({"Statement": [allow(["c:One"], "arn:aws:c:::y", **ONLY_WHEN)]}),
    )
    assert pair.clauses == ("Sid", "Action", "Resource", "Condition")
    left = {"Effect": "Allow", "NotAction": ["a:A", "a:B"], "Resource": "*"}
    right = {"Effect": "Allow", "NotAction": "a:A", "Resource": "*"}
    (pair,) = align(policy_of({"Statement": [left]}), policy_of({"Statement": [right]}))
    assert (pair.clauses, pair.change) == (("NotAction",), "widened")


def test_with_no_work_left_only_what_is_written_alike_is_paired() -> None:
    left, right = [A, B, C], [C | {"Resource": "*"}, A]
    pairs = align(policy_of({"Statement": left}), policy_of({"Statement": right}), Steps(0))
    places = [
        (pair.left and pair.left.position, pair.right and pair.right.position, pair.change)
        for pair in pairs
    ]
    assert places == [
        (None, 0, "added"),
        (0, 1, "same"),
        (1, None, "removed"),
        (2, None, "removed"),
    ]
