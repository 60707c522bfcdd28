"""Substrings of texts, found by the letters and pairs of runs of texts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.catalog.access.bits import of_places
from policyhub.search.finding.in_memory import texts as of_texts
from policyhub.search.finding.in_memory.texts import Texts

TEXT = st.text(st.sampled_from("abc:*\n\ud800é"), max_size=8)
NEEDLE = st.text(st.sampled_from("abc:*é"), min_size=1, max_size=4)


@pytest.fixture(scope="module", autouse=True)
def short_runs() -> Iterator[None]:
    """Runs of four texts on average, so that a few texts have several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of_texts, "_TEXTS_OF_A_RUN", 4)
        yield


@given(st.lists(TEXT, max_size=30), st.lists(TEXT, max_size=30), NEEDLE, st.data())
def test_what_is_taken_over_of_other_texts_changes_no_answer(
    texts: list[str], others: list[str], needle: str, data: st.DataObject
) -> None:
    before = data.draw(st.sampled_from([others, [*texts[:9], *others], [*others, *texts]]))
    among = data.draw(st.integers(0, (1 << len(texts)) - 1))
    holding = [place for place, text in enumerate(texts) if needle in text and among >> place & 1]
    for made in (Texts(texts), Texts(texts, Texts(before))):
        assert made.holding(needle, among) == of_places(holding, len(texts))


def test_runs_that_are_still_there_are_taken_over_as_they_are() -> None:
    texts = [f"policy {number} grants s3:GetObject" for number in range(200)]
    last = Texts(texts)
    edited = [*texts[:100], "another text", *texts[101:]]
    after = Texts(edited, last)
    same = [run for run in after._of_runs if run in last._of_runs]
    assert len(same) >= len(last._of_runs) - 2
    assert all(after._of_runs[run] is last._of_runs[run] for run in same)
    assert after.holding("another", (1 << 200) - 1) == 1 << 100
