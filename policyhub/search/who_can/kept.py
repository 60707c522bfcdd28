"""What was found out of the last questions, for their next pages, filters and tables.

Answers are kept by what policies say of the action, of which there is little; and the policies of
a few questions in the order in which they are shown.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

from cachetools import LRUCache

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.access.explained import AskedPolicy
from policyhub.iam.deciding.request import Request

AnswerName = Literal["yes", "conditional", "no"]
# Some is denied, or as they are worded no statements ever match: of both the name is "no".
Shown = Literal["yes", "conditional", "denied", "never"]
_QUESTIONS = 50
# Of all questions together: what one more takes is forgotten of the one that was asked first.
_MOST_POLICIES = 100_000


class ShortAnswer(NamedTuple):
    """The name of an answer, and whether it says more than a policy that is silent."""

    name: AnswerName
    is_telling: bool


Found = dict[Hashable, ShortAnswer]
#: The policies that have something to say, by their answers, in the order of their names.
Ordered = Mapping[AnswerName, Sequence[AskedPolicy]]
_Question = tuple[str, bool]


def _size(ordered: Ordered) -> int:
    return 1 + sum(map(len, ordered.values()))


@dataclass(frozen=True, slots=True)
class _KeptQuestions:
    """What is kept of the questions to one catalogue."""

    found: LRUCache[_Question, Found] = field(default_factory=lambda: LRUCache(_QUESTIONS))
    ordered: LRUCache[_Question, Ordered] = field(
        default_factory=lambda: LRUCache(_MOST_POLICIES, getsizeof=_size)
    )


_by_catalogue: WeakKeyDictionary[Catalogue, _KeptQuestions] = WeakKeyDictionary()
_lock = Lock()


def found_before(catalogue: Catalogue, request: Request, any_resource: bool) -> Found:
    """What was found out of a request by this catalogue, to be added to."""
    with _lock:
        found: Found = _kept(catalogue).found.setdefault((repr(request), any_resource), {})
        return found


def ordered_before(catalogue: Catalogue, request: Request, any_resource: bool) -> Ordered | None:
    """The policies that have something to say to a request, if they were all asked."""
    with _lock:
        ordered: Ordered | None = _kept(catalogue).ordered.get((repr(request), any_resource))
        return ordered


def keep_ordered(
    catalogue: Catalogue, request: Request, any_resource: bool, ordered: Ordered
) -> None:
    """Keep these policies for the next page of the question."""
    # What is larger than all that may be kept is not kept.
    with _lock, suppress(ValueError):
        _kept(catalogue).ordered[repr(request), any_resource] = ordered


def _kept(catalogue: Catalogue) -> _KeptQuestions:
    found: _KeptQuestions = _by_catalogue.setdefault(catalogue, _KeptQuestions())
    return found
