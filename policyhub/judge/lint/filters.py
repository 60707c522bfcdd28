"""What lists and searches are narrowed by: what linting finds, by type or by code.

A value is a type, such as `security-warning`, or a code in lower case.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from django.db.models import Q

from policyhub.judge.lint.codes import LINT, lint_codes
from policyhub.judge.models import LintedVersion, PolicyFinding

#: The types as they are written in headings, the most serious first.
TYPE_LABELS = {each.type: each.type.replace("-", " ").capitalize() for each in LINT.levels}


@cache
def lint_values() -> frozenset[str]:
    """Every value that there can be."""
    return frozenset((*TYPE_LABELS, *(code.lower() for code in lint_codes())))


def lint_label(value: str) -> str:
    """A value in words: a code as reports write it."""
    return TYPE_LABELS.get(value, value.upper())


def having_finding(value: str) -> Q:
    """The versions in which something of a type or code is found."""
    column = {"type": value} if value in TYPE_LABELS else {"code": value.upper()}
    return Q(pk__in=PolicyFinding.objects.filter(**column).order_by().values("version"))


def without_findings() -> Q:
    """The versions that were linted and in which nothing is found."""
    linted, found = LintedVersion.objects.order_by(), PolicyFinding.objects.order_by()
    return Q(pk__in=linted.values("pk")) & ~Q(pk__in=found.values("version"))


def lint_values_by_policy(policies: Collection[str] | None) -> dict[str, set[str]]:
    """The values of the policies of some keys, None for all; keys without any are left out."""
    rows = PolicyFinding.objects.order_by()
    if policies is not None:
        rows = rows.filter(version__policy__key__in=policies)
    found: dict[str, set[str]] = {}
    for policy, code, type_ in rows.values_list("version__policy__key", "code", "type").distinct():
        found.setdefault(policy, set()).update((code.lower(), type_))
    return found
