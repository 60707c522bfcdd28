"""What Lighthouse says of ten kinds of page, at a desktop and on a phone, by hand:

    uv run --group dev python -m tests.benchmarks.bench_lighthouse [ADDRESS]

It needs npm, which installs Lighthouse in a temporary folder, and Chromium. Without the address of
a Policyhub that runs it starts one of its own. Scores below 98 for performance, and below 100 for
the others, are marked, and it names what they are for; so is a largest paint that comes more than
1.5 seconds after the page was asked for, which a phone does on slow 4G as Lighthouse has it.
Performance is timed: on a machine that does something else meanwhile it is lower.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.servers import started

LIGHTHOUSE = "lighthouse@12.8.2"
PAGES = {
    "overview": "/",
    "policies": "/policies/",
    "policy": "/policies/AmazonECS_FullAccess/",
    "history": "/policies/AmazonECS_FullAccess/changes/",
    "document": "/policies/AmazonECS_FullAccess/document/",
    "compare": "/compare/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess%40v22",
    "simulate": "/simulate/?policy=AmazonECS_FullAccess&action=iam%3APassRole",
    "who can": "/who-can/?action=iam%3APassRole",
    "search": "/search/?q=passrole",
    "changes": "/changes/",
}
# Answers to questions, which robots.txt keeps from crawlers on purpose.
NOT_CRAWLED = {"compare", "simulate", "who can", "search"}
GOALS = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
LATEST_PAINT_SECONDS = 1.5
FORMS = {"desktop": ["--preset=desktop"], "phone": []}
TRIES = 3
CHROMIUM = "--headless=new --no-sandbox --disable-gpu"


def install(folder: Path) -> Path:
    """Install Lighthouse in a folder, and return its program."""
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), LIGHTHOUSE]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / "node_modules/.bin/lighthouse"


def report(program: Path, url: str, options: list[str]) -> dict[str, Any]:
    """What Lighthouse reports of a page."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is not installed: apt-get install chromium")
    command = [
        *(str(program), url, "--quiet", "--output=json", f"--chrome-flags={CHROMIUM}"),
        *(f"--only-categories={','.join(GOALS)}", *options),
    ]
    environment = {**os.environ, "CHROME_PATH": chromium}
    # On a machine with much to do it now and then misses that the page was opened.
    for _ in range(TRIES):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        if not done.returncode:
            found: dict[str, Any] = json.loads(done.stdout)
            return found
    raise SystemExit(f"Lighthouse failed at {url}: {done.stderr[-2000:]}")


def scores(found: Mapping[str, Any]) -> dict[str, int]:
    """The scores by category, of 100."""
    return {name: round(100 * (found["categories"][name]["score"] or 0)) for name in GOALS}


def largest_paint(found: Mapping[str, Any]) -> str:
    """After how many seconds the largest part of the page was there."""
    seconds = found["audits"]["largest-contentful-paint"]["numericValue"] / 1_000
    return f"[red]{seconds:.1f}[/red]" if seconds > LATEST_PAINT_SECONDS else f"{seconds:.1f}"


def lacking(found: Mapping[str, Any], category: str) -> Iterator[str]:
    """What takes points away in a category."""
    for audit in found["categories"][category]["auditRefs"]:
        told = found["audits"][audit["id"]]
        if audit["weight"] and told["score"] is not None and told["score"] < 1:
            yield f"{told['title']} {told.get('displayValue', '')}".strip()


@contextmanager
def served(address: str) -> Iterator[str]:
    """The address, or that of a Policyhub started for the time being."""
    if address:
        yield address.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as data, started(Path(data) / "data") as server:
        yield server.url


def main() -> None:
    """Ask Lighthouse about each page and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", default="", help="of a Policyhub that runs")
    console = Console()
    table = Table("page", "as", "paint in s", *GOALS, "takes points away", title="Lighthouse")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(arguments.address) as url:
        program = install(Path(folder))
        for name, path in PAGES.items():
            skipped = ["--skip-audits=is-crawlable"] if name in NOT_CRAWLED else []
            for form, options in FORMS.items():
                found = report(program, url + path, [*options, *skipped])
                reached = scores(found)
                low = [each for each in GOALS if reached[each] < GOALS[each]]
                numbers = (
                    f"[red]{reached[each]}[/red]" if each in low else str(reached[each])
                    for each in GOALS
                )
                low_points = "; ".join(lack for each in low for lack in lacking(found, each))
                table.add_row(name, form, largest_paint(found), *numbers, low_points)
    console.print(table)


if __name__ == "__main__":
    main()
