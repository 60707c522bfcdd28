"""What the policies among the answers amount to as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from policyhub.judge.models import PolicyVerdict
from policyhub.judge.risks.verdict import GROUPS, VerdictGroup

_BY_SLUG = {each.slug: each for each in GROUPS}


def groups_of(policies: Collection[str]) -> Mapping[str, VerdictGroup]:
    """The groups of policies in force, by their keys; one query."""
    found = PolicyVerdict.objects.filter(version__policy__key__in=policies).order_by()
    return {
        key: _BY_SLUG[group] for key, group in found.values_list("version__policy__key", "group")
    }
