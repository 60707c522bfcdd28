"""The pictures say what the numbers say."""

from datetime import date
from itertools import pairwise

import pytest

from policyhub.browse.pictures import LEVEL_BAR_WIDTH, level_bar, month_chart
from policyhub.browse.templatetags.policyhub_pictures import month_bar_words

COUNTS = {"List": 3, "Read": 20, "Write": 5, "Permissions management": 0}


def test_a_level_bar_says_its_counts_and_leaves_out_what_is_not_granted() -> None:
    bar = level_bar(COUNTS)
    assert bar.label == "List 3, Read 20, Write 5"
    assert [step.level for step in bar.steps] == ["List", "Read", "Write"]


def test_a_level_bar_draws_a_rectangle_a_level_and_says_them_in_words() -> None:
    svg = level_bar(COUNTS).svg
    assert svg.count('<rect class="level-') == 3
    assert "<title>List 3, Read 20, Write 5</title>" in svg


def test_short_keys_mean_the_same_levels() -> None:
    short = {"list": 3, "read": 20, "write": 5, "permissions": 0, "tagging": 0}
    assert level_bar(short) == level_bar(COUNTS)


@pytest.mark.parametrize(
    "counts",
    [
        COUNTS,
        {"List": 1},
        {"List": 1, "Read": 100_000, "Write": 1, "Permissions management": 1, "Tagging": 1},
    ],
)
def test_a_bar_fills_its_width_and_its_steps_do_not_overlap(counts: dict[str, int]) -> None:
    steps = level_bar(counts).steps
    assert all(left.x + left.width < right.x for left, right in pairwise(steps))
    assert steps[-1].x + steps[-1].width == pytest.approx(LEVEL_BAR_WIDTH, abs=2)


def test_a_single_action_among_thousands_can_still_be_seen() -> None:
    steps = level_bar({"Read": 7_000, "Permissions management": 1}).steps
    assert steps[-1].width >= 4


def test_a_bar_on_a_common_scale_is_as_long_as_its_share() -> None:
    whole, half = level_bar({"Read": 100}, scale=100), level_bar({"Read": 50}, scale=100)
    assert half.steps[0].width == pytest.approx(whole.steps[0].width / 2, abs=3)


def test_graver_levels_stand_taller() -> None:
    bar = level_bar({"List": 1, "Read": 1, "Write": 1, "Permissions management": 1})
    heights = [step.height for step in bar.steps]
    assert heights == sorted(set(heights))
    assert {step.y + step.height for step in bar.steps} == {14}


def test_a_bar_without_actions_says_so() -> None:
    assert level_bar({}).label == "No actions"
    assert level_bar({}).steps == ()


def test_the_busiest_month_reaches_the_top_and_an_empty_one_the_floor() -> None:
    chart = month_chart(
        [
            {"month": date(2023, 12, 1), "count": 0},
            {"month": date(2024, 1, 1), "count": 8, "url": "?month=2024-01"},
        ]
    )
    empty, busiest = chart.bars
    assert (empty.parts, empty.url) == ((), "")
    (part,) = busiest.parts
    assert part.y + part.height == chart.floor
    assert part.y == min(line.at for line in chart.lines)
    assert [(year.value, year.at) for year in chart.years] == [(2024, busiest.left)]


def test_the_kinds_of_a_month_lie_on_each_other_and_add_up_to_its_bar() -> None:
    kinds = {"taking": 1, "adding": 5, "": 0}
    (bar,) = month_chart([{"month": date(2024, 1, 1), "count": 6, "kinds": kinds}]).bars
    below, above = bar.parts
    assert [(part.kind, part.count) for part in bar.parts] == [("taking", 1), ("adding", 5)]
    assert below.y + below.height == month_chart([]).floor
    assert above.y + above.height == pytest.approx(below.y, abs=0.1)
    assert above.height == pytest.approx(5 * below.height, abs=0.5)


def test_a_chart_of_no_months_has_only_its_floor() -> None:
    chart = month_chart([])
    assert (chart.bars, [line.value for line in chart.lines]) == ((), [0])


@pytest.mark.parametrize(
    ("count", "kinds", "words"),
    [
        (1, {}, "May 2024: 1 change"),
        (3, {"adding": 3}, "May 2024: 3 changes"),
        (3, {"taking": 1, "adding": 2}, "May 2024: 3 changes, 1 of which takes something away"),
        (4, {"taking": 2}, "May 2024: 4 changes, 2 of which take something away"),
    ],
)
def test_a_bar_says_its_month_and_what_took_something_away(
    count: int, kinds: dict[str, int], words: str
) -> None:
    row = {"month": date(2024, 5, 1), "count": count, "kinds": kinds}
    (bar,) = month_chart([row]).bars
    assert month_bar_words(bar, "change", "changes") == words
