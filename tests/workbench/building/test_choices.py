"""Choices are read with every problem at once, each with its place and how to fix it."""

from __future__ import annotations

from typing import Any

import pytest

from policyhub.workbench.building.choices import InvalidChoicesError, read_choices
from policyhub.workbench.building.requests import UnusableRequestsError, read_requests
from tests.workbench.templates import CLUSTER, RUN_TASK


def test_choices_come_back_as_they_were_given() -> None:
    assert read_choices(RUN_TASK).to_dict() == RUN_TASK
    assert read_choices({}).to_dict() == {}


def test_names_are_spelled_as_the_reference_spells_them() -> None:
    choices = read_choices({"actions": ["ECS:runtask"], "services": ["ECS"], "levels": ["read"]})
    assert choices.actions == ("ecs:RunTask",)
    assert choices.services == ("ecs",)
    assert choices.levels == ("Read",)
    assert read_choices({"cells": ["ECS:permissions-management"]}).cells == (
        "ecs:Permissions management",
    )
    assert read_choices({"levels": ["permissions-management"]}).levels == (
        "Permissions management",
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "choices are a JSON object"),
        ({"action": ["ecs:RunTask"]}, "action: is not a known key"),
        ({"actions": "ecs:RunTask"}, "actions: must be a list"),
        ({"actions": [""]}, "actions[0]: must be a text"),
        ({"actions": ["RunTask"]}, "`RunTask` is not an action: write it as `ecs:RunTask`"),
        ({"statements": [-1]}, "statements[0]: must be a number"),
        ({"statements": [True]}, "statements[0]: must be a number"),
        ({"levels": ["Look"]}, "`Look` is not a level: use List"),
        ({"cells": ["ecs"]}, "cells: `ecs` is not a cell: write it as `ecs:Write`"),
        ({"cells": ["ecs:Look"]}, "cells: `Look` is not a level: use List"),
        ({"minimise": "yes"}, "minimise: must be true or false"),
        ({"resources": []}, "resources: must be an object"),
        ({"resources": {"ecs:clutser": [CLUSTER]}}, "near: ecs:cluster"),
        ({"resources": {"ecs:cluster": ["web"]}}, "resources.ecs:cluster: `web` is not an ARN"),
        ({"account": "12"}, "account: `12` can't be used: an account has 12 digits"),
        ({"account": 123456789012}, "an account has 12 digits"),
        ({"region": "Ireland"}, "write a Region as `eu-west-1`"),
        ({"partition": "gcp"}, "write a partition as"),
        ({"names": {"ClusterName": "a b"}}, "names.ClusterName: must be a name"),
        ({"conditions": ["a"]}, "conditions[0]: must be an object"),
        ({"conditions": [{"operator": "Equals", "key": "a", "values": ["b"]}]},
         "`Equals` is not a condition operator"),
        ({"conditions": [{"operator": "Bool", "values": ["b"]}]}, "`key` must be a condition key"),
        ({"conditions": [{"operator": "Bool", "key": "a", "values": []}]}, "with one text or more"),
        ({"conditions": [{"operator": "Bool", "key": "a", "values": ["b"], "vaule": 1}]},
         "conditions[0].vaule: is not known"),
    ],
)  # fmt: skip
def test_what_can_not_be_used_is_said_with_its_place(given: Any, said: str) -> None:
    with pytest.raises(InvalidChoicesError) as caught:
        read_choices(given)
    assert said in str(caught.value)


def test_all_problems_are_said_at_once() -> None:
    with pytest.raises(InvalidChoicesError) as caught:
        read_choices({"account": "12", "levels": ["Look"], "more": 1})
    assert len(caught.value.problems) == 3


def test_requests_are_lines_of_json() -> None:
    line = '{"action": "ecs:RunTask", "resource": "*"}'
    assert read_requests(f"{line}\n\n{line}\n") == ({"action": "ecs:RunTask", "resource": "*"},) * 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1 is not JSON"),
        ('{"action": "a:b"}\n[]', "line 2 is not a request"),
        ('{"resource": "*"}', 'write it as {"action": "ecs:RunTask"'),
        ('{"action": "a:b"}\n' * 5_001, "5,001 requests: give at most 5,000"),
    ],
)
def test_lines_that_are_not_requests_are_refused(text: str, said: str) -> None:
    with pytest.raises(UnusableRequestsError) as caught:
        read_requests(text)
    assert said in str(caught.value)
