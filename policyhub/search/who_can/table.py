"""All answers in words, as a table has them: what many policies say alike is told once.

Of one policy in many accounts the words are those of one, with the names of the other in them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from policyhub.catalog.access.explained import StatementNames, make_ready, names_of
from policyhub.iam.language.wording import plain
from policyhub.search.who_can.answers import Answer
from policyhub.search.who_can.grounds import numbered, statement_number

# To read how its statements are named, and to write its row.
_STEPS_OF_AN_ANSWER = 3
# In place of a policy's name; with a number it is a Sid.
_NAME = "\0"


class AnswerInWords(NamedTuple):
    """An answer, when it is yes, what keeps its statements from allowing, and on what it rests."""

    answer: Answer
    conditions: str
    near: str
    because: str


class _SharedWords(NamedTuple):
    """The words of answers that are alike, and in them the names that stand for those of each."""

    conditions: str
    near: str
    because: str
    statements: Sequence[str] = ()


def answers_in_words(answers: Sequence[Answer]) -> Iterator[AnswerInWords]:
    """The answers with their words, in order; what takes long is done before the first of them.

    Raises `SpentError`.
    """
    keys = list(map(_what_is_alike, answers))
    names = names_of([each.explained for each in answers])
    firsts = dict(zip(reversed(keys), reversed(answers), strict=True))
    make_ready([each.explained for each in firsts.values()])
    words = {
        key: _words(each) if key is each.explained else _shared_words(each)
        for key, each in firsts.items()
    }
    return (
        _with_names(words[key], each, own)
        for key, each, own in zip(keys, answers, names, strict=True)
    )


def _what_is_alike(answer: Answer) -> Hashable:
    """What an answer has in common with those that have the same words; its own, once explained."""
    explained = answer.explained
    if explained.is_read:
        return explained
    answer.budget.spend(_STEPS_OF_AN_ANSWER)
    return explained.explaining, explained.source.said


def _shared_words(answer: Answer) -> _SharedWords:
    explained = answer.explained
    standing = explained.explaining.standing_for(explained, _NAME)
    words = _words(replace(answer, explained=standing))
    return words._replace(statements=list(map(statement_number, standing.statements)))


def _words(answer: Answer) -> _SharedWords:
    near = "; ".join(map(plain, answer.near))
    return _SharedWords(plain(answer.conditions), near, answer.grounds.in_words)


def _with_names(words: _SharedWords, answer: Answer, names: StatementNames) -> AnswerInWords:
    conditions, near, because, statements = words
    source = answer.explained.source
    if source.account:
        unnamed = answer.explained.explaining.unnamed_account
        conditions = conditions.replace(unnamed, source.account)
        near = near.replace(unnamed, source.account)
        because = because.replace(unnamed, source.account)
    for standing, own in zip(statements, names, strict=False):
        because = because.replace(standing, numbered(*own))
        near = near.replace(standing, numbered(*own))
    return AnswerInWords(answer, conditions, near.replace(_NAME, answer.policy), because)
