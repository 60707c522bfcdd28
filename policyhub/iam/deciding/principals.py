"""Whether a statement's Principal or NotPrincipal names the caller, and how.

Source: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
"""

from __future__ import annotations

from collections.abc import Sequence

from policyhub.iam.deciding.callers import Caller, CallerKind
from policyhub.iam.deciding.conditions import CompiledCondition
from policyhub.iam.deciding.decision import Clause, Grade, Reason, Verdict
from policyhub.iam.language.elements import Principal, Statement

_PRINCIPAL_ARN = "aws:principalarn"
_STRONGEST_FIRST = (
    Grade.SELF,
    Grade.BY_PRINCIPAL_ARN,
    Grade.ROLE,
    Grade.EVERYONE,
    Grade.ACCOUNT,
)


def request_matches_principals(
    statement: Statement,
    conditions: Sequence[CompiledCondition],
    caller: Caller,
    boundary_attached: bool,
) -> tuple[Clause | None, Grade]:
    """The clause for the principal, None where the statement has none, and how it names the caller.

    With a permissions boundary attached, NotPrincipal with Deny exempts nobody in an account.
    """
    if statement.principals is None:
        return None, Grade.NOT_ASKED
    if statement.not_principal:
        return _not_principal(statement, caller, boundary_attached), Grade.EVERYONE
    grades = {
        grade: principal
        for principal in statement.principals
        if (grade := how_it_names(principal, caller)) is not None
    }
    grade = next((each for each in _STRONGEST_FIRST if each in grades), None)
    if grade is None:
        return Clause("Principal", Verdict.DOES_NOT_MATCH, Reason.NOT_LISTED), Grade.NOT_ASKED
    clause = Clause("Principal", Verdict.MATCHES, Reason.LISTED, grades[grade].value)
    if grade is Grade.EVERYONE and any(map(_names_principal_arn, conditions)):
        return clause, Grade.BY_PRINCIPAL_ARN
    return clause, grade


def how_it_names(principal: Principal, caller: Caller) -> Grade | None:
    """How one principal names the caller; None where it doesn't.

    There are no partial wildcards, and names are case-sensitive.
    """
    if principal.type == "*" or (principal.type, principal.value) == ("AWS", "*"):
        return Grade.EVERYONE
    if principal.type == "Service":
        named = caller.kind is CallerKind.SERVICE and principal.value == caller.name
        return Grade.SELF if named else None
    if principal.type == "Federated":
        named = caller.kind is CallerKind.FEDERATED and principal.value in (
            caller.arn,
            caller.name,
        )
        return Grade.SELF if named else None
    return _how_arn_names(principal.value, caller) if principal.type == "AWS" else None


def _how_arn_names(value: str, caller: Caller) -> Grade | None:
    if caller.names_account(value):
        return Grade.ACCOUNT
    if caller.kind is CallerKind.FEDERATED:
        return None
    if caller.is_role(value):
        return Grade.ROLE
    return Grade.SELF if caller.arn and value == caller.arn else None


def _names_principal_arn(condition: CompiledCondition) -> bool:
    """Whether the condition is true only for a caller whose ARN it names."""
    operator = condition.use.operator
    return (
        condition.key == _PRINCIPAL_ARN
        and operator is not None
        and operator.family in ("String", "Arn")
        and not operator.negated
        and not condition.use.if_exists
        and condition.use.qualifier != "ForAllValues"
    )


def _not_principal(statement: Statement, caller: Caller, boundary_attached: bool) -> Clause:
    listed = statement.principals or ()
    names = {how_it_names(principal, caller) for principal in listed}
    is_root = caller.kind is CallerKind.ROOT
    own = names - {None, Grade.ACCOUNT, Grade.EVERYONE}
    excepted = bool(own) or (is_root and Grade.ACCOUNT in names)
    if statement.effect == "Deny" and caller.has_identity_policies:
        if boundary_attached:
            return Clause("NotPrincipal", Verdict.MATCHES, Reason.BOUNDARY_ATTACHED)
        if excepted and Grade.ACCOUNT not in names:
            return Clause("NotPrincipal", Verdict.MATCHES, Reason.ACCOUNT_NOT_EXCEPTED)
    elif statement.effect == "Allow":
        excepted = bool(names - {None})
    if excepted:
        return Clause("NotPrincipal", Verdict.DOES_NOT_MATCH, Reason.AMONG_EXCEPTIONS)
    return Clause("NotPrincipal", Verdict.MATCHES, Reason.NOT_AMONG_EXCEPTIONS)
