"""What one policy allows that another doesn't, as sentences about its statements.

The requests that prove a difference have made-up values: they can be tried, but what is reported is
the statement that allows them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from policyhub.iam.comparing.proof import Witness
from policyhub.iam.language.elements import PolicyDocument, Statement
from policyhub.iam.language.wording import (
    Words,
    actions_in_words,
    conditions_in_words,
    join_words,
    list_words,
    quote,
    resources_in_words,
    say,
)

# Of longer lists of patterns the first are shown, and how many more there are.
_MOST_LISTED = 6
# Whether AWS can be asked: for certain, perhaps, never.
_CERTAINTY = (True, None, False)


@dataclass(frozen=True)
class DifferenceReason:
    """A statement that allows what the other policy lacks or denies, with the proofs.

    `patterns` are those of its actions to which that applies, none for a NotAction;
    `denied_by` are the other policy's statements where it is these that make the difference.
    `is_asked` is false where by the reference AWS is never asked what the statement allows in
    addition, None where AWS's own policies speak of it all the same.
    """

    statement: Statement
    version: str
    patterns: tuple[str, ...]
    denied_by: tuple[Statement, ...]
    witnesses: tuple[Witness, ...]
    is_asked: bool | None = True

    @property
    def condition(self) -> Words:
        """The statement's condition as a clause; no words where it has none."""
        return conditions_in_words(self.statement.conditions, self.version)


def reasons(
    witnesses: Iterable[Witness], allowing: PolicyDocument, other: PolicyDocument
) -> tuple[DifferenceReason, ...]:
    """Put the witnesses of one side together by statement, in the document's order.

    What AWS is never asked comes last, and before it that of which it is not known. Statements
    with the same condition stand together, where the first of them is.
    """
    grouped: dict[tuple[int, int, tuple[int, ...]], list[Witness]] = {}
    for each in witnesses:
        key = _CERTAINTY.index(each.is_asked), each.statement, each.denied_by
        grouped.setdefault(key, []).append(each)
    return _with_conditions_together(
        DifferenceReason(
            allowing.statements[place],
            allowing.version,
            tuple(dict.fromkeys(each.pattern for each in found if each.pattern)),
            tuple(other.statements[each] for each in denied_by),
            tuple(found),
            _CERTAINTY[certainty],
        )
        for (certainty, place, denied_by), found in sorted(
            grouped.items(), key=lambda item: item[0]
        )
    )


def _with_conditions_together(found: Iterable[DifferenceReason]) -> tuple[DifferenceReason, ...]:
    places: dict[object, int] = {}
    keyed = [((each.is_asked, each.condition or each.statement), each) for each in found]
    for key, _ in keyed:
        places.setdefault(key, len(places))
    return tuple(each for _, each in sorted(keyed, key=lambda item: places[item[0]]))


def by_condition(
    found: Iterable[DifferenceReason],
) -> list[tuple[Words, tuple[DifferenceReason, ...]]]:
    """Neighbours that share a condition, with its clause; no words where nothing is shared."""
    together = ((words, tuple(each)) for words, each in groupby(found, lambda one: one.condition))
    return [(words if len(each) > 1 else (), each) for words, each in together]


def reason_in_words(reason: DifferenceReason, *, with_condition: bool = True) -> Words:
    """The actions, resources and condition of a reason, and the statement; without a full stop."""
    statement = reason.statement
    actions = (
        actions_in_words(statement)
        if statement.not_action or not reason.patterns
        else _patterns_in_words(reason.patterns)
    )
    bound = statement if with_condition else replace(statement, conditions=())
    return join_words(
        actions, bounds_in_words(bound, reason.version), f", {place_in_words(statement)}"
    )


def denied_in_words(reason: DifferenceReason) -> Words:
    """By which statements the other policy denies it; no words where none does."""
    if not reason.denied_by:
        return ()
    return say("denied by " + " and ".join(map(place_in_words, reason.denied_by)))


def bounds_in_words(statement: Statement, version: str) -> Words:
    """On which resources and when a statement is in force, to follow the actions."""
    few, more = statement, ""
    if len(statement.resources) > _MOST_LISTED:
        few = replace(statement, resources=statement.resources[:_MOST_LISTED])
        more = f", and {len(statement.resources) - _MOST_LISTED:,} more"
    resources = resources_in_words(few, version)
    conditions = conditions_in_words(statement.conditions, version)
    return join_words(
        join_words(" on ", resources, more) if resources else (),
        join_words(" when ", conditions) if conditions else (),
    )


def place_in_words(statement: Statement) -> str:
    """A statement by its number from 1 and its Sid."""
    return f"statement {statement.position + 1} {statement.sid}".rstrip()


def _patterns_in_words(patterns: tuple[str, ...]) -> Words:
    listed = [
        say("every action") if each == "*" else quote("action", each)
        for each in patterns[:_MOST_LISTED]
    ]
    if len(patterns) > _MOST_LISTED:
        return join_words(
            list_words(listed, ", "), f" and {len(patterns) - _MOST_LISTED:,} more patterns"
        )
    return list_words(listed, " and ")
