"""Rules about service control policies and resource control policies."""

from __future__ import annotations

from collections.abc import Iterator

from policyhub.catalog.facts.tables import fact_rows
from policyhub.iam.language.elements import Usage
from policyhub.iam.language.patterns import split_action
from policyhub.judge.lint.subject import LintedPolicy, LintedStatement, RuleHit

_PRINCIPAL_KEYS = ("aws:principal",)
_SOURCE_KEYS = ("aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcearn")
_IS_A_SERVICE = "aws:principalisawsservice"


def services_out_of_reach(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Actions of services that resource control policies do not reach."""
    if subject.usage is not Usage.RESOURCE_CONTROL:
        return
    reached = {row["service"] for row in fact_rows("rcp-services") if "service" in row}
    for statement in subject.statements:
        if statement.allows:
            continue
        for index, action in enumerate(statement.statement.actions):
            service = split_action(action)[0]
            if service not in reached and "*" not in service:
                message = f"resource control policies do not apply to the service `{service}`"
                parts = statement.action_parts(index)
                yield RuleHit("RCP_SYNTAX_ERROR_ACTION", parts, message, {"action": action})


def services_hit_by_accident(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Denies about the caller or the source that do not say what becomes of AWS's services."""
    if subject.usage is not Usage.RESOURCE_CONTROL:
        return
    for statement in subject.statements:
        keys = [each.key for each in statement.conditions]
        if statement.allows or _IS_A_SERVICE in keys or "aws:viaawsservice" in keys:
            continue
        if any(each.startswith(_PRINCIPAL_KEYS) for each in keys):
            yield _hit(statement, "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY", "false")
        elif any(each in _SOURCE_KEYS for each in keys):
            yield _hit(statement, "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", "true")


def _hit(statement: LintedStatement, code: str, value: str) -> RuleHit:
    who = "AWS services" if value == "false" else "callers that are not AWS services"
    message = (
        f"{who} are denied too: add `BoolIfExists` with `aws:PrincipalIsAWSService` set to {value}"
    )
    place = statement.element_parts("Condition")
    return RuleHit(code, place, message, {"statement": statement.evidence})


RULES = (services_out_of_reach, services_hit_by_accident)
