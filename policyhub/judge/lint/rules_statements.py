"""Rules about whole statements: Version, Sids, repetitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from policyhub.iam.language.elements import Statement
from policyhub.judge.lint.subject import LintedPolicy, RuleHit, path_of
from policyhub.judge.reporting.finding import Edit, Fix

_VERSION = "2012-10-17"


def missing_version(subject: LintedPolicy) -> Iterator[RuleHit]:
    """A document without Version, in which variables are text."""
    if "Version" in subject.value or subject.usage.value in ("scp", "rcp"):
        return
    message = "without `Version` policy variables are text: write 2012-10-17"
    fix = Fix("set `Version` to 2012-10-17", (Edit("add", "Version", _VERSION),))
    yield RuleHit("MISSING_VERSION", (), message, {}, fix)


def empty_sids(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Sids that are empty texts."""
    for statement in subject.statements:
        if statement.value.get("Sid") == "":
            parts = statement.element_parts("Sid")
            fix = Fix("remove `Sid`", (Edit("remove", path_of(parts)),))
            evidence = {"statement": statement.evidence}
            yield RuleHit("EMPTY_SID_VALUE", parts, "the `Sid` is empty", evidence, fix)


def repeated_statements(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Statements that say the same as an earlier one, whatever their Sids."""
    first: dict[object, int] = {}
    for statement in subject.statements:
        earlier = first.setdefault(_content(statement.statement), statement.statement.position)
        if earlier != statement.statement.position:
            fix = Fix(f"remove {statement.name}", (Edit("remove", path_of(statement.parts)),))
            message = f"{statement.name} says the same as statement {earlier + 1}"
            evidence = {"statement": statement.evidence, "sameAs": earlier}
            yield RuleHit("REDUNDANT_STATEMENT", statement.parts, message, evidence, fix)


def _content(statement: Statement) -> object:
    """What a statement says, without its place, its Sid and the order of its lists."""
    conditions = frozenset(
        (each.operator.lower(), each.key.lower(), frozenset(each.values))
        for each in statement.conditions
    )
    principals = None if statement.principals is None else frozenset(statement.principals)
    plain = replace(
        statement, position=0, sid="", actions=(), resources=(), principals=None, conditions=()
    )
    actions = frozenset(map(str.lower, statement.actions))
    return plain, actions, frozenset(statement.resources), principals, conditions


RULES = (missing_version, empty_sids, repeated_statements)
