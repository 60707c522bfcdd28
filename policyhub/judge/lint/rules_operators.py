"""Rules about condition operators: those that do not fit their key, and set operators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policyhub.iam.deciding.condition_keys import KeyTraits
from policyhub.iam.language import variables
from policyhub.iam.language.conditions.arns import has_all_parts
from policyhub.iam.language.variables import Variable, find_variables
from policyhub.judge.lint.own_codes import FindingType
from policyhub.judge.lint.subject import (
    LintedCondition,
    LintedPolicy,
    LintedStatement,
    RuleHit,
    path_of,
    quoted_list,
)
from policyhub.judge.reporting.finding import Edit, Fix

# The families of operators that can match values of a type, besides `Null`. A string operator
# compares the text of any value, which works where there is one way to write it: not of numbers,
# for 10, 10.0 and 010 are one.
_FITTING: Mapping[str, frozenset[str]] = {
    "String": frozenset({"String"}),
    "ARN": frozenset({"Arn", "String"}),
    "Bool": frozenset({"Bool", "String"}),
    "Date": frozenset({"Date", "Numeric"}),
    "Numeric": frozenset({"Numeric"}),
    "IPAddress": frozenset({"IpAddress"}),
    "Binary": frozenset({"Binary"}),
}
_USUAL = {
    "String": "StringEquals or StringLike",
    "ARN": "ArnLike",
    "Bool": "Bool",
    "Date": "DateLessThan or DateGreaterThan",
    "Numeric": "NumericEquals and its like",
    "IPAddress": "IpAddress",
    "Binary": "BinaryEquals",
}
_TAG_KEYS, _A_TAG = "aws:tagkeys", "aws:requesttag/"
_WITH_WILDCARDS = {
    "stringequals": "StringLike",
    "stringnotequals": "StringNotLike",
}


def operators_of_another_type(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Operators that can't compare with values of the key's type."""
    for _, condition in subject.each_condition():
        known = subject.facts.condition_key(condition.key)
        if known is None or condition.family in ("", "Null"):
            continue
        if condition.family in _fitting(known, condition):
            continue
        operator, key = condition.condition.operator, condition.condition.key
        message = (
            f"`{key}` has values of the type {known.type}, which `{operator}` does not compare: "
            f"use {_USUAL[known.type]}"
        )
        evidence = {"key": key, "operator": operator, "type": known.type}
        place = condition.parts
        yield RuleHit("TYPE_MISMATCH", place, message, evidence, at_name=True)


def _fitting(known: KeyTraits, condition: LintedCondition) -> frozenset[str]:
    """The families that fit; of a text where only the reference calls it one, any may.

    The text of a tag can be an ARN: then ARN operators compare it, if they are given ARNs.
    """
    families = _FITTING[known.type]
    if known.type != "String":
        return families
    if not known.is_certain:
        return families | {"Arn", "Bool", "Numeric", "Date", "Binary"}
    are_arns = all(has_all_parts(each) for each in condition.condition.values)
    return families | {"Arn"} if are_arns else families


def wildcards_read_literally(subject: LintedPolicy) -> Iterator[RuleHit]:
    """`*` and `?` in values of operators that compare them as characters."""
    for statement, condition in subject.each_condition():
        operator = condition.use.operator
        if operator is None or operator.family != "String" or operator.has_wildcards:
            continue
        wild = [each for each in condition.condition.values if _has_wildcards(each, subject)]
        if wild:
            written = condition.condition.operator
            message = (
                f"{quoted_list(wild)} contains a wildcard, which `{written}` compares as that very "
                "character"
            )
            evidence = {"operator": written, "key": condition.condition.key, "values": wild}
            index = condition.condition.values.index(wild[0])
            code = "WILDCARD_WITHOUT_LIKE_OPERATOR"
            fix = _with_like(statement, condition)
            yield RuleHit(code, condition.value_parts(index), message, evidence, fix)


def _has_wildcards(value: str, subject: LintedPolicy) -> bool:
    if not variables.variables_work(subject.policy.version):
        return "*" in value or "?" in value
    parts = find_variables(value)
    texts = [each.text for each in parts if isinstance(each, variables.LiteralText)]
    return any("*" in each or "?" in each for each in texts)


def _with_like(statement: LintedStatement, condition: LintedCondition) -> Fix | None:
    """The same condition under the operator that takes wildcards, unless that has the key."""
    operator = condition.use.operator
    like = _WITH_WILDCARDS.get(operator.name.lower()) if operator else None
    if like is None:
        return None
    written = condition.condition.operator
    before = written.rpartition(":")[0]
    suffix = "IfExists" if condition.use.if_exists else ""
    right = f"{before}:{like}{suffix}" if before else f"{like}{suffix}"
    block = statement.value["Condition"]
    if any(each.lower() == right.lower() for each in block):
        return None
    path = path_of(condition.operator_parts)
    if len(block[written]) == 1:
        return Fix(f"write `{right}`", (Edit("rename", path, right),))
    target = path_of((*statement.parts, "Condition", right, condition.condition.key))
    value = block[written][condition.condition.key]
    return Fix(
        f"move the key to `{right}`",
        (Edit("add", target, value), Edit("remove", path_of(condition.parts))),
    )


def arns_compared_as_text(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Wildcards of StringLike in an ARN, which also match colons."""
    if subject.is_aws_managed:
        return
    for statement, condition in subject.each_condition():
        known = subject.facts.condition_key(condition.key)
        operator = condition.use.operator
        is_like = operator is not None and operator.name in ("StringLike", "StringNotLike")
        if known is None or known.type != "ARN" or not is_like or not statement.allows:
            continue
        wild = [each for each in condition.condition.values if "*" in each and each != "*"]
        if wild:
            written = condition.condition.operator
            message = (
                f"with `{written}` the wildcards of {quoted_list(wild)} match colons too, so that "
                "other accounts or services can fit: use ArnLike"
            )
            evidence = {"key": condition.condition.key, "values": wild}
            code = "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"
            yield RuleHit(code, condition.parts, message, evidence, at_name=True)


def unguarded_for_all_values(subject: LintedPolicy) -> Iterator[RuleHit]:
    """ForAllValues in an Allow whose key may be missing."""
    for statement, condition in subject.each_condition():
        if condition.use.qualifier != "ForAllValues" or not statement.allows:
            continue
        if _requires(statement, condition.key):
            continue
        key, operator = condition.condition.key, condition.condition.operator
        is_single = _is_single(subject, condition.key)
        if is_single:
            code = "FORALLVALUES_WITH_SINGLE_VALUED_KEY"
            message = (
                f"`{key}` has one value at most, and `{operator}` is also true without it: leave "
                "out ForAllValues"
            )
            fix = _without_qualifier(statement, condition)
        else:
            code = "UNGUARDED_FORALLVALUES"
            message = f"`{operator}` is also true for requests without `{key}`: require it by Null"
            fix = _guarded(statement, condition)
        evidence = {"statement": statement.evidence, "key": key, "operator": operator}
        yield RuleHit(code, condition.parts, message, evidence, fix, at_name=True)


def _requires(statement: LintedStatement, key: str) -> bool:
    """Whether another condition is false for requests without the key.

    A request with a tag has the keys of its tags too.
    """
    return any(
        each.needs_the_key
        for each in statement.conditions
        if each.key == key or (key == _TAG_KEYS and each.key.startswith(_A_TAG))
    )


def _is_single(subject: LintedPolicy, key: str) -> bool:
    known = subject.facts.condition_key(key)
    return known is not None and known.is_list is False


def _guarded(statement: LintedStatement, condition: LintedCondition) -> Fix:
    """A Null condition that requires the key."""
    block = statement.value["Condition"]
    null = next((each for each in block if each.lower() == "null"), "Null")
    path = path_of((*statement.parts, "Condition", null, condition.condition.key))
    return Fix(f"require `{condition.condition.key}`", (Edit("add", path, "false"),))


def _without_qualifier(statement: LintedStatement, condition: LintedCondition) -> Fix | None:
    written = condition.condition.operator
    plain = written.partition(":")[2]
    block = statement.value["Condition"]
    if any(each.lower() == plain.lower() for each in block) or len(block[written]) > 1:
        return None
    edit = Edit("rename", path_of(condition.operator_parts), plain)
    return Fix(f"write `{plain}`", (edit,))


def set_operator_on_a_single_value(subject: LintedPolicy) -> Iterator[RuleHit]:
    """ForAnyValue, or ForAllValues in a Deny, on a key that never has several values."""
    for statement, condition in subject.each_condition():
        qualifier = condition.use.qualifier
        if not qualifier or not _is_single(subject, condition.key):
            continue
        if qualifier == "ForAllValues" and statement.allows:
            continue
        key = condition.condition.key
        is_audience = qualifier == "ForAnyValue" and key.lower().endswith((":aud", ":oaud"))
        code = (
            "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE"
            if is_audience
            else "SET_OPERATOR_WITH_SINGLE_VALUED_KEY"
        )
        message = f"`{key}` has one value at most: leave out {qualifier}"
        evidence = {"key": key, "operator": condition.condition.operator}
        fix = _without_qualifier(statement, condition) if qualifier == "ForAnyValue" else None
        yield RuleHit(code, condition.parts, message, evidence, fix, at_name=True)


def list_without_set_operator(subject: LintedPolicy) -> Iterator[RuleHit]:
    """A key that has a list of values, compared as if it had one."""
    for _, condition in subject.each_condition():
        known = subject.facts.condition_key(condition.key)
        if known is None or condition.use.qualifier or condition.family in ("", "Null"):
            continue
        if known.is_list is None:
            key, operator = condition.condition.key, condition.condition.operator
            message = (
                f"`{key}` has a list of values: write `ForAnyValue:{operator}` or "
                f"`ForAllValues:{operator}`"
            )
            evidence = {"key": key, "operator": operator}
            # Of other keys only the reference says so, which is not always right.
            type_: FindingType | None = None if known.is_certain else "suggestion"
            yield RuleHit(
                "MISSING_QUALIFIER", condition.parts, message, evidence, None, type_, at_name=True
            )


def absent_and_with_a_value(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Null with true together with a condition that needs the key."""
    for statement in subject.statements:
        for condition in statement.conditions:
            if condition.family != "Null" or not _asks_for_absence(condition):
                continue
            others = [each for each in statement.on_key(condition.key) if each.needs_the_key]
            if others:
                key = condition.condition.key
                other = others[0].condition.operator
                message = (
                    f"`Null` requires that `{key}` is absent, and `{other}` that it has a value, "
                    "so the statement never applies"
                )
                evidence = {"statement": statement.evidence, "key": key, "operator": other}
                code = "CONTRADICTORY_NULL"
                yield RuleHit(code, condition.parts, message, evidence, at_name=True)


def _asks_for_absence(condition: LintedCondition) -> bool:
    values = [each.lower() for each in condition.condition.values]
    return bool(values) and all(each == "true" for each in values)


def both_booleans(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Bool with true and false, which every value meets."""
    for _, condition in subject.each_condition():
        values = {each.lower() for each in condition.condition.values}
        if condition.family == "Bool" and values == {"true", "false"}:
            key = condition.condition.key
            message = f"`{key}` is compared with both true and false, which every request meets"
            code = "INVALID_CONDITION_MULTIPLE_BOOLEAN"
            yield RuleHit(code, condition.parts, message, {"key": key}, at_name=True)


def variables_where_none_work(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Variables in values of operators that do not fill them."""
    if not variables.variables_work(subject.policy.version):
        return
    for _, condition in subject.each_condition():
        operator = condition.use.operator
        if operator is None or operator.takes_variables:
            continue
        for index, value in enumerate(condition.condition.values):
            if any(isinstance(each, Variable) for each in find_variables(value)):
                message = (
                    f"`{condition.condition.operator}` does not fill the variable in `{value}`"
                )
                evidence = {"operator": condition.condition.operator, "value": value}
                code = "INVALID_VARIABLE_FOR_OPERATOR"
                yield RuleHit(code, condition.value_parts(index), message, evidence)


RULES = (
    operators_of_another_type,
    wildcards_read_literally,
    arns_compared_as_text,
    unguarded_for_all_values,
    set_operator_on_a_single_value,
    list_without_set_operator,
    absent_and_with_a_value,
    both_booleans,
    variables_where_none_work,
)
