"""Pages of a moment ago for visitors, while today's are made beside.

An import in parts, and curators who save one after the other, make pages stale that many are
reading. A page that has become stale again and again within the last seconds is answered once more
as it was, and made again by a thread of its own: no visitor waits for it. After a single change
everybody gets today's. Who is logged in always waits for it, and so do programs, which ask for
JSON, CSV and feeds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
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
_MOST = 400

_log = logging.getLogger(__name__)


class OlderAnswers:
    """Which answers were today's a moment ago: a tag for what was asked, apart from the data."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        # With each the moments at which the last of its tags were new.
        self._tags: TTLCache[str, tuple[str, tuple[float, ...]]] = TTLCache(_MOST, SECONDS, now)
        self._now = now
        self._renewed: set[str] = set()
        self._lock = Lock()

    def note(self, asked: str, tag: str) -> None:
        """Note that an answer is today's."""
        with self._lock:
            known, moments = self._tags.get(asked, ("", ()))
            if tag != known:
                moments = (*moments, self._now())[-OFTEN:]
            self._tags[asked] = tag, moments

    def tag(self, asked: str) -> str | None:
        """The tag of an answer that was today's a moment ago, where that changes all the time."""
        with self._lock:
            tag, moments = self._tags.get(asked, ("", ()))
            is_restless = len(moments) == OFTEN and self._now() - moments[0] <= SECONDS
            return tag if is_restless else None

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
