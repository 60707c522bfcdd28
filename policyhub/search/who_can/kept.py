"""What was found out of the answers to the last questions, for their next pages and tables.

It is kept by what policies say of the action, of which there is little, and not by policy.
"""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

from cachetools import LRUCache

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.iam.deciding.request import Request

AnswerName = Literal["yes", "conditional", "no"]
_QUESTIONS = 50


class ShortAnswer(NamedTuple):
    """The name of an answer, and whether it says more than a policy that is silent."""

    name: AnswerName
    is_telling: bool


Found = dict[Hashable, ShortAnswer]
_by_catalogue: WeakKeyDictionary[Catalogue, LRUCache[tuple[str, bool], Found]] = WeakKeyDictionary()
_lock = Lock()


def found_before(catalogue: Catalogue, request: Request, any_resource: bool) -> Found:
    """What was found out of a request by this catalogue, to be added to."""
    with _lock:
        kept = _by_catalogue.setdefault(catalogue, LRUCache(_QUESTIONS))
        found: Found = kept.setdefault((repr(request), any_resource), {})
        return found
