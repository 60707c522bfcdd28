"""Warns where `iam:PassRole` is allowed without saying to which service a role may be passed.

Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.iam.language.patterns import compile_pattern
from policyhub.iam.language.resources import on_all_resources
from policyhub.iam.reading.document import Condition, PolicyDocument, Statement

PASSING = "iam:PassRole"
PASSED_TO_SERVICE = "iam:PassedToService"
# The reader puts the principal of the service that is meant in its place.
OFFERED = {"StringEquals": {PASSED_TO_SERVICE: "ecs-tasks.amazonaws.com"}}


@dataclass(frozen=True, slots=True)
class PassRoleWarning:
    """`statements` counts, from 1, the document's statements at fault; none for a list."""

    statements: tuple[int, ...] = ()

    @property
    def message(self) -> str:
        """What is risky and what to add."""
        numbers = ", ".join(map(str, self.statements))
        place = (
            f" (statement{'s' if len(self.statements) > 1 else ''} {numbers})" if numbers else ""
        )
        return (
            f"{PASSING} without a condition on {PASSED_TO_SERVICE}{place} lets a "
            "principal pass a role to any service. Add a condition that names the service, such as:"
        )

    def to_dict(self) -> dict[str, Any]:
        """The warning as JSON has it."""
        return {
            "code": "pass-role-to-any-service",
            "action": PASSING,
            "statements": list(self.statements),
            "message": self.message,
            "condition": OFFERED,
        }


def warnings_of_names(actions: Sequence[str]) -> tuple[PassRoleWarning, ...]:
    """A list of actions has no conditions: the warning if `iam:PassRole` is among them."""
    return (PassRoleWarning(),) if PASSING in actions else ()


def warnings_of_document(policy: PolicyDocument) -> tuple[PassRoleWarning, ...]:
    """The warning if an Allow of `iam:PassRole` is limited neither by itself nor by a Deny."""
    about = [each for each in policy.statements if _is_about_passing(each)]
    if any(each.effect == "Deny" and _denies_other_services(each) for each in about):
        return ()
    found = tuple(
        each.position + 1
        for each in about
        if each.effect == "Allow" and not any(map(_limits_service, each.conditions))
    )
    return (PassRoleWarning(found),) if found else ()


def _is_about_passing(statement: Statement) -> bool:
    listed = any(compile_pattern(each, ignore_case=True).matches(PASSING.lower())
                 for each in statement.actions)  # fmt: skip
    return listed != statement.not_action


def _limits_service(condition: Condition) -> bool:
    """Whether a condition is about the service and not one that every service meets."""
    is_presence = condition.operator.lower() == "null"
    is_about = condition.key.lower() == PASSED_TO_SERVICE.lower()
    return is_about and not is_presence and "*" not in condition.values


def _denies_other_services(deny: Statement) -> bool:
    """Whether a Deny takes every service but those it names, on all resources."""
    return on_all_resources(deny) and (
        not deny.conditions
        or (len(deny.conditions) == 1 and _limits_service(deny.conditions[0])
            and "stringnot" in deny.conditions[0].operator.lower())
    )  # fmt: skip
