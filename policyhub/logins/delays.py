"""How long nobody can log in after wrong passwords: longer with each, never for the name alone.

Whoever tries many passwords waits; nobody can keep somebody else from logging in from where
they logged in before.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt, AccessLog
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from policyhub.failures import Failure, answer_with
from policyhub.http import quotable
from policyhub.logins.addresses import client_address

logger = logging.getLogger(__name__)

# Failures that are older don't count.
REMEMBERED = timedelta(hours=24)


@dataclass(frozen=True)
class Delay:
    """After `free` failures one waits `first`, and twice as long after each more, to `longest`."""

    free: int
    first: timedelta
    longest: timedelta

    def after(self, failures: int) -> timedelta:
        """How long to wait after so many failures."""
        if failures < self.free:
            return timedelta(0)
        # Beyond, the double is longer than any `longest`, and too long for a timedelta.
        doublings = min(failures - self.free, 20)
        return min(self.first * (1 << doublings), self.longest)


# One name from one address.
PAIR = Delay(5, timedelta(minutes=5), timedelta(hours=1))
# An address, whatever the names that never logged in from it: several people can have the same.
ADDRESS = Delay(5, timedelta(minutes=5), timedelta(minutes=15))
# A name, from addresses from which it never logged in.
NAME = Delay(50, timedelta(seconds=10), timedelta(minutes=5))


class GrowingDelays(AxesDatabaseHandler):
    """Asks axes' record of failures how long is still to wait."""

    def is_locked(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        """Whether a name may not be tried from this address now."""
        name = str((credentials or {}).get("username") or "")
        request.login_waits = seconds_to_wait(name, request.axes_ip_address)
        return bool(request.login_waits)

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        """Record the failure, and log who failed; never the password."""
        super().user_login_failed(sender, credentials, request, **kwargs)
        outcome = "refused, too many wrong passwords" if request.axes_locked_out else "failed"
        name = quotable(str(credentials.get("username") or ""))
        logger.warning("log-in %s: name `%s`, address %s", outcome, name, client_address(request))


def seconds_to_wait(name: str, address: str | None) -> int:
    """In how many seconds the name may be tried from the address; 0 where it may be now."""
    now = timezone.now()
    recent = AccessAttempt.objects.filter(attempt_time__gt=now - REMEMBERED)
    of_name, of_address = recent.filter(username=name), recent.filter(ip_address=address)
    waits = [_left(PAIR, of_name.filter(ip_address=address), now)]
    if not AccessLog.objects.filter(username=name, ip_address=address).exists():
        waits += [_left(ADDRESS, of_address, now), _left(NAME, of_name, now)]
    return max(waits)


def _left(delay: Delay, attempts: QuerySet[AccessAttempt], now: datetime) -> int:
    found = attempts.aggregate(failures=Sum("failures_since_start"), last=Max("attempt_time"))
    if found["last"] is None:
        return 0
    left: timedelta = found["last"] + delay.after(found["failures"]) - now
    return max(0, math.ceil(left.total_seconds()))


def refusal(
    request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """The answer to a log-in that came too soon."""
    seconds: int = getattr(request, "login_waits", 0) or 1
    sentence = (
        f"Wait {_wait_in_words(seconds)}, then try again. The administrator can lift the delay: "
        "`manage.py unlock NAME`, or the address."
    )
    return answer_with(
        request, Failure(429, "too-many-logins", "Too many wrong passwords", sentence, seconds)
    )


def _wait_in_words(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
