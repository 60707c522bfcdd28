"""Rules about values of conditions that say no more than others, or than that there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from policyhub.iam.language import variables
from policyhub.iam.language.conditions import strings
from policyhub.iam.language.conditions.dates import seconds_since_1970
from policyhub.iam.language.conditions.numbers import read_number
from policyhub.iam.language.patterns import covers
from policyhub.judge.lint.rules_values import network_of
from policyhub.judge.lint.subject import (
    LintedCondition,
    LintedPolicy,
    RuleHit,
    path_of,
    quoted_list,
)
from policyhub.judge.reporting.finding import Edit, Fix


def any_value(subject: LintedPolicy) -> Iterator[RuleHit]:
    """A pattern that every value fits, which only asks whether the key is there."""
    for _, condition in subject.each_condition():
        if condition.use.qualifier or condition.use.if_exists or condition.is_negated:
            continue
        operator = condition.use.operator
        if operator is strings.LIKE and any(
            not each.strip("*") and each for each in condition.condition.values
        ):
            key = condition.condition.key
            message = f"every value of `{key}` fits `*`: Null with false says the same"
            code = "EQUIVALENT_TO_NULL_FALSE"
            yield RuleHit(code, condition.parts, message, {"key": key}, at_name=True)


def repeated_values(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Values that another value of the list covers."""
    works = variables.variables_work(subject.policy.version)
    for _, condition in subject.each_condition():
        operator = condition.use.operator
        if operator is None or not condition.is_list or operator.family not in _COVERING:
            continue
        covering = _COVERING[operator.family](condition, works)
        pairs = dict(_covered(condition.condition.values, covering))
        if pairs:
            yield _repeated(condition, pairs)


def _repeated(condition: LintedCondition, pairs: Mapping[int, int]) -> RuleHit:
    is_number = condition.family == "Numeric"
    values = condition.condition.values
    told = [{"value": values[one], "coveredBy": values[other]} for one, other in pairs.items()]
    names = quoted_list([each["value"] for each in told])
    message = f"{names} {'is' if len(told) == 1 else 'are'} already covered by another value"
    edits = tuple(Edit("remove", path_of(condition.value_parts(each))) for each in pairs)
    return RuleHit(
        "REDUNDANT_CONDITION_VALUE_NUM" if is_number else "REDUNDANT_CONDITION_VALUE",
        condition.value_parts(min(pairs)),
        message,
        {"key": condition.condition.key, "redundant": told},
        Fix(f"remove {names}", edits),
    )


Covering = Callable[[str, str], bool]


def _covered(values: Sequence[str], covering: Covering) -> Iterator[tuple[int, int]]:
    """The indexes of values that others cover, each with one that stays."""
    gone: set[int] = set()
    for index, value in enumerate(values):
        for other, outer in enumerate(values):
            if other != index and other not in gone and covering(outer, value):
                gone.add(index)
                yield index, other
                break


def _texts_covering(condition: LintedCondition, works: bool) -> Covering:
    operator = condition.use.operator
    ignores_case = operator is not None and "IgnoreCase" in operator.name
    has_wildcards = operator is not None and operator.has_wildcards

    def covering(outer: str, inner: str) -> bool:
        if outer == inner:
            return True
        if ignores_case:
            return outer.lower() == inner.lower()
        is_plain = not works or ("${" not in outer and "${" not in inner)
        return has_wildcards and is_plain and covers(outer, inner)

    return covering


def _ranges_covering(condition: LintedCondition, works: bool) -> Covering:
    def covering(outer: str, inner: str) -> bool:
        one, other = network_of(outer), network_of(inner)
        if one is None or other is None or one.version != other.version:
            return False
        return other.subnet_of(one)  # type: ignore[arg-type]

    return covering


def _limits_covering(condition: LintedCondition, works: bool) -> Covering:
    """Of several limits the widest counts, since one that is met suffices."""
    name = condition.use.operator.name if condition.use.operator else ""
    read = seconds_since_1970 if condition.family == "Date" else read_number

    def covering(outer: str, inner: str) -> bool:
        one, other = read(outer), read(inner)
        if one is None or other is None or condition.use.qualifier:
            return outer == inner
        if "LessThan" in name:
            return one >= other
        return one <= other if "GreaterThan" in name else one == other

    return covering


def _same(condition: LintedCondition, works: bool) -> Covering:
    return lambda outer, inner: outer == inner


_COVERING: Mapping[str, Callable[[LintedCondition, bool], Covering]] = {
    "String": _texts_covering,
    "IpAddress": _ranges_covering,
    "Arn": _same,
    "Numeric": _limits_covering,
    "Date": _limits_covering,
}

RULES = (any_value, repeated_values)
