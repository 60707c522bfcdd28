"""Rules about permissions that hand something over: roles to services, service-linked roles.

Whether a Deny of the same document keeps the permission from reaching any service is decided by
the engine, on a request for a role and a service that no one names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import make_request
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.judge.lint.subject import LintedPolicy, LintedStatement, RuleHit

_A_SERVICE = "a-service-that-no-one-names.amazonaws.com"
_EVERYTHING = frozenset({"*", "*:*"})


class _HandedOver(NamedTuple):
    """An action that hands something over, the key that says to which service, an example."""

    action: str
    key: str
    resource: str
    code: str
    what: str


_PASS_ROLE = _HandedOver(
    "iam:PassRole",
    "iam:PassedToService",
    "arn:aws:iam::123456789012:role/a-role-that-no-one-names",
    "PASS_ROLE",
    "any role can be passed to any service",
)
_CREATE_SLR = _HandedOver(
    "iam:CreateServiceLinkedRole",
    "iam:AWSServiceName",
    f"arn:aws:iam::123456789012:role/aws-service-role/{_A_SERVICE}/a-role-that-no-one-names",
    "CREATE_SLR",
    "service-linked roles of any service can be created",
)


def roles_for_any_service(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Allows of iam:PassRole and iam:CreateServiceLinkedRole that name neither role nor service."""
    if subject.usage.value not in ("identity", "session"):
        return
    for statement in subject.statements:
        if statement.allows and not _is_everything(statement):
            for each in (_PASS_ROLE, _CREATE_SLR):
                yield from _handed_over(statement, each)


def _is_everything(statement: LintedStatement) -> bool:
    """Whether the whole statement is reported as allowing everything; one cause is one finding."""
    is_wide = statement.statement.not_action or not _EVERYTHING.isdisjoint(
        statement.statement.actions
    )
    on_all = not statement.statement.not_resource and any(
        not each.strip("*") for each in statement.statement.resources
    )
    return is_wide and on_all and not statement.conditions


def _handed_over(statement: LintedStatement, what: _HandedOver) -> Iterator[RuleHit]:
    if not _is_about_any_role(statement, what):
        return
    request = make_request(what.action, what.resource, context={what.key: _A_SERVICE})
    about_the_service = tuple(each.condition for each in statement.on_key(what.key.lower()))
    alone = replace(statement.statement, conditions=about_the_service)
    denies = [each for each in statement.subject.policy.statements if each.effect == "Deny"]
    policy = replace(statement.subject.policy, statements=(alone, *denies))
    applied = AppliedPolicies(identity=(AppliedPolicy("the document", CompiledPolicy(policy)),))
    if not evaluate(request, applied).is_allowed:
        return
    code = f"{what.code}_WITH_{_how(statement, what)}"
    place = _parts_of_action(statement, what)
    message = f"{what.what}: require `{what.key}`, or name the roles"
    evidence = {
        "statement": statement.evidence,
        "request": {
            "action": what.action,
            "resource": what.resource,
            "context": {what.key: _A_SERVICE},
        },
    }
    yield RuleHit(code, place, message, evidence)


def _is_about_any_role(statement: LintedStatement, what: _HandedOver) -> bool:
    """Whether the statement is about the action on any role whatever."""
    reference = statement.subject.facts.reference
    known = reference.action(what.action)
    named = any(known in each for each in statement.known_actions)
    if named == statement.statement.not_action:
        return False
    if statement.statement.not_resource:
        return True
    return any(_is_any_role(each) for each in statement.widest_resources)


def _is_any_role(pattern: str) -> bool:
    """Whether a pattern names no role: only stars, or only stars behind the kind of resource."""
    if not pattern.strip("*"):
        return True
    head, slash, name = pattern.rpartition("/")
    if slash and head.endswith(("role", "role/aws-service-role")):
        return not name.strip("*")
    return pattern.startswith("arn:") and not pattern.split(":", 5)[-1].strip("*")


def _how(statement: LintedStatement, what: _HandedOver) -> str:
    """How the statement comes to be about it, in the words of AWS's codes."""
    not_resource = statement.statement.not_resource
    if statement.statement.not_action:
        return "NOT_ACTION_AND_NOT_RESOURCE" if not_resource else "STAR_IN_RESOURCE_AND_NOT_ACTION"
    exact = any(each.lower() == what.action.lower() for each in statement.statement.actions)
    if exact:
        return "NOT_RESOURCE" if not_resource else "STAR_IN_RESOURCE"
    return "STAR_IN_ACTION_AND_NOT_RESOURCE" if not_resource else "STAR_IN_ACTION_AND_RESOURCE"


def _parts_of_action(statement: LintedStatement, what: _HandedOver) -> tuple[str | int, ...]:
    known = statement.subject.facts.reference.action(what.action)
    if statement.statement.not_action:
        return statement.element_parts("NotAction")
    at = next(at for at, each in enumerate(statement.known_actions) if known in each)
    return statement.action_parts(at)


RULES = (roles_for_any_service,)
