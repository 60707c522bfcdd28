"""Wildcard patterns, against a naive reference and against adversaries."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyhub.iam.language.patterns import compile_pattern, covers, split_action


def naive_match(pattern: str, value: str) -> bool:
    """Match by dynamic programming: row by row of the pattern, a cell per place in the value."""
    reachable = [True] + [False] * len(value)
    for wildcard in pattern:
        if wildcard == "*":
            seen, following = False, []
            for here in reachable:
                seen = seen or here
                following.append(seen)
        else:
            following = [False] + [
                here and wildcard in ("?", character)
                for here, character in zip(reachable, value, strict=False)
            ]
        reachable = following
    return reachable[-1]


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("*", "arn:aws:s3:::bucket/key", True),
        ("**", "", True),
        ("?", "", False),
        ("?", "a", True),
        ("?", "ab", False),
        ("??", "ab", True),
        ("*?", "", False),
        ("*?*?", "a", False),
        ("*?*?", "ab", True),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:Get*", "S3:GetObject", False),
        ("s3:Get*", "s3:Get", True),
        ("s3:Get*Acl", "s3:GetAcl", True),
        ("aba*ba", "aba", False),
        ("ab*ba", "aba", False),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "a---c", False),
        ("a*b*c", "abc", True),
        ("a*bb*c", "abxbc", False),
        ("a?a*a?a", "abaaba", True),
        ("a?a*a?a", "abaca", False),
        ("*a?c*", "xabxaycx", True),
        ("*a?c", "abcabc", True),
        ("a*b?c", "axbyc", True),
        ("a*b?d*c", "abxcbydc", True),
        ("a*b?d*c", "abxcbydx", False),
        ("arn:aws:s3:::*/x", "arn:aws:s3:::a/b:c/x", True),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("*\n?", "a\nb", True),
        ("a\\*", "a\\b", True),
    ],
)
def test_a_pattern_matches_the_whole_value_or_not_at_all(
    pattern: str, value: str, expected: bool
) -> None:
    assert compile_pattern(pattern).matches(value) is expected
    assert naive_match(pattern, value) is expected


def test_case_is_ignored_only_when_asked() -> None:
    assert compile_pattern("S3:get*", ignore_case=True).matches("s3:GetObject")
    assert not compile_pattern("S3:get*").matches("s3:GetObject")


@pytest.mark.parametrize("value", ["İ", "ß", "Σ", "ς", "ﬁ"])
def test_a_single_character_stays_single_when_case_is_ignored(value: str) -> None:
    assert compile_pattern("?", ignore_case=True).matches(value)
    assert compile_pattern(value + "*", ignore_case=True).matches(value + "Σa")


def test_a_pattern_says_what_precedes_its_first_wildcard() -> None:
    pattern = compile_pattern("EC2:Describe?*", ignore_case=True)
    assert (pattern.literal_prefix, pattern.is_literal) == ("ec2:describe", False)
    assert pattern.text == "EC2:Describe?*"
    literal = compile_pattern("EC2:RunInstances")
    assert (literal.literal_prefix, literal.is_literal) == ("EC2:RunInstances", True)


def test_a_pattern_shows_its_text_when_printed() -> None:
    assert repr(compile_pattern("s3:*")) == "WildcardPattern('s3:*')"


def test_a_pattern_is_compiled_once_unless_it_is_very_long() -> None:
    assert compile_pattern("s3:Get*") is compile_pattern("s3:Get*")
    assert compile_pattern("s3:Get*") is not compile_pattern("s3:Get*", ignore_case=True)
    long_pattern = "a*" * 2000
    assert compile_pattern(long_pattern) is not compile_pattern(long_pattern)
    assert compile_pattern(long_pattern).matches("a" * 2000)


few_letters = st.text("ab", max_size=24)
patterns = st.text("ab?*", max_size=12)


@settings(max_examples=400, deadline=None)
@given(patterns, few_letters)
def test_matching_agrees_with_the_naive_reference(pattern: str, value: str) -> None:
    assert compile_pattern(pattern).matches(value) is naive_match(pattern, value)


@st.composite
def patterns_with_many_candidates(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a segment with `?` and a value in which it nearly fits again and again."""
    segment = draw(st.text("a?", min_size=2, max_size=8)) + draw(st.sampled_from("ab"))
    stretches = draw(st.lists(st.sampled_from(["aa", "aab", "ab", "a", "ba"]), max_size=40))
    return f"*{segment}*{draw(patterns)}", "".join(stretches)


@settings(max_examples=300, deadline=None)
@given(patterns_with_many_candidates())
def test_a_segment_that_nearly_fits_often_is_still_found(case: tuple[str, str]) -> None:
    pattern, value = case
    assert compile_pattern(pattern).matches(value) is naive_match(pattern, value)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_at_all_agrees_with_the_naive_reference(pattern: str, value: str) -> None:
    assert compile_pattern(pattern).matches(value) is naive_match(pattern, value)


def adversarial_pairs(generator: random.Random, count: int) -> list[tuple[str, str]]:
    """Return pairs built to make a matcher try many candidates before it fails."""
    units = ["a*", "a?", "?a*", "a", "aa?", "ab?*", "*?", "?", "a?a?b", "ba*", "b?"]
    values = ["a", "ab", "aab", "aaaaaaab", "ba", "abab" * 3]
    pairs = []
    for _ in range(count):
        unit = "".join(generator.choices(units, k=generator.randint(1, 4)))
        pattern = (unit * (6144 // len(unit)))[: generator.choice([20, 200, 2000, 6144])]
        value = (generator.choice(values) * 2048)[: generator.choice([64, 1024, 2048])]
        pairs.append((pattern + generator.choice(["b", "", "*", "?c"]), value))
    return pairs


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("*a" * 1000 + "*b", "a" * 100_000, False),
        ("*a" * 1000 + "*b", "a" * 100_000 + "b", True),
        ("*" + "a?" * 1000 + "b*", "a" * 100_000, False),
        ("*" + "a?" * 1000 + "b*", "a" * 100_000 + "b", True),
        ("*" + "a?b" * 500 + "*c", "aab" * 30_000, False),
        ("?" * 2048, "a" * 2048, True),
        ("*" * 6144, "a" * 2048, True),
        ("*?" * 2049, "a" * 2048, False),
    ],
    ids=["stars", "stars-fit", "singles", "singles-fit", "mixed", "only-?", "only-*", "too-short"],
)
def test_long_patterns_and_values_get_the_right_answer(
    pattern: str, value: str, expected: bool
) -> None:
    assert compile_pattern(pattern).matches(value) is expected


def test_adversarial_pairs_agree_with_the_naive_reference() -> None:
    for pattern, value in adversarial_pairs(random.Random(2), 60):
        pattern, value = pattern[:150], value[:300]
        assert compile_pattern(pattern).matches(value) is naive_match(pattern, value), pattern


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("*", "s3:Get*", True),
        ("s3:*", "s3:Get*", True),
        ("s3:Get*", "s3:*", False),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:GetObject", "s3:GetObject", True),
        ("s3:GetObject", "s3:GetObjec?", False),
        ("s3:G?t*", "s3:G?tObject", True),
        ("s3:G?t*", "s3:G*tObject", False),
        ("a*c", "ab*bc", True),
        ("a*b*c", "a*c", False),
        ("a*b*c", "a*b*x*c", True),
        ("a*a", "a", False),
        ("a*b?*c", "a*bx*c", True),
        ("a*b?*c", "a*b*c", False),
        ("a*x*y*b", "a*xy*b", True),
        ("a*b", "a*", False),
        ("*b", "*", False),
        ("??*", "?*?", True),
        ("?", "*", False),
        ("?", "?", True),
        ("?", "", False),
        ("", "*", False),
        ("a?", "ab?", False),
        ("?*", "*a", False),
        ("a*", "a**", True),
        ("\0*", "?*", False),
    ],
)
def test_one_pattern_covers_another(outer: str, inner: str, expected: bool) -> None:
    assert covers(outer, inner) is expected


def test_a_pattern_too_long_to_be_kept_covers_as_others_do() -> None:
    long = "a" * 3_000
    assert covers(f"{long}*", f"{long}b*")
    assert not covers(f"{long}b*", f"{long}*")
    assert covers(f"{long}*c", f"{long}?*c")


def test_covering_ignores_case_only_when_asked() -> None:
    assert covers("s3:get*", "S3:GetObject*", ignore_case=True)
    assert not covers("s3:get*", "S3:GetObject*")


def instance(pattern: str, texts: list[str]) -> str:
    """Return a text that the pattern matches, its wildcards filled from the given texts."""
    filled = []
    for index, each in enumerate(pattern):
        text = texts[index % len(texts)]
        filled.append({"*": text, "?": text[:1] or "a"}.get(each, each))
    return "".join(filled)


@settings(max_examples=400, deadline=None)
@given(patterns, patterns, st.lists(few_letters, min_size=1, max_size=5))
def test_what_the_inner_pattern_matches_the_outer_matches_too(
    outer: str, inner: str, texts: list[str]
) -> None:
    value = instance(inner, texts)
    assert naive_match(inner, value)
    if covers(outer, inner):
        assert naive_match(outer, value)


@settings(max_examples=300, deadline=None)
@given(st.text("ab*", max_size=10), patterns)
def test_without_single_characters_a_pattern_that_does_not_cover_has_a_witness(
    outer: str, inner: str
) -> None:
    witness = inner.replace("*", "c").replace("?", "c")
    assert naive_match(inner, witness)
    assert covers(outer, inner) is naive_match(outer, witness)


@settings(deadline=None)
@given(patterns)
def test_a_pattern_covers_itself_and_the_star_covers_all(pattern: str) -> None:
    assert covers(pattern, pattern)
    assert covers("*", pattern)


@pytest.mark.parametrize(
    ("pattern", "prefix", "name"),
    [
        ("*", "*", "*"),
        ("*:*", "*", "*"),
        ("EC2:Describe*", "ec2", "Describe*"),
        ("s3:", "s3", ""),
        ("s3:a:b", "s3", "a:b"),
        ("GetObject", "", "GetObject"),
    ],
)
def test_an_action_pattern_is_split_at_its_first_colon(
    pattern: str, prefix: str, name: str
) -> None:
    assert split_action(pattern) == (prefix, name)
