"""Who makes a request, and how a policy's Principal element can name that caller.

Source: IAM User Guide, "AWS JSON policy elements: Principal" and "IAM identifiers".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from policyhub.iam.language.arn import Arn, parse_arn

ACCOUNT = re.compile(r"\d{12}")
_SERVICE_LINKED_PATH = "role/aws-service-role/"
# AWS's custom, not its rule: no page says how these roles' sessions are called.
_SERVICE_LINKED_NAME = "AWSServiceRoleFor"
ANONYMOUS_TEXT = "anonymous"
_CACHED = 4_096
# No role has a longer ARN.
_LONGEST_CACHED = 2_048


class CallerKind(Enum):
    """What kind of principal calls; it decides which policies can apply."""

    # Each is itself alone: what an enumeration hashes by, its name, is slow to ask.
    __hash__ = object.__hash__

    USER = "user"
    ROLE = "role"
    SESSION = "session"
    FEDERATED_USER = "federated user"
    ROOT = "root user"
    ROOT_SESSION = "root session"
    SERVICE = "service"
    FEDERATED = "federated identity"
    ANONYMOUS = "anonymous"
    UNSPECIFIED = "unspecified"


# Callers that act in no account, so that no identity policies can be theirs.
_OUTSIDE_ACCOUNTS = (CallerKind.SERVICE, CallerKind.FEDERATED, CallerKind.ANONYMOUS)

_TYPE_KEYS: Mapping[CallerKind, str] = {
    CallerKind.USER: "User",
    CallerKind.ROLE: "AssumedRole",
    CallerKind.SESSION: "AssumedRole",
    CallerKind.FEDERATED_USER: "FederatedUser",
    CallerKind.ROOT: "Account",
    CallerKind.ANONYMOUS: "Anonymous",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal. `name` is the user's, role's, service's or provider's.

    `arn` is empty for services, anonymous and unspecified callers; `account` likewise.
    """

    kind: CallerKind
    arn: str = ""
    partition: str = "aws"
    account: str = ""
    name: str = ""

    @property
    def is_service_linked(self) -> bool:
        """Whether a service-linked role calls, or a session of one.

        The path in a role's ARN tells; a session's ARN has none, so there the role's name does.
        """
        if self.kind is CallerKind.ROLE:
            return f":{_SERVICE_LINKED_PATH}" in self.arn
        return self.is_service_linked_by_name

    @property
    def is_service_linked_by_name(self) -> bool:
        """Whether a session is taken for a service-linked role's because of the role's name."""
        return self.kind is CallerKind.SESSION and self.name.startswith(_SERVICE_LINKED_NAME)

    @property
    def is_root(self) -> bool:
        """Whether an account's root user calls, or a session of it that AssumeRoot gave."""
        return self.kind in (CallerKind.ROOT, CallerKind.ROOT_SESSION)

    @property
    def has_identity_policies(self) -> bool:
        """Whether identity policies can grant this caller anything."""
        return self.kind not in _OUTSIDE_ACCOUNTS

    def is_role(self, arn: str) -> bool:
        """Whether `arn` names the caller's role.

        A session's ARN lacks the role's path; names are unique in an account whatever the
        path, so account and name identify the role.
        """
        if self.kind is CallerKind.ROLE:
            return arn == self.arn
        named = parse_arn(arn)
        return (
            self.kind is CallerKind.SESSION
            and named is not None
            and named.service == "iam"
            and named.account == self.account
            and named.partition == self.partition
            and named.resource.startswith("role/")
            and named.resource.rpartition("/")[2] == self.name
        )

    def names_account(self, text: str) -> bool:
        """Whether `text`, twelve digits or a root ARN, names the caller's account."""
        if not self.account:
            return False
        return text in (self.account, f"arn:{self.partition}:iam::{self.account}:root")

    def context(self) -> dict[str, str | tuple[str, ...]]:
        """The condition keys that AWS fills in from the caller alone; a tuple is a list."""
        keys: dict[str, str | tuple[str, ...]] = {
            "aws:PrincipalType": _TYPE_KEYS.get(self.kind, "")
        }
        if self.kind is CallerKind.SERVICE:
            keys |= {
                "aws:PrincipalIsAWSService": "true",
                "aws:PrincipalServiceName": self.name,
                "aws:PrincipalServiceNamesList": (self.name,),
            }
        elif self.account:
            keys["aws:PrincipalIsAWSService"] = "false"
        if self.kind is CallerKind.ROOT_SESSION:
            keys["aws:AssumedRoot"] = "true"
        keys["aws:PrincipalAccount"] = self.account
        keys["aws:PrincipalArn"] = self._principal_arn()
        keys["aws:username"] = self.name if self.kind is CallerKind.USER else ""
        return {key: value for key, value in keys.items() if value}

    def _principal_arn(self) -> str:
        if self.kind is CallerKind.SESSION:
            return f"arn:{self.partition}:iam::{self.account}:role/{self.name}"
        if self.kind is CallerKind.ROOT_SESSION:
            return f"arn:{self.partition}:iam::{self.account}:root"
        return self.arn if self.account else ""


UNSPECIFIED = Caller(CallerKind.UNSPECIFIED)
ANONYMOUS = Caller(CallerKind.ANONYMOUS)


def caller_from_arn(text: str) -> Caller | None:
    """Return the caller that an ARN names, or None where it names no principal."""
    return _caller(text) if len(text) > _LONGEST_CACHED else _caller_and_keep(text)


def _caller(text: str) -> Caller | None:
    arn = parse_arn(text)
    if arn is None or not ACCOUNT.fullmatch(arn.account):
        return None
    found = _kind_and_name(arn)
    if found is None:
        return None
    kind, name = found
    # A provider's users are federated callers: they don't act in the provider's account.
    account = "" if kind is CallerKind.FEDERATED else arn.account
    return Caller(kind, text, arn.partition, account, name)


_caller_and_keep = lru_cache(_CACHED)(_caller)


def _kind_and_name(arn: Arn) -> tuple[CallerKind, str] | None:
    category, _, rest = arn.resource.partition("/")
    last = rest.rpartition("/")[2]
    if (arn.service, arn.resource) == ("iam", "root"):
        return CallerKind.ROOT, "root"
    if arn.service == "sts" and category == "assumed-root":
        return CallerKind.ROOT_SESSION, "root"
    if not last:
        return None
    if arn.service == "iam" and category in ("user", "role"):
        return (CallerKind.USER if category == "user" else CallerKind.ROLE), last
    if arn.service == "iam" and category in ("oidc-provider", "saml-provider"):
        return CallerKind.FEDERATED, arn.resource
    if arn.service == "sts" and category == "assumed-role" and "/" in rest:
        return CallerKind.SESSION, rest.partition("/")[0]
    if arn.service == "sts" and category == "federated-user":
        return CallerKind.FEDERATED_USER, last
    return None
