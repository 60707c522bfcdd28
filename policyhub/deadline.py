"""The time that one request has, and the lane that the costly ones take.

A request answers within seconds, whatever it asks: a deadline counts as the budget of all its
work, and what is not decided by then is said to be undecided. A request that has worked for a
quarter of a second takes one of few places, so that threads are left for the others, and so
that fast answers do not wait for many slow ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from threading import BoundedSemaphore, Lock
from types import TracebackType
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponseBase

from policyhub.failures import FailedRequestError
from policyhub.iam.budget import Budget, SpentError

# Of the five seconds within which everything is answered: what is left is for writing it down,
# which takes twice as long beside another such request.
SECONDS = 2.2
# Of the processor's time: what has worked for so long is costly.
CHEAP_SECONDS = 0.25
# In each process. What is still waiting after this many seconds is asked to try again.
PLACES = 2
MOST_WAITING = 2
PATIENCE = 2.0
# The clocks are read once in so many steps; of so many together it is known without beginning
# that they take too long.
_STEPS_BETWEEN_LOOKS = 500
_STEPS_A_SECOND = 3_000_000

P = ParamSpec("P")


class Lane:
    """Few places for costly work, and few more to wait in."""

    def __init__(self, places: int, most_waiting: int) -> None:
        self._places = BoundedSemaphore(places)
        self._most_waiting, self._waiting, self._lock = most_waiting, 0, Lock()

    def enter(self, seconds: float) -> bool:
        """Take a place, waiting that long for one; False if there is none."""
        if self._places.acquire(blocking=False):
            return True
        with self._lock:
            if self._waiting >= self._most_waiting:
                return False
            self._waiting += 1
        try:
            return self._places.acquire(timeout=max(seconds, 0))
        finally:
            with self._lock:
                self._waiting -= 1

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()


_lane = Lane(PLACES, MOST_WAITING)


class Deadline:
    """The budget of one request: the clock's, from when it is made."""

    def __init__(self, seconds: float | None = None, lane: Lane = _lane) -> None:
        self._began, self._worked = time.monotonic(), time.thread_time()
        self._seconds, self._lane = SECONDS if seconds is None else seconds, lane
        self._unseen = 0
        self._has_place = False
        # Whether something was left undecided for want of time.
        self.is_spent = False

    def __enter__(self) -> Deadline:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._has_place:
            self._lane.leave()

    def spend(self, steps: int = 1) -> None:
        """Count steps; look at the clock now and then. Raises `SpentError`.

        Raises `FailedRequestError` where the work is costly and there is no place for it.
        """
        self._unseen += steps
        if self._unseen < _STEPS_BETWEEN_LOOKS:
            return
        self._unseen = 0
        if not self._has_place and time.thread_time() - self._worked > CHEAP_SECONDS:
            self._take_a_place()
        left = self._seconds - (time.monotonic() - self._began)
        if left <= steps / _STEPS_A_SECOND:
            self._unseen = _STEPS_BETWEEN_LOOKS
            self.is_spent = True
            raise SpentError(
                f"it takes more than the {self._seconds:g} seconds allowed for one answer"
            )

    def _take_a_place(self) -> None:
        waited = time.monotonic() - self._began
        self._has_place = self._lane.enter(PATIENCE - waited)
        if not self._has_place:
            sentence = "Policyhub is busy with other requests: try again in a few seconds."
            raise FailedRequestError(503, "busy", sentence, retry_after=5)


def answered_in_time(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Give each request of a view the time that one may take, as `budget_of` it."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        with Deadline() as deadline:
            request.budget = deadline  # type: ignore[attr-defined]
            try:
                return view(request, *args, **kwargs)
            except SpentError as error:
                sentence = f"Nothing could be decided: {error}. Ask for less at a time."
                raise FailedRequestError(413, "too-much-work", sentence) from error

    return answer


@dataclass(frozen=True, slots=True)
class Stopped:
    """Where a list ends because the time was over: after how many of how many.

    `next` is how to go on: an address, or a sentence where there is none.
    """

    after: int
    of: int
    next: str

    @property
    def reason(self) -> str:
        """Why the list ends here."""
        return f"the rest takes more than the {SECONDS:g} seconds allowed for one answer"

    @property
    def next_url(self) -> str:
        """The address that goes on; "" where there is none."""
        return self.next if self.next.startswith(("http:", "https:")) else ""

    def to_dict(self) -> dict[str, Any]:
        """The place as JSON has it."""
        return {"after": self.after, "of": self.of, "reason": self.reason, "next": self.next}


def budget_of(request: HttpRequest) -> Budget:
    """The budget of a request to a view that answers in time."""
    budget: Budget = request.budget  # type: ignore[attr-defined]
    return budget
