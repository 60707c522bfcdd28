"""The catalogue's generation number and what it was built from."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any, Self

from django.db import DEFAULT_DB_ALIAS, models
from django.utils import timezone

# The newest generations that this process has read, of the catalogue and of the prose.
_newest = (0, 0)


class CatalogState(models.Model):
    """One row. Its generation moves with every change that a compiled catalogue must see.

    The generation of the prose moves with every edit of what curators write, which a compiled
    catalogue need not see and the search must. `listed_generation` moves with it, but not for what
    only the policy's own pages and the search show: a text about one policy.

    While an import goes on in parts, `importing_until` says for how long readers can take that for
    granted: each part says it again, so that one that was cut short is soon forgotten.

    Of the file of the history, `history_digest` is known, and how many policies of how many are in.
    """

    ONLY_ID = 1
    # Longer than any part of an import takes.
    PART_SECONDS = 60

    generation = models.PositiveBigIntegerField(default=0)
    prose_generation = models.PositiveBigIntegerField(default=0)
    listed_generation = models.PositiveBigIntegerField(default=0)
    reference_version = models.CharField(max_length=64, blank=True)
    fixture_digests = models.JSONField(default=dict, blank=True)
    history_digest = models.CharField(max_length=64, blank=True)
    history_done = models.PositiveIntegerField(default=0)
    history_total = models.PositiveIntegerField(default=0)
    importing_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"generation {self.generation}"

    @classmethod
    def current(cls) -> Self:
        """The row, made on first use."""
        return cls.current_with()

    @classmethod
    def current_with(cls, **asked: Any) -> Self:
        """The row with what else is `asked` for in the same query: annotations."""
        # Not by `get_or_create` alone, which asks the database that is written to.
        rows = cls.objects.annotate(**asked)
        found = rows.filter(pk=cls.ONLY_ID).first()
        state = found or cls.objects.get_or_create(pk=cls.ONLY_ID)[0]
        state._note_as_read()
        return state

    @staticmethod
    def newest() -> tuple[int, int]:
        """The newest generations that this process has read: what is older is of the past.

        Where the primary goes back, being put back from a copy, this goes back with it.
        """
        return _newest

    def _note_as_read(self) -> None:
        global _newest
        read = self.generation, self.prose_generation
        is_copy = self._state.db != DEFAULT_DB_ALIAS
        _newest = tuple(map(max, read, _newest)) if is_copy else read  # type: ignore[assignment]

    @classmethod
    def hold(cls) -> Self:
        """The row, locked until the transaction ends: imports and saves follow one another.

        Whoever writes what others may be writing takes this lock before any other.
        """
        cls.current()
        return cls.objects.select_for_update().get(pk=cls.ONLY_ID)

    @classmethod
    def advance(cls) -> None:
        """Move the generation, in the transaction of the change that asks for it.

        It is the clock's number, so that none comes again: not after a rollback, and not when
        the database is put back from a copy while a server runs.
        """
        cls.current()
        cls.objects.filter(pk=cls.ONLY_ID).update(generation=time.time_ns())

    @classmethod
    def advance_prose(cls, *, of_own_pages: bool = False) -> None:
        """Move the generation of the prose, likewise; with `of_own_pages` that of lists stays."""
        moved = time.time_ns()
        listed = {} if of_own_pages else {"listed_generation": moved}
        cls.objects.filter(pk=cls.ONLY_ID).update(prose_generation=moved, **listed)

    @property
    def is_importing(self) -> bool:
        """Whether an import has brought in a part, and others are to follow."""
        return self.importing_until is not None and timezone.now() < self.importing_until

    @classmethod
    def announce_parts(cls) -> None:
        """Say, in the transaction of a part of an import, that others follow."""
        until = timezone.now() + timedelta(seconds=cls.PART_SECONDS)
        cls.objects.filter(pk=cls.ONLY_ID).update(importing_until=until)

    @classmethod
    def end_parts(cls) -> None:
        """Say that the last part is in."""
        cls.objects.filter(pk=cls.ONLY_ID).update(importing_until=None)
