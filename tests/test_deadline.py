"""The time that one request has, and the lane that the costly ones take."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from policyhub import deadline
from policyhub.deadline import Deadline, Lane
from policyhub.failures import FailedRequestError
from policyhub.iam.budget import SpentError, Steps
from tests.worst_inputs import document, random_statement

pytestmark = pytest.mark.django_db
S3 = "/who-can.json?action=s3:Get*"


class Counted(Steps):
    """A budget of steps in the place of the clock's, so that an answer is the same every time."""

    def __enter__(self) -> Counted:
        return self

    def __exit__(self, *_: object) -> None:
        """There is no place to give back."""


@pytest.fixture
def budget(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def give(steps: int) -> None:
        monkeypatch.setattr(deadline, "Deadline", lambda: Counted(steps))

    return give


def read(answer: Any) -> dict[str, Any]:
    """The JSON of an answer, sent at once or as it was written."""
    found: dict[str, Any] = json.loads(b"".join(answer))
    return found


class Clock:
    """Both clocks, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = self.worked = 100.0
        monkeypatch.setattr("policyhub.deadline.time.monotonic", lambda: self.now)
        monkeypatch.setattr("policyhub.deadline.time.thread_time", lambda: self.worked)


def test_a_deadline_ends_the_work_and_stays_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with Deadline(3, Lane(1, 1)) as deadline:
        deadline.spend(10_000)
        clock.now += 2.9
        deadline.spend(10_000)
        clock.now += 0.2
        for steps in (10_000, 1, 1):
            with pytest.raises(SpentError, match="more than the 3 seconds"):
                deadline.spend(steps)


def test_what_can_only_take_too_long_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    with Deadline(3, Lane(1, 1)) as deadline, pytest.raises(SpentError):
        deadline.spend(10**9)


def test_only_costly_work_takes_a_place_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, few = Clock(monkeypatch), Lane(1, 0)
    with Deadline(3, few) as cheap, Deadline(3, few) as costly:
        clock.worked += 1
        costly.spend(10_000)
        with pytest.raises(FailedRequestError) as refused:
            cheap.spend(10_000)
        assert (refused.value.failure.status, refused.value.failure.retry_after) == (503, 5)
    with Deadline(3, few) as later:
        clock.worked += 1
        later.spend(10_000)


def test_few_wait_for_a_place_and_get_it_when_it_is_free() -> None:
    few = Lane(1, 1)
    assert few.enter(0)
    assert not few.enter(0.01)
    entered: list[bool] = []
    waiting = threading.Thread(target=lambda: entered.append(few.enter(10)))
    waiting.start()
    few.leave()
    waiting.join(timeout=10)
    assert entered == [True]


def test_who_can_stops_honestly_and_goes_on_at_its_link(
    client: Client, budget: Callable[[int], None]
) -> None:
    whole = read(client.get(S3))
    assert "stopped" not in whole
    budget(30_000)
    found, address, stops = [], S3, 0
    while address:
        answer = read(client.get(address))
        found += answer["results"]
        stopped = answer.get("stopped")
        address = stopped["next"] if stopped else ""
        stops += bool(stopped)
        if stopped:
            assert 0 < stopped["after"] < stopped["of"]
            assert "seconds allowed for one answer" in stopped["reason"]
    assert stops > 1

    def named(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
        return {(each["policy"], each["action"]) for each in rows}

    assert {each["action"] for each in found} == {each["action"] for each in whole["results"]}
    assert len(found) >= whole["count"] or named(found) >= named(whole["results"])


def test_the_page_and_the_table_say_where_they_stopped(
    client: Client, budget: Callable[[int], None]
) -> None:
    budget(20_000)
    page = client.get(S3.replace(".json", "/")).content.decode()
    assert "Stopped after" in page
    assert "Continue" in page
    assert "stopped after" in client.get(S3.replace(".json", ".csv")).content.decode()


def test_what_can_not_even_begin_says_so_in_every_shape(
    client: Client, budget: Callable[[int], None]
) -> None:
    budget(5)
    answer = client.get(S3)
    assert answer.status_code == 413
    assert answer.json()["problems"][0]["code"] == "too-much-work"
    page = client.get(S3.replace(".json", "/"))
    assert page.status_code == 413
    assert "Ask for less at a time" in page.content.decode()


def test_a_comparison_says_what_it_left_undecided(
    client: Client, budget: Callable[[int], None]
) -> None:
    sides = [document(random_statement, seed, 4_000) for seed in (1, 2)]
    budget(2_000)
    answer = read(client.post("/compare.json", {"policy": sides}))
    assert answer["verdict"] == "undecided"
    assert answer["undecided"]
    page = client.post("/compare/", {"policy": sides}, headers={"HX-Request": "true"})
    assert "is undecided" in page.content.decode()


def test_a_matrix_of_simulations_goes_on_with_the_next_question(
    client: Client, budget: Callable[[int], None]
) -> None:
    asked = "/simulate.json?policy=ReadOnlyAccess&policy=SecurityAudit&action=s3:Get*"
    whole = client.get(asked)
    actions = [each["action"] for each in read(whole)["results"]]
    budget(2_000)
    answer = read(client.get(asked))
    done = len(answer["results"])
    assert [each["action"] for each in answer["results"]] == actions[:done]
    assert (answer["stopped"]["after"], answer["stopped"]["of"]) == (done, len(actions))
    following = read(client.get(answer["stopped"]["next"]))
    assert following["results"][0]["action"] == actions[done]
    budget(400)
    page = client.get(asked.replace(".json", "/")).content.decode()
    assert f"of {len(actions)} questions" in page


def test_one_simulation_says_what_of_its_trace_is_undecided(
    client: Client, budget: Callable[[int], None]
) -> None:
    policy = json.loads(document(random_statement, 5, 30_000))
    body = {"action": "s3:GetItem", "identityPolicies": [policy], "trace": True}
    budget(150)
    answer = read(client.post("/simulate.json", body, content_type="application/json"))
    assert answer["decision"] in ("implicitDeny", "explicitDeny")
    assert answer["trace"]["undecided"]
    assert answer["trace"]["outcome"] == "depends"
