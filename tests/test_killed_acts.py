"""Curators' acts killed at their writes: nothing is ever half done."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.servers import ROOT, environment

FEW = 2, ["save in the admin", "accept a finding"]
ALL = (
    16,
    [
        "save in the admin",
        "save a row",
        "put back",
        "accept an import",
        "undo an import",
        "accept a finding",
        "undo at the desk",
        "restore",
    ],
)


@pytest.mark.parametrize(
    ("kills", "acts"),
    [FEW, pytest.param(*ALL, marks=pytest.mark.endurance)],
    ids=["few", "all"],
)
def test_what_a_curator_does_is_done_or_not_wherever_it_is_killed(
    installation: Path, tmp_path: Path, kills: int, acts: list[str]
) -> None:
    shutil.copytree(installation, data := tmp_path / "data")
    (copies := tmp_path / "copies").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.killed_acts", str(copies), str(kills), "19", *acts],
        cwd=ROOT,
        env=environment(data, DJANGO_SETTINGS_MODULE="policyhub.settings"),
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    print(len(lines), Counter((each["act"], each["left"]) for each in lines))
    assert {each["act"] for each in lines} == set(acts)
    assert {each["signal"] for each in lines} == {signal.SIGKILL}
    assert not [each for each in lines if each["left"] == "neither"]
