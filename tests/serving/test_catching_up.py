"""What imports leave to be done is brought in by a process that ends when nothing is left."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import override_settings

from policyhub.serving import catching_up
from policyhub.serving.catching_up import AGAIN_SECONDS, LOOK_SECONDS, Rest, is_behind


class Process:
    """One that runs until a test ends it."""

    def __init__(self, arguments: Sequence[str], **_: Any) -> None:
        self.arguments = list(arguments)
        self.status: int | None = None

    def poll(self) -> int | None:
        return self.status

    def terminate(self) -> None:
        self.status = -15

    def wait(self, _: float) -> int:
        assert self.status is not None
        return self.status


class Clock:
    """Seconds that pass when a test says so."""

    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """The processes that were begun."""
    processes: list[Process] = []

    def begin(arguments: Sequence[str], **options: Any) -> Process:
        processes.append(Process(arguments, **options))
        return processes[-1]

    monkeypatch.setattr("subprocess.Popen", begin)
    return processes


def test_one_process_at_a_time_is_begun_while_something_is_missing(
    begun: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = True
    monkeypatch.setattr(catching_up, "is_behind", lambda: behind)
    clock = Clock()
    rest = Rest(has_history=True, now=clock)
    rest.look()
    ours = ["--parent", str(os.getpid())]
    assert begun[0].arguments[1:] == ["manage.py", "catch_up", *ours, "--history"]
    clock.seconds += 10 * AGAIN_SECONDS
    rest.look()
    assert len(begun) == 1
    begun[0].status = 0
    behind = False
    rest.look()
    assert len(begun) == 1
    behind = True
    rest.look()
    assert len(begun) == 1
    clock.seconds += LOOK_SECONDS
    rest.look()
    # The history is brought in once.
    assert begun[1].arguments[3:] == ours
    rest.close()
    assert begun[1].status == -15


def test_one_that_has_left_something_is_not_followed_by_another_at_once(
    begun: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "is_behind", lambda: True)
    clock = Clock()
    rest = Rest(has_history=False, now=clock)
    rest.look()
    begun[0].status = 1
    clock.seconds += AGAIN_SECONDS - 1
    rest.look()
    assert len(begun) == 1
    clock.seconds += LOOK_SECONDS
    rest.look()
    assert len(begun) == 2


def test_where_nothing_is_missing_nothing_is_begun(
    begun: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "is_behind", lambda: False)
    rest = Rest(has_history=False)
    rest.look()
    rest.close()
    assert begun == []


class State:
    is_complete = False


class Late:
    def state(self) -> State:
        return State()


class Away:
    def state(self) -> State:
        raise DatabaseError("the server closed the connection")


@pytest.mark.parametrize(
    ("derivers", "is_on", "expected"),
    [([], True, False), ([Late()], True, True), ([Late()], False, False), ([Away()], True, False)],
    ids=["nothing registered", "incomplete", "switched off", "database away"],
)
def test_something_is_missing_where_a_deriver_says_so(
    derivers: list[Any], is_on: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "late_derivers", lambda: derivers)
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)
    with override_settings(LINTING=is_on):
        assert is_behind() is expected
