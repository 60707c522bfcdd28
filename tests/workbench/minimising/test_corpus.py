"""Every policy of the corpus minimised: the same in no more characters, each proved."""

from __future__ import annotations

import json

import pytest

from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.budget import Steps
from policyhub.iam.comparing.comparison import compare
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.policy_kinds import INLINE_QUOTAS
from policyhub.workbench.documents import characters
from policyhub.workbench.minimising.minimised import MinimisedPolicy, minimised
from policyhub.workbench.minimising.splitting import UnsplittableError, say_together, split
from tests.catalog.corpus import documents_by_name, parsed
from tests.workbench.minimising.written_out import written_out

pytestmark = [pytest.mark.endurance, pytest.mark.one_database]
# For the second opinion of the comparison, which has no answer to some of the longest.
STEPS = 3_000_000
USER_QUOTA = INLINE_QUOTAS["user"]


def decided_by_the_solver(found: MinimisedPolicy) -> str:
    left, right = (parsed(json.dumps(each)) for each in (found.original, found.document))
    return compare(left, right, budget=Steps(STEPS)).verdict


def test_every_policy_is_proved_to_be_the_same_and_none_is_longer() -> None:
    longer, doubtful, refuted, undecided = [], [], [], []
    for name, text in documents_by_name().items():
        found = minimised(text)
        assert found.verdict == "equivalent"
        assert found.steps or found.why_no_step
        longer += [name] if found.after > found.before else []
        doubtful += [name] if found.doubts else []
        verdict = decided_by_the_solver(found)
        undecided += [name] if verdict == "undecided" else []
        refuted += [name] if verdict not in ("equivalent", "undecided") else []
    print(f"the comparison has no answer to {len(undecided)}: {undecided}")
    assert not longer
    assert not doubtful
    assert not refuted
    assert len(undecided) < len(documents_by_name()) // 100


def test_patterns_stand_for_exactly_the_actions_of_today_in_every_policy() -> None:
    reference = get_reference()
    for name, text in documents_by_name().items():
        exact, found = minimised(text), minimised(text, wildcards=True)
        assert found.after <= exact.after, name
        assert bool(found.open_to) == (found.verdict == "equivalent-today"), name
        for each in found.open_to:
            assert {one.id for one in reference.expand(each.pattern)} == {*each.actions}, name
        left, right = (parsed(json.dumps(each))
                       for each in (exact.document, written_out(found)))  # fmt: skip
        assert compare(left, right, budget=Steps(STEPS)).verdict == "equivalent", name


def test_splitting_loses_nothing_of_any_policy() -> None:
    uncut, parts_made = [], 0
    for name, text in documents_by_name().items():
        document = json.loads(text)
        try:
            parts = split(document, USER_QUOTA)
        except UnsplittableError:
            uncut.append(name)
            continue
        parts_made += len(parts) > 1
        assert all(characters(each) <= USER_QUOTA for each in parts), name
        assert say_together(parts, document, Usage.IDENTITY), name
    print(f"{parts_made} are split, {len(uncut)} have a statement that can't be cut: {uncut}")
    assert parts_made > 100
    assert len(uncut) < 10
