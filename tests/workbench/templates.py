"""Policies and copies of them, made for the tests of templates."""

from __future__ import annotations

import json
from typing import Any

from policyhub.workbench.building.choices import read_choices
from policyhub.workbench.building.template import PolicyTemplate, template_source
from tests.catalog.corpus import documents_by_name

ACCOUNT = "123456789012"
CLUSTER = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:cluster/web"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/web-task"
# The choices of a reviewer who wants to run tasks on one cluster, with one role.
RUN_TASK: dict[str, Any] = {
    "actions": ["ecs:RunTask", "iam:PassRole"],
    "resources": {"ecs:cluster": [CLUSTER], "iam:role": [ROLE]},
    "account": ACCOUNT,
    "region": "eu-west-1",
    "conditions": [
        {
            "actions": ["ecs:RunTask"],
            "operator": "ArnEquals",
            "key": "ecs:cluster",
            "values": [CLUSTER],
        }
    ],
    "requests": [
        {
            "action": "ecs:RunTask",
            "resource": f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/web:1",
            "context": {"ecs:cluster": CLUSTER},
        },
        {
            "action": "iam:PassRole",
            "resource": ROLE,
            "context": {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
        },
    ],
}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def copy_of(document: dict[str, Any], **choices: Any) -> PolicyTemplate:
    """The copy of a document of one's own."""
    source = template_source(json.dumps(document), "the original")
    return PolicyTemplate(source, read_choices(choices))


def copy_of_managed(name: str, **choices: Any) -> PolicyTemplate:
    """The copy of a policy of AWS."""
    source = template_source(documents_by_name()[name], name, is_aws_managed=True)
    return PolicyTemplate(source, read_choices(choices))
