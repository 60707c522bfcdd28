"""Values that can never match and variables that can never be filled, with what follows.

They change no decision: the engine takes them as the language does. Source: IAM User Guide, "IAM
policy elements: Variables and tags", "Condition operators" and "AWS JSON policy elements:
Principal".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from policyhub.iam.language import variables
from policyhub.iam.language.arn import PARTS
from policyhub.iam.language.conditions import OperatorUse, parse_operator, presence
from policyhub.iam.language.conditions.operator import Operator
from policyhub.iam.language.elements import Condition, Effect
from policyhub.iam.reading.element_values import PlacedPrincipal
from policyhub.iam.reading.json_text import Parts
from policyhub.iam.reading.odd_texts import (
    has_wildcard,
    is_condition_key,
    placeholder_in,
    quasi_variable_in,
    why_never_filled,
    why_no_condition_key,
    why_no_principal,
    why_no_variable,
)
from policyhub.iam.reading.problem_collector import OwnWords, ProblemCollector, input_in_message

_NEVER = {"Allow": "this Allow never grants", "Deny": "this Deny never denies"}
_BUT_LITERALLY = ", unless something has these very characters"


class Oddity(NamedTuple):
    """Why a value is odd: the code of the problem, what it is about, and the reason in words.

    `operator` is the condition's, where the reason depends on it. `is_literal` says that the
    value is read as text of its own, which something can have, and `is_dead` that it matches
    nothing, or nothing but that.
    """

    code: str
    found: str
    reason: str = ""
    operator: str = ""
    is_literal: bool = False
    is_dead: bool = True


class ValuePlaces(NamedTuple):
    """Where the values of an element are: one alone, or each of a list."""

    parts: Parts
    is_list: bool

    def place(self, index: int) -> Parts:
        """The place of a value."""
        return (*self.parts, index) if self.is_list else self.parts


@dataclass(frozen=True, slots=True)
class Follows:
    """What follows for a statement from a list of which some entries match nothing."""

    effect: Effect
    are_exceptions: bool

    def of(self, noun: str, *, all_are: bool, excepts: str) -> str:
        """The consequence in words; `excepts` is that of a list of exceptions."""
        if self.are_exceptions:
            return excepts
        return _NEVER[self.effect] if all_are else f"only the other {noun} count"


def add_odd_resources(
    resources: Sequence[str],
    places: ValuePlaces,
    follows: Follows,
    version: str,
    problems: ProblemCollector,
) -> None:
    """Add the entries of Resource or NotResource that match nothing, or only odd text."""
    if not _is_suspicious("\0".join(resources)):
        return
    odd = [_odd_resource(each, version) for each in resources]
    if any(odd):
        then = follows.of("resources", all_are=_all_dead(odd), excepts="it excepts nothing")
        _add_all(odd, places, then, problems)


def add_odd_conditions(
    conditions: Sequence[Condition],
    places_of: Callable[[Condition], ValuePlaces],
    effect: Effect,
    version: str,
    problems: ProblemCollector,
) -> None:
    """Add the values of conditions that can never match, and what that makes of each."""
    for condition in conditions:
        use = _operator_use(condition.operator)
        if use.operator is None or _are_plain_texts(condition, use.operator):
            continue
        odd = [_odd_value(each, use.operator, version) for each in condition.values]
        if any(odd):
            whole = _all_dead(odd)
            follows = _what_follows(use, condition, effect) if whole else "only the others count"
            _add_all(odd, places_of(condition), follows, problems)


def add_odd_principals(
    placed: Sequence[PlacedPrincipal], follows: Follows, problems: ProblemCollector
) -> None:
    """Add the principals that are nobody's name."""
    reasons = [why_no_principal(each.principal) for each in placed]
    then = follows.of("principals", all_are=all(reasons), excepts="it excepts no one")
    for each, reason in zip(placed, reasons, strict=True):
        if reason:
            kind, value = each.principal.type, each.principal.value
            has_wildcards = kind == "AWS" and has_wildcard(value)
            problems.add(
                "wildcard-in-principal" if has_wildcards else "names-no-principal",
                each.parts,
                found=value,
                type=kind,
                reason=OwnWords(reason),
                consequence=OwnWords(then),
            )


def _all_dead(odd: Sequence[Oddity | None]) -> bool:
    return all(each is not None and each.is_dead for each in odd)


def _add_all(
    odd: Sequence[Oddity | None], places: ValuePlaces, follows: str, problems: ProblemCollector
) -> None:
    """Add the problems of one list; what follows holds but for text that is taken literally."""
    if any(each.is_literal for each in odd if each):
        follows += _BUT_LITERALLY
    for index, each in enumerate(odd):
        if each is not None:
            problems.add(
                each.code,
                places.place(index),
                found=each.found,
                consequence=OwnWords(follows),
                reason=OwnWords(each.reason),
                operator=each.operator,
            )


def _is_suspicious(text: str) -> bool:
    """Whether a text has a sign of what may be no plain text; most have none."""
    return "${" in text or "<" in text or "&{" in text


def _are_plain_texts(condition: Condition, operator: Operator) -> bool:
    """Whether the values are texts that match themselves, as most are."""
    return operator.family == "String" and not _is_suspicious("\0".join(condition.values))


@lru_cache(maxsize=1024)
def _operator_use(text: str) -> OperatorUse:
    return parse_operator(text)


def _what_follows(use: OperatorUse, condition: Condition, effect: Effect) -> str:
    """What a condition none of whose values can match makes of itself or of its statement."""
    negated = use.operator is not None and use.operator.negated
    key = f"`{input_in_message(condition.key)}`"
    if negated and use.qualifier != "ForAnyValue":
        return "this condition is always true"
    if negated and use.if_exists:
        return f"this condition is true unless {key} is an empty list"
    if negated:
        return f"this condition is true whenever {key} has a value"
    if use.qualifier == "ForAllValues":
        return f"this condition is true only if {key} has no value"
    if use.if_exists:
        return f"this condition is true only if the request has no {key}"
    return _NEVER[effect]


def _odd_value(value: str, operator: Operator, version: str) -> Oddity | None:
    """Why a condition's value can never match, or only text that has its odd characters."""
    if operator.takes_variables:
        odd = _odd_text(value, version) if _is_suspicious(value) else None
        if odd is not None or _has_variable(value, version):
            return odd
    if operator.can_match(value):
        return None
    if operator is presence.NULL:
        return Oddity("presence-not-asked", value)
    return Oddity("value-never-matches", value, operator.takes, operator.name)


def _odd_resource(resource: str, version: str) -> Oddity | None:
    if not _is_suspicious(resource):
        return None
    parts = resource.split(":", PARTS - 1)
    head, tail = ":".join(parts[: PARTS - 1]), parts[-1]
    if len(parts) < PARTS:
        head, tail = resource, ""
    if variables.variables_work(version) and "${" in head:
        found = "variable-outside-resource-part"
        return Oddity(found, resource)
    if placeholder_in(head):
        return Oddity("unfilled-placeholder", placeholder_in(head))
    return _odd_text(tail, version)


def _has_variable(value: str, version: str) -> bool:
    return variables.variables_work(version) and any(
        isinstance(part, variables.Variable) for part in variables.find_variables(value)
    )


def _odd_text(text: str, version: str) -> Oddity | None:
    """What is odd about a text in which variables work, the worst first."""
    parts = variables.find_variables(text)
    if not variables.variables_work(version):
        named = next((each for each in parts if isinstance(each, variables.Variable)), None)
        if named is not None:
            return Oddity("variable-in-older-version", named.text, is_literal=True)
        return _placeholder(text)
    return next(
        (
            odd
            for look in (_unfilled, _malformed, _placeholder_among, _always_its_default)
            for part in parts
            if (odd := look(part)) is not None
        ),
        None,
    )


def _unfilled(part: variables.Part) -> Oddity | None:
    """A variable that no request fills, and without a default."""
    if not isinstance(part, variables.Variable) or part.default is not None:
        return None
    reason = why_never_filled(part.key)
    return Oddity("variable-never-filled", part.text, reason) if reason else None


def _always_its_default(part: variables.Part) -> Oddity | None:
    """A variable whose key no request has, so that its default is always used."""
    if not isinstance(part, variables.Variable) or is_condition_key(part.key):
        return None
    reason = why_no_condition_key(part.key)
    return Oddity("variable-always-default", part.text, reason, is_dead=False)


def _malformed(part: variables.Part) -> Oddity | None:
    """Text that begins like a variable and is none."""
    if not isinstance(part, variables.LiteralText) or "${" not in part.text:
        return None
    found = quasi_variable_in(part.text)
    reason = why_no_variable(found)
    return Oddity("malformed-variable", found, reason, is_literal=True)


def _placeholder_among(part: variables.Part) -> Oddity | None:
    return _placeholder(part.text) if isinstance(part, variables.LiteralText) else None


def _placeholder(text: str) -> Oddity | None:
    found = placeholder_in(text)
    return Oddity("unfilled-placeholder", found, is_literal=True) if found else None
