"""The kinds of risks, from the most serious: what a policy's holder can become, take or hide.

The order is a judgement, not AWS's: power over identities comes before power over what runs,
that before data, and that before what only hides or weakens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Family = Literal["IAM", "PassRole", "Assume", "Takeover", "Expose", "Data", "Guardrails", "Logs"]


@dataclass(frozen=True, slots=True)
class RiskKind:
    """A kind of risk; `family` is the few letters that a list has room for.

    `gravity` sorts risks, 1 for the most serious kind. `advice` says who may have such a policy.
    """

    name: str
    family: Family
    gravity: int
    title: str
    advice: str


_ADMINISTRATORS = "Give it only to people who may administer the account."
_ROLE_HOLDERS = "Give it only to people who may have that role."
_READERS = "Give it only to people who may see all of that."
_OWNERS = "Give it only to people who decide what is shared."
_AUDITED = "Keep it from people whose work is recorded or limited."

KINDS: Mapping[str, RiskKind] = {
    each.name: each
    for each in (
        RiskKind("policy-attach", "IAM", 1, "Policies attached", _ADMINISTRATORS),
        RiskKind("new-policy-version", "IAM", 2, "Policies rewritten", _ADMINISTRATORS),
        RiskKind("trust-edit", "IAM", 3, "Trust rewritten", _ADMINISTRATORS),
        RiskKind("credential-creation", "IAM", 4, "Credentials created", _ADMINISTRATORS),
        RiskKind("group-membership", "IAM", 5, "Groups joined", _ADMINISTRATORS),
        RiskKind("passrole-to-compute", "PassRole", 6, "Roles passed to compute", _ROLE_HOLDERS),
        RiskKind("role-assumption", "Assume", 7, "Roles assumed", _ROLE_HOLDERS),
        RiskKind(
            "existing-compute-takeover", "Takeover", 8, "Running compute taken over", _ROLE_HOLDERS
        ),
        RiskKind("limit-removal", "Guardrails", 9, "Boundaries removed", _AUDITED),
        RiskKind("resource-exposure", "Expose", 10, "Resources opened to others", _OWNERS),
        RiskKind("resource-sharing", "Expose", 11, "Resources shared with others", _OWNERS),
        RiskKind("network-exposure", "Expose", 12, "Networks opened", _OWNERS),
        RiskKind("credential-read", "Data", 13, "Credentials read", _READERS),
        RiskKind("data-read", "Data", 14, "Data read", _READERS),
        RiskKind("guardrail-removal", "Guardrails", 15, "Guardrails removed", _AUDITED),
        RiskKind("log-tampering", "Logs", 16, "Records removed", _AUDITED),
    )
}
#: The families in the order of the most serious kind of each.
FAMILIES: tuple[Family, ...] = tuple(
    dict.fromkeys(each.family for each in sorted(KINDS.values(), key=lambda each: each.gravity))
)
