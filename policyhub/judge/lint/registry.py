"""The rules: each a small function from a document to what it finds in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from policyhub.judge.lint import (
    rules_actions,
    rules_guardrails,
    rules_handing_over,
    rules_keys,
    rules_mfa,
    rules_operators,
    rules_principals,
    rules_proved,
    rules_redundant,
    rules_repeated_values,
    rules_resources,
    rules_statements,
    rules_values,
)
from policyhub.judge.lint.subject import LintedPolicy, RuleHit

Rule = Callable[[LintedPolicy], Iterable[RuleHit]]

RULES: tuple[Rule, ...] = (
    *rules_actions.RULES,
    *rules_resources.RULES,
    *rules_keys.RULES,
    *rules_operators.RULES,
    *rules_values.RULES,
    *rules_repeated_values.RULES,
    *rules_statements.RULES,
    *rules_handing_over.RULES,
    *rules_principals.RULES,
    *rules_guardrails.RULES,
    *rules_mfa.RULES,
)
# Those that need the solver, which takes longer.
PROVED_RULES: tuple[Rule, ...] = (*rules_proved.RULES, *rules_redundant.RULES)
# What these find, besides what others find under the same codes.
PROVED_CODES = frozenset(
    {
        *("NEVER_TRUE_CONDITION", "REDUNDANT_CONDITION", "DENIED_ALLOW", "DENY_WITHOUT_EFFECT"),
        *("REDUNDANT_STATEMENT", "REDUNDANT_ACTION", "REDUNDANT_RESOURCE"),
    }
)
