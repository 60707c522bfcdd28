"""Why no request can take a path whose actions are all granted: which condition or which Deny."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.iam.deciding.conditions import CompiledCondition
from policyhub.iam.deciding.decision import Verdict
from policyhub.iam.deciding.request import Request, make_request
from policyhub.iam.deciding.statements import CompiledStatement
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.wording import (
    Words,
    conditions_in_words,
    join_words,
    plain,
    resources_in_words,
)
from policyhub.judge.risks.asking import PathAsker, PathQuestion


@dataclass(frozen=True, slots=True)
class RulingOut:
    """A statement that keeps a path from being taken, and the clause of it that does, in words.

    `clause` is a sentence without a full stop; `element` is `Condition`, `Resource` or `Deny`.
    """

    action: str
    policy: str
    statement: Statement
    element: str
    clause: Words

    def to_dict(self) -> dict[str, Any]:
        """The entry of `ruledOutBy`; statements count from 0."""
        return {
            "action": self.action,
            "policy": self.policy,
            "statement": self.statement.position,
            "sid": self.statement.sid,
            "effect": self.statement.effect,
            "element": self.element,
            "inWords": plain(self.clause),
        }


def ruled_out_by(questions: Sequence[PathQuestion], asker: PathAsker) -> tuple[RulingOut, ...]:
    """What rules a path out: of each request that can't be allowed, else of all together."""
    alone = [each for each in questions if not asker.may_be([each.on_path, *each.demands])]
    found: dict[object, RulingOut] = {}
    for question in alone or questions:
        reasons = _reasons(question, asker) if alone else _demands_of_allows(question, asker)
        for each in reasons:
            place = each.action, each.policy, each.statement.position, each.element
            found.setdefault(place, each)
    return tuple(found.values())


def _reasons(question: PathQuestion, asker: PathAsker) -> Iterator[RulingOut]:
    """Of each Allow the clause that no such request meets; where one is met, what denies it."""
    action = question.step.action
    about = asker.about(action)
    is_any_left = False
    for policy, each in about:
        if each.is_deny:
            continue
        is_kept_out = not asker.may_be([*asker.matches(question, each), *question.demands])
        is_any_left |= not is_kept_out
        if is_kept_out:
            yield RulingOut(action, policy, each.statement, *_kept_out(each, question, asker))
    if is_any_left:
        yield from _denials(action, asker)


def _demands_of_allows(question: PathQuestion, asker: PathAsker) -> Iterator[RulingOut]:
    """What each Allow demands, where the demands of several requests contradict each other."""
    action = question.step.action
    for policy, each in asker.about(action):
        is_limited = bool(each.conditions) or not each.on_all_resources
        if not each.is_deny and is_limited:
            element = "Resource" if not each.on_all_resources else "Condition"
            clause = join_words(f"{action} only ", _on_and_when(each.statement))
            yield RulingOut(action, policy, each.statement, element, clause)
    yield from _denials(action, asker)


def _denials(action: str, asker: PathAsker) -> Iterator[RulingOut]:
    for policy, each in asker.about(action):
        if each.is_deny:
            clause = join_words(f"{action} is denied ", _on_and_when(each.statement))
            yield RulingOut(action, policy, each.statement, "Deny", clause)


def _kept_out(
    allow: CompiledStatement, question: PathQuestion, asker: PathAsker
) -> tuple[str, Words]:
    """The element and the clause that keep the question's requests out of an Allow."""
    action = question.step.action
    request = make_request(action, context=question.given)
    if not _meets(allow, question):
        resources = resources_in_words(allow.statement)
        what = f", and none is of the type {question.step.type}" if question.step.type else ""
        return "Resource", join_words(f"{action} only on ", resources, what)
    settled = [each for each in allow.conditions if _never_matches(each, request, asker)]
    failing = [each.condition for each in settled or allow.conditions]
    return "Condition", join_words(f"{action} only when ", conditions_in_words(failing))


def _never_matches(condition: CompiledCondition, request: Request, asker: PathAsker) -> bool:
    """Whether a condition is settled by what the path needs of the request, and fails."""
    absent = set(map(str.lower, asker.never_sent(request.action)))
    is_settled = all(
        key.lower() in request.context or key.lower() in absent for key in condition.needs
    )
    if condition.use.operator is not None and not is_settled:
        return False
    return condition.match(request.context).verdict is not Verdict.MATCHES


def _meets(allow: CompiledStatement, question: PathQuestion) -> bool:
    """Whether an Allow may be about a resource of the question's type."""
    if allow.on_all_resources or allow.statement.not_resource:
        return True
    return question.target.is_open and any(
        question.target.meets(each.widest) for each in allow.resources
    )


def _on_and_when(statement: Statement) -> Words:
    """On what a statement is, and when."""
    conditions = conditions_in_words(statement.conditions)
    return join_words(
        "on ",
        resources_in_words(statement),
        join_words(" when ", conditions) if conditions else (),
    )
