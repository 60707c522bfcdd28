"""What a caller brings along: policies of service-linked roles, task policies of root sessions.

Source: IAM User Guide, "Using service-linked roles"; Organizations User Guide, "SCPs"; STS API
Reference, AssumeRoot.
"""

from __future__ import annotations

from dataclasses import replace

from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.callers import Caller, CallerKind
from policyhub.iam.deciding.request_problems import request_problem
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.language.elements import PolicyDocument, Statement

_OF_SERVICE_LINKED = "service-linked-policy"
_ALLOW_ALL = Statement(0, "", "Allow", ("*",), False, ("*",), False, None, False, ())
_FULL_ACCESS = CompiledPolicy(PolicyDocument("2012-10-17", "", (_ALLOW_ALL,)))


def with_exemptions_told(policies: AppliedPolicies, caller: Caller) -> AppliedPolicies:
    """The policies, with it said where a service-linked role's is on another caller.

    Where no caller is given that matters only under an organization's policies.
    """
    organization = policies.service_control or policies.resource_control
    is_other = organization or caller.kind is not CallerKind.UNSPECIFIED
    has_any = any(map(_is_of_service_linked, policies.identity))
    if caller.is_service_linked or not is_other or not has_any:
        return policies
    elsewhere = request_problem("service-linked-policy-elsewhere")
    identity = tuple(
        replace(each, problems=(*each.problems, elsewhere)) if _is_of_service_linked(each) else each
        for each in policies.identity
    )
    return replace(policies, identity=identity)


def _is_of_service_linked(policy: AppliedPolicy) -> bool:
    return any(problem.code == _OF_SERVICE_LINKED for problem in policy.problems)


def with_task_policy(policies: AppliedPolicies, caller: Caller) -> AppliedPolicies:
    """The policies; the task policy of a root session limits by what it denies alone.

    AWS's own task policies consist of Deny statements, so their silence can't limit (*chosen*).
    Without a task policy there is one that can't be evaluated.
    """
    if caller.kind is not CallerKind.ROOT_SESSION:
        return policies
    if policies.session:
        told = (request_problem("root-session-limited-by-denies"),)
        rest = AppliedPolicy("full access of the root user", _FULL_ACCESS, told)
        return replace(policies, session=(*policies.session, rest))
    missing = request_problem("root-session-without-task-policy")
    unknown = AppliedPolicy("task policy that is not given", None, (missing,), "sessionPolicies")
    return replace(policies, session=(unknown,))
