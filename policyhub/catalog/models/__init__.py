"""The catalogue's models.

`policy` has what sources say, `prose` what curators do, `pages` what AWS's pages said on a day,
`reference` the service authorization reference, `derived` what is computed from documents, and
`state` the catalogue's generation number.
"""

from policyhub.catalog.models.derived import (
    ConditionUse,
    Pattern,
    PolicyService,
    PowerMap,
    ServiceGrant,
    StatementPattern,
)
from policyhub.catalog.models.pages import DocumentedPolicy
from policyhub.catalog.models.policy import (
    NEWEST_FIRST,
    Policy,
    PolicyVersion,
    Statement,
    policy_label,
)
from policyhub.catalog.models.prose import ChangelogEntry, PermissionDescription
from policyhub.catalog.models.reference import Action, ConditionKey, ResourceType, Service
from policyhub.catalog.models.state import CatalogState

__all__ = [
    "NEWEST_FIRST",
    "Action",
    "CatalogState",
    "ChangelogEntry",
    "ConditionKey",
    "ConditionUse",
    "DocumentedPolicy",
    "Pattern",
    "PermissionDescription",
    "Policy",
    "PolicyService",
    "PolicyVersion",
    "PowerMap",
    "ResourceType",
    "Service",
    "ServiceGrant",
    "Statement",
    "StatementPattern",
    "policy_label",
]
