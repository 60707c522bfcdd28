"""The paths as data: each can be read, and says what is true of the reference."""

from __future__ import annotations

from typing import Any

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.facts.tables import fact_rows
from policyhub.judge.risks.attached import read_judged
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.kinds import FAMILIES, KINDS
from policyhub.judge.risks.paths import (
    TABLE,
    InvalidPathError,
    known_paths,
    read_path,
    read_paths,
)
from tests.judge.risks.replaying import replayed

REFERENCE = get_service_facts().reference
# Of a service that has ended: the reference has forgotten its actions.
FORGOTTEN = {"codestar:CreateProject"}
ROW = {
    "id": "own",
    "title": "Runs tasks as **{any} role**",
    "kind": "passrole-to-compute",
    "requests": ["iam:PassRole role for ecs-tasks.amazonaws.com", "ecs:RunTask"],
}


def test_a_path_names_its_actions_before_the_reference_is_asked() -> None:
    for path in known_paths():
        assert path.named == {each.lower() for each in path.actions}, path.id


def test_a_path_is_spelled_as_the_reference_spells_it() -> None:
    for step in (step for path in known_paths() for step in path.steps):
        info = REFERENCE.action(step.action)
        if step.action in FORGOTTEN:
            assert info is None
            continue
        assert info is not None, step
        assert info.id == step.action
        assert step.type in {each.name for each in info.resource_types} | {""}
        assert bool(step.type) == bool(info.resource_types)
        assert bool(step.services) == (step.action == "iam:PassRole")


def test_a_path_says_in_words_what_one_can_do_and_what_it_gives() -> None:
    for path in known_paths():
        assert all((path.name, path.source, path.gives)), path
        assert path.title.count("**") in (0, 2), path
        assert not path.title.endswith("."), path
        assert not path.gives.endswith("."), path
        verb = path.titled(whole=True).split()[0]
        assert verb.endswith("s"), path
        assert verb.istitle(), path
        assert "{" not in path.titled(whole=False), path


def test_paths_have_ids_of_their_own() -> None:
    ids = [each.id for each in known_paths()]
    assert len(ids) == len(set(ids)) == len(fact_rows(TABLE)) == 258


def test_every_kind_and_every_family_has_a_path() -> None:
    assert {each.kind.name for each in known_paths()} == set(KINDS)
    assert {each.kind.family for each in known_paths()} == set(FAMILIES)
    assert len({each.gravity for each in KINDS.values()}) == len(KINDS)


def test_whoever_may_do_everything_may_take_every_path() -> None:
    document = read_judged(
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}', "admin"
    )
    assert document is not None
    risks = risks_of(document)
    assert {each.answer for each in risks} == {"free"}
    assert len(risks) == len(known_paths())
    for risk in risks:
        assert all(each.is_allowed for each in replayed(risk))
        for each in replayed(risk):
            impossible = {problem.problem.code for problem in each.problems}
            assert each.possible or impossible <= {"unknown-service", "resource-perhaps-of-type"}


def test_a_path_of_ones_own_asks_about_the_types_that_a_call_must_name() -> None:
    path = read_path({**ROW, "requests": ["ECS:runtask", "ec2:RunInstances"]}, REFERENCE)
    assert path.actions == ("ecs:RunTask", "ec2:RunInstances")
    assert [each.type for each in path.steps] == [
        "task-definition", "image", "instance", "network-interface", "security-group", "subnet",
    ]  # fmt: skip


def test_a_request_names_services_and_a_resource_of_its_own() -> None:
    text = "iam:PassRole role for a.amazonaws.com or b.amazonaws.com as the second role"
    (step,) = read_path({**ROW, "requests": [text]}, REFERENCE).steps
    assert step.services == ("a.amazonaws.com", "b.amazonaws.com")
    assert step.resource == "iam role the second role"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "danger"}, "`kind` must be one of policy-attach"),
        ({"id": ""}, "`id` must be a text"),
        ({"title": None}, "`title` must be a text"),
        ({"requests": []}, "`requests` must be a list"),
        ({"requests": "ecs:RunTask"}, "`requests` must be a list"),
        ({"requests": ["ecs:*"]}, "`ecs:*` is not a request"),
        ({"requests": ["RunTask"]}, "`RunTask` is not a request"),
        ({"requests": ["ecs:RunTask instance"]}, "ecs:RunTask has no resource type `instance`"),
        ({"requests": [{"action": "ecs:RunTask"}]}, "is not a request"),
    ],
)
def test_a_path_that_cant_be_read_is_refused_with_what_is_wrong(
    wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidPathError) as refused:
        read_paths([{**ROW, **wrong}], REFERENCE)
    assert message in str(refused.value)
