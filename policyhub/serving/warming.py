"""Policies' pages made before anybody asks for them, by a process of its own.

A page of a policy takes 25 ms of a processor at the median when it is first asked for, the longest
0.7 s: beside other requests that adds up. Once nothing has changed for a while, each is asked for
in the name of a visitor, and kept for all processes (`policyhub.kept_answers`). The process
shares the server's memory, gives way to everything else, and what it took is free again when all
pages are made.
"""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import islice
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NoReturn, Protocol

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import DatabaseError, connections
from django.urls import reverse

from policyhub.catalog.models import CatalogState, Policy
from policyhub.revalidation import today
from policyhub.serving.asking import ask
from policyhub.serving.catching_up import Rest
from policyhub.serving.connections import Application
from policyhub.serving.sharing import AGAIN_SECONDS, Sharing

Visitor = dict[str, str]

# How often is looked whether something has changed, and for how long nothing must have.
LOOK_SECONDS = 5.0
SETTLED_SECONDS = 60.0
# The least that a process can be: it runs when no other wants to.
NICENESS = 19
# Of the largest catalogues no more is made than there is room to keep.
MOST_PAGES = 10_000
# What is asked for first comes first.
PAGES = ("policy", "policy_permissions", "policy_document", "policy_json")
# How a visitor reaches the server: what addresses in pages are made of.
_REACHED_BY = (
    *("HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME", "wsgi.url_scheme"),
    "HTTP_X_FORWARDED_PROTO",
)

_log = logging.getLogger(__name__)


class Watching(Protocol):
    """Something that is looked after, again and again, until it is closed."""

    def look(self) -> None:
        """See whether there is something to be done, without waiting for it."""

    def close(self) -> None:
        """End what was begun."""


class NotedVisitor:
    """The application, which notes in a file how a visitor who got a page has reached it."""

    def __init__(self, application: Application, file: Path) -> None:
        self._application, self._file = application, file
        self._is_noted = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer, as the application does."""
        if self._is_noted or not _is_of_visitor(environ):
            return self._application(environ, start_response)

        def started(status: str, *rest: Any) -> Any:
            if status.startswith("200"):
                self._note(environ)
            return start_response(status, *rest)

        return self._application(environ, started)

    def _note(self, environ: dict[str, Any]) -> None:
        self._is_noted = True
        visitor = {name: environ[name] for name in _REACHED_BY if name in environ}
        # Without the note no page is made before it is asked for.
        with suppress(OSError):
            self._file.write_text(json.dumps(visitor), encoding="utf-8")


def _is_of_visitor(environ: dict[str, Any]) -> bool:
    is_page = environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].endswith("/")
    return is_page and not environ.get("HTTP_COOKIE")


class Beside:
    """The process beside the server, which watches; what it does is nothing for its workers."""

    def __init__(self, application: WSGIHandler, rest: Rest | None) -> None:
        self.application: Application = application
        self._server, self._rest = os.getpid(), rest
        self._process: int | None = None
        self._watch: Watch | None = None
        if settings.WARMING and hasattr(os, "fork"):
            file = Path(settings.DATA_DIR) / "visitor.json"
            file.unlink(missing_ok=True)
            self._watch = Watch(application, file)
            self.application = NotedVisitor(application, file)

    def begin(self, first_look: float = LOOK_SECONDS) -> None:
        """Begin it, while there is one thread; how much workers share is first seen in a while."""
        watching: list[Watching] = [each for each in (self._watch, self._rest) if each]
        if watching and hasattr(os, "fork"):
            watching.append(Sharing(self._server, first_look))
            self._process = os.fork() or _watch_and_end(watching, self._server)
        elif self._rest:
            self._rest.look()

    def begin_anew(self) -> None:
        """Have another one, which shares the memory that the server has now."""
        self.end()
        self.begin(AGAIN_SECONDS)

    def end(self) -> None:
        """End it, in the server itself: a worker that ends comes here too."""
        if os.getpid() != self._server:
            return
        if self._process:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGTERM)
        elif self._rest:
            self._rest.close()


@contextmanager
def beside(application: WSGIHandler, rest: Rest | None = None) -> Iterator[Beside]:
    """Have pages made, and the rest brought in, while the block serves.

    To be called before there are threads. Where processes can't be forked no page is made.
    """
    process = Beside(application, rest)
    process.begin()
    try:
        yield process
    finally:
        process.end()


def _watch_and_end(watching: Sequence[Watching], server: int) -> NoReturn:
    """Be the process that watches: nothing of what the server does next is for it."""
    # Ctrl-C is for the server, which then ends this one. Not in a session of its own: Linux shares
    # out the processor by sessions first, and only within one by niceness (sched(7), autogroups).
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    try:
        ended = _readable_at_the_end()
        with ExitStack() as stack:
            for each in watching:
                stack.enter_context(closing(each))
            while os.getppid() == server and not select.select([ended], [], [], LOOK_SECONDS)[0]:
                for each in watching:
                    each.look()
    except Exception:
        _log.exception("pages are no longer made in advance, nor is brought in what imports leave")
    finally:
        os._exit(0)


def _readable_at_the_end() -> int:
    """A file that can be read once this process is told to end.

    An exception that the signal raises could come where it is dropped, as while an object is
    destroyed: then the process would never end.
    """
    ended, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told)
    signal.signal(signal.SIGTERM, lambda *_: None)
    return ended


class Watch:
    """Has the pages of each state of the data made once it has lasted for a while."""

    def __init__(
        self, application: WSGIHandler, file: Path, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._application, self._file, self._now = application, file, now
        self._seen: Hashable = None
        self._since = 0.0
        self._made: Hashable = None
        self._maker: BaseProcess | None = None

    def look(self) -> None:
        """See whether the data is another one, or has been this one for long enough."""
        if self._maker and not self._maker.is_alive():
            self.close()
        state = self._state()
        if state != self._seen:
            self.close()
            self._seen, self._since = state, self._now()
        elif state not in (None, self._made) and self._now() - self._since >= SETTLED_SECONDS:
            self._made = state
            self._maker = get_context("fork").Process(target=self._make)
            self._maker.start()

    def close(self) -> None:
        """End the process that makes pages, if there is one."""
        if self._maker:
            self._maker.terminate()
            self._maker.join()
            self._maker = None

    def _make(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        make_pages(self._application, read_visitor(self._file) or {})

    def _state(self) -> Hashable:
        """What pages hang on; None while nobody has asked for one, or the database is away."""
        visitor = read_visitor(self._file)
        if visitor is None:
            return None
        try:
            state = CatalogState.current()
        except DatabaseError:
            return None
        finally:
            connections.close_all()
        data = state.generation, state.history_done, state.prose_generation
        return data, today(), tuple(sorted(visitor.items()))


def read_visitor(file: Path) -> Visitor | None:
    """How the last visitor that was noted reached the server."""
    try:
        visitor: Visitor = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Nobody has come yet, or another process is writing it at this moment.
        return None
    return visitor


def make_pages(application: WSGIHandler, visitor: Visitor) -> None:
    """Ask for the pages of each policy as a visitor would."""
    for address in islice(addresses(), MOST_PAGES):
        ask(application, address, visitor)


def addresses() -> Iterator[str]:
    """The pages' addresses, those that are asked for first in front."""
    keys = list(Policy.objects.order_by("name").values_list("key", flat=True))
    return (reverse(f"browse:{page}", args=[key]) for page in PAGES for key in keys)
