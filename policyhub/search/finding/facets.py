"""The operators as facets next to the results: each value a link that narrows or widens again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from policyhub.catalog.models import Policy
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.judge.lint.filters import lint_label, lint_values
from policyhub.judge.risks.filters import RISK_VALUES
from policyhub.search.finding.index import Hits
from policyhub.search.finding.query import OPERATORS, Query, Term

# How many values of a facet are shown in the rail before its list is opened.
SHOWN = 6
LABELS = {
    "service": "Service",
    "action": "Action",
    "condition": "Condition key",
    "level": "Access level",
    "kind": "Kind of policy",
    "resource": "Resource",
    "effect": "Effect",
    "risk": "Risk",
    "lint": "Linting",
    "changed": "Last changed",
}
Address = Callable[[Query, str], str]


@dataclass(frozen=True)
class FacetOption:
    """A value with how many results have it; its link adds it to the query or takes it out."""

    label: str
    count: int
    is_on: bool
    url: str


@dataclass(frozen=True)
class OperatorFacet:
    """An operator with the values that the results have."""

    operator: str
    label: str
    options: list[FacetOption]
    hidden: int
    toggle_url: str


@dataclass(frozen=True)
class OperatorChip:
    """An operator of the query, with the link to the search without it."""

    label: str
    value: str
    url: str


def offered_facets(hits: Hits, opened: str, address: Address) -> list[OperatorFacet]:
    """Every facet that any result has a value of.

    `address` makes the link to a query with one facet's list opened, or none ("").
    """
    facets = []
    for operator, options in hits.options(OPERATORS).items():
        shown = options if operator == opened else options[:SHOWN]
        if not options:
            continue
        made = []
        for option in shown:
            term = Term(option.value, operator)
            made.append(
                FacetOption(
                    _value_in_words(operator, option.value),
                    option.count,
                    hits.query.has(term),
                    address(hits.query.toggled(term), opened),
                )
            )
        hidden = len(options) - len(shown)
        toggle = address(hits.query, "" if operator == opened else operator)
        facets.append(OperatorFacet(operator, LABELS[operator], made, hidden, toggle))
    return facets


def in_one_action(query: Query) -> str:
    """The list of policies that grant a query's service and level in one action, or "".

    The operators look at each for the whole policy or statement.
    """
    wanted = {
        operator: [
            value.strip().lower()
            for term in query.terms
            if term.operator == operator and not term.is_excluded
            for value in term.text.split(",")
        ]
        for operator in ("service", "level")
    }
    if not all(wanted.values()):
        return ""
    return f"{reverse('browse:policies')}?{urlencode(wanted, doseq=True)}"


def operator_chips(query: Query, address: Address) -> list[OperatorChip]:
    """The query's operators and what it leaves out, to be taken out one by one."""
    return [
        OperatorChip(
            f"{'not ' if term.is_excluded else ''}{term.operator or 'with'}",
            _value_in_words(term.operator, term.text),
            address(query.toggled(term), ""),
        )
        for term in query.terms
        if term.operator or term.is_excluded
    ]


def _value_in_words(operator: str, value: str) -> str:
    if operator == "kind" and value in Policy.Kind.values:
        return str(Policy.Kind(value).label)
    if operator == "risk" and value.lower() in RISK_VALUES:
        return RISK_VALUES[value.lower()].label
    if operator == "lint" and value.lower() in lint_values():
        return lint_label(value.lower())
    if operator in ("level", "effect"):
        return value.replace("-", " ").capitalize()
    if operator == "condition":
        known = get_reference().condition_key(value)
        return known.name if known and known.name.lower() == value.lower() else value
    return "* (every resource)" if operator == "resource" and value == "*" else value
