"""What CI runs and what runs before a commit are the same checks."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
CHECKS = ("uv run ", "env ", ".ci/")


def ci_checks() -> list[str]:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    return [line for line in lines if line.startswith(CHECKS)]


def hooks() -> list[dict[str, object]]:
    [repository] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    found: list[dict[str, object]] = repository["hooks"]
    return found


def test_before_a_commit_and_a_push_run_the_checks_of_ci_in_their_order() -> None:
    assert [each["entry"] for each in hooks()] == ci_checks()
    assert len(ci_checks()) > 8


def test_hooks_run_what_is_installed_on_the_whole_tree() -> None:
    for each in hooks():
        assert (each["language"], each["pass_filenames"]) == ("system", False)
