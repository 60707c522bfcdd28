"""Plain English for conditions and statements: exact, and nothing is left out.

Words are segments, so that a page can show keys and values as code; `plain` makes them text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from policyhub.iam.language import variables
from policyhub.iam.language.conditions import OperatorUse, parse_operator, presence
from policyhub.iam.language.conditions.operator import Operator
from policyhub.iam.language.elements import Condition, Principal, Statement
from policyhub.iam.language.variables import LANGUAGE_WITH_VARIABLES, Part, Variable, find_variables

Kind = Literal["text", "key", "value", "variable", "operator", "action", "resource", "principal"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a sentence; only `text` is ours, the other kinds are the document's own."""

    kind: Kind
    text: str


Words = tuple[Segment, ...]

# Inside a sentence such a value could be taken for the sentence's own words ("is not required").
_NEEDS_QUOTES = re.compile(r"[\s,;\"()]|^(?!(?:true|false)$)[a-z]+$")
_ACCOUNT = re.compile(r"\d{12}|arn:[^:]+:iam::\d{12}:root")
_CALLER_KEYS = ("aws:userid", "aws:username", "aws:sourceidentity")
_COLONS_BEFORE_RESOURCE_PART = 5
_PRINCIPAL_NOUNS = {
    "Service": "the service ",
    "Federated": "users federated by ",
    "CanonicalUser": "the canonical user ",
}
_NO_VALUES = "any value of an empty list"


def plain(words: Words) -> str:
    """Return the words as one text."""
    return "".join(segment.text for segment in words)


def condition_in_words(condition: Condition, version: str = LANGUAGE_WITH_VARIABLES) -> Words:
    """Return what one operator asks of one key, as a clause that can follow "when".

    `version` is the document's; only in 2012-10-17 are there variables.
    """
    return _clause(condition, version, may_be_absent=True)


def conditions_in_words(
    conditions: Sequence[Condition], version: str = LANGUAGE_WITH_VARIABLES
) -> Words:
    """Return all the conditions of a statement as one clause; no conditions, no words.

    If one of them requires that a key is present, the others don't say what its absence does.
    """
    present = {item.key.lower() for item in conditions if _asks_for_presence(item)}
    clauses = [
        _clause(condition, version, may_be_absent=condition.key.lower() not in present)
        for condition in conditions
    ]
    if not any(len(condition.values) > 1 for condition in conditions):
        return list_words(clauses, " and ")
    if len(clauses) == 2:
        return list_words(clauses, ", and ")
    return list_words(clauses, "; and ", between="; ")


def actions_in_words(statement: Statement) -> Words:
    """Return the actions that a statement is about: "every action except …" for NotAction."""
    return _scope("action", statement.actions, statement.not_action, _action_in_words)


def resources_in_words(statement: Statement, version: str = LANGUAGE_WITH_VARIABLES) -> Words:
    """Return the resources that a statement is about; no words where it names none."""
    if not statement.resources and not statement.not_resource:
        return ()
    return _scope(
        "resource",
        statement.resources,
        statement.not_resource,
        lambda resource: _resource_in_words(resource, version),
    )


def principals_in_words(statement: Statement) -> Words:
    """Return whom a statement is about; no words where it has no principal element."""
    if statement.principals is None:
        return ()
    listed = list_words([_principal_in_words(item) for item in statement.principals], " and ")
    if statement.not_principal:
        return join_words("everyone except ", listed) if listed else say("everyone")
    return listed or say("no one")


def statement_in_words(statement: Statement, version: str = LANGUAGE_WITH_VARIABLES) -> Words:
    """Return one sentence, without a full stop: effect, principal, actions, resources, when."""
    allows = statement.effect == "Allow"
    principals = principals_in_words(statement)
    if principals:
        opening = join_words(
            "Lets " if allows else "Denies ", principals, " use " if allows else " the use of "
        )
    else:
        opening = say("Allows " if allows else "Denies ")
    resources = resources_in_words(statement, version)
    conditions = conditions_in_words(statement.conditions, version)
    return join_words(
        opening,
        actions_in_words(statement),
        join_words(" on ", resources) if resources else (),
        join_words(" when ", conditions) if conditions else (),
    )


def _clause(condition: Condition, version: str, may_be_absent: bool) -> Words:
    use = parse_operator(condition.operator)
    if use.operator is None:
        return _unevaluable(condition, "the unknown operator ", "which cannot be evaluated")
    if use.operator is presence.NULL:
        return _presence_in_words(condition)
    phrase, values = _comparison(use, use.operator, condition, version)
    subject, remark = _frame(use, use.operator, may_be_absent)
    return join_words(subject, Segment("key", condition.key), f" {phrase} ", values, remark)


def _comparison(
    use: OperatorUse, operator: Operator, condition: Condition, version: str
) -> tuple[str, Words]:
    """Return the operator's phrase and the values as words."""
    if use.qualifier == "ForAllValues" and operator.negates:
        operator = operator.negates
    parsed = [_parts_of(value, operator, version) for value in condition.values]
    phrase = operator.pattern_phrase if _any_pattern(parsed, operator) else operator.phrase
    link = f" {phrase.link(len(parsed))} "
    values = list_words([_value_in_words(parts, operator) for parts in parsed], link)
    return phrase.opening(len(parsed)), join_words(values or _NO_VALUES, phrase.ending)


def _frame(use: OperatorUse, operator: Operator, may_be_absent: bool) -> tuple[str, str]:
    """Return what comes before the key, and a closing remark on a missing key.

    A key may be present without a value: the remark on `ForAllValues` stays in any case.
    """
    if use.qualifier == "ForAllValues":
        subject = "no value of " if operator.negated else "every value of "
        return subject, " (also true when there is none)"
    if use.qualifier == "ForAnyValue":
        absent = may_be_absent and use.if_exists
        return "at least one value of ", " (or the key is absent)" if absent else ""
    absent = may_be_absent and (use.if_exists or operator.negated)
    return "", " (or is absent)" if absent else ""


def _presence_in_words(condition: Condition) -> Words:
    asked = [presence.PRESENCE.get(value.lower()) for value in condition.values]
    known = [say(state) for state in asked if state]
    if not known or len(known) < len(asked):
        return _unevaluable(condition, "", "which cannot be evaluated: it takes true or false")
    return join_words(Segment("key", condition.key), " is ", list_words(known, " or "))


def _asks_for_presence(condition: Condition) -> bool:
    is_null = parse_operator(condition.operator).operator is presence.NULL
    return is_null and {value.lower() for value in condition.values} == {"false"}


def _unevaluable(condition: Condition, before: str, why: str) -> Words:
    values = list_words([quote("value", value) for value in condition.values], " or ")
    return join_words(
        Segment("key", condition.key),
        f" satisfies {before}",
        quote("operator", condition.operator),
        " for ",
        values or _NO_VALUES,
        f" ({why})",
    )


def _parts_of(value: str, operator: Operator, version: str) -> tuple[Part, ...]:
    if operator.takes_variables and variables.variables_work(version):
        return find_variables(value)
    return (variables.LiteralText(value),) if value else ()


def _any_pattern(values: Sequence[tuple[Part, ...]], operator: Operator) -> bool:
    return any(
        sign in part.text
        for parts in values
        for part in parts
        if isinstance(part, variables.LiteralText)
        for sign in operator.pattern_signs
    )


def _value_in_words(parts: tuple[Part, ...], operator: Operator) -> Words:
    if len(parts) == 1 and isinstance(parts[0], Variable):
        return join_words(f"{_owner(parts[0].key)} ", Segment("variable", parts[0].text))
    words = _parts_in_words("value", parts)
    return join_words(words, operator.star_note) if plain(words) == "*" else words


def _owner(key: str) -> str:
    """Say whose property a variable is, as far as its key shows."""
    lowered = key.lower()
    if lowered.startswith("aws:principal") or lowered in _CALLER_KEYS:
        return "the caller's"
    return "the resource's" if lowered.startswith("aws:resource") else "the request's"


def _parts_in_words(kind: Kind, parts: tuple[Part, ...]) -> Words:
    """Return a text of the document's with its variables marked."""
    return _guarded(
        join_words(
            *(
                Segment("variable" if isinstance(part, Variable) else kind, part.text)
                for part in parts
            )
        )
    )


def quote(kind: Kind, text: str) -> Words:
    """A text of the document's, in quotes where it could be taken for the sentence's own words."""
    return _guarded((Segment(kind, text),) if text else ())


def given_in_words(values: Sequence[str], is_list: bool) -> Words:
    """What a context key is given. A list never reads like a single value, nor without values."""
    if not values:
        return say("an empty list" if is_list else "no value")
    listed = list_words([quote("value", each) for each in values], " and ")
    if not is_list:
        return listed
    return join_words("the list of only " if len(values) == 1 else "the list of ", listed)


def value_in_words(value: object) -> Words:
    """A value of a context key as a simulation has it: a list, or a single one."""
    is_list = isinstance(value, list)
    return given_in_words(value if isinstance(value, list) else [str(value)], is_list)


def _guarded(words: Words) -> Words:
    """Keep a text of the document's from being missed or misread within the sentence."""
    if not words:
        return say("the empty string")
    return join_words('"', words, '"') if _NEEDS_QUOTES.search(plain(words)) else words


def _scope(
    noun: str, patterns: Sequence[str], excepted: bool, in_words: Callable[[str], Words]
) -> Words:
    listed = list_words([in_words(pattern) for pattern in patterns], " and ")
    if excepted:
        return join_words(f"every {noun} except ", listed) if listed else say(f"every {noun}")
    return listed or say(f"no {noun}")


def _action_in_words(action: str) -> Words:
    return say("every action") if action == "*" else quote("action", action)


def _resource_in_words(resource: str, version: str) -> Words:
    """Variables count only in an ARN's resource part, after its fifth colon."""
    if resource == "*":
        return say("every resource")
    *head, tail = resource.split(":", _COLONS_BEFORE_RESOURCE_PART)
    if len(head) < _COLONS_BEFORE_RESOURCE_PART or not variables.variables_work(version):
        return quote("resource", resource)
    literal = variables.LiteralText(":".join([*head, ""]))
    return _parts_in_words("resource", (literal, *find_variables(tail)))


def _principal_in_words(principal: Principal) -> Words:
    if principal.value == "*" and principal.type in ("*", "AWS"):
        return say("everyone")
    is_account = principal.type == "AWS" and _ACCOUNT.fullmatch(principal.value)
    noun = "account " if is_account else _PRINCIPAL_NOUNS.get(principal.type, "")
    return join_words(noun, quote("principal", principal.value))


def say(text: str) -> Words:
    """A piece of a sentence in our own words."""
    return (Segment("text", text),)


def list_words(items: Sequence[Words], last: str, between: str = ", ") -> Words:
    """Return the items with `between` between them and `last` before the last one."""
    if len(items) < 2:
        return items[0] if items else ()
    spaced = [piece for item in items[:-1] for piece in (between, item)][1:]
    return join_words(*spaced, last, items[-1])


def join_words(*pieces: str | Segment | Words) -> Words:
    """Put strings, segments and words together; neighbours of one kind become one segment."""
    joined: list[Segment] = []
    for piece in pieces:
        if isinstance(piece, str):
            piece = say(piece)
        for segment in (piece,) if isinstance(piece, Segment) else piece:
            if joined and joined[-1].kind == segment.kind:
                joined[-1] = Segment(segment.kind, joined[-1].text + segment.text)
            elif segment.text:
                joined.append(segment)
    return tuple(joined)
