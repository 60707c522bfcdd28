"""The requests that prove a risk: each complete, and each decided by the engine as allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policyhub.iam.comparing.proof import letting_in, resource_policy
from policyhub.iam.deciding.callers import UNSPECIFIED
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.evaluation import evaluate, resource_policy_must_take_part
from policyhub.iam.deciding.request import Request, make_request, read_caller
from policyhub.iam.language.examples import EXAMPLE_ACCOUNT
from policyhub.judge.risks.asking import DecidedRequest, PathAsker
from policyhub.judge.risks.attached import JudgedDocument
from policyhub.judge.risks.consistent import Chosen


@dataclass(frozen=True, slots=True)
class ProvedRequest:
    """A request that the documents allow, as a simulation has it, without the documents.

    `principal` is "" where any caller is meant; `resource_policy` is that of the key or the role
    that is asked for, which leaves it to the account's own policies.
    """

    action: str
    resource: str
    context: Mapping[str, object]
    principal: str = ""
    resource_policy: Mapping[str, object] | None = None

    def to_dict(self, documents: Sequence[JudgedDocument]) -> dict[str, Any]:
        """The complete simulation, with the documents as identity policies."""
        made: dict[str, Any] = {
            "action": self.action,
            "resource": self.resource,
            "context": dict(sorted(self.context.items())),
            "identityPolicies": [each.in_simulations for each in documents],
        }
        if self.principal:
            made["principal"] = self.principal
        if self.resource_policy is not None:
            made["resourcePolicy"] = self.resource_policy
        return made


@dataclass(frozen=True, slots=True)
class PathProof:
    """The requests of a path, and the decision about each."""

    requests: tuple[ProvedRequest, ...]
    decisions: tuple[Decision, ...]


def proved(chosen: Iterable[Chosen], asker: PathAsker) -> PathProof | None:
    """The requests if the engine decides each as allowed, else None."""
    requests: list[ProvedRequest] = []
    decisions: list[Decision] = []
    for each in chosen:
        asked, policy, decision = _decided(each, asker)
        if not decision.is_allowed:
            return None
        caller = asked.caller.arn if policy is not None else ""
        requests.append(
            ProvedRequest(each.question.step.action, each.resource, each.context, caller, policy)
        )
        decisions.append(decision)
    return PathProof(tuple(requests), tuple(decisions))


def _decided(chosen: Chosen, asker: PathAsker) -> DecidedRequest:
    """A request with its decision, decided once for all paths that ask the same."""
    context = tuple(sorted((key, str(value)) for key, value in chosen.context.items()))
    key = chosen.question.step.action, chosen.resource, context
    if key not in asker.decisions:
        asked, policy = _request(chosen, asker)
        policies = asker.attached.policies
        if policy is not None:
            policies = replace(policies, resource=resource_policy(policy))
        asker.decisions[key] = DecidedRequest(asked, policy, evaluate(asked, policies))
    return asker.decisions[key]


def _request(chosen: Chosen, asker: PathAsker) -> tuple[Request, Mapping[str, object] | None]:
    """The request as a simulation would read it, with the policy that its resource needs."""
    action = chosen.question.step.action
    tells_owner = asker.facts.tells_owner(action)
    asked = make_request(
        action, chosen.resource, UNSPECIFIED, chosen.context, tells_owner=tells_owner
    )
    if not resource_policy_must_take_part(asked):
        return asked, None
    account = asked.resource_account or EXAMPLE_ACCOUNT
    caller = read_caller(f"arn:aws:iam::{account}:role/example")
    asked = make_request(action, chosen.resource, caller, chosen.context, tells_owner=tells_owner)
    return asked, letting_in(account, asked.service)
