"""The rooms and the edges between them, read from the imports themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ABOVE = {"browse", "search", "compare", "simulate", "awsapi", "serving", "logins"}
MAY_IMPORT: dict[str, set[str]] = {
    "iam": set(),
    "catalog": {"iam", "http", "failures"},
    **{room: {"catalog", "iam", "http", "failures", "lane"} for room in ABOVE},
}
TOP = {
    "manage.py",
    "pyproject.toml",
    "policyhub",
    "templates",
    "static",
    "fixtures",
    "tests",
    "findings",
}


def modules() -> list[Path]:
    return sorted((ROOT / "policyhub").rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "policyhub").parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, relative ones resolved."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join([*base, node.module or ""]).rstrip(".")
            yield from (f"{stem}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    for path in modules():
        if room_of(path) != room:
            continue
        reached = {name.split(".")[1] for name in imported(path) if name.startswith("policyhub.")}
        assert reached <= MAY_IMPORT[room] | {room}, f"{path.relative_to(ROOT)} reaches {reached}"


def test_the_policy_language_imports_only_the_standard_library_and_itself() -> None:
    for path in modules():
        if room_of(path) != "iam":
            continue
        for name in imported(path):
            top = name.split(".")[0]
            assert top in sys.stdlib_module_names or name.startswith("policyhub.iam"), (
                f"{path.relative_to(ROOT)} imports {name}"
            )


def test_importing_the_policy_language_loads_no_django() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in modules()
        if room_of(path) == "iam"
    ]
    code = (
        f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
        "sys.exit('django' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_the_top_of_the_tree_holds_what_was_agreed_and_nothing_more() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout.splitlines()
    top = {name.split("/")[0] for name in tracked}
    assert {name for name in top if not name.startswith(".")} <= TOP | {"README.md"}


def test_no_template_carries_inline_script_or_style() -> None:
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        for forbidden in ("style=", "<style", "onclick=", "onchange=", "hx-on", "javascript:"):
            assert forbidden not in text, f"{template.relative_to(ROOT)} has {forbidden}"
        assert "<script>" not in text, f"{template.relative_to(ROOT)} has an inline script"
