"""A request that proves a difference: tried on both sides before it is offered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from policyhub.iam.comparing.assignments import Model
from policyhub.iam.deciding.applied_policies import AppliedPolicy
from policyhub.iam.deciding.evaluation import (
    resource_policy_must_take_part,
)
from policyhub.iam.deciding.request import Request, make_request, read_caller
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.language.examples import EXAMPLE_ACCOUNT
from policyhub.iam.reading.document import Usage, read_alone

# The policies that let an example account in: one for each service that asks for one.
_KEPT = 16


@dataclass(frozen=True, slots=True)
class Proof:
    """A request, as a simulation would read it, that was decided by the engine.

    `context` is what was chosen, without the keys that follow from caller and resource.
    `resource_policy` is that of a key or role, which must hand its permissions to the account
    before an identity policy counts at all.
    """

    request: Request
    context: Mapping[str, object]
    resource_policy: Mapping[str, object] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The request as a simulation has it, without the policies that are compared."""
        made: dict[str, Any] = {
            "action": self.request.action,
            "resource": self.request.resource,
            "context": dict(sorted(self.context.items())),
        }
        if self.resource_policy is not None:
            made["principal"] = self.request.caller.arn
            made["resourcePolicy"] = self.resource_policy
        return made


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that one side allows and the other doesn't, and by which of its statements.

    `pattern` is the action pattern of the statement that covers the action, "" for a NotAction;
    `statement` counts from 0; `others` are the other side's statements about the action, and
    `denied_by` those of its Denies that match the request. `absent` are the keys that statements
    of either side ask for and the request lacks. `is_asked` says whether AWS can be asked this,
    None where the reference has no such request but AWS's own policies speak of it.
    """

    proof: Proof
    statement: int
    pattern: str
    others: tuple[int, ...]
    denied_by: tuple[int, ...] = ()
    absent: tuple[str, ...] = ()
    is_asked: bool | None = True

    @property
    def action(self) -> str:
        """The action that is asked for."""
        return self.proof.request.action

    def to_dict(self) -> dict[str, Any]:
        """The request as a simulation has it, without policies.

        One that the reference does not have is to be decided by the policies alone.
        """
        return self.proof.to_dict() | ({} if self.is_asked else {"reference": False})


def proof_of(action: str, model: Model) -> Proof:
    """The request of a model: as it is, or where needed by a role that its key lets in."""
    context: dict[str, object] = {
        value.name: list(value.values) if value.is_list else value.values[0]
        for value in model.context.values()
    }
    request = make_request(action, model.resource, context=context)
    if not resource_policy_must_take_part(request):
        return Proof(request, context)
    account = request.resource_account or EXAMPLE_ACCOUNT
    caller = read_caller(f"arn:aws:iam::{account}:role/example")
    asked = make_request(action, model.resource, caller, context)
    return Proof(asked, context, letting_in(account, request.service))


def letting_in(account: str, service: str) -> dict[str, object]:
    """A key policy or trust policy that leaves it to the account's own policies."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": f"{service}:*",
    }
    if service == "kms":
        statement["Resource"] = "*"
    return {"Version": "2012-10-17", "Statement": [statement]}


def resource_policy(document: Mapping[str, object]) -> AppliedPolicy:
    """A document compiled as the policy of a resource."""
    return _resource_policy(json.dumps(document))


@lru_cache(maxsize=_KEPT)
def _resource_policy(text: str) -> AppliedPolicy:
    policy = read_alone(text, Usage.ANY)
    return AppliedPolicy("resource policy", CompiledPolicy(policy) if policy else None)


def own_rules(action: str) -> str:
    """What of an action's name matters to how it is decided, its statements aside; mostly "".

    A key and a role have policies of their own, which take part in requests about them, and one
    action needs no permission.
    """
    service = action.partition(":")[0].lower()
    return {"kms": service, "sts": action.lower()}.get(service, "")
