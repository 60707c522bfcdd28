"""Risks gained and lost: what one can do with one document to another extent than with another."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from policyhub.judge.risks.attached import read_judged
from policyhub.judge.risks.changes import RiskChange, risk_changes
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.risk import Risk

pytestmark = pytest.mark.one_database

FREE = {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}
BOUNDED = {**FREE, "Resource": "arn:aws:iam::*:user/team/*"}
NARROWER = {**FREE, "Resource": "arn:aws:iam::*:user/team/one"}
DENY = {**FREE, "Effect": "Deny"}
OTHER = {"Effect": "Allow", "Action": "iam:UpdateLoginProfile", "Resource": "*"}
KEYS = "Makes access keys for {} user"


def risks(*statements: dict[str, Any]) -> tuple[Risk, ...]:
    if not statements:
        return ()
    document = read_judged(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert document is not None
    return risks_of(document)


def told(changes: tuple[RiskChange, ...]) -> list[tuple[str, str, str]]:
    return [(each.risk.title, each.before, each.after) for each in changes]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [FREE], [("any", "", "free")]),
        ([], [BOUNDED], [("some", "", "bounded")]),
        ([BOUNDED], [FREE], [("any", "bounded", "free")]),
        ([FREE], [BOUNDED], [("any", "free", "bounded")]),
        ([FREE], [FREE, DENY], [("any", "free", "")]),
        ([BOUNDED], [NARROWER], []),
        ([FREE], [FREE, BOUNDED], []),
        ([], [], []),
        ([FREE, DENY], [], []),
    ],
)
def test_a_thing_changes_where_it_is_free_bounded_or_gone(
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    expected: list[tuple[str, str, str]],
) -> None:
    named = [(KEYS.format(word), was, now) for word, was, now in expected]
    assert told(risk_changes(risks(*before), risks(*after))) == named


def test_what_is_gained_one_way_is_lost_the_other_way() -> None:
    documents = [[], [FREE], [BOUNDED], [OTHER], [BOUNDED, OTHER], [FREE, DENY]]
    for one, other in permutations(documents, 2):
        there = risk_changes(risks(*one), risks(*other))
        back = risk_changes(risks(*other), risks(*one))
        assert told(there) == [(title, now, was) for title, was, now in told(back)]
        assert [each.is_gain for each in there] == [not each.is_gain for each in back]


def test_the_most_serious_change_comes_first() -> None:
    attach = {"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*"}
    logs = {"Effect": "Allow", "Action": "cloudtrail:StopLogging", "Resource": "*"}
    gravities = [each.risk.gravity for each in risk_changes((), risks(logs, attach, FREE))]
    assert len(set(gravities)) == 3
    assert gravities == sorted(gravities)


def test_another_way_to_the_same_thing_is_no_change() -> None:
    # Both write whatever they like for a user: by an inline policy, or by attaching one.
    inline = {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*"}
    attached = {"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*"}
    assert risk_changes(risks(inline), risks(attached)) == ()


def test_nothing_is_said_where_one_side_is_undecided() -> None:
    claimed = risks(FREE)[0]
    open_one = Risk(claimed.path, "undecided", claimed.documents)
    assert risk_changes([open_one], [claimed]) == ()
    assert risk_changes([claimed], [open_one]) == ()


def test_json_has_null_where_no_path_is_left() -> None:
    entry = risk_changes((), risks(FREE))[0].to_dict()
    assert (entry["id"], entry["before"], entry["after"]) == ("iam-002", None, "free")
