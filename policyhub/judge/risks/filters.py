"""What lists and searches are narrowed by: families of risks, with or without a bound.

A value is a family in lower case, such as `passrole`, or one of its risks without a bound, such as
`free-passrole`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Q

from policyhub.judge.models import PolicyRisk
from policyhub.judge.risks.kinds import FAMILIES, Family

_FREE = "free-"
_CLAIMED = ("free", "bounded")


@dataclass(frozen=True, slots=True)
class RiskValue:
    """A value to narrow by; `is_free` leaves out what is bounded."""

    value: str
    family: Family
    is_free: bool

    @property
    def label(self) -> str:
        """The value in words."""
        return f"{self.family}, free" if self.is_free else self.family

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers of risks that it keeps."""
        return ("free",) if self.is_free else _CLAIMED

    @property
    def of_risks(self) -> Q:
        """The rows of such risks."""
        return Q(family=self.family, answer__in=self.answers)

    @property
    def of_versions(self) -> Q:
        """The versions that have such a risk."""
        return Q(pk__in=PolicyRisk.objects.filter(self.of_risks).values("version"))


#: Every value, the families with all their risks first.
RISK_VALUES: Mapping[str, RiskValue] = {
    each.value: each
    for is_free in (False, True)
    for family in FAMILIES
    for each in [RiskValue(f"{_FREE if is_free else ''}{family.lower()}", family, is_free)]
}


def values_by_policy(policies: Collection[str] | None) -> dict[str, set[str]]:
    """The values of the policies of some keys, None for all; keys without any are left out."""
    rows = PolicyRisk.objects.filter(answer__in=_CLAIMED)
    if policies is not None:
        rows = rows.filter(version__policy__key__in=policies)
    found: dict[str, set[str]] = {}
    of_rows = rows.order_by().values_list("version__policy__key", "family", "answer").distinct()
    for policy, family, answer in of_rows:
        values = {family.lower(), f"{_FREE}{family.lower()}" if answer == "free" else ""}
        found.setdefault(policy, set()).update(filter(None, values))
    return found
