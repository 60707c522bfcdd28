"""One request decided: by all policies together, and by each type of them alone.

Source: IAM API Reference, "EvaluationResult".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from policyhub.awsapi.errors import ApiError
from policyhub.awsapi.policy_inputs import IAM_POLICY, RESOURCE_POLICY
from policyhub.awsapi.scenario import ApiScenario
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy, Group
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.documents import applied_policy
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import Request
from policyhub.iam.language.elements import Usage

BOUNDARY_POLICY = "Permissions Boundary Policy"
_ELSEWHERE = "elsewhere"
_EVERYTHING = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Verdicts:
    """A decision and what it is based on.

    `matched` are the deciding statements of identity and resource policies, by source and
    position. `boundary` and `organization` are what these limits say alone, None without them.
    `by_type` is what each type of policy says alone, across accounts or with a resource policy.
    """

    decision: str
    matched: tuple[tuple[str, int], ...]
    missing_context: tuple[str, ...]
    boundary: str | None
    organization: str | None
    by_type: Mapping[str, str]


def decide_request(scenario: ApiScenario, request: Request) -> Verdicts:
    """Decide a request. Raises `ApiError` where a policy can't be evaluated for certain."""
    decision = evaluate(request, _binding(scenario, request))
    _refuse_if_uncertain(decision, request)
    boundary = _boundary(scenario, request)
    return Verdicts(
        decision.name,
        tuple(
            (each.policy, each.statement.position)
            for each in decision.decided_by
            if each.policy in scenario.sources
        ),
        decision.missing_context,
        boundary,
        _organization(scenario, request),
        _by_type(scenario, request, boundary),
    )


def _binding(scenario: ApiScenario, request: Request) -> AppliedPolicies:
    """The policies of the scenario; what is not given of another account grants nothing."""
    if scenario.resource is None and not request.is_within_one_account:
        return replace(scenario.policies, resource=None)
    return scenario.policies


def _refuse_if_uncertain(decision: Decision, request: Request) -> None:
    """Refuse what only seems to be denied, for the protocol can't say that an answer is open.

    An explicit deny is certain whatever else can't be evaluated. So is an allow, unless a policy
    has an operator that AWS does not have.
    """
    if decision.complete or decision.name == "explicitDeny":
        return
    unknown = [each for each in decision.problems if each.problem.code == "unknown-operator"]
    if decision.is_allowed and not unknown:
        return
    reasons = dict.fromkeys(f"{each.policy}: {each.problem.message}" for each in unknown)
    why = "; ".join([*reasons][:_MOST_REASONS]) or (
        "a condition does not fit the values to be compared, such as a list of them"
        " without ForAnyValue or ForAllValues"
    )
    message = f"{request.action} on {request.resource} can't be evaluated for certain: {why}."
    raise ApiError("PolicyEvaluation", message)


def _by_type(scenario: ApiScenario, request: Request, boundary: str | None) -> Mapping[str, str]:
    resource = scenario.resource
    if resource is None and request.is_within_one_account:
        return {}
    found = {IAM_POLICY: _decision_as_only_policies(scenario, request, scenario.policies.identity)}
    if resource is not None:
        found[RESOURCE_POLICY] = _resource_alone(request, resource.applied, boundary is not None)
    if boundary is not None:
        found[BOUNDARY_POLICY] = boundary
    return found


def _boundary(scenario: ApiScenario, request: Request) -> str | None:
    boundaries = scenario.policies.boundaries
    return _decision_as_only_policies(scenario, request, boundaries) if boundaries else None


def _decision_as_only_policies(scenario: ApiScenario, request: Request, policies: Group) -> str:
    """What these policies say as the only identity policies, with nothing else in the way."""
    alone = AppliedPolicies(identity=policies, resource=scenario.delegating)
    return evaluate(_in_callers_account(request), alone).name


def _organization(scenario: ApiScenario, request: Request) -> str | None:
    """What the service control policies say to one who is otherwise allowed everything."""
    levels = scenario.policies.service_control
    if not levels:
        return None
    policies = AppliedPolicies(
        identity=(_everything(),), resource=scenario.delegating, service_control=levels
    )
    return evaluate(_in_callers_account(request), policies).name


def _resource_alone(request: Request, policy: AppliedPolicy, boundary_attached: bool) -> str:
    """What the resource policy says to one whose identity policies allow everything.

    Asked as from another account, because there both must allow, whomever it names.
    """
    outside = replace(request, resource_account=_ELSEWHERE)
    everything = (_everything(),)
    boundaries = everything if boundary_attached else ()
    policies = AppliedPolicies(identity=everything, boundaries=boundaries, resource=policy)
    return evaluate(outside, policies).name


def _in_callers_account(request: Request) -> Request:
    return replace(request, resource_account=request.caller.account)


def _everything() -> AppliedPolicy:
    return applied_policy("", _EVERYTHING, Usage.IDENTITY)
