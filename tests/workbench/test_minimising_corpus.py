"""Every policy of the corpus minimised: the same in no more characters, each proved."""

from __future__ import annotations

import pytest

from tests.benchmarks.bench_minimise import measured
from tests.catalog.corpus import documents_by_name

pytestmark = [pytest.mark.endurance, pytest.mark.one_database]


def test_every_policy_is_proved_to_be_the_same_and_none_is_longer() -> None:
    rows = list(measured(documents_by_name().items()))
    assert len(rows) == len(documents_by_name())
    assert not [each.name for each in rows if each.after > each.before]
    assert not [each.name for each in rows if each.verdict != "equivalent"]
