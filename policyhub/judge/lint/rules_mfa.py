"""Rules about multi-factor authentication: conditions that requests without it pass too."""

from __future__ import annotations

from collections.abc import Iterator

from policyhub.judge.lint.subject import LintedCondition, LintedPolicy, RuleHit

# Requests that are signed with long-term access keys have neither of these keys.
_KEYS = ("aws:multifactorauthpresent", "aws:multifactorauthage")
_PASSED = "requests with long-term access keys don't have `{}`, and {}"


def passed_without_mfa(subject: LintedPolicy) -> Iterator[RuleHit]:
    """An Allow with IfExists, or a Deny that needs the key: neither hits requests without it."""
    if _denies_without_the_key(subject):
        return
    for statement, condition in subject.each_condition():
        if condition.key not in _KEYS or not _asks_for_mfa(condition, allows=statement.allows):
            continue
        if any(each.needs_the_key for each in _others(statement.conditions, condition)):
            continue
        key, operator = condition.condition.key, condition.condition.operator
        if statement.allows and condition.use.if_exists:
            why = f"`{operator}` allows them: leave out IfExists"
        elif not statement.allows and condition.needs_the_key:
            why = f"`{operator}` does not deny them: write `{operator}IfExists`"
        else:
            continue
        evidence = {"statement": statement.evidence, "key": key, "operator": operator}
        message = _PASSED.format(key, why)
        yield RuleHit("MFA_NOT_REQUIRED", condition.parts, message, evidence, at_name=True)


def _asks_for_mfa(condition: LintedCondition, *, allows: bool) -> bool:
    """Whether an Allow asks for its presence or for a recent one, or a Deny for the contrary."""
    if condition.family == "Numeric":
        return True
    wanted = "true" if allows else "false"
    values = {each.lower() for each in condition.condition.values}
    return condition.family in ("Bool", "String") and values == {wanted}


def _others(
    conditions: tuple[LintedCondition, ...], one: LintedCondition
) -> Iterator[LintedCondition]:
    return (each for each in conditions if each is not one and each.key in _KEYS)


def _denies_without_the_key(subject: LintedPolicy) -> bool:
    """Whether a Deny is about requests without the key: they are thought of there."""
    return any(
        condition.family == "Null" and not condition.needs_the_key
        for statement, condition in subject.each_condition()
        if not statement.allows and condition.key in _KEYS
    )


RULES = (passed_without_mfa,)
