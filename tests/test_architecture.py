"""The rooms and the edges between them, read from the imports themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ABOVE = {
    "browse",
    "search",
    "compare",
    "simulate",
    "awsapi",
    "serving",
    "logins",
    "help",
    "backups",
    "curating",
    "workbench",
    "desk",
}
MAY_IMPORT: dict[str, set[str]] = {
    "iam": set(),
    "catalog": {"iam", "http", "failures", "terminal", "commands"},
    "replicas": {"catalog", "http"},
    "judge": {
        *("catalog", "iam", "http", "failures", "deadline", "markdown", "terminal", "commands"),
    },
    "blast_map": {"catalog", "iam"},
    **{
        room: {
            *("judge", "blast_map", "catalog", "iam", "policy_tabs"),
            *("http", "failures", "deadline", "markdown", "simulator_address", "terminal"),
            *("marked_words", "curators", "commands", "seams"),
        }
        for room in ABOVE
    },
}
# Watched scenarios are replayed by the simulator, which knows nothing of the workbench.
MAY_IMPORT["workbench"].add("simulate")
MAY_IMPORT["serving"] |= {"kept_answers", "revalidation"}
# Inside a room: each folder, or module next to the folders, with those of the room that it may
# import. What is next to the folders and not named here may import all of the room.
FLOORS: dict[str, dict[str, set[str]]] = {
    "iam": {
        "budget": set(),
        "former_codes": set(),
        "language": set(),
        "reading": {"language"},
        "deciding": {"budget", "former_codes", "language", "reading"},
        "explaining": {"budget", "former_codes", "language", "reading", "deciding"},
        "comparing": {"budget", "language", "reading", "deciding", "explaining"},
        "answering": {"budget", "language", "reading", "deciding", "explaining", "comparing"},
    },
    "catalog": {
        "access_levels": set(),
        "moments": set(),
        "models": {"access_levels", "moments"},
        "generation_cache": set(),
        "parts": set(),
        "one_block": set(),
        "collecting": set(),
        "signals": set(),
        "database_file": set(),
        "retired": set(),
        "near_names": {"models"},
        "naming": {"models", "retired", "facts", "near_names"},
        "before_serving": set(),
        "one_writer": {"models"},
        "reference": {"access_levels", "models"},
        "sources": {"models", "moments"},
        "facts": {"access_levels", "models", "reference"},
        "access": {
            "access_levels",
            "before_serving",
            "generation_cache",
            "models",
            "one_block",
            "parts",
            "reference",
            "facts",
        },
        "deriving": {
            *("access_levels", "models", "parts", "collecting", "signals"),
            *("reference", "facts", "access"),
        },
        "prose": {"models", "reference", "access"},
        "importing": {
            "models",
            "moments",
            "one_writer",
            "parts",
            "signals",
            "database_file",
            "reference",
            "sources",
            "deriving",
        },
        "editing": {"models", "one_writer", "deriving"},
        "admin": {"models", "one_writer", "deriving", "editing", "prose"},
    },
    "judge": {
        "models": set(),
        "reporting": set(),
        "lint": {"models", "reporting"},
        "risks": {"models", "reporting"},
    },
    "browse": {
        "pictures": set(),
        "escalation": set(),
        "not_found": set(),
        "templatetags": {"pictures", "escalation"},
        "lists": set(),
        "reading": set(),
        "policies": {"lists"},
        "policy": {"lists", "reading", "not_found", "escalation"},
        "services": {"lists", "reading", "policies", "not_found"},
        "condition_keys": {"lists", "not_found"},
        "changes": {"lists", "policies", "templatetags", "not_found"},
        "risks": {"lists", "not_found"},
    },
    "search": {
        "models": set(),
        "finding": {"models"},
        "who_can": set(),
        "best_fit": {"who_can"},
        "palette": {"finding"},
    },
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


def floor_of(name: str) -> str:
    """The folder or module of its room that a dotted name is in."""
    return [*name.split("."), ""][2]


@pytest.mark.parametrize(
    ("room", "floor"), [(room, floor) for room, floors in FLOORS.items() for floor in floors]
)
def test_a_folder_imports_only_the_folders_below_it(room: str, floor: str) -> None:
    allowed = FLOORS[room][floor] | {floor, ""}
    here = ROOT / "policyhub" / room / floor
    paths = here.rglob("*.py") if here.is_dir() else [here.with_suffix(".py")]
    for path in paths:
        reached = {
            floor_of(name) for name in imported(path) if name.startswith(f"policyhub.{room}.")
        }
        assert reached <= allowed, f"{path.relative_to(ROOT)} reaches {reached - allowed}"


@pytest.mark.parametrize("room", sorted(FLOORS))
def test_the_floors_of_a_room_name_all_of_its_folders_and_go_in_no_circle(room: str) -> None:
    here = ROOT / "policyhub" / room
    folders = {each.parent.name for each in here.glob("*/__init__.py")}
    assert folders - {"management", "migrations"} <= set(FLOORS[room])
    below = {floor: set(under) for floor, under in FLOORS[room].items()}
    while below:
        lowest = {floor for floor, under in below.items() if not under & below.keys()}
        assert lowest, f"{room}: {sorted(below)} import each other"
        below = {floor: under for floor, under in below.items() if floor not in lowest}


LONGEST_MODULE = 370


def test_no_module_is_too_long_to_read() -> None:
    for path in modules():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines < LONGEST_MODULE, f"{path.relative_to(ROOT)} has {lines} lines"


# A statement of a document, and its row in the database, which is imported under another name.
NAMED_TWICE = {"Statement"}


def test_no_two_classes_have_the_same_name() -> None:
    named: dict[str, list[str]] = {}
    for path in modules():
        if not {"migrations", "management"} & set(path.parts):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    named.setdefault(node.name.lstrip("_"), []).append(str(path.relative_to(ROOT)))
    twice = {name: places for name, places in named.items() if len(places) > 1}
    assert set(twice) == NAMED_TWICE, twice


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
