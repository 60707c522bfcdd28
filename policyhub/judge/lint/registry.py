"""The rules: each a small function from a document to what it finds in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from policyhub.judge.lint import rules_actions
from policyhub.judge.lint.subject import LintedPolicy, RuleHit

Rule = Callable[[LintedPolicy], Iterable[RuleHit]]

RULES: tuple[Rule, ...] = (*rules_actions.RULES,)
# Those that need the solver, which takes longer.
PROVED_RULES: tuple[Rule, ...] = ()
