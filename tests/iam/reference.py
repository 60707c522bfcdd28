"""A naive evaluator, written from the rules of IAM alone, to compare the engine with.

It is slow and plain on purpose and shares nothing with the engine but the parser of documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from policyhub.iam.reading.document import PolicyDocument, Statement, Usage, parse_policy
from tests.iam.reference_callers import (
    ACCOUNT,
    EVERYONE,
    SELF,
    Caller,
    derived_keys,
    is_account,
    matching_grades,
    read_caller,
)
from tests.iam.reference_conditions import all_conditions_hold, condition_variables
from tests.iam.reference_patterns import (
    Context,
    part_with_variables,
    pattern_covers_text,
    resource_pattern,
    tokens_of,
    variables_in,
)
from tests.iam.reference_services import ASKED_AS_IT_IS, Services


@dataclass(frozen=True)
class Request:
    action: str
    resource: str
    resource_account: str | None
    caller: Caller
    context: Context
    boundary_attached: bool


@dataclass
class Finding:
    """What one document says of the request."""

    grades: set[str] = field(default_factory=set)
    denies: bool = False
    doubtful_allow: bool = False
    doubtful_deny: bool = False
    missing: set[str] = field(default_factory=set)


WITHOUT_KINDS = {
    Usage.BOUNDARY: Usage.IDENTITY,
    Usage.SERVICE_CONTROL: Usage.IDENTITY,
    Usage.TRUST: Usage.RESOURCE,
}

# A layer is a row of groups; it allows when some document of every group does.
Layers = dict[str, list[list[Finding]]]


def decide(
    simulation: dict[str, Any], services: Services | None = None, with_kinds: bool = True
) -> dict[str, Any]:
    """Decide a simulation: its decision, whether it is complete, missing keys, blocking layers.

    With `services` also whether it is possible; without, whatever is asked can be asked. Without
    `with_kinds`, as AWS's own simulator, documents are identity policies or resource policies.
    """
    request = read_request(simulation, services)
    asked = services.ask(request.action, request.resource) if services else ASKED_AS_IT_IS
    possible = {} if services is None else {"possible": asked.possible}
    spared = is_get_caller_identity(request.action) and request.caller.kind != "anonymous"
    if spared and not asked.ruled_out:
        return answer("allowed", True, set(), set()) | possible
    layers = binding_layers(simulation, request, with_kinds)
    if services is not None and not services.rcps_reach(request.action):
        layers.pop("resourceControl", None)
    missing = set().union(*(finding.missing for _, finding in all_findings(layers)))
    denying = {name for name, finding in all_findings(layers) if finding.denies}
    doubtful = {name for name, finding in all_findings(layers) if finding.doubtful_deny}
    complete = not doubtful and not any(each.doubtful_allow for _, each in all_findings(layers))
    complete = complete and asked.is_certain
    if denying:
        return answer("explicitDeny", complete, missing, denying) | possible
    blocking = silent_layers(layers, request) or doubtful
    if asked.ruled_out:
        blocking = blocking | {"reference"}
    elif is_left_open(layers, request):
        complete = False
    decision = "implicitDeny" if blocking else "allowed"
    return answer(decision, complete, missing, blocking) | possible


def answer(decision: str, complete: bool, missing: set[str], blocking: set[str]) -> dict[str, Any]:
    return {
        "decision": decision,
        "complete": complete,
        "missingContext": without_repeats(missing),
        "blockedBy": sorted(blocking),
    }


def without_repeats(keys: set[str]) -> list[str]:
    """Rule 14: key names ignore case, so each key is named once."""
    named: dict[str, str] = {}
    for key in sorted(keys):
        named.setdefault(key.lower(), key)
    return sorted(named.values())


def read_request(simulation: dict[str, Any], services: Services | None = None) -> Request:
    caller = read_caller(simulation.get("principal"))
    resource = simulation.get("resource", "*")
    account = resource_account(simulation.get("resourceAccount"), resource, caller)
    if caller.kind == "unspecified":
        caller = Caller("unspecified", account=account)
    context: Context = {**derived_keys(caller)}
    tells_owner = services is None or services.tells_owner(simulation["action"])
    if account is not None and tells_owner:
        context["aws:resourceaccount"] = account
    for key, value in simulation.get("context", {}).items():
        context[key.lower()] = [*map(text_of, value)] if isinstance(value, list) else text_of(value)
    has_boundary = caller.kind not in ("root", "root session")
    boundary_attached = bool(simulation.get("permissionBoundaries")) and has_boundary
    return Request(simulation["action"], resource, account, caller, context, boundary_attached)


def resource_account(given: str | None, resource: str, caller: Caller) -> str | None:
    """The account given, else the ARN's, else the caller's."""
    in_arn = (resource.split(":", 5) + [""] * 5)[4]
    return given or (in_arn if is_account(in_arn) else caller.account)


def text_of(value: str | int | float | bool) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def binding_layers(simulation: dict[str, Any], request: Request, with_kinds: bool) -> Layers:
    """Rule 30: the layers that are present and bind this request, with what they say."""

    def read(documents: Iterable[Any], usage: Usage, only_denies: bool = False) -> list[Finding]:
        usage = usage if with_kinds else WITHOUT_KINDS.get(usage, usage)
        return [examine(document, usage, request, only_denies) for document in documents]

    layers: Layers = {}
    caller, management = request.caller, simulation.get("managementAccount")
    if caller.has_identity_side:
        layers["identity"] = [read(simulation.get("identityPolicies", []), Usage.IDENTITY)]
    if simulation.get("resourcePolicy") is not None:
        kind = kind_of_resource_policy(request)
        layers["resource"] = [read([simulation["resourcePolicy"]], kind)]
    if request.boundary_attached and caller.has_identity_side:
        boundaries = simulation["permissionBoundaries"]
        layers["permissionsBoundary"] = [read([each], Usage.BOUNDARY) for each in boundaries]
    if simulation.get("sessionPolicies") and limited_by_its_identity(caller):
        layers["session"] = [read(simulation["sessionPolicies"], Usage.SESSION)]
        if caller.kind == "root session":
            layers["session"][0].append(Finding(grades={EVERYONE}))
    elif caller.kind == "root session":
        layers["session"] = [[Finding(doubtful_deny=True)]]
    if simulation.get("serviceControlPolicies") and bound_by_service_control(caller, management):
        levels = simulation["serviceControlPolicies"]
        layers["serviceControl"] = [read(level, Usage.SERVICE_CONTROL) for level in levels]
    if bound_by_resource_control(request, management):
        levels = simulation.get("resourceControlPolicies", [])
        kind = Usage.RESOURCE_CONTROL
        layers["resourceControl"] = [read(level, kind, True) for level in levels]
    if simulation.get("endpointPolicies"):
        layers["endpoint"] = [read(simulation["endpointPolicies"], Usage.ENDPOINT)]
    return layers


def kind_of_resource_policy(request: Request) -> Usage:
    """Rule 44: the only policy of a role is its trust policy, whatever is asked about it."""
    parts = request.resource.split(":", 5)
    if len(parts) == 6 and parts[2] == "iam" and parts[5].startswith("role/"):
        return Usage.TRUST
    if request.resource == "*" and takes_on_a_role(request.action):
        return Usage.TRUST
    return Usage.RESOURCE


def limited_by_its_identity(caller: Caller) -> bool:
    """Rules 33 and 39: session policies bind all identities but the root user."""
    return caller.has_identity_side and caller.kind != "root"


def bound_by_service_control(caller: Caller, management: str | None) -> bool:
    """Rule 34: not service-linked roles, nor the management account, nor who has no account."""
    in_management = management is not None and caller.account == management
    return caller.has_identity_side and not caller.is_service_linked_role and not in_management


def bound_by_resource_control(request: Request, management: str | None) -> bool:
    """Rule 35: whoever calls, but service-linked roles and the management account's resources."""
    in_management = management is not None and request.resource_account == management
    return not request.caller.is_service_linked_role and not in_management


def all_findings(layers: Layers) -> list[tuple[str, Finding]]:
    return [(name, each) for name, groups in layers.items() for group in groups for each in group]


@lru_cache(maxsize=4096)
def read_document(text: str, usage: Usage) -> PolicyDocument | None:
    """Rules 6 and 44: None for what the grammar of the kind forbids."""
    return parse_policy(text, usage).policy


def examine(document: Any, usage: Usage, request: Request, only_denies: bool) -> Finding:
    """Rules 24 and 30: what one document says; one that can't be read may deny."""
    policy = read_document(json.dumps(document), usage)
    if policy is None:
        return Finding(doubtful_deny=True)
    finding = Finding()
    for statement in policy.statements:
        if not (only_denies and statement.effect == "Allow"):
            examine_statement(statement, policy.version, request, finding)
    return finding


def examine_statement(
    statement: Statement, version: str, request: Request, finding: Finding
) -> None:
    """Rules 5, 13 and 24: add what one statement says to what its document says."""
    grades = request_matches_principals(statement, request)
    if not (
        grades
        and request_matches_actions(statement, request)
        and request_matches_resources(statement, version, request)
    ):
        return
    finding.missing |= missing_keys(statement, version, request.context)
    holds = all_conditions_hold(statement.conditions, version, request.context)
    if holds is None and statement.effect == "Allow":
        finding.doubtful_allow = True
    elif holds is None:
        finding.doubtful_deny = True
    elif holds and statement.effect == "Allow":
        finding.grades |= grades
    elif holds:
        finding.denies = True


def request_matches_actions(statement: Statement, request: Request) -> bool:
    """Rules 1, 5 and 6: whole names without case; NotAction is all but the list."""
    listed = any(
        pattern_covers_text(tokens_of(action.lower(), wildcards=True), request.action.lower())
        for action in statement.actions
    )
    return listed != statement.not_action


def request_matches_resources(statement: Statement, version: str, request: Request) -> bool:
    """Rules 2 to 5: whole ARNs with case; without a Resource the policy's own resource."""
    if not statement.resources:
        return True
    patterns = [
        resource_pattern(resource, version, request.context) for resource in statement.resources
    ]
    listed = any(
        pattern_covers_text(pattern, request.resource)
        for pattern in patterns
        if pattern is not None
    )
    return listed != statement.not_resource


def request_matches_principals(statement: Statement, request: Request) -> set[str]:
    """Rules 26 to 29: how the caller is named; without a Principal the policy is the caller's."""
    if statement.principals is None:
        return {EVERYONE}
    return matching_grades(statement, request.caller, request.boundary_attached)


def missing_keys(statement: Statement, version: str, context: Context) -> set[str]:
    """The keys that the statement asks for, by condition or variable, and the request lacks."""
    asked = {condition.key for condition in statement.conditions}
    for condition in statement.conditions:
        asked |= condition_variables(condition, version)
    for resource in statement.resources:
        asked |= variables_in(part_with_variables(resource, version))
    return {key for key in asked if key.lower() not in context}


def allows(layers: Layers, name: str) -> bool:
    """Rules 32 to 34: some document of every group allows."""
    return all(any(finding.grades for finding in group) for group in layers[name])


def is_left_open(layers: Layers, request: Request) -> bool:
    """Rule 49: denied, but not if a grant to everyone counted as one to the very caller."""
    if EVERYONE not in granting(layers) or not silent_layers(layers, request):
        return False
    return not silent_layers(layers, request, {SELF})


def granting(layers: Layers) -> set[str]:
    """How the resource policy's grants name the caller."""
    return set().union(*(each.grades for name, each in all_findings(layers) if name == "resource"))


def silent_layers(layers: Layers, request: Request, further: set[str] | None = None) -> set[str]:
    """Rules 31 to 38: the layers that would have had to allow and didn't."""
    grades = granting(layers) | (further or set())
    silent = silent_sides(layers, request, grades)
    limits = ["serviceControl", "endpoint"]
    if not grants_past_the_identity(request, grades):
        limits += ["permissionsBoundary", "session"]
    return silent | {name for name in limits if name in layers and not allows(layers, name)}


def grants_past_the_identity(request: Request, grades: set[str]) -> bool:
    """Rules 28, 32 and 33: in the same account, a grant to the very caller has no limit there."""
    return SELF in grades and request.caller.account == request.resource_account


def silent_sides(layers: Layers, request: Request, grades: set[str]) -> set[str]:
    """Rules 31, 37, 38 and 39: identity and resource side, where the grant they owe is missing."""
    caller = request.caller
    if not caller.has_identity_side:
        return set() if grades else {"resource"}
    identity_allows = caller.kind in ("root", "root session") or allows(layers, "identity")
    missing = set() if identity_allows else {"identity"}
    if caller.account != request.resource_account:
        return missing | (set() if grades else {"resource"})
    if grades - {ACCOUNT}:
        return set()
    if resource_policy_must_take_part(request):
        return missing | (set() if grades else {"resource"})
    if missing and "resource" in layers and not grades:
        missing.add("resource")
    return missing


def resource_policy_must_take_part(request: Request) -> bool:
    """Rules 37 and 38: KMS keys, and taking on a role."""
    parts = request.resource.split(":", 5)
    if len(parts) < 6:
        return False
    if parts[2] == "kms" and parts[5].startswith("key/"):
        return True
    is_role = parts[2] == "iam" and parts[5].startswith("role/")
    return is_role and takes_on_a_role(request.action)


def takes_on_a_role(action: str) -> bool:
    """Rule 38: assuming a role, and what goes with it."""
    with_it = ("sts:tagsession", "sts:setsourceidentity")
    return action.lower().startswith("sts:assumerole") or action.lower() in with_it


def is_get_caller_identity(action: str) -> bool:
    """Rule 39: `sts:GetCallerIdentity` can't be denied."""
    return action.lower() == "sts:getcalleridentity"
