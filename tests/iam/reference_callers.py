"""Who calls, and which principals of a policy name the caller: rules 26 to 29."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from policyhub.iam.reading.document import Principal, Statement
from tests.iam.reference_conditions import is_positive

# How a principal names the caller (rule 27).
SELF, ROLE, ACCOUNT, EVERYONE = "self", "role", "account", "everyone"

IN_AN_ACCOUNT = ("user", "role", "root", "root session", "session", "federated user")
PRINCIPAL_TYPES = {
    "user": "User",
    "role": "AssumedRole",
    "session": "AssumedRole",
    "federated user": "FederatedUser",
    "root": "Account",
    "anonymous": "Anonymous",
}


@dataclass(frozen=True)
class Caller:
    """The caller; `name` is a service's, a provider's, a user's or a role's own name."""

    kind: str
    name: str = ""
    arn: str = ""
    partition: str = ""
    account: str | None = None

    @property
    def has_identity_side(self) -> bool:
        return self.kind in IN_AN_ACCOUNT or self.kind == "unspecified"

    @property
    def is_service_linked_role(self) -> bool:
        """Rule 46: by the path of the role, or of a session by the role's name."""
        if self.kind == "session":
            return self.name[:17] == "AWSServiceRoleFor"
        return self.kind == "role" and "/aws-service-role/" in self.arn


def read_caller(principal: Any) -> Caller:
    """The caller that a simulation's `principal` means; raises ValueError for an invalid one."""
    if principal is None:
        return Caller("unspecified")
    if principal == "anonymous":
        return Caller("anonymous")
    if isinstance(principal, dict):
        ((kind, name),) = principal.items()
        if kind == "AWS":
            return read_arn(name)
        return Caller({"Service": "service", "Federated": "federated"}[kind], name)
    return read_arn(principal)


def read_arn(arn: str) -> Caller:
    _, partition, service, _, account, resource = arn.split(":", 5)
    kind, *segments = resource.split("/")
    if (service, kind) in (("iam", "oidc-provider"), ("iam", "saml-provider")):
        return Caller("federated", arn)
    kinds = {
        ("iam", "user"): "user",
        ("iam", "role"): "role",
        ("iam", "root"): "root",
        ("sts", "assumed-role"): "session",
        ("sts", "assumed-root"): "root session",
        ("sts", "federated-user"): "federated user",
    }
    if (service, kind) not in kinds:
        raise ValueError(f"{arn} is no caller")
    found = kinds[service, kind]
    name = "" if found in ("root", "root session") else segments[0 if found == "session" else -1]
    return Caller(found, name, arn, partition, account)


def derived_keys(caller: Caller) -> dict[str, str | list[str]]:
    """Rule 47: the keys that every request of such a caller has, in lower case."""
    keys: dict[str, str | list[str]] = {}
    if caller.kind in IN_AN_ACCOUNT:
        keys["aws:principalarn"] = principal_arn(caller)
        keys["aws:principalaccount"] = caller.account or ""
        keys["aws:principalisawsservice"] = "false"
    if caller.kind == "root session":
        keys["aws:assumedroot"] = "true"
    if caller.kind in PRINCIPAL_TYPES:
        keys["aws:principaltype"] = PRINCIPAL_TYPES[caller.kind]
    if caller.kind == "user":
        keys["aws:username"] = caller.name
    if caller.kind == "service":
        keys["aws:principalisawsservice"] = "true"
        keys["aws:principalservicename"] = caller.name
        keys["aws:principalservicenameslist"] = [caller.name]
    return keys


def principal_arn(caller: Caller) -> str:
    if caller.kind == "session":
        return f"arn:{caller.partition}:iam::{caller.account}:role/{caller.name}"
    if caller.kind == "root session":
        return f"arn:{caller.partition}:iam::{caller.account}:root"
    return caller.arn


def names_itself(principal: Principal, caller: Caller) -> bool:
    """Rule 26: the caller's own ARN, service name or provider."""
    if principal.type == "AWS":
        return caller.kind in IN_AN_ACCOUNT and principal.value == caller.arn
    if principal.type in ("Service", "Federated"):
        return caller.kind == principal.type.lower() and principal.value == caller.name
    return False


def names_role_of_session(principal: Principal, caller: Caller) -> bool:
    """Rule 26: a session matches its role's ARN, whatever the role's path."""
    if principal.type != "AWS" or caller.kind != "session":
        return False
    start = f"arn:{caller.partition}:iam::{caller.account}:role/"
    return principal.value.startswith(start) and principal.value.split("/")[-1] == caller.name


def names_account(principal: Principal, caller: Caller) -> bool:
    """Rule 27: the account's root ARN or its twelve digits."""
    if principal.type != "AWS" or caller.kind not in IN_AN_ACCOUNT:
        return False
    return principal.value in (
        caller.account,
        f"arn:{caller.partition}:iam::{caller.account}:root",
    )


def names_everyone(principal: Principal) -> bool:
    """Rule 26: `"*"` and `{"AWS": "*"}`."""
    return principal.type in ("*", "AWS") and principal.value == "*"


def grade(principal: Principal, caller: Caller) -> str | None:
    """Rule 27: how the principal names the caller, None when it doesn't."""
    if names_everyone(principal):
        return EVERYONE
    if names_account(principal, caller):
        return ACCOUNT
    if names_itself(principal, caller):
        return ROLE if caller.kind == "role" else SELF
    return ROLE if names_role_of_session(principal, caller) else None


def not_principal_spares(statement: Statement, caller: Caller, boundary_attached: bool) -> bool:
    """Rule 29: a Deny exempts only the listed whose account is listed too, without boundary."""
    listed = statement.principals or ()
    named = any(
        names_itself(each, caller) or names_role_of_session(each, caller) for each in listed
    )
    if caller.kind not in IN_AN_ACCOUNT:
        return named
    account_named = any(names_account(each, caller) for each in listed)
    named = named or (caller.kind == "root" and account_named)
    return named and account_named and not boundary_attached


def grants_directly(statement: Statement) -> bool:
    """Rule 28: everyone, with a positive condition on `aws:PrincipalArn`."""
    return not statement.not_principal and any(
        condition.key.lower() == "aws:principalarn" and is_positive(condition)
        for condition in statement.conditions
    )


def matching_grades(statement: Statement, caller: Caller, boundary_attached: bool) -> set[str]:
    """Rules 26 to 29: how the statement names the caller; empty when it doesn't."""
    found = {grade(each, caller) for each in statement.principals or ()} - {None}
    if not statement.not_principal:
        direct = EVERYONE in found and grants_directly(statement)
        return {each for each in found if each} | ({SELF} if direct else set())
    if statement.effect == "Deny":
        return set() if not_principal_spares(statement, caller, boundary_attached) else {EVERYONE}
    return set() if found else {EVERYONE}


def is_account(text: str) -> bool:
    return re.fullmatch("[0-9]{12}", text) is not None
