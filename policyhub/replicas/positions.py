"""How far the primary has written its log, and how far each replica has followed.

A position is the number of bytes of PostgreSQL's write-ahead log since its beginning. Everything
that was committed on the primary before it had a position is on a replica that has it too.
Source: PostgreSQL's documentation, "System Administration Functions", "Hot Standby".
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from itertools import count
from threading import Lock

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.template.defaultfilters import filesizeformat

from policyhub.catalog.models import CatalogState

# How often a process asks the primary, and how long it leaves a replica alone that does not answer.
LOOK_SECONDS = 1.0
SHELVED_SECONDS = 5.0

OK = "ok"
SILENT = "It does not answer, and is skipped: the server's log says why."
ANOTHER = "It is no replica of the database in DATABASE_URL, and is skipped: name one that is."
BEHIND = "It is {} of log behind the primary, and is skipped until it has caught up."
OLDER = "It has not followed the latest change of the catalogue yet, and is skipped until it has."

_PRIMARY = """
    SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), system_identifier
    FROM pg_control_system()
"""
# A database that follows no other has replayed nothing; one that is new has no generation.
_REPLICA = f"""
    SELECT coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0), system_identifier,
        pg_is_in_recovery(), coalesce(generation, 0), coalesce(prose_generation, 0)
    FROM pg_control_system() LEFT JOIN {CatalogState._meta.db_table} ON true
"""  # noqa: S608 - the name of our own table

_log = logging.getLogger(__name__)


def replicas() -> list[str]:
    """The names of the replicas among the connections; none by default."""
    return [alias for alias in settings.DATABASES if alias != DEFAULT_DB_ALIAS]


def written() -> int:
    """The position of the primary now: what was committed by now lies before it.

    Raises what the database raises.
    """
    return _ask(DEFAULT_DB_ALIAS, _PRIMARY)[0]


def _ask(alias: str, query: str) -> tuple[int, ...]:
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return tuple(map(int, cursor.fetchone()))


class Primary:
    """What this process knows of the primary, from a look at it each second.

    A replica must have what the primary had at the look before, so that one that is some
    milliseconds behind is of use. After a write of this process it must have that too.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: int | None = None
        self._next_look = 0.0
        self._writes = self._seen_writes = 0
        self.needed: int | None = None
        self.cluster = 0

    def note_write(self) -> None:
        """Look again before the next replica is chosen."""
        self._writes += 1

    def look(self) -> int | None:
        """The position that a replica must have; None where the primary was never reached.

        While it does not answer, what it had last is enough.
        """
        if self._is_due():
            with self._lock:
                if self._is_due():
                    self._look()
        return self.needed

    def _is_due(self) -> bool:
        return self._seen_writes != self._writes or time.monotonic() >= self._next_look

    def _look(self) -> None:
        writes = self._writes
        try:
            position, self.cluster = _ask(DEFAULT_DB_ALIAS, _PRIMARY)
        except Error as error:
            connections[DEFAULT_DB_ALIAS].close()
            _log.warning("the primary database does not answer: %s", _in_a_line(error))
            self._next_look = time.monotonic() + SHELVED_SECONDS
        else:
            has_written = writes != self._seen_writes
            self.needed = position if has_written or self._last is None else self._last
            self._last = position
            self._next_look = time.monotonic() + LOOK_SECONDS
        self._seen_writes = writes


@dataclass(slots=True)
class _Replica:
    """What was last written into the log about a replica, and until when it is left alone."""

    trouble: str = OK
    shelved_until: float = 0.0


class Replicas:
    """The replicas, each of which is asked how far it is before a request reads from it."""

    def __init__(self, primary: Primary) -> None:
        self.primary = primary
        self._known: dict[str, _Replica] = {}
        self._turns = count()

    def choose(self, needed: int = 0) -> str:
        """The connection to read from: a replica that has `needed` too, else the primary."""
        aliases = replicas()
        least = self.primary.look() if aliases else None
        if least is None:
            return DEFAULT_DB_ALIAS
        turn = next(self._turns) % len(aliases)
        for alias in aliases[turn:] + aliases[:turn]:
            if not self._rests(alias) and self.trouble_of(alias, max(needed, least)) == OK:
                return alias
        return DEFAULT_DB_ALIAS

    def conditions(self) -> dict[str, str]:
        """Each replica with `ok`, or a sentence that says why it is skipped."""
        aliases = replicas()
        least = self.primary.look() or 0 if aliases else 0
        return {
            alias: self._known[alias].trouble
            if self._rests(alias)
            else self.trouble_of(alias, least)
            for alias in aliases
        }

    def trouble_of(self, alias: str, needed: int) -> str:
        """`ok` where a replica can be read by who must see what the primary had at `needed`."""
        known = self._known.setdefault(alias, _Replica())
        if known.trouble != OK:
            # It may still be gone: only this request waits for it, and others leave it alone.
            known.shelved_until = time.monotonic() + SHELVED_SECONDS
        try:
            trouble = self._compare(_ask(alias, _REPLICA), needed)
        except Error as error:
            self.shelve(alias, error)
            return SILENT
        if trouble == ANOTHER:
            self._shelve(alias, ANOTHER)
        else:
            known.shelved_until = 0.0
            self._say(alias, OK)
        return trouble

    def _compare(self, told: tuple[int, ...], needed: int) -> str:
        position, cluster, is_replica, generation, prose_generation = told
        if not is_replica or cluster != self.primary.cluster:
            return ANOTHER
        if position < needed:
            return BEHIND.format(filesizeformat(needed - position).replace("\xa0", " "))
        newest = CatalogState.newest()
        is_as_new = generation >= newest[0] and prose_generation >= newest[1]
        return OK if is_as_new else OLDER

    def shelve(self, alias: str, error: BaseException) -> None:
        """Leave a replica alone for some seconds, for it does not answer."""
        connections[alias].close()
        self._shelve(alias, SILENT, _in_a_line(error))

    def _shelve(self, alias: str, trouble: str, why: str = "") -> None:
        self._say(alias, trouble, why)
        self._known[alias].shelved_until = time.monotonic() + SHELVED_SECONDS

    def _rests(self, alias: str) -> bool:
        known = self._known.get(alias)
        return known is not None and time.monotonic() < known.shelved_until

    def _say(self, alias: str, trouble: str, why: str = "") -> None:
        """Write what has changed about a replica into the log, once."""
        known = self._known.setdefault(alias, _Replica())
        if known.trouble != trouble:
            known.trouble = trouble
            _log.warning("%s: %s", alias, why or trouble)


def _in_a_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


primary = Primary()
pool = Replicas(primary)
