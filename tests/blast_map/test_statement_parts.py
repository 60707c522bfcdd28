"""The statements of a picture: what each grants by itself, drawn on one scale."""

from __future__ import annotations

import json

import pytest

from policyhub.blast_map.statements import StatementParts, statement_parts
from policyhub.catalog.access.permissions import effective_permissions
from policyhub.catalog.access.power import GrantCount
from policyhub.iam.reading.document import parse_policy
from tests.catalog.corpus import corpus

pytestmark = pytest.mark.one_database
LONGEST = 96
OF_A_TEAM = {"StringEquals": {"aws:ResourceTag/team": "web"}}


def parts_of(*statements: dict[str, object]) -> StatementParts:
    parsed = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert parsed.policy is not None
    return statement_parts(effective_permissions(parsed.policy))


def allow(*actions: str, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": [*actions], "Resource": "*", **more}


def deny(*actions: str, **more: object) -> dict[str, object]:
    return {**allow(*actions, **more), "Effect": "Deny"}


def test_an_action_of_several_statements_counts_for_each_as_that_one_grants_it() -> None:
    free, on_one, under_a_condition = parts_of(
        allow("ecs:RunTask", "ecs:StopTask"),
        allow("ecs:RunTask", Resource="arn:aws:ecs:*:*:task-definition/web:*"),
        allow("ecs:RunTask", "ecs:ListTasks", Condition=OF_A_TEAM),
    ).parts
    assert free.cells == {"Write": GrantCount(free=2)}
    assert on_one.cells == {"Write": GrantCount(bounded=1)}
    assert under_a_condition.cells == {
        "Write": GrantCount(bounded=1),
        "List": GrantCount(bounded=1),
    }
    assert under_a_condition.in_words == "Write: 1 bounded; List: 1 bounded"
    assert [each.label for each in (free, on_one, under_a_condition)] == ["2", "1", "2"]


def test_what_a_deny_limits_is_bounded_and_the_deny_has_marks_of_its_own() -> None:
    allowing, denying = parts_of(
        allow("ecs:RunTask", "ecs:StopTask"), deny("ecs:StopTask", Condition=OF_A_TEAM)
    ).parts
    assert allowing.cells == {"Write": GrantCount(free=1, bounded=1)}
    assert denying.cells == {"Write": GrantCount(denied=1)}
    assert {mark.texture for mark in denying.marks} == {"denied"}


def test_an_allow_of_which_denies_take_everything_has_no_marks_and_says_so() -> None:
    taken, _, kept = parts_of(
        allow("ecs:RunTask"), deny("ecs:RunTask"), allow("ecs:StopTask")
    ).parts
    assert (taken.marks, taken.width, taken.label) == ((), 0, "0")
    assert taken.in_words == "no known actions"
    assert kept.marks


def test_actions_that_nobody_knows_are_no_marks() -> None:
    (unknown,) = parts_of(allow("nosuchservice:DoIt")).parts
    assert (unknown.marks, unknown.label) == ((), "0")


def test_a_statement_that_passes_roles_says_so() -> None:
    (several, alone) = parts_of(
        allow("iam:PassRole", "iam:GetRole", "ecs:RunTask"), allow("iam:PassRole")
    ).parts
    assert (several.label, alone.label) == ("PassRole +2", "PassRole")


def test_sids_are_shown_where_there_are_few_statements() -> None:
    assert parts_of(*[allow("ecs:RunTask")] * 12).has_sids
    assert not parts_of(*[allow("ecs:RunTask")] * 13).has_sids


@pytest.mark.parametrize(
    "name",
    [
        "AdministratorAccess",
        "AmazonECS_FullAccess",
        "AmazonSecurityLakePermissionsBoundary",
        "SageMakerStudioProjectProvisioningRolePolicy",
    ],
)
def test_every_statement_of_a_policy_is_drawn_in_its_place_and_counts_what_it_grants(
    name: str,
) -> None:
    permissions = effective_permissions(corpus()[name])
    parts = statement_parts(permissions).parts
    assert [each.number for each in parts] == [*range(1, len(permissions.policy.statements) + 1)]
    for part in parts:
        rows = [
            grant
            for grant in (*permissions.grants, *permissions.denied)
            if part.statement in (grant.denied_by if part.statement.effect == "Deny" else
                                  grant.allowed_by if grant.freedom != "blocked" else ())
        ]  # fmt: skip
        assert sum(cell.count for cell in part.cells.values()) == len(rows), part.number
        assert part.width <= LONGEST
        for one, other in zip(part.marks, part.marks[1:], strict=False):
            assert one.x + one.width <= other.x
        assert all(mark.y >= 0 and mark.y + mark.height == part.height for mark in part.marks)
