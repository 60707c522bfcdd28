"""One policy in many accounts: read and decided once, and each with its own answer all the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policyhub.catalog.access import explained
from policyhub.catalog.access.in_database import StoredCatalogue
from policyhub.catalog.access.in_memory import CompiledCatalogue, compile_catalogue
from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.catalog.sources.items import SourceVersion
from policyhub.iam.budget import NO_LIMIT, SpentError, Steps
from policyhub.iam.explaining.residual import residual
from policyhub.iam.language.wording import plain
from policyhub.search.who_can import always, answers
from policyhub.search.who_can.answers import Answer
from policyhub.search.who_can.asking import explain, who_can, who_can_within
from policyhub.search.who_can.questions import questions
from policyhub.search.who_can.table import answers_in_words
from tests.catalog.given_sources import policy
from tests.catalog.small_reference import allow, deny

pytestmark = pytest.mark.django_db
ACCOUNTS = [f"{number}00000000001" for number in range(1, 9)]
VISITOR = ACCOUNTS[3]
ROLE = "arn:aws:iam::{account}:role/deploy"


def _documents(account: str) -> dict[str, list[dict[str, Any]]]:
    own = ROLE.format(account=account)
    within = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
    named = {"StringEquals": {"aws:ResourceAccount": account}}
    return {
        "Deploys": [allow("iam:PassRole", Resource=own, Sid=f"Of{account}")],
        "Spares": [allow("iam:PassRole"), deny("iam:PassRole", NotResource=own)],
        "Within": [allow("iam:PassRole", Resource=own, Condition=within)],
        "Named": [allow("iam:PassRole", Resource=own, Condition=named)],
        "Begins": [allow("iam:PassRole", Resource=f"arn:aws:iam::{account[:4]}*:role/deploy")],
        "Visitor": [allow("iam:PassRole", Resource=[own, ROLE.format(account=VISITOR)])],
        "Never": [allow("iam:PassRole", Resource=own), deny("iam:PassRole", Resource=own)],
        "Later": [allow("s3:GetObject"), allow("iam:PassRole", Resource=own, Sid="Own")],
    }


@pytest.fixture
def in_memory() -> CompiledCatalogue:
    """The corpus and the same policies in several accounts."""
    items = [
        policy(
            SourceVersion(
                "v1", None, True, json.dumps({"Version": "2012-10-17", "Statement": rows})
            ),
            name=name,
            arn=f"arn:aws:iam::{account}:policy/{name}",
        )
        for account in ACCOUNTS
        for name, rows in _documents(account).items()
    ]
    assert not import_policies(items).rejected
    return compile_catalogue()


def _stored() -> StoredCatalogue:
    return StoredCatalogue(get_reference(), 100_000)


def _one_by_one(catalogue: CompiledCatalogue, action: str, resource: str) -> dict[str, Any]:
    """What each policy answers that is asked alone."""
    asked = questions(catalogue, get_reference(), action, resource)
    assert len(asked) == 1
    found = [
        Answer(asked[0], each)
        for each in catalogue.explaining(asked[0].request, asked[0].any_resource)
    ]
    return {each.policy: each.to_dict() for each in found if each.is_telling}


@pytest.mark.parametrize(
    "resource", ["", *(ROLE.format(account=each) for each in (VISITOR, ACCOUNTS[5], "9" * 12))]
)
def test_each_policy_answers_as_it_does_alone(in_memory: CompiledCatalogue, resource: str) -> None:
    catalogue = _stored()
    asked = questions(catalogue, get_reference(), "iam:PassRole", resource)
    expected = _one_by_one(in_memory, "iam:PassRole", resource)
    for _ in range(2):
        found = who_can(catalogue, asked)
        assert {each.policy: each.to_dict() for each in found} == expected
        assert [each.policy for each in found] == [
            each.policy for each in who_can(in_memory, asked)
        ]


def test_one_of_all_that_say_the_same_is_decided(
    in_memory: CompiledCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, decided = _stored(), []
    plain = always.always_or_never

    def counting(*arguments: Any) -> bool | None:
        decided.append(arguments)
        return plain(*arguments)

    monkeypatch.setattr(answers, "always_or_never", counting)
    asked = questions(catalogue, get_reference(), "iam:PassRole")
    found = who_can_within(NO_LIMIT, catalogue, asked).answers
    alike = {each.explained.source.said for each in found}
    assert len(decided) <= len(alike) < len(found) - 3 * len(ACCOUNTS) < len(found)
    with CaptureQueriesContext(connection) as queries:
        who_can_within(NO_LIMIT, catalogue, asked)
    assert len(decided) <= len(alike)
    assert not queries.captured_queries


def test_a_page_reads_its_policies_together(in_memory: CompiledCatalogue) -> None:
    catalogue = _stored()
    asked = questions(catalogue, get_reference(), "iam:PassRole")
    found = who_can_within(NO_LIMIT, catalogue, asked).answers
    with CaptureQueriesContext(connection) as queries:
        explain(found[:25])
        assert all(each.grounds for each in found[:25])
    assert len(queries) <= 2


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:PassRole", ""),
        ("iam:PassRole", ROLE.format(account=VISITOR)),
        ("iam:PassRole", ROLE.format(account="9" * 12)),
        ("iam:Pass*", ""),
        ("iam:PassR*", ROLE.format(account=VISITOR)),
    ],
)
def test_the_table_has_for_each_policy_its_own_words(
    in_memory: CompiledCatalogue, action: str, resource: str
) -> None:
    for catalogue in (in_memory, _stored()):
        asked = questions(catalogue, get_reference(), action, resource)
        expected = [
            (each.policy, plain(each.conditions), "; ".join(map(plain, each.near)),
             each.grounds.in_words)
            for each in who_can(catalogue, asked)
        ]  # fmt: skip
        found = list(who_can_within(NO_LIMIT, catalogue, asked).answers)
        told = [
            (each.answer.policy, each.conditions, each.near, each.because)
            for each in answers_in_words(found)
        ]
        assert told == expected
        assert len(told) > 5 * len(ACCOUNTS)


def test_a_table_explains_one_of_all_that_say_the_same(
    in_memory: CompiledCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, worked_out = _stored(), []
    plainly = residual

    def counting(*arguments: Any, **more: Any) -> Any:
        worked_out.append(arguments)
        return plainly(*arguments, **more)

    asked = questions(catalogue, get_reference(), "iam:PassRole")
    found = list(who_can_within(NO_LIMIT, catalogue, asked).answers)
    monkeypatch.setattr(explained, "residual", counting)
    assert len(list(answers_in_words(found))) > len(worked_out) + 3 * len(ACCOUNTS)


def test_a_table_that_takes_too_long_is_refused_before_its_first_row(
    in_memory: CompiledCatalogue,
) -> None:
    catalogue = _stored()
    asked = questions(catalogue, get_reference(), "iam:PassRole")
    who_can_within(NO_LIMIT, catalogue, asked)
    found = list(who_can_within(Steps(1_000), catalogue, asked).answers)
    with pytest.raises(SpentError):
        answers_in_words(found)
