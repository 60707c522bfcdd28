"""Rules that need a proof: conditions that are never true or change nothing, statements without
effect.

Removing a part changes nothing if neither document allows a request that the other does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from policyhub.catalog.access.verdicts import matching_positions
from policyhub.iam.budget import Steps
from policyhub.iam.language.elements import Condition, Statement
from policyhub.iam.language.resources import resources_are_apart
from policyhub.judge.lint.proving import (
    STEPS_OF_A_DOCUMENT,
    are_never_true,
    change_nothing,
    follows,
)
from policyhub.judge.lint.rules_operators import absent_and_with_a_value
from policyhub.judge.lint.rules_statements import repeated_statements
from policyhub.judge.lint.subject import (
    LintedCondition,
    LintedPolicy,
    LintedStatement,
    RuleHit,
    path_of,
)
from policyhub.judge.reporting.finding import Edit, Fix

# Documents with more statements than this are not compared with themselves statement by statement.
_MOST_STATEMENTS = 400


def conditions_never_true(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Statements whose conditions no request meets."""
    known = {tuple(each.parts[:2]) for each in absent_and_with_a_value(subject)}
    for statement in subject.statements:
        is_reported = tuple(statement.parts[:2]) in known
        if (
            is_reported
            or not statement.conditions
            or not all(map(_can_match, statement.conditions))
        ):
            continue
        culprit = _culprit(statement)
        if culprit:
            yield _never_true(statement, culprit)


def _can_match(condition: LintedCondition) -> bool:
    """Whether the grammar has nothing to say of the values."""
    operator = condition.use.operator
    return operator is not None and any(
        "${" in each or operator.can_match(each) for each in condition.condition.values
    )


def _culprit(statement: LintedStatement) -> Sequence[LintedCondition]:
    """The conditions that are never true together: one alone if possible; none without proof."""
    version, facts = statement.subject.policy.version, statement.subject.facts
    for each in statement.conditions:
        if are_never_true([each.condition], version, facts):
            return [each]
    for key in dict.fromkeys(each.key for each in statement.conditions):
        about = statement.on_key(key)
        if len(about) > 1 and are_never_true([each.condition for each in about], version, facts):
            return about
    return []


def _never_true(statement: LintedStatement, culprit: Sequence[LintedCondition]) -> RuleHit:
    names = " and ".join(
        f"`{each.condition.operator}` of `{each.condition.key}`" for each in culprit
    )
    can = "is never true" if len(culprit) == 1 else "are never true together"
    effect = "this Allow never grants" if statement.allows else "this Deny never denies"
    evidence = {
        "statement": statement.evidence,
        "conditions": [_as_json(each.condition) for each in culprit],
    }
    message = f"{names} {can}, so {effect}"
    return RuleHit("NEVER_TRUE_CONDITION", culprit[0].parts, message, evidence, at_name=True)


def _as_json(condition: Condition) -> dict[str, object]:
    return {
        "operator": condition.operator,
        "key": condition.key,
        "values": list(condition.values),
    }


def redundant_conditions(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Conditions that are true whenever the others of the statement are."""
    for statement in subject.statements:
        gone: list[LintedCondition] = []
        for condition in statement.conditions:
            others = [
                each.condition
                for each in statement.on_key(condition.key)
                if each is not condition and each not in gone
            ]
            if condition.use.operator is not None and _follows(subject, condition, others):
                gone.append(condition)
                yield _redundant(statement, condition, others)


def _follows(
    subject: LintedPolicy, condition: LintedCondition, others: Sequence[Condition]
) -> bool:
    version, facts = subject.policy.version, subject.facts
    if are_never_true(others, version, facts):
        return False
    return follows(condition.condition, others, version, facts)


def _redundant(
    statement: LintedStatement, condition: LintedCondition, others: Sequence[Condition]
) -> RuleHit:
    operator, key = condition.condition.operator, condition.condition.key
    why = "every request meets it" if not others else "the other conditions on the key imply it"
    message = f"`{operator}` of `{key}` changes nothing: {why}"
    evidence = {
        "statement": statement.evidence,
        "condition": _as_json(condition.condition),
        "impliedBy": [_as_json(each) for each in others],
    }
    block = statement.value["Condition"]
    is_last = len(block[operator]) == 1
    place = condition.operator_parts if is_last else condition.parts
    if is_last and len(block) == 1:
        place = statement.element_parts("Condition")
    fix = Fix(f"remove the condition on `{key}`", (Edit("remove", path_of(place)),))
    return RuleHit("REDUNDANT_CONDITION", condition.parts, message, evidence, fix, at_name=True)


def statements_without_effect(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Statements without which the document allows the same."""
    statements = subject.policy.statements
    if not subject.is_of_identity or len(statements) > _MOST_STATEMENTS:
        return
    if not any(each.effect == "Allow" for each in statements) or _has_empty_values(subject):
        # A policy of Denies alone limits what others allow; the comparison leaves aside that a
        # tag's value can be empty.
        return
    reach, work = _Reach(subject), Steps(STEPS_OF_A_DOCUMENT)
    left = [each for each in statements if each not in _said_before(subject)]
    # From the last on, and without those that were found: all of them can be removed together.
    for statement in reversed(subject.statements):
        own = statement.statement
        if own not in left or _is_never_true(statement) or not reach.may_be_idle(own, left):
            continue
        others = [each for each in left if each is not own]
        if (
            others
            and change_nothing(
                replace(subject.policy, statements=tuple(left)), others, subject.facts, work
            )
            and (own.effect == "Allow" or _is_idle_by_itself(subject, own, work))
        ):
            left = others
            yield from _without_effect(statement, others, work)


def _is_idle_by_itself(subject: LintedPolicy, deny: Statement, work: Steps) -> bool:
    """Whether a Deny changes nothing while the Allows that it cancels are still there."""
    others = [each for each in subject.policy.statements if each is not deny]
    return change_nothing(subject.policy, others, subject.facts, work)


def _said_before(subject: LintedPolicy) -> list[Statement]:
    """The statements that say the same as an earlier one, which another rule reports."""
    places = {each.parts for each in repeated_statements(subject)}
    return [each.statement for each in subject.statements if each.parts in places]


def _has_empty_values(subject: LintedPolicy) -> bool:
    return any("" in condition.condition.values for _, condition in subject.each_condition())


def _is_never_true(statement: LintedStatement) -> bool:
    """Whether another rule says why the statement has no effect."""
    if not statement.conditions:
        return False
    conditions = [each.condition for each in statement.conditions]
    subject = statement.subject
    return are_never_true(conditions, subject.policy.version, subject.facts)


class _Reach:
    """Which known actions each statement is about: what no other is about is not idle."""

    def __init__(self, subject: LintedPolicy) -> None:
        reference = subject.facts.reference
        self._version = subject.policy.version
        self._positions = {
            each.position: frozenset(matching_positions(each, reference))
            for each in subject.policy.statements
        }
        self._has_unknown = {
            each.statement.position: not all(each.known_actions) for each in subject.statements
        }

    def may_be_idle(self, statement: Statement, among: Sequence[Statement]) -> bool:
        """Whether it can be that the statement matters to no action; what is not known matters."""
        if self._has_unknown[statement.position]:
            return False
        if statement.effect == "Deny":
            return True
        own = self._positions[statement.position]
        others = [each for each in among if each is not statement]
        reached = frozenset().union(*(self._positions[each.position] for each in others))
        return own <= reached and self._may_share_resources(statement, others)

    def _may_share_resources(self, statement: Statement, others: Sequence[Statement]) -> bool:
        """False only if no other statement about one of its actions is about its resources."""
        near = [each for each in others if not resources_are_apart(each, statement, self._version)]
        reached = frozenset().union(*(self._positions[each.position] for each in near))
        return self._positions[statement.position] <= reached


def _without_effect(
    statement: LintedStatement, others: Sequence[Statement], work: Steps
) -> Iterator[RuleHit]:
    subject = statement.subject
    fix = Fix(f"remove {statement.name}", (Edit("remove", path_of(statement.parts)),))
    evidence: dict[str, object] = {"statement": statement.evidence}
    if not statement.allows:
        message = f"{statement.name} denies nothing that the policy allows"
        yield RuleHit("DENY_WITHOUT_EFFECT", statement.parts, message, evidence, fix)
        return
    allows = [each for each in others if each.effect == "Allow"]
    alone = [statement.statement, *allows]
    policy = replace(subject.policy, statements=tuple(alone))
    is_covered = bool(allows) and change_nothing(policy, allows, subject.facts, work)
    if is_covered:
        message = f"other statements allow everything that {statement.name} allows"
        yield RuleHit("REDUNDANT_STATEMENT", statement.parts, message, evidence, fix)
    else:
        denies = [each.position for each in others if each.effect == "Deny"]
        message = f"the policy denies everything that {statement.name} allows"
        evidence = {**evidence, "deniedBy": denies}
        yield RuleHit("DENIED_ALLOW", statement.parts, message, evidence)


RULES = (conditions_never_true, redundant_conditions, statements_without_effect)
