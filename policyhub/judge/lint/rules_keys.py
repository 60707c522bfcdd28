"""Rules about condition keys: which exist, and which the actions of a statement take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache

from policyhub.catalog.facts.tables import fact_rows
from policyhub.iam.language.variables import Variable, find_variables, variables_work
from policyhub.iam.reading.json_text import Parts
from policyhub.iam.reading.odd_texts import is_condition_key
from policyhub.judge.lint.knowledge import knowledge
from policyhub.judge.lint.own_codes import FindingType
from policyhub.judge.lint.rules_actions import retired_services
from policyhub.judge.lint.subject import (
    LintedCondition,
    LintedPolicy,
    LintedStatement,
    RuleHit,
    path_of,
    quoted_list,
)
from policyhub.judge.reporting.finding import Edit, Fix

_ALIKE = 0.8
# Keys that AWS has given another name, in lower case, with that name.
_RETIRED: Mapping[str, str] = {"aws:arn": "aws:PrincipalArn"}
# Keys of families that say nothing without the name behind the slash.
_FAMILIES = (
    *("aws:requesttag", "aws:resourcetag", "aws:principaltag"),
    *("ec2:resourcetag", "iam:resourcetag", "ssm:resourcetag"),
)
# Keys that callers fill as they like.
_UNTRUSTWORTHY = frozenset({"aws:referer", "aws:useragent"})
# Keys that say something only together with one of others.
_PAIRED: Mapping[str, tuple[str, ...]] = {
    "aws:vpcsourceip": ("aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpceaccount"),
}


def unknown_keys(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Condition keys that neither AWS nor a service has."""
    found = [
        hit
        for _, condition in subject.each_condition()
        if (hit := _unknown_key(subject, condition)) is not None
    ]
    yield from _together(found) if subject.is_aws_managed else found


def _unknown_key(subject: LintedPolicy, condition: LintedCondition) -> RuleHit | None:
    key = condition.key
    prefix = key.partition(":")[0]
    if ":" not in key or key in _RETIRED or key.rstrip("/") in _FAMILIES:
        return None
    if subject.facts.condition_key(key) is not None or "." in prefix or "/" in prefix:
        return None
    code = "INVALID_GLOBAL_CONDITION_KEY" if prefix == "aws" else "INVALID_SERVICE_CONDITION_KEY"
    near = _near_keys(subject, key)
    told = f"; near: {quoted_list(near)}" if near else ""
    written = condition.condition.key
    if prefix == "aws":
        message = f"there is no global condition key `{written}`{told}"
    elif prefix in subject.facts.reference.services:
        message = f"the service `{prefix}` has no condition key `{written}`{told}"
    else:
        message = f"no service has the prefix of the condition key `{written}`{told}"
    fix = _renamed(condition, near[0]) if len(near) == 1 else None
    # Of a service that AWS has retired nothing is listed, its keys no more than its actions.
    type_: FindingType | None = "warning" if prefix in retired_services() else None
    return RuleHit(code, condition.parts, message, {"key": written}, fix, type_, at_name=True)


def _near_keys(subject: LintedPolicy, key: str) -> list[str]:
    prefix = key.partition(":")[0]
    reference = subject.facts.reference
    keys = reference.global_condition_keys if prefix == "aws" else reference.condition_keys(prefix)
    known = {each.name.lower(): each.name for each in keys if "$" not in each.name}
    return [known[each] for each in get_close_matches(key, known, 3, _ALIKE)]


def _renamed(condition: LintedCondition, name: str) -> Fix:
    return Fix(f"write `{name}`", (Edit("rename", path_of(condition.parts), name),))


def _together(found: list[RuleHit]) -> Iterator[RuleHit]:
    """One finding for a document of AWS's, which knows its keys better than the reference."""
    if found:
        keys = sorted({str(each.evidence["key"]) for each in found})
        message = f"the service authorization reference does not list {quoted_list(keys)}"
        first = found[0]
        yield RuleHit(
            first.code, first.parts, message, {"keys": keys}, None, "suggestion", at_name=True
        )


def unknown_variables(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Variables of keys that do not exist, so that they never have a value."""
    if not variables_work(subject.policy.version):
        return
    for parts, text in _texts_with_variables(subject):
        for each in find_variables(text):
            if isinstance(each, Variable) and _is_unknown(subject, each.key):
                near = _near_keys(subject, each.key.lower())
                told = f"; near: {quoted_list(near)}" if near else ""
                message = f"no request fills `{each.text}`, since there is no such key{told}"
                fix = None
                if len(near) == 1:
                    right = text.replace(each.text, each.text.replace(each.key, near[0]))
                    edit = Edit("replace", path_of(parts), right)
                    fix = Fix(f"write `{near[0]}`", (edit,))
                evidence = {"variable": each.text}
                yield RuleHit("UNKNOWN_VARIABLE", parts, message, evidence, fix)


def _is_unknown(subject: LintedPolicy, key: str) -> bool:
    """Whether a key has the form of one, and a prefix of which all keys are known."""
    prefix = key.lower().partition(":")[0]
    is_known_prefix = prefix == "aws" or prefix in subject.facts.reference.services
    has_form = is_condition_key(key)
    return is_known_prefix and has_form and subject.facts.condition_key(key) is None


def _texts_with_variables(subject: LintedPolicy) -> Iterator[tuple[Parts, str]]:
    """The resources and condition values with a variable, each with its place."""
    for statement in subject.statements:
        for index, resource in enumerate(statement.statement.resources):
            if "${" in resource:
                yield statement.resource_parts(index), resource
        for condition in statement.conditions:
            for index, value in enumerate(condition.condition.values):
                if "${" in value:
                    yield condition.value_parts(index), value


def retired_keys(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Keys that have another name today."""
    for _, condition in subject.each_condition():
        right = _RETIRED.get(condition.key)
        if right:
            message = f"`{condition.condition.key}` is no longer supported: use `{right}`"
            evidence = {"key": condition.condition.key, "instead": right}
            code = "DEPRECATED_GLOBAL_CONDITION_KEY"
            fix = _renamed(condition, right)
            yield RuleHit(code, condition.parts, message, evidence, fix, at_name=True)


def tag_keys_without_a_name(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Keys about a tag that do not say which."""
    for _, condition in subject.each_condition():
        if condition.key.rstrip("/") in _FAMILIES:
            written = condition.condition.key
            message = f"`{written}` names no tag: write `{written.rstrip('/')}/` and the tag's key"
            code = "MISSING_TAG_KEY_IN_CONDITION"
            yield RuleHit(code, condition.parts, message, {"key": written}, at_name=True)


def keys_that_actions_lack(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Conditions on a key that requests for the statement's actions never have."""
    for statement in subject.statements:
        if statement.statement.not_action:
            continue
        for condition in statement.conditions:
            if condition.needs_the_key and _is_of_a_service(subject, condition.key):
                yield from _lacking(statement, condition)


def _is_of_a_service(subject: LintedPolicy, key: str) -> bool:
    """Whether the key is known and its actions are listed."""
    known = knowledge(subject.facts)
    return not known.is_general(key) and subject.facts.condition_key(key) is not None


def _lacking(statement: LintedStatement, condition: LintedCondition) -> Iterator[RuleHit]:
    """Actions that never have the key; one finding per condition."""
    known = knowledge(statement.subject.facts)
    lacking = [
        pattern
        for pattern, actions in zip(
            statement.statement.actions, statement.known_actions, strict=True
        )
        if actions and not any(known.takes(each, condition.key) for each in actions)
    ]
    if not lacking:
        return
    key = condition.condition.key
    effect = "allows" if statement.allows else "denies"
    names = quoted_list(lacking)
    message = (
        f"by the service authorization reference requests for {names} never have the key `{key}`, "
        f"so the statement {effect} none of them"
    )
    evidence = {"statement": statement.evidence, "key": key, "actions": lacking}
    code = "UNSUPPORTED_ACTION_FOR_CONDITION_KEY"
    is_doubtful = statement.subject.is_aws_managed or all(
        (each.lower(), condition.key) in keys_outside_the_reference() for each in lacking
    )
    type_: FindingType | None = "suggestion" if is_doubtful else None
    yield RuleHit(code, condition.parts, message, evidence, None, type_, at_name=True)


@cache
def keys_outside_the_reference() -> frozenset[tuple[str, str]]:
    """Actions and keys, in lower case, that AWS's own policies use together in spite of it."""
    return frozenset(
        (row["action"].lower(), row["key"].lower()) for row in fact_rows("keys-outside-reference")
    )


def untrustworthy_keys(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Allows that rest on a key whose value the caller chooses."""
    for statement, condition in subject.each_condition():
        if statement.allows and condition.key in _UNTRUSTWORTHY and condition.needs_the_key:
            key = condition.condition.key
            message = f"any caller can send any value of `{key}`, so it limits no one"
            code = "UNTRUSTWORTHY_CONDITION_KEY"
            yield RuleHit(code, condition.parts, message, {"key": key}, at_name=True)


def keys_without_their_partner(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Keys that are not unique unless another key is required as well."""
    for statement, condition in subject.each_condition():
        partners = _PAIRED.get(condition.key)
        if partners and not any(statement.on_key(each) for each in partners):
            key = condition.condition.key
            others = quoted_list(list(partners))
            message = f"`{key}` is the same in many VPCs: require one of {others} too"
            code = "MISSING_PAIRED_CONDITION_KEYS"
            yield RuleHit(code, condition.parts, message, {"key": key}, at_name=True)


RULES = (
    unknown_keys,
    unknown_variables,
    retired_keys,
    tag_keys_without_a_name,
    keys_that_actions_lack,
    untrustworthy_keys,
    keys_without_their_partner,
)
