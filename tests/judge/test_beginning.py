"""What the server builds before it forks is what the first judgements would build."""

from __future__ import annotations

import pytest

from policyhub.catalog import before_serving
from policyhub.judge import apps
from policyhub.judge.beginning import judge_once
from policyhub.judge.risks.judging import known_vocabulary

pytestmark = pytest.mark.one_database


def test_the_server_judges_once_before_it_forks() -> None:
    assert apps._judge_once in before_serving._builds


def test_judging_once_builds_the_paths_that_every_judgement_uses() -> None:
    known_vocabulary.cache_clear()
    judge_once()
    assert known_vocabulary.cache_info().currsize == 1
