"""Patterns that are made to take long: matched as the naive reference does, whatever they are."""

from __future__ import annotations

import random

from policyhub.iam.language.patterns import WildcardPattern
from tests.iam.language.adversarial_patterns import MAKERS, adversarial_pair
from tests.iam.reference_patterns import pattern_covers_text, tokens_of

SEED = 29


def test_small_adversarial_pairs_match_as_the_reference_says() -> None:
    source = random.Random(SEED)
    matched = 0
    for _ in range(3_000):
        pattern, value = adversarial_pair(source, 24, 24)
        found = WildcardPattern(pattern).matches(value)
        assert found is pattern_covers_text(tokens_of(pattern, wildcards=True), value), pattern
        matched += found
    assert 300 < matched < 2_700


def test_the_longest_adversarial_pairs_are_answered() -> None:
    """None of them may hang: an exponential matcher would not end in a lifetime."""
    source = random.Random(SEED)
    for maker in MAKERS:
        for value_length in (2_048, 100_000):
            pattern, value = maker(source, 6_144, value_length)
            assert WildcardPattern(pattern[:6_144]).matches(value) in (True, False)
