"""Pages of a moment ago for visitors, while today's are made beside.

Each part of an import and each save of a curator makes pages stale that many are reading. A page
that was today's within the last seconds is answered once more, and made again by a thread of its
own: no visitor waits for it. Who is logged in always waits for today's, and so do programs, which
ask for JSON, CSV and feeds.
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
_MOST = 400

_log = logging.getLogger(__name__)


class OlderAnswers:
    """Which answers were today's a moment ago: a tag for what was asked, apart from the data."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._tags: TTLCache[str, str] = TTLCache(_MOST, SECONDS, now)
        self._renewed: set[str] = set()
        self._lock = Lock()

    def note(self, asked: str, tag: str) -> None:
        """Note that an answer is today's."""
        with self._lock:
            self._tags[asked] = tag

    def tag(self, asked: str) -> str | None:
        """The tag of an answer that was today's a moment ago."""
        with self._lock:
            return self._tags.get(asked)

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
