"""The kinds of policy: what each takes, what AWS leaves open about it, and how long it may be.

Sources, by `PolicyKind.source`, as of November 2026: IAM User Guide, "Grammar of the IAM JSON
policy language", "AWS JSON policy elements: Principal", "IAM policy validation check reference",
"IAM and AWS STS quotas"; Organizations User Guide, "SCP syntax", "RCP syntax", "Quotas and service
limits", and the announcement of 19 September 2025 that SCPs take the full language; VPC guide,
"Control access to VPC endpoints using endpoint policies". Sizes of resource policies are those of
the services' API models and developer guides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from policyhub.iam.language.elements import Usage

Unit = Literal["characters", "bytes"]


@dataclass(frozen=True, slots=True)
class Quota:
    """How long a document may be.

    `counts_space` says whether white space between the parts of the JSON counts, None where AWS
    does not say. `also` tells of places that take more or less, as it can follow a semicolon.
    """

    limit: int
    unit: Unit = "characters"
    counts_space: bool | None = True
    also: str = ""


@dataclass(frozen=True)
class PolicyKind:
    """One kind: `name` is with its article, as a sentence has it.

    Elements in `refused` are errors, with what to do instead; those in `left_open` are read, with
    a problem that says what AWS's pages say; those in `may_lack` likewise where they are missing.
    `needed` are elements that no statement lacks.
    `version` is the one that the kind demands, "" where any will do. `strict_sids` says that a
    Sid has only letters and digits and is unique; `open_sids` that AWS's page does not say so.
    `resources_are_arns` says that a resource is an ARN or `*`.
    """

    name: str
    source: str
    refused: Mapping[str, str] = field(default_factory=dict)
    left_open: Mapping[str, str] = field(default_factory=dict)
    may_lack: Mapping[str, str] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()
    version: str = ""
    strict_sids: bool = False
    open_sids: bool = False
    resources_are_arns: bool = False
    quota: Quota | None = None

    @cached_property
    def watched(self) -> frozenset[str]:
        """The elements of which there is something to say."""
        return frozenset({*self.refused, *self.left_open})


_OF_ITS_OWNER = "it applies to whoever it is attached to; remove it"
_OF_ITS_ROLE = "it applies only to the role that it belongs to; remove it"
_OF_ITS_ACCOUNTS = "it applies to the accounts that it is attached to; remove it"
_ID_BY_THE_GRAMMAR = (
    "the grammar takes `Id` in every policy, and the page about `Id` only in policies of resources"
)
_ID_NOT_LISTED = "AWS's page does not list `Id` among its elements"
_FULL_VERSION = "2012-10-17"
_MAY_LACK_VERSION = {
    "Version": f"AWS's page demands `{_FULL_VERSION}`, and its own examples leave it out; policy "
    "variables do not work without it"
}
_RESOURCE = frozenset({"Resource"})
_PRINCIPAL = frozenset({"Principal"})
_BOTH = _RESOURCE | _PRINCIPAL


# How many characters a managed policy may have, without white space.
MANAGED_QUOTA = 6_144
# How many characters all inline policies of one owner may have together, without white space.
INLINE_QUOTAS: Mapping[str, int] = {"role": 10_240, "group": 5_120, "user": 2_048}


def _of_identity(name: str, quota: Quota) -> PolicyKind:
    """A kind with the grammar of identity policies."""
    return PolicyKind(
        name,
        "IAM User Guide, grammar and quotas",
        refused={"Principal": _OF_ITS_OWNER, "NotPrincipal": _OF_ITS_OWNER},
        left_open={"Id": _ID_BY_THE_GRAMMAR},
        needed=_RESOURCE,
        strict_sids=True,
        resources_are_arns=True,
        quota=quota,
    )


KINDS: Mapping[Usage, PolicyKind] = {
    Usage.IDENTITY: _of_identity(
        "an identity policy",
        Quota(
            MANAGED_QUOTA,
            counts_space=False,
            also="the inline policies of a "
            + ", of a ".join(
                f"{owner} {'may together have ' if owner == 'role' else ''}{limit:,}"
                for owner, limit in INLINE_QUOTAS.items()
            ),
        ),
    ),
    Usage.BOUNDARY: _of_identity(
        "a permissions boundary", Quota(MANAGED_QUOTA, counts_space=False)
    ),
    Usage.SESSION: _of_identity(
        "a session policy",
        Quota(2_048, counts_space=None, also="the ARNs of managed session policies count too"),
    ),
    Usage.RESOURCE: PolicyKind(
        "a resource policy",
        "IAM User Guide, grammar and policy validation checks",
        may_lack={
            "Resource": "AWS's grammar demands it, and some services, such as ECR, take none; it "
            "applies to the resource that it belongs to"
        },
        needed=_PRINCIPAL,
    ),
    Usage.TRUST: PolicyKind(
        "a trust policy",
        "IAM User Guide, policy validation checks and the Principal element",
        refused={
            "Resource": _OF_ITS_ROLE,
            "NotResource": _OF_ITS_ROLE,
            "NotPrincipal": "name with `Principal` who may assume the role",
        },
        needed=_PRINCIPAL,
        strict_sids=True,
        quota=Quota(2_048, counts_space=False, also="AWS raises it to 4,096 on request"),
    ),
    Usage.SERVICE_CONTROL: PolicyKind(
        "a service control policy",
        "Organizations User Guide, SCP syntax",
        refused={"Principal": _OF_ITS_ACCOUNTS, "NotPrincipal": _OF_ITS_ACCOUNTS},
        left_open={"Id": _ID_NOT_LISTED},
        may_lack=_MAY_LACK_VERSION,
        needed=_RESOURCE,
        version=_FULL_VERSION,
        open_sids=True,
        resources_are_arns=True,
        quota=Quota(10_240, also="since 15 May 2026"),
    ),
    Usage.RESOURCE_CONTROL: PolicyKind(
        "a resource control policy",
        "Organizations User Guide, RCP syntax",
        refused={
            "NotPrincipal": 'write `"Principal": "*"` and use a condition',
            "NotAction": "list the actions with `Action`",
        },
        left_open={"Id": _ID_NOT_LISTED},
        may_lack=_MAY_LACK_VERSION,
        needed=_BOTH,
        version=_FULL_VERSION,
        open_sids=True,
        quota=Quota(5_120),
    ),
    Usage.ENDPOINT: PolicyKind(
        "a VPC endpoint policy",
        "VPC guide, endpoint policies",
        left_open={
            "NotPrincipal": "AWS's page demands a `Principal` and does not say whether it takes "
            "`NotPrincipal`"
        },
        needed=_BOTH,
        open_sids=True,
        quota=Quota(20_480),
    ),
}

# By the service in the resource's ARN. Where a service has no row, no figure was found.
RESOURCE_POLICY_QUOTAS: Mapping[str, Quota] = {
    "sqs": Quota(8_192, "bytes"),
    "secretsmanager": Quota(20_480),
    "ecr": Quota(10_240),
    "elasticfilesystem": Quota(20_000),
    "dynamodb": Quota(20 * 1_024, "bytes"),
    "logs": Quota(51_200),
    "xray": Quota(5 * 1_024, "bytes", counts_space=None),
    "cloudtrail": Quota(8_192),
    "codeartifact": Quota(7_168),
    "acm-pca": Quota(81_920),
    "s3tables": Quota(20_480),
    "vpc-lattice": Quota(102_400, also="a resource policy, unlike an auth policy, only 10,000"),
    "mediastore": Quota(8_192),
    "organizations": Quota(40_000, counts_space=None),
    "ssm": Quota(1_024, "bytes"),
    "kms": Quota(131_072, also="as the API's model has it"),
}


def kind_of_statement(usage: Usage, names_principal: bool) -> PolicyKind:
    """The kind that a statement is read as; a document for any usage can have several."""
    if usage is not Usage.ANY:
        return KINDS[usage]
    return KINDS[Usage.RESOURCE if names_principal else Usage.IDENTITY]


def quota_of(usage: Usage, service: str = "") -> Quota | None:
    """How long a document may be; a resource policy by its resource's service, None if unknown."""
    if usage is Usage.RESOURCE:
        return RESOURCE_POLICY_QUOTAS.get(service)
    kind = KINDS.get(usage)
    return kind.quota if kind else None
