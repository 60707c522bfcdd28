"""Twenty-five changes of the history, drawn at random, as a person judged them.

Drawn by `random.Random(16).sample(changes, 25)` from the 3,942 neighbors whose documents differ,
in the order of the file; both documents were read side by side, and what changed is told with each.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from policyhub.catalog.deriving.comparisons import observe_documents
from policyhub.catalog.sources.history_file import read_history_file
from tests.servers import ROOT

JUDGED = json.loads(Path(__file__).with_name("judged_changes.json").read_text("utf-8"))
DRAWN = 25
# As a comparison found them that took every statement to the solver.
COMPARED = json.loads(Path(__file__).with_name("compared_changes.json").read_text("utf-8"))

Changes = dict[tuple[str, str, str], tuple[str, str]]


@pytest.fixture(scope="module")
def changes() -> Changes:
    """The documents of all changes, by policy and versions."""
    _, policies = read_history_file(ROOT / "fixtures" / "history.jsonl.xz")
    found = [
        ((policy.name, f"v{old.number}", f"v{new.number}"), (old.document, new.document))
        for policy in policies
        for old, new in pairwise(policy.versions)
        if new.same_as is None
    ]
    assert len(found) == 3_942
    return dict(found)


@pytest.fixture(scope="module")
def drawn(changes: Changes) -> Changes:
    """Those drawn."""
    return dict(Random(16).sample([*changes.items()], DRAWN))


def test_all_that_were_drawn_are_judged(drawn: Changes) -> None:
    assert {(each["policy"], *each["versions"]) for each in JUDGED} == set(drawn)


@pytest.mark.parametrize("judged", JUDGED, ids=lambda each: each["policy"])
def test_the_verdict_is_the_person_s(judged: dict[str, object], drawn: Changes) -> None:
    versions = judged["versions"]
    assert isinstance(versions, list)
    found = observe_documents(*drawn[str(judged["policy"]), versions[0], versions[1]])
    assert found.access == judged["access"], judged["judged"]
    assert found.denies is bool(judged.get("denies")), judged["judged"]


def test_a_quicker_comparison_finds_the_same_in_changes_drawn_at_random(changes: Changes) -> None:
    for each in COMPARED:
        found = observe_documents(*changes[each["policy"], each["old"], each["new"]])
        assert (found.access, found.denies) == (each["access"], each["denies"]), each
