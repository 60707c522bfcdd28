"""One condition against a request's context.

Source: IAM User Guide, "Condition operators", "Set operators for multivalued context keys"
and "Single-valued vs. multivalued context keys".
"""

from __future__ import annotations

from collections.abc import Sequence

from policyhub.iam.deciding.decision import Clause, Reason, Verdict
from policyhub.iam.deciding.request import Context, ContextValue
from policyhub.iam.language import variables
from policyhub.iam.language.conditions import OperatorUse, parse_operator, presence
from policyhub.iam.language.conditions.operator import Operator, Test
from policyhub.iam.language.elements import Condition


def value_of(variable: variables.Variable, context: Context) -> str | None:
    """The value that a policy variable takes; its default only where the key is absent.

    A list has no value to give, and is not absent either.
    """
    found = context.get(variable.key.lower())
    if found is None:
        return variable.default
    return None if found.is_list else found.values[0]


class CompiledCondition:
    """A condition, read once: operator, key in lower case, the tests of its values."""

    __slots__ = (
        "_clauses",
        "_fixed",
        "_varying",
        "condition",
        "key",
        "needs",
        "use",
        "version_that_matters",
    )

    def __init__(self, condition: Condition, version: str) -> None:
        self.condition = condition
        self.key = condition.key.lower()
        self.use: OperatorUse = parse_operator(condition.operator)
        self._clauses: dict[str, Clause] = {}
        operator = self.use.operator
        takes_variables = (
            operator is not None
            and operator.takes_variables
            and variables.variables_work(version)
            and any("${" in value for value in condition.values)
        )
        # The language version where it makes a difference to this condition, else empty.
        self.version_that_matters = version if takes_variables else ""
        parts = [variables.find_variables(value) for value in condition.values if takes_variables]
        self._varying = [each for each in parts if _varies(each)]
        fixed = [value for value in condition.values if not takes_variables] + [
            "".join(part.text for part in each) for each in parts if not _varies(each)
        ]
        self._fixed: Test | None = operator.any_of_values(fixed) if operator and fixed else None
        # The keys whose absence can matter, as written.
        self.needs: tuple[str, ...] = (
            condition.key,
            *(key for each in self._varying for key in variables.keys_of_variables(each)),
        )

    def match(self, context: Context) -> Clause:
        """Whether the condition is true, and why."""
        use, value = self.use, context.get(self.key)
        if use.operator is None:
            return self._clause(Verdict.CANNOT_TELL, Reason.UNKNOWN_OPERATOR)
        if use.operator is presence.NULL:
            return self._presence_clause(value)
        if value is None:
            return self._clause(*_without_key(use, use.operator))
        if value.is_list and not use.qualifier:
            return self._clause(Verdict.CANNOT_TELL, Reason.NEEDS_SET_OPERATOR)
        test, negated = self._test(context), use.operator.negated
        if not value.is_list:
            return self._value_clause(test(value.values[0]) is not negated)
        matches = (test(each) is not negated for each in value.values)
        # One value is enough without a qualifier and with ForAnyValue.
        holds = all(matches) if use.qualifier == "ForAllValues" else any(matches)
        return self._value_clause(holds)

    def _test(self, context: Context) -> Test:
        """The test of one value: any of the fixed values, or of those filled in from here."""
        operator = self.use.operator
        if not self._varying or operator is None:
            return self._fixed or _nothing
        keep = operator.has_wildcards
        texts = (
            variables.fill_in(parts, lambda variable: value_of(variable, context), keep)
            for parts in self._varying
        )
        varying = operator.any_of_values([text for text in texts if text is not None])
        fixed = self._fixed or _nothing
        return lambda value: fixed(value) or varying(variables.disguise(value) if keep else value)

    def _presence_clause(self, value: ContextValue | None) -> Clause:
        """The clause of `Null`; an empty list counts as absent."""
        values = self.condition.values
        if not values or any(each.lower() not in presence.PRESENCE for each in values):
            return self._clause(Verdict.CANNOT_TELL, Reason.INVALID_VALUE)
        is_absent = value is None or not value.values
        return self._value_clause((self._fixed or _nothing)("true" if is_absent else "false"))

    def _value_clause(self, holds: bool) -> Clause:
        if holds:
            return self._clause(Verdict.MATCHES, Reason.VALUE_MATCHES)
        return self._clause(Verdict.DOES_NOT_MATCH, Reason.VALUE_DOES_NOT_MATCH)

    def _clause(self, verdict: Verdict, reason: Reason) -> Clause:
        """The clause, made once for each reason: decisions create no new objects."""
        known = self._clauses.get(reason)
        if known is None:
            known = Clause("Condition", verdict, reason, self.condition.key, self.condition)
            self._clauses[reason] = known
        return known


def _varies(parts: Sequence[variables.Part]) -> bool:
    return any(not isinstance(part, variables.LiteralText) for part in parts)


def _nothing(value: str) -> bool:
    return False


def _without_key(use: OperatorUse, operator: Operator) -> tuple[Verdict, Reason]:
    """A key that the request lacks: positive operators are false, negated ones true.

    `IfExists` and `ForAllValues` are true, `ForAnyValue` is false.
    """
    holds = use.if_exists or use.qualifier == "ForAllValues"
    if holds or (operator.negated and not use.qualifier):
        return Verdict.MATCHES, Reason.HOLDS_WITHOUT_KEY
    return Verdict.DOES_NOT_MATCH, Reason.KEY_MISSING
