"""Statements compiled once for all documents that have them, each with its own Sid and place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from policyhub.iam.deciding import known_statements
from policyhub.iam.deciding.applied_policies import AppliedPolicy
from policyhub.iam.deciding.documents import Documents
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import Simulation, read_simulation
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.grammar import read_faultless_statement
from tests.iam.generation import Json, simulations

ALLOW = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
CONDITION = {
    "StringEquals": {"aws:username": "${aws:userid}"},
    "Bool": {"aws:SecureTransport": True},
}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_statements, "_documents", {})
    monkeypatch.setattr(known_statements, "_statements", {})


def write(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def document(*statements: object, **more: object) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


def given_to(documents: Documents, value: dict[str, Any]) -> AppliedPolicy:
    return documents.given("one", value, Usage.IDENTITY, "", "identityPolicies[0]")


def said(applied: AppliedPolicy) -> tuple[object, ...]:
    policy = applied.compiled and applied.compiled.policy
    return applied.name, applied.place, policy, applied.problems


@given(simulations())
def test_a_simulation_is_read_and_decided_as_without_what_is_known(simulation: Json) -> None:
    def policies(read: Simulation) -> list[object]:
        return [(layer, list(map(said, group))) for layer, group in read.policies.groups()]

    plain = read_simulation(simulation)
    for _ in range(2):
        known = read_simulation(simulation, documents=Documents(write))
        assert policies(known) == policies(plain)
        assert evaluate(known.request, known.policies) == evaluate(plain.request, plain.policies)


@pytest.mark.parametrize(
    "value",
    [
        document(ALLOW),
        document({**ALLOW, "Sid": "A"}, {**ALLOW, "Sid": "B", "Condition": CONDITION}),
        document(ALLOW) | {"Statement": ALLOW},
        document(),
        document(ALLOW, Id="x"),
        document(ALLOW) | {"Version": "2008-10-17"},
        document(ALLOW) | {"Version": ["2012-10-17"]},
        document(ALLOW, "no statement"),
        document({**ALLOW, "Sid": None}),
        document({**ALLOW, "Sid": "with space"}),
        document({**ALLOW, "Sid": "é"}),
        document({**ALLOW, "Sid": "A"}, {**ALLOW, "Sid": "A"}),
        document({**ALLOW, "Action": "s3"}),
        document({**ALLOW, "Resource": "arn:aws:s3:::\0"}),
        document({**ALLOW, "Resource": "\ud800"}),
        document({**ALLOW, "Resource": ["arn:aws:s3:::a"] * 500}),
        document({**ALLOW, "Action": [f"s3:Get{each}" for each in range(9_000)]}),
        document({**ALLOW, "Condition": {"NumericEquals": {"s3:max-keys": [1e16, 5]}}}),
        document({**ALLOW, "Effect": 1, "Resource": 1.5}),
    ],
    ids=lambda each: json.dumps(each)[-90:],
)
def test_a_document_is_applied_as_without_what_is_known(value: dict[str, Any]) -> None:
    assert said(given_to(Documents(write), value)) == said(given_to(Documents(), value))


def test_a_statement_is_read_once_under_whatever_sid(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []

    def noted(value: dict[str, Any], position: int, usage: Usage) -> object:
        read.append(value)
        return read_faultless_statement(value, position, usage)

    monkeypatch.setattr(known_statements, "read_faultless_statement", noted)
    sids = ["", "First", "Second"]
    for sid in sids:
        value = document({**ALLOW, **({"Sid": sid} if sid else {})})
        compiled = given_to(Documents(write), value).compiled
        assert compiled is not None
        assert [each.statement.sid for each in compiled.statements] == [sid]
        assert [each.sid for each in compiled.policy.statements] == [sid]
    assert read == [ALLOW]


def test_no_more_is_kept_than_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_statements, "_MOST_DOCUMENTS", 3)
    monkeypatch.setattr(known_statements, "_MOST_STATEMENTS", 4)
    for number in range(10):
        given_to(Documents(write), document({**ALLOW, "Action": f"s3:Get{number}"}))
        assert len(known_statements._documents) <= 3
        assert len(known_statements._statements) <= 4


def test_a_long_statement_is_not_kept() -> None:
    long = {**ALLOW, "Action": [f"s3:Get{each}" for each in range(400)]}
    assert given_to(Documents(write), document(long)).problems == ()
    assert known_statements._statements == {}


class Forgotten(dict[Any, Any]):
    """What is known, forgotten by another thread whenever somebody has asked whether it is."""

    def __contains__(self, key: object) -> bool:
        found = super().__contains__(key)
        self.clear()
        return found


def test_what_another_thread_forgets_at_the_same_moment_is_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(known_statements, "_documents", Forgotten())
    monkeypatch.setattr(known_statements, "_statements", Forgotten())
    given = document(ALLOW)
    for text in (b"one", b"one", b"another"):
        found = known_statements.compiled_if_faultless(given, text, Usage.IDENTITY, write)
        assert found is not None
        assert [each.statement.effect for each in found.statements] == ["Allow"]
