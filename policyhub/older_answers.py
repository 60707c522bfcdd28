"""Pages of a moment ago for visitors, while today's are made beside.

An import in parts, and curators who save one after the other, make pages stale that many are
reading. While policies change again and again, and where a page has become stale so within the
last seconds, it is answered once more as it was, and made again by a thread of its own: no visitor
waits for it. After a single change everybody gets today's. Who is logged in always waits for it,
and so do programs, which ask for JSON, CSV and feeds.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock

from cachetools import TTLCache
from django.conf import settings
from django.db import connections
from django.http import HttpRequest

from policyhub.catalog.generation_cache import is_serving

# For so long after it was today's, a page may be answered.
SECONDS = 20.0
# And only if within these seconds it has been made so often.
OFTEN = 4
# Or if the catalogue has been another one so often within these seconds, as an import in parts
# makes it: then each of the pages that it makes stale would be waited for.
MOVES = 2
IMPORTING_SECONDS = 60.0
_MOST = 400
_MOST_STATES = 8

_log = logging.getLogger(__name__)


class OlderAnswers:
    """Which answers were today's a moment ago: a tag for what was asked, apart from the data."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        # With each the moments at which the last of its tags were new.
        self._tags: TTLCache[str, tuple[str, tuple[float, ...]]] = TTLCache(_MOST, SECONDS, now)
        self._now = now
        self._renewed: set[str] = set()
        self._lock = Lock()
        # The last states of the catalogue, and when the last of them came after another one.
        self._states: deque[Hashable] = deque(maxlen=_MOST_STATES)
        self._moves: tuple[float, ...] = ()

    def see(self, catalogue: Hashable) -> None:
        """Note which state the catalogue is in; of two threads one may read the one before."""
        with self._lock:
            if catalogue in self._states:
                return
            if self._states:
                self._moves = (*self._moves, self._now())[-MOVES:]
            self._states.append(catalogue)

    def note(self, asked: str, tag: str) -> None:
        """Note that an answer is today's."""
        with self._lock:
            known, moments = self._tags.get(asked, ("", ()))
            if tag != known:
                moments = (*moments, self._now())[-OFTEN:]
            self._tags[asked] = tag, moments

    def tag(self, asked: str, is_importing: bool = False) -> str | None:
        """The tag of an answer that was today's a moment ago, where that changes all the time.

        So it does while an import says that it goes on, from its first part on.
        """
        with self._lock:
            tag, moments = self._tags.get(asked, ("", ()))
            is_restless = is_importing or self._are_within(moments, OFTEN, SECONDS)
            is_moving = self._are_within(self._moves, MOVES, IMPORTING_SECONDS)
            return tag if tag and (is_restless or is_moving) else None

    def _are_within(self, moments: Sequence[float], count: int, seconds: float) -> bool:
        """Whether so many moments lie no further back than so many seconds."""
        return len(moments) == count and self._now() - moments[0] <= seconds

    def renew(self, asked: str, make: Callable[[], object]) -> None:
        """Have today's answer made, once however many ask for it meanwhile."""
        with self._lock:
            if asked in self._renewed:
                return
            self._renewed.add(asked)

        def made() -> None:
            try:
                make()
            except Exception:
                # Whoever asks once the older one is gone learns of it.
                _log.exception("a page could not be made again")
            finally:
                with self._lock:
                    self._renewed.discard(asked)

        beside(made)


def may_be_older(request: HttpRequest) -> bool:
    """Whether it is a request for a page, of whom nothing says that they have edited anything."""
    is_page = request.method == "GET" and request.path.endswith("/")
    # The thread would read from the primary, also where that is gone and replicas answer.
    has_replicas = bool(settings.DATABASE_ROUTERS)
    return is_page and not request.COOKIES and not has_replicas and is_serving()


def beside(work: Callable[[], None]) -> None:
    """Do some work in the thread that makes pages again."""

    def done() -> None:
        try:
            work()
        finally:
            connections.close_all()

    _thread().submit(done)


@cache
def _thread() -> ThreadPoolExecutor:
    # Begun by the first one that needs it: threads are not there any more in a forked process.
    return ThreadPoolExecutor(1, thread_name_prefix="pages")
