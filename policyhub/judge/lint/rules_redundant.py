"""Rules about actions and resources that another statement of the document allows anyway.

The other statement has no further conditions, and covers the resources (or the actions) by its
text, so that removing the part changes nothing for any request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from policyhub.iam.language.elements import Statement
from policyhub.iam.language.patterns import covers, split_action
from policyhub.iam.language.resources import resources_are_covered
from policyhub.judge.lint.subject import (
    LintedPolicy,
    LintedStatement,
    RuleHit,
    path_of,
    quoted_list,
)
from policyhub.judge.reporting.finding import Edit, Fix

_MOST_STATEMENTS = 400


def parts_of_other_statements(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Actions and resources of an Allow that another Allow covers."""
    allows = [each for each in subject.statements if each.allows]
    if len(allows) > _MOST_STATEMENTS or any(
        each.statement.principals is not None for each in allows
    ):
        return
    for statement in allows:
        if statement.statement.not_action or statement.statement.not_resource:
            continue
        wider = [each for each in allows if _has_no_further_conditions(each, statement)]
        yield from _actions(statement, wider)
        yield from _resources(statement, wider)


def _has_no_further_conditions(other: LintedStatement, statement: LintedStatement) -> bool:
    if other is statement or other.statement.not_action:
        return False
    return set(other.statement.conditions) <= set(statement.statement.conditions)


def _is_first_of_equals(other: LintedStatement, statement: LintedStatement, mutual: bool) -> bool:
    """Whether the part goes from this statement and not from the other, which covers it too."""
    return not mutual or other.statement.position < statement.statement.position


def _actions(statement: LintedStatement, wider: Sequence[LintedStatement]) -> Iterator[RuleHit]:
    version = statement.subject.policy.version
    own = statement.statement
    covering: dict[int, LintedStatement] = {}
    for other in wider:
        if not resources_are_covered(own, (other.statement,), version):
            continue
        mutual = _is_wider(own, other.statement, version)
        if _is_first_of_equals(other, statement, mutual):
            for index, action in enumerate(own.actions):
                if index not in covering and _covers_action(other, action):
                    covering[index] = other
    if covering and len(covering) < len(own.actions):
        yield _covered_actions(statement, covering)


def _is_wider(one: Statement, other: Statement, version: str) -> bool:
    """Whether one statement has all resources of the other and no further conditions."""
    return set(one.conditions) <= set(other.conditions) and resources_are_covered(
        other, (one,), version
    )


def _covers_action(other: LintedStatement, action: str) -> bool:
    """Whether one of a statement's own patterns covers an action pattern."""
    if action.lower() in other.actions_as_written:
        return True
    wide = other.wide_actions
    candidates = (*wide.get(split_action(action)[0], ()), *wide.get("*", ()))
    return any(covers(each, action, ignore_case=True) for each in candidates)


def _covered_actions(statement: LintedStatement, covering: dict[int, LintedStatement]) -> RuleHit:
    own = statement.statement
    names = quoted_list([own.actions[each] for each in covering])
    told = [
        {"action": own.actions[at], "allowedBy": other.statement.position}
        for at, other in covering.items()
    ]
    message = f"{names} {_is(told)} already allowed by {_names_in_words(list(covering.values()))}"
    edits = tuple(Edit("remove", path_of(statement.action_parts(each))) for each in covering)
    place = statement.action_parts(min(covering))
    evidence = {"statement": statement.evidence, "redundant": told}
    return RuleHit("REDUNDANT_ACTION", place, message, evidence, Fix(f"remove {names}", edits))


def _resources(statement: LintedStatement, wider: Sequence[LintedStatement]) -> Iterator[RuleHit]:
    version = statement.subject.policy.version
    own = statement.statement
    covering: dict[int, LintedStatement] = {}
    for other in wider:
        if not all(_covers_action(other, each) for each in own.actions):
            continue
        has_same_actions = all(_covers_action(statement, each) for each in other.statement.actions)
        mutual = has_same_actions and set(own.conditions) <= set(other.statement.conditions)
        if _is_first_of_equals(other, statement, mutual):
            for index, resource in enumerate(own.resources):
                alone = replace(own, resources=(resource,))
                if index not in covering and resources_are_covered(
                    alone, (other.statement,), version
                ):
                    covering[index] = other
    if covering and len(covering) < len(own.resources):
        yield _covered_resources(statement, covering)


def _covered_resources(statement: LintedStatement, covering: dict[int, LintedStatement]) -> RuleHit:
    own = statement.statement
    names = quoted_list([own.resources[each] for each in covering])
    told = [
        {"resource": own.resources[at], "allowedBy": other.statement.position}
        for at, other in covering.items()
    ]
    message = f"{names} {_is(told)} already covered by {_names_in_words(list(covering.values()))}"
    edits = tuple(Edit("remove", path_of(statement.resource_parts(each))) for each in covering)
    place = statement.resource_parts(min(covering))
    evidence = {"statement": statement.evidence, "redundant": told}
    return RuleHit("REDUNDANT_RESOURCE", place, message, evidence, Fix(f"remove {names}", edits))


def _is(items: Sequence[object]) -> str:
    return "is" if len(items) == 1 else "are"


def _names_in_words(statements: Sequence[LintedStatement]) -> str:
    names = list(dict.fromkeys(each.name for each in statements))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


RULES = (parts_of_other_statements,)
