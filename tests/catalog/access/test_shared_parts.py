"""What documents have alike is one object for all, and they say what they said."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.catalog.access.shared_parts import SharedParts
from policyhub.iam.reading.document import PolicyDocument, read_alone

ACTION = st.sampled_from(["s3:GetObject", "s3:*", "S3:getobject", "ec2:Describe*"])
CONDITIONS = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}, "Bool": {"aws:SecureTransport": True}},
    ]
)
STATEMENT = st.builds(
    lambda sid, effect, actions, conditions: {
        "Sid": sid,
        "Effect": effect,
        "Action": actions,
        "Resource": ["arn:aws:s3:::a/*", "*"],
        "Condition": conditions,
    },
    st.sampled_from(["One", "Two"]),
    st.sampled_from(["Allow", "Deny"]),
    st.lists(ACTION, min_size=1, max_size=3),
    CONDITIONS,
)


def read(statements: list[dict[str, object]]) -> PolicyDocument:
    document = read_alone(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert document
    return document


@given(st.lists(st.lists(STATEMENT, min_size=1, unique_by=lambda each: each["Sid"]), max_size=4))
def test_a_document_with_shared_parts_is_equal_to_itself(
    documents: list[list[dict[str, object]]],
) -> None:
    shared = SharedParts()
    for each in map(read, documents):
        assert shared.document(each) == each


@pytest.mark.parametrize("effects", [("Allow", "Allow"), ("Allow", "Deny")])
def test_what_two_documents_repeat_is_one_object(effects: tuple[str, str]) -> None:
    shared = SharedParts()
    first, second = (
        shared.document(
            read(
                [
                    {
                        "Sid": "Same",
                        "Effect": effect,
                        "Action": ["s3:GetObject", "s3:PutObject"],
                        "Resource": "arn:aws:s3:::a",
                        "Condition": {"StringLike": {"s3:prefix": ["home/*"]}},
                    }
                ]
            )
        ).statements[0]
        for effect in effects
    )
    for one, other in (
        (first.sid, second.sid),
        (first.actions, second.actions),
        (first.resources, second.resources),
        (first.conditions, second.conditions),
    ):
        assert one is other


def test_a_text_of_a_list_that_differs_is_shared_too() -> None:
    shared = SharedParts()
    statement = {"Effect": "Allow", "Resource": "*"}
    first, second = (
        shared.document(read([{**statement, "Action": actions}])).statements[0].actions
        for actions in (["s3:GetObject"], ["s3:PutObject", "s3:GetObject"])
    )
    assert first[0] is second[1]
