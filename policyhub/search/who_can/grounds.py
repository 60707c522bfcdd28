"""What an answer of "who can" is based on: which statements, and what of the question they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policyhub.iam.deciding.decision import Verdict
from policyhub.iam.deciding.request import Request
from policyhub.iam.explaining.layers import OpenStatement
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.wording import Segment, Words, join_words, list_words, plain, quote, say


@dataclass(frozen=True, slots=True)
class Grounds:
    """Statements that decide an answer, and on what of the question they do.

    `lead` comes before the statements and `rest` follows them, so that a page can link each;
    together they are one sentence without a full stop. `rest` is empty where nothing is to add.
    """

    lead: str
    statements: tuple[Statement, ...] = ()
    rest: Words = ()

    @property
    def in_words(self) -> str:
        """The sentence as text."""
        names = [say(statement_number(each)) for each in self.statements]
        space = " " if names else ""
        return plain(join_words(self.lead, space, list_words(names, " and "), self.rest))


@dataclass(frozen=True, slots=True)
class Asker:
    """The request, and what of it was given rather than left open or derived."""

    request: Request
    any_resource: bool
    given: frozenset[str]


def statement_number(statement: Statement) -> str:
    """A statement by number from 1 and Sid."""
    return numbered(statement.position, statement.sid)


def numbered(position: int, sid: str) -> str:
    """The same of a statement of which only the names are known."""
    return f"statement {position + 1} ({sid})" if sid else f"statement {position + 1}"


def grounds_of_a_yes(asker: Asker, about: Sequence[OpenStatement]) -> Grounds:
    """The statement that allows, the one that needs least, and what it needs."""
    allows = [each for each in about if each.statement.effect == "Allow"]
    matching = [each for each in allows if each.matches is True]
    if not matching:
        together = [each for each in allows if each.matches is not False]
        return Grounds("by", _statements_in(together), say(" together"))
    denies = [each for each in about if each.statement.effect == "Deny"]
    needed = [(_needs(asker, each), each) for each in matching]
    least, by = min(needed, key=lambda each: len(each[0]))
    spared = [_why_spared(asker, each) for each in denies]
    return Grounds("by", (by.statement,), _rest([*least, *spared]))


def grounds_of_a_condition(asker: Asker, about: Sequence[OpenStatement]) -> Grounds:
    """The statements that may allow; of a single one also what the question settles."""
    allows = [
        each for each in about if each.statement.effect == "Allow" and each.matches is not False
    ]
    settled = _needs(asker, allows[0]) if len(allows) == 1 else []
    return Grounds("by", _statements_in(allows), _needs_in_words(settled))


def grounds_of_a_no(asker: Asker, about: Sequence[OpenStatement]) -> Grounds:
    """The statement that denies, or that no statement grants it."""
    denies = [each for each in about if each.statement.effect == "Deny"]
    denying = [each for each in denies if each.matches is True]
    if denying:
        needed = [(_needs(asker, each), each) for each in denying]
        least, by = min(needed, key=lambda each: len(each[0]))
        return Grounds("denied by", (by.statement,), _rest(least))
    allows = [each for each in about if each.statement.effect == "Allow"]
    may_allow = [each for each in allows if each.matches is not False]
    may_deny = [each for each in denies if each.matches is not False]
    if may_allow and may_deny:
        names = " or ".join(statement_number(each.statement) for each in may_allow)
        rest = say(f", wherever {names} would allow it")
        return Grounds("denied by", _statements_in(may_deny), rest)
    if may_allow:
        rest = say(" contradict the question or one another, so it is never allowed")
        return Grounds("the conditions of", _statements_in(may_allow), rest)
    return Grounds("no statement grants it")


def _statements_in(found: Sequence[OpenStatement]) -> tuple[Statement, ...]:
    return tuple(each.statement for each in found)


def _needs(asker: Asker, found: OpenStatement) -> list[Words]:
    """What of the question a statement needs to match, a clause each."""
    resource = _about_resource(asker, found)
    return [*([resource] if resource else []), *_about_keys(asker, found)]


def _about_resource(asker: Asker, found: OpenStatement) -> Words:
    if asker.any_resource or found.compiled.on_all_resources:
        return ()
    clause = found.compiled.request_matches_resources(asker.request)
    if found.statement.not_resource:
        return say("the given resource is not among its exceptions")
    verb = "is" if clause.detail == asker.request.resource else "is within"
    return join_words(f"the given resource {verb} ", quote("resource", clause.detail))


def _about_keys(asker: Asker, found: OpenStatement) -> list[Words]:
    """The keys of its conditions that the request has; those of open conditions are not needed."""
    context = asker.request.context
    settled = {
        key.lower(): key
        for each in found.compiled.conditions
        if all(need.lower() in context for need in each.needs)
        for key in each.needs
    }
    given = [key for lowered, key in settled.items() if lowered in asker.given]
    derived = [key for lowered, key in settled.items() if lowered not in asker.given]
    ends = (" meets its condition", " meet its conditions")
    return [
        *([join_words("the given ", _keys(given), ends[len(given) > 1])] if given else ()),
        *(join_words("the resource's ", _keys([key]), ends[0]) for key in derived),
    ]


def _keys(names: Sequence[str]) -> Words:
    return list_words([(Segment("key", each),) for each in names], " and ")


def _why_spared(asker: Asker, deny: OpenStatement) -> Words:
    """Why a statement that denies the action does not deny this request."""
    name = statement_number(deny.statement)
    if not deny.compiled.is_about_resource(asker.request) and not asker.any_resource:
        return say(f"the given resource is outside what {name} denies")
    context = asker.request.context
    failing = [
        each.condition.key
        for each in deny.compiled.conditions
        if each.match(context).verdict is Verdict.DOES_NOT_MATCH and each.key in context
    ]
    keys = list(dict.fromkeys(failing))
    if not keys:
        return say(f"the conditions of {name}, a Deny, are never met")
    verb = "does" if len(keys) == 1 else "do"
    return join_words(
        "the given ", _keys(keys), f" {verb} not meet the condition of {name}, a Deny"
    )


def _rest(needs: Sequence[Words]) -> Words:
    return _needs_in_words(needs) or say(", whatever else is in the request")


def _needs_in_words(needs: Sequence[Words]) -> Words:
    return join_words("; ", list_words(needs, ", ")) if needs else ()
