"""Renamed codes are given together with the former ones, wherever JSON has codes."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from policyhub.http import ParameterProblem, problems_answer
from policyhub.iam.deciding.simulation import InvalidSimulationError, read_simulation
from policyhub.simulate.lines import answer
from policyhub.simulate.managed import managed_document

INVALID = {"code": "invalid", "formerly": "senseless"}
WITHOUT_SERVICE = {"action": "RunTask"}


def codes_of(said: dict[str, str]) -> dict[str, str]:
    return {name: said[name] for name in ("code", "formerly") if name in said}


def test_a_complaint_about_a_simulation_has_both_codes() -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        read_simulation(WITHOUT_SERVICE, managed_document)
    assert [codes_of(each.to_dict()) for each in caught.value.complaints] == [INVALID]


def test_a_posted_simulation_is_refused_with_both_codes(client: Client, db: None) -> None:
    said = client.post(
        "/simulate.json", json.dumps(WITHOUT_SERVICE), content_type="application/json"
    )
    assert said.status_code == 400
    assert [codes_of(each) for each in said.json()["problems"]] == [INVALID]


@pytest.mark.parametrize(
    "address",
    [
        "/simulate.json?action=RunTask",
        "/who-can.json?action=RunTask",
        "/best-fit.json?actions=RunTask",
    ],
)
def test_an_invalid_question_is_refused_with_both_codes(
    client: Client, db: None, address: str
) -> None:
    said = client.get(address)
    assert said.status_code == 400
    assert codes_of(said.json()["problems"][0]) == INVALID


def test_a_trace_has_both_reasons() -> None:
    never = {
        "Effect": "Allow",
        "Action": "a:b",
        "Resource": "*",
        "Condition": {"Null": {"k:v": "x"}},
    }
    asked = {"action": "a:b", "identityPolicies": [{"Statement": never}]}
    said = answer(read_simulation(asked, managed_document), with_trace=True)
    (clause,) = [
        each
        for statement in said["trace"]["statements"]
        for each in statement["clauses"]
        if each["element"].startswith("Condition")
    ]
    assert (clause["reason"], clause["formerly"]) == ("invalidValue", "senselessValue")


def test_other_codes_stay_alone() -> None:
    said = problems_answer([ParameterProblem("missing", "action", "enter an action")])
    assert json.loads(said.content) == {
        "problems": [{"code": "missing", "parameter": "action", "message": "enter an action"}]
    }
