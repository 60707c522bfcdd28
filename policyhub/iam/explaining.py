"""Every statement's verdict on a request, each clause with its reason, in plain English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policyhub.iam.applied import AppliedPolicies, AppliedPolicy
from policyhub.iam.matching import match_statement
from policyhub.iam.request import Request
from policyhub.iam.trace import Clause, Decision, Layer, Reason, StatementMatch, Verdict, place_of
from policyhub.iam.wording import condition_in_words, plain

_REASONS: Mapping[Reason, str] = {
    Reason.LISTED: "{element} lists {detail}",
    Reason.NOT_LISTED: "{element} does not list {asked}",
    Reason.NOT_AMONG_EXCEPTIONS: "{element} does not name {asked}, so the statement is about it",
    Reason.AMONG_EXCEPTIONS: "{element} names {asked}, so the statement spares it",
    Reason.NO_ELEMENT: "no {element}: the statement is about the policy's own resource",
    Reason.VARIABLE_WITHOUT_VALUE: "{element} has a variable that the request gives no value",
    Reason.ACCOUNT_NOT_EXCEPTED: "{element} names the caller, but not the caller's account",
    Reason.BOUNDARY_ATTACHED: "{element} spares nobody who has a permissions boundary",
    Reason.VALUE_MATCHES: "it holds: {condition}",
    Reason.VALUE_DOES_NOT_MATCH: "it fails, because the request has {given}: {condition}",
    Reason.KEY_MISSING: "it fails, because the request has no {detail}: {condition}",
    Reason.HOLDS_WITHOUT_KEY: "it holds, because the request has no {detail}: {condition}",
    Reason.UNKNOWN_OPERATOR: "it can't be evaluated, the operator is unknown: {condition}",
    Reason.NEEDS_SET_OPERATOR: (
        "it can't be evaluated: {detail} has a list, which needs ForAllValues or ForAnyValue"
    ),
    Reason.SENSELESS_VALUE: "it can't be evaluated, Null takes true or false: {condition}",
}


@dataclass(frozen=True, slots=True)
class StatementTrace:
    """A statement of one policy of one layer, matched in full."""

    policy: str
    layer: Layer
    match: StatementMatch
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The trace as JSON has it."""
        statement = self.match.statement
        return {
            **place_of(self.policy, self.layer, statement),
            "verdict": self.match.verdict.value,
            "clauses": [
                {
                    "element": clause.element,
                    "verdict": clause.verdict.value,
                    "reason": str(clause.reason),
                    "explanation": reason,
                }
                for clause, reason in zip(self.match.clauses, self.reasons, strict=True)
            ],
        }


def trace(request: Request, policies: AppliedPolicies) -> tuple[StatementTrace, ...]:
    """Match every statement of every policy given, those included that do not bind the caller."""
    return tuple(
        StatementTrace(
            policy.name,
            layer,
            match,
            tuple(clause_in_words(clause, request) for clause in match.clauses),
        )
        for layer, group in policies.groups()
        for policy in group
        for match in _matches(policy, request, bool(policies.boundaries))
    )


def _matches(
    policy: AppliedPolicy, request: Request, boundary_attached: bool
) -> Iterator[StatementMatch]:
    statements = policy.compiled.statements if policy.compiled else ()
    return (match_statement(each, request, boundary_attached) for each in statements)


def clause_in_words(clause: Clause, request: Request) -> str:
    """Why a clause matches or doesn't, as one sentence without a full stop."""
    asked = {
        "Action": request.action,
        "NotAction": request.action,
        "Resource": request.resource,
        "NotResource": request.resource,
    }.get(clause.element, "the caller")
    found = request.context.get(clause.detail.lower())
    given = ", ".join(found.values) if found and found.values else "no value"
    condition = plain(condition_in_words(clause.condition)) if clause.condition else ""
    return _REASONS[clause.reason].format(
        element=clause.element,
        detail=clause.detail,
        asked=asked,
        given=given,
        condition=condition,
    )


_SENTENCES = {
    "allowed": "Allowed",
    "explicitDeny": "Denied explicitly",
    "implicitDeny": "Denied, because nothing allows it",
}
_SIGNS = {
    Verdict.MATCHES: "+",
    Verdict.DOES_NOT_MATCH: "-",
    Verdict.CANNOT_TELL: "?",
}


def decision_in_words(decision: Decision, request: Request) -> Iterator[str]:
    """The answer as lines: the decision, what decided, what blocked, what is missing."""
    yield f"{_SENTENCES[decision.name]}: {request.action} on {request.resource}"
    for each in decision.decided_by:
        sid = f" ({each.statement.sid})" if each.statement.sid else ""
        number = each.statement.position + 1
        yield (
            f"  decided by {each.policy}, statement {number}{sid}: "
            f"{each.statement.effect} as {each.layer} policy"
        )
    if decision.blocked_by:
        yield "  blocked by: " + ", ".join(map(str, decision.blocked_by))
    if decision.missing_context:
        yield "  depends on keys that the request lacks: " + ", ".join(decision.missing_context)
    for problem in decision.problems:
        yield f"  {problem.policy}: {problem.problem.severity}: {problem.problem.message}"
    if not decision.complete:
        yield "  not everything could be evaluated, so this is no proof of what is allowed"


def trace_in_words(traces: tuple[StatementTrace, ...]) -> Iterator[str]:
    """Each statement with a line for each clause."""
    for each in traces:
        statement = each.match.statement
        sid = f" ({statement.sid})" if statement.sid else ""
        yield (
            f"{_SIGNS[each.match.verdict]} {each.policy}, statement {statement.position + 1}{sid}, "
            f"{statement.effect}"
        )
        for clause, reason in zip(each.match.clauses, each.reasons, strict=True):
            yield f"    {_SIGNS[clause.verdict]} {reason}"
