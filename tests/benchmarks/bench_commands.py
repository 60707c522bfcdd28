"""How much processor time a small question takes by command, start-up included, by hand:

    uv run --group dev python -m tests.benchmarks.bench_commands
    uv run --group dev python -m tests.benchmarks.bench_commands --beside 031bdcd

With `--beside` the same questions are asked of another commit too, in a worktree in a temporary
folder, and the ratio is printed. Each side has a database of its own, made before. Times are of
the processor, medians of three after one that fills the caches of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent.parent
ROUNDS = 3
GOAL = 5.0


def document(*actions: str) -> str:
    """A policy of one line."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def questions(folder: Path) -> Mapping[str, Sequence[str]]:
    """What is asked by each command, with files in a folder."""
    one, other = folder / "one.json", folder / "other.json"
    one.write_text(document("ecs:RunTask", "s3:Get*"), encoding="utf-8")
    other.write_text(document("ecs:*", "s3:GetObject"), encoding="utf-8")
    return {
        "compare": ["compare", str(one), str(other)],
        "simulate": ["simulate", "--policy-file", str(one), "--action", "ecs:RunTask"],
        "lint": ["lint", str(one)],
        "who_can": ["who_can", "ecs:RunTask"],
    }


class Side:
    """A working tree with a database of its own."""

    def __init__(self, tree: Path, data: Path) -> None:
        self.tree = tree
        self.environment = {
            **os.environ,
            "POLICYHUB_DATA_DIR": str(data),
            "POLICYHUB_HISTORY": "off",
        }
        self.environment.pop("DATABASE_URL", None)
        for command in ("migrate", "load_fixtures"):
            self._run([command], check=True)

    def seconds(self, arguments: Sequence[str]) -> float:
        """Processor seconds of a command, the median of some."""
        self._run(arguments)
        return median(self._seconds(arguments) for _ in range(ROUNDS))

    def _seconds(self, arguments: Sequence[str]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._run(arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def _run(self, arguments: Sequence[str], check: bool = False) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(
            command, cwd=self.tree, env=self.environment, capture_output=True, check=check
        )


def main() -> None:
    """Ask every question, of one commit or of two, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beside", metavar="COMMIT")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = questions(folder)
        here = Side(ROOT, folder / "data")
        other = _other(options.beside, folder) if options.beside else None
        try:
            for command, arguments in asked.items():
                took = here.seconds(arguments)
                line = f"{command}: {took * 1_000:.0f} ms"
                if other is not None:
                    before = other.seconds(arguments)
                    line += (
                        f", {before * 1_000:.0f} ms there: {before / took:.1f} times, goal {GOAL:g}"
                    )
                print(line, flush=True)
        finally:
            if other is not None:
                _git("worktree", "remove", "--force", str(other.tree))


def _other(commit: str, folder: Path) -> Side:
    tree = folder / "tree"
    _git("worktree", "add", "--detach", str(tree), commit)
    return Side(tree, folder / "data-there")


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True)


if __name__ == "__main__":
    main()
