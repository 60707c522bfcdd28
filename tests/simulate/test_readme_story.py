"""The README's simulations work as written, word for word."""

from __future__ import annotations

import io
import json
import re
import shlex

import pytest
from django.conf import settings
from django.core.management import call_command

from policyhub.simulate.lines import answer_lines

pytestmark = pytest.mark.django_db
README = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
STORY = re.findall(
    r"^\$ uv run manage\.py (simulate (?:.*\\\n)*.*)\n((?:(?!\$|```).*\n)+)", README, re.M
)
SCENARIO = re.findall(r'^\{"id".*"expect".*\}$', README, re.M)


def test_the_story_and_the_scenario_are_found() -> None:
    assert len(STORY) == 3
    assert len(SCENARIO) == 2


@pytest.mark.parametrize(("command", "printed"), STORY)
def test_a_command_prints_what_the_readme_says(command: str, printed: str) -> None:
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command(*shlex.split(command.replace("\\\n", " ")), stdout=out)
    assert out.getvalue().strip() == printed.strip()


@pytest.mark.parametrize("line", SCENARIO)
def test_a_line_of_the_scenario_is_answered_as_it_expects(line: str) -> None:
    (answer,) = answer_lines(io.BytesIO(line.encode()))
    assert answer["passed"], json.dumps(answer)
