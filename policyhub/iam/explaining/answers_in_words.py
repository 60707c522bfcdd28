"""Every rendering of an answer as plain English; pages, JSON and terminal share it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from policyhub.iam.deciding.decision import Clause, Layer, Reason, StatementMatch, Verdict
from policyhub.iam.deciding.formula import AllOf, AnyOf, Literal, Truth
from policyhub.iam.deciding.request import Request
from policyhub.iam.explaining.changes import Change, ChangeKind
from policyhub.iam.explaining.facts import ConditionHolds, DependsOn, GivenAsList, ResourceCovered
from policyhub.iam.explaining.near_misses import NearMiss
from policyhub.iam.explaining.residual import Residual
from policyhub.iam.language.conditions import OPERATORS, presence
from policyhub.iam.language.elements import Condition, Statement
from policyhub.iam.language.variables import LANGUAGE_WITH_VARIABLES
from policyhub.iam.language.wording import (
    Segment,
    Words,
    condition_in_words,
    given_in_words,
    join_words,
    list_words,
    plain,
    quote,
    say,
)

_REASONS: Mapping[Reason, str] = {
    Reason.LISTED: "{element} lists {detail}",
    Reason.NOT_LISTED: "{element} does not list {asked}",
    Reason.NOT_AMONG_EXCEPTIONS: "{element} does not name {asked}, so the statement applies to it",
    Reason.AMONG_EXCEPTIONS: "{element} names {asked}, so the statement does not apply to it",
    Reason.NO_ELEMENT: "no {element}: the statement applies to the policy's own resource",
    Reason.VARIABLE_WITHOUT_VALUE: "{element} has a variable that has no value in the request",
    Reason.ACCOUNT_NOT_EXCEPTED: "{element} names the caller, but not the caller's account",
    Reason.BOUNDARY_ATTACHED: "{element} exempts nobody who has a permissions boundary",
    Reason.VALUE_MATCHES: "requires that {condition}, and the request has {given}",
    Reason.VALUE_DOES_NOT_MATCH: "requires that {condition}, but the request has {given}",
    Reason.KEY_MISSING: "requires that {condition}, but the request has no {detail}",
    Reason.HOLDS_WITHOUT_KEY: "requires that {condition}, which is true without {detail}",
    Reason.UNKNOWN_OPERATOR: "requires that {condition}: the operator is unknown",
    Reason.NEEDS_SET_OPERATOR: (
        "requires that {condition}, but {detail} is a list, which needs ForAllValues or ForAnyValue"
    ),
    Reason.INVALID_VALUE: "requires that {condition}",
}


LAYER_NAMES: Mapping[Layer, str] = {
    Layer.IDENTITY: "identity policies",
    Layer.RESOURCE: "resource policy",
    Layer.BOUNDARY: "permissions boundary",
    Layer.SESSION: "session policies",
    Layer.SERVICE_CONTROL: "service control policies",
    Layer.RESOURCE_CONTROL: "resource control policies",
    Layer.ENDPOINT: "VPC endpoint policies",
    Layer.REFERENCE: "service authorization reference",
}


def clause_in_words(clause: Clause, request: Request) -> str:
    """Why a clause matches or doesn't, as one sentence without a full stop."""
    asked = {
        "Action": request.action,
        "NotAction": request.action,
        "Resource": request.resource,
        "NotResource": request.resource,
    }.get(clause.element, "the caller")
    found = request.context.get(clause.detail.lower())
    given = plain(given_in_words(found.values, found.is_list)) if found else "no value"
    condition = plain(condition_in_words(clause.condition)) if clause.condition else ""
    return _REASONS[clause.reason].format(
        element=clause.element,
        detail=clause.detail,
        asked=asked,
        given=given,
        condition=condition,
    )


_SIGNS = {
    Verdict.MATCHES: "+",
    Verdict.DOES_NOT_MATCH: "-",
    Verdict.CANNOT_TELL: "?",
}


def statement_name(policy: str, statement: Statement) -> str:
    """A statement by policy, number from 1, and Sid."""
    sid = f" ({statement.sid})" if statement.sid else ""
    return f"{policy}, statement {statement.position + 1}{sid}"


def match_in_words(policy: str, match: StatementMatch, request: Request) -> Iterator[str]:
    """A statement with a line for each clause."""
    statement = match.statement
    yield f"{_SIGNS[match.verdict]} {statement_name(policy, statement)}, {statement.effect}"
    for clause in match.clauses:
        yield f"    {_SIGNS[clause.verdict]} {clause_in_words(clause, request)}"


def truth_in_words(truth: Truth) -> Words:
    """When a truth of a residual is true, as a clause that can follow "when".

    That a key must not be given as a list is left out: what is asked by an operator for
    single values has one value.
    """
    if isinstance(truth, bool):
        return say("always" if truth else "never")
    if isinstance(truth, Literal):
        return _literal_in_words(truth)
    parts = truth.parts if isinstance(truth, AllOf | AnyOf) else ()
    told = [each for each in parts if not _says_no_list(each)]
    link = " and " if isinstance(truth, AllOf) else " or "
    covered = [each for each in told if isinstance(truth, AnyOf) and _is_coverage(each)]
    clauses = [_grouped(each) for each in told if len(covered) < 2 or each not in covered]
    if len(covered) > 1:
        patterns = [quote("resource", each.atom.text) for each in covered]  # type: ignore[attr-defined]
        clauses.append(join_words("the resource matches ", list_words(patterns, " or ")))
    return list_words(clauses, link, between=link) if clauses else say("no key is given as a list")


def _is_coverage(truth: Truth) -> bool:
    """Whether it says that the open resource matches a pattern."""
    if not isinstance(truth, Literal) or truth.negative:
        return False
    return isinstance(truth.atom, ResourceCovered) and not truth.atom.resource


def _says_no_list(truth: Truth) -> bool:
    return isinstance(truth, Literal) and truth.negative and isinstance(truth.atom, GivenAsList)


def _grouped(truth: Truth) -> Words:
    words = truth_in_words(truth)
    return join_words("(", words, ")") if isinstance(truth, AllOf | AnyOf) else words


def _literal_in_words(literal: Literal) -> Words:
    atom: DependsOn = literal.atom  # type: ignore[assignment]
    if isinstance(atom, GivenAsList):
        negation = "not " if literal.negative else ""
        return join_words(Segment("key", atom.name), f" is {negation}given as a list")
    if not isinstance(atom, ConditionHolds):
        return _coverage_in_words(atom, literal.negative)
    version = atom.version or LANGUAGE_WITH_VARIABLES
    if not literal.negative:
        return condition_in_words(atom.condition, version)
    turned = _turned(atom)
    if turned is not None:
        return condition_in_words(turned, version)
    return join_words("not (", condition_in_words(atom.condition, version), ")")


def _coverage_in_words(atom: ResourceCovered, negative: bool) -> Words:
    pattern = quote("resource", atom.text)
    if not atom.resource:
        is_one = atom.pattern.is_literal
        verb = ("is not " if negative else "is ") if is_one else _MATCHES[negative]
        return join_words(f"the resource {verb}", pattern)
    verb = " does not cover " if negative else " covers "
    return join_words(pattern, verb, quote("resource", atom.resource))


_MATCHES = ("matches ", "does not match ")


def _turned(atom: ConditionHolds) -> Condition | None:
    """The condition that is true where this one is not, lists aside; None if there is none."""
    use, condition = atom.compiled.use, atom.condition
    if use.operator is presence.NULL and len(condition.values) == 1:
        turned = "false" if condition.values[0].lower() == "true" else "true"
        return Condition(condition.operator, condition.key, (turned,))
    if use.operator is None or use.qualifier or use.if_exists:
        return None
    twin = use.operator.negates or next(
        (each for each in OPERATORS.values() if each.negates is use.operator), None
    )
    return Condition(twin.name, condition.key, condition.values) if twin else None


def residual_in_words(residual: Residual) -> Iterator[Words]:
    """What a decision depends on, a sentence a line, without full stops; none if it is settled."""
    if residual.is_settled:
        return
    if residual.allowed is False:
        yield say("Never allowed, whatever values the open keys have")
    else:
        yield join_words("Allowed when ", truth_in_words(residual.allowed))
    if residual.denied is not False:
        yield join_words("Denied explicitly when ", truth_in_words(residual.denied))


def change_in_words(change: Change) -> Words:
    """What to change in the request, as a clause in the imperative."""
    if change.kind is ChangeKind.LEAVE_OUT_KEY:
        return join_words("leave out ", Segment("key", change.key))
    if change.kind is ChangeKind.ASK_FOR_RESOURCE:
        return join_words("use the resource ", quote("resource", change.values[0]))
    if change.kind is ChangeKind.CALL_AS:
        return join_words("call as ", quote("principal", change.values[0]))
    given = given_in_words(change.values, change.is_list)
    return join_words("set ", Segment("key", change.key), " to ", given)


def changes_in_words(changes: Iterable[Change]) -> Words:
    """Changes to make together."""
    return list_words([change_in_words(each) for each in changes], " and ", between=", ")


def near_miss_in_words(near: NearMiss, request: Request) -> Words:
    """A statement that one clause keeps from matching, why, and what would make it match."""
    statement = near.match.statement
    name = f"{statement_name(near.policy, statement)}, {statement.effect}: "
    return join_words(name, missing_in_words(near, request))


def missing_in_words(near: NearMiss, request: Request) -> Words:
    """Why the statement of a near miss does not match, and what would make it match."""
    fix = join_words("; to match, ", change_in_words(near.change)) if near.change else ()
    mismatch = f"; {near.mismatch}" if near.mismatch else ""
    return join_words(clause_in_words(near.clause, request), mismatch, fix)
