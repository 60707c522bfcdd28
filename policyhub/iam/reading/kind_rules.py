"""What the kinds of policy ask of the values in a statement, beyond which elements it has.

Sources: as of `policyhub/iam/reading/policy_kinds.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from policyhub.iam.language.conditions import parse_operator
from policyhub.iam.language.elements import Statement, Usage
from policyhub.iam.reading.element_values import Element, PlacedPrincipal
from policyhub.iam.reading.json_decoding import Json, JsonNumber
from policyhub.iam.reading.json_text import Parts
from policyhub.iam.reading.policy_kinds import KINDS
from policyhub.iam.reading.problem_collector import OwnWords, ProblemCollector

Elements = Mapping[str, Element]
Check = Callable[[Statement, Elements, Sequence[PlacedPrincipal], ProblemCollector], None]

# Identifiers that AWS makes; its page names these two as examples.
_MADE_BY_AWS = ("aws:principalaccount", "aws:sourcevpc")
_BESIDE_A_WILDCARD = 6
_WILDCARD = re.compile(r"[*?]")
_PARTS_TO_THE_ACCOUNT = 5


def check_values(
    usage: Usage,
    statement: Statement,
    elements: Elements,
    principals: Sequence[PlacedPrincipal],
    problems: ProblemCollector,
) -> None:
    """Add what AWS rejects in this kind of policy, or leaves open."""
    check = _CHECKS.get(usage)
    if check is not None:
        check(statement, elements, principals, problems)


def _of_trust(
    statement: Statement,
    elements: Elements,
    principals: Sequence[PlacedPrincipal],
    problems: ProblemCollector,
) -> None:
    kind = OwnWords(KINDS[Usage.TRUST].name)
    for (type_, value), parts in ((_type_and_value(each), each.parts) for each in principals):
        if type_ == "*":
            problems.add("everyone-left-open", parts)
        elif (type_, value) == ("Service", "*"):
            problems.add("every-service", parts, kind=kind)
        elif type_ == "CanonicalUser":
            problems.add("principal-type-not-allowed", parts, kind=kind, found=type_)


def _of_resource(
    statement: Statement,
    elements: Elements,
    principals: Sequence[PlacedPrincipal],
    problems: ProblemCollector,
) -> None:
    for each in principals:
        if each.principal.type == "Federated":
            problems.add("federated-left-open", each.parts, found=each.principal.value)


def _of_service_control(
    statement: Statement,
    elements: Elements,
    principals: Sequence[PlacedPrincipal],
    problems: ProblemCollector,
) -> None:
    why = OwnWords(
        "AWS has taken wildcards anywhere in an action's name since 19 September 2025, and its "
        "policy check still calls those that are not at the end an error"
    )
    _note_early_wildcards(elements, why, problems)
    if statement.effect == "Allow" and "Resource" in elements:
        kind = OwnWords(KINDS[Usage.SERVICE_CONTROL].name)
        for text, parts in _texts(elements["Resource"]):
            if text != "*":
                problems.add("allow-resource-left-open", parts, found=text, kind=kind)


def _of_resource_control(
    statement: Statement,
    elements: Elements,
    principals: Sequence[PlacedPrincipal],
    problems: ProblemCollector,
) -> None:
    kind = OwnWords(KINDS[Usage.RESOURCE_CONTROL].name)
    principal = elements.get("Principal")
    if principal is not None and principals and principal.value != "*":
        problems.add("principal-not-everyone", principal.parts, kind=kind)
    if _is_full_access(statement):
        return
    if statement.effect == "Allow" and "Effect" in elements:
        problems.add("effect-not-allowed", elements["Effect"].parts, kind=kind)
    for text, parts in _texts(elements.get("Action")):
        if text.startswith("*"):
            problems.add("action-of-every-service", parts, kind=kind, found=text)
    why = OwnWords(
        "AWS's page about their syntax takes wildcards anywhere after the service's prefix, its "
        "policy check only at the end"
    )
    _note_early_wildcards(elements, why, problems)


def _is_full_access(statement: Statement) -> bool:
    """Whether it is the statement of AWS's own RCPFullAWSAccess."""
    return (
        statement.effect == "Allow"
        and statement.actions == statement.resources == ("*",)
        and not (statement.not_action or statement.not_resource or statement.conditions)
    )


def _of_endpoint(
    statement: Statement,
    elements: Elements,
    principals: Sequence[PlacedPrincipal],
    problems: ProblemCollector,
) -> None:
    _of_resource(statement, elements, principals, problems)
    for name in ("Resource", "NotResource"):
        for text, parts in _texts(elements.get(name)):
            _note_mixed_account(text, parts, problems)
    condition = elements.get("Condition")
    for operator, key, values in _conditions(condition):
        for text, parts in _texts(values):
            rule = _rule_about_condition(operator, key, text)
            if rule:
                _note_condition(text, rule, parts, problems)
            else:
                _note_mixed_account(text, parts, problems)


def _rule_about_condition(operator: str, key: str, text: str) -> str:
    """The rule of endpoint policies that a condition's value breaks, "" if none."""
    found = parse_operator(operator).operator
    if found is None:
        return ""
    has_wildcards = found.has_wildcards and _WILDCARD.search(text) is not None
    if key.lower() in _MADE_BY_AWS and (has_wildcards or found.family == "Numeric"):
        return "takes neither wildcards nor numeric operators with a key whose value AWS makes"
    if found.family == "String" and has_wildcards and not _wildcards_have_company(text):
        return f"needs {_BESIDE_A_WILDCARD} consecutive characters next to each wildcard"
    return ""


def _wildcards_have_company(text: str) -> bool:
    """Whether enough characters stand before or after each wildcard."""
    pieces = [len(piece) >= _BESIDE_A_WILDCARD for piece in _WILDCARD.split(text)]
    return all(before or after for before, after in pairwise(pieces))


def _note_mixed_account(text: str, parts: Parts, problems: ProblemCollector) -> None:
    pieces = text.split(":", _PARTS_TO_THE_ACCOUNT)
    if len(pieces) <= _PARTS_TO_THE_ACCOUNT or pieces[0] != "arn":
        return
    account = pieces[_PARTS_TO_THE_ACCOUNT - 1]
    if _WILDCARD.search(account) and account != "*":
        rule = "takes an account or a wildcard as the account of an ARN, not both in one"
        _note_condition(text, rule, parts, problems)


def _note_condition(text: str, rule: str, parts: Parts, problems: ProblemCollector) -> None:
    kind = OwnWords(KINDS[Usage.ENDPOINT].name)
    problems.add("endpoint-condition", parts, found=text, kind=kind, rule=OwnWords(rule))


def _note_early_wildcards(elements: Elements, why: OwnWords, problems: ProblemCollector) -> None:
    """Note the actions with a wildcard that is not at their end."""
    for name in ("Action", "NotAction"):
        for text, parts in _texts(elements.get(name)):
            if _WILDCARD.search(text.partition(":")[2].rstrip("*?")):
                problems.add("wildcard-left-open", parts, found=text, why=why)


def _type_and_value(placed: PlacedPrincipal) -> tuple[str, str]:
    return placed.principal.type, placed.principal.value


def _texts(element: Element | None) -> Iterator[tuple[str, Parts]]:
    """The texts and numbers of an element, one or a list of them, each with its place."""
    if element is None:
        return
    is_list = isinstance(element.value, list)
    for index, each in enumerate(
        element.value if isinstance(element.value, list) else [element.value]
    ):
        parts = (*element.parts, index) if is_list else element.parts
        if isinstance(each, str):
            yield each, parts
        elif isinstance(each, JsonNumber):
            yield each.text, parts


def _conditions(element: Element | None) -> Iterator[tuple[str, str, Element]]:
    """Every operator and key with its values."""
    for operator, keys, parts in _members(element):
        for key, values, place in _members(Element(keys, parts)):
            yield operator, key, Element(values, place)


def _members(element: Element | None) -> Iterator[tuple[str, Json, Parts]]:
    if element is not None and isinstance(element.value, dict):
        for name, value in element.value.items():
            yield name, value, (*element.parts, name)


_CHECKS: Mapping[Usage, Check] = {
    Usage.TRUST: _of_trust,
    Usage.RESOURCE: _of_resource,
    Usage.SERVICE_CONTROL: _of_service_control,
    Usage.RESOURCE_CONTROL: _of_resource_control,
    Usage.ENDPOINT: _of_endpoint,
}
