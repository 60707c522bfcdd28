"""How much work an answer may take, counted in steps, and given by the caller.

A step is about what it takes to compare one pattern or fact with another: a few microseconds.
Where a budget is spent, what is left is undecided: never a guess.
"""

from __future__ import annotations

from typing import Protocol


class SpentError(Exception):
    """The work that an answer may take is spent; the message says so, for people."""


class Budget(Protocol):
    """Counts the steps of work."""

    @property
    def is_spent(self) -> bool:
        """Whether something was refused for want of steps."""

    def spend(self, steps: int = 1) -> None:
        """Count steps that are about to be taken. Raises `SpentError` once too few are left."""


class Steps:
    """A budget of so many steps; what is asked after its end gets none either."""

    def __init__(self, most: int) -> None:
        self.left = most

    @property
    def is_spent(self) -> bool:
        """Whether there have been too many steps."""
        return self.left < 0

    def spend(self, steps: int = 1) -> None:
        """Count steps. Raises `SpentError` once there have been too many."""
        self.left -= steps
        if self.left < 0:
            raise SpentError("it takes more work than is allowed for one answer")


class _Unlimited:
    """The budget of a caller who waits as long as it takes."""

    is_spent = False

    def spend(self, steps: int = 1) -> None:
        """Count nothing."""


NO_LIMIT: Budget = _Unlimited()
