"""Policies of service-linked roles: what they exempt, and whom not.

Source: IAM User Guide, "Using service-linked roles"; Organizations User Guide, "SCPs".
"""

from __future__ import annotations

from dataclasses import replace

from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.callers import Caller, CallerKind
from policyhub.iam.deciding.request_problems import request_problem

_OF_SERVICE_LINKED = "service-linked-policy"


def with_exemptions_told(policies: AppliedPolicies, caller: Caller) -> AppliedPolicies:
    """The policies, with it said where a service-linked role's is on another caller.

    Where no caller is given that matters only under an organization's policies.
    """
    organization = policies.service_control or policies.resource_control
    is_other = organization or caller.kind is not CallerKind.UNSPECIFIED
    if caller.is_service_linked or not is_other:
        return policies
    elsewhere = request_problem("service-linked-policy-elsewhere")
    identity = tuple(
        replace(each, problems=(*each.problems, elsewhere))
        if any(problem.code == _OF_SERVICE_LINKED for problem in each.problems)
        else each
        for each in policies.identity
    )
    return replace(policies, identity=identity)
