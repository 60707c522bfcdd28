"""The process beside the server: it goes on while workers end, and ends with the server."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import override_settings

from policyhub.serving import warming
from policyhub.serving.catching_up import Rest
from policyhub.serving.warming import beside
from tests.serving.children import children, until


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes can't be forked here")
def test_it_goes_on_when_a_process_that_answers_has_ended(tmp_path: Path) -> None:
    before = children()
    with (
        override_settings(WARMING=True, DATA_DIR=tmp_path),
        beside(get_wsgi_application()) as process,
    ):
        watching = children() - before
        worker = os.fork()
        if not worker:
            process.end()
            os._exit(0)
        os.waitpid(worker, 0)
        time.sleep(0.5)
        assert children() - before == watching != set()
    until(lambda: children() == before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes can't be forked here")
def test_begun_anew_it_is_another_process_in_place_of_the_first(tmp_path: Path) -> None:
    before = children()
    with (
        override_settings(WARMING=True, DATA_DIR=tmp_path),
        beside(get_wsgi_application()) as process,
    ):
        first = children() - before
        process.begin_anew()
        until(lambda: not first & children())
        assert len(children() - before) == 1
    until(lambda: children() == before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes can't be forked here")
def test_the_same_process_looks_for_the_rest_whether_pages_are_made_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "LOOK_SECONDS", 0.02)
    looked = tmp_path / "looked"
    rest = Rest(has_history=False)
    monkeypatch.setattr(rest, "look", lambda: looked.write_text("at"))
    monkeypatch.setattr(rest, "close", lambda: looked.with_name("closed").write_text("at"))
    before = children()
    made = get_wsgi_application()
    with override_settings(WARMING=False, DATA_DIR=tmp_path), beside(made, rest) as process:
        until(looked.exists)
        assert len(children() - before) == 1
        assert process.application is made
    until(lambda: children() == before)
    assert looked.with_name("closed").exists()


def test_where_processes_can_not_be_forked_the_rest_is_begun_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "fork")
    done: list[str] = []
    rest = Rest(has_history=False)
    monkeypatch.setattr(rest, "look", lambda: done.append("begun"))
    monkeypatch.setattr(rest, "close", lambda: done.append("ended"))
    with beside(get_wsgi_application(), rest):
        assert done == ["begun"]
    assert done == ["begun", "ended"]
