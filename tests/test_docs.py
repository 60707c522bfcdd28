"""The documentation names what exists, and all of it; its examples work as written.

That is README.md, the help in policyhub/help/, .github/ and fixtures/README.md.
"""

from __future__ import annotations

import io
import json
import re
import shlex
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.test import Client

from policyhub import deadline
from policyhub.browse.policies.facets import FACETS
from policyhub.catalog.models import Policy
from policyhub.deadline import Stopped
from policyhub.help.rendering import anchor_of, render
from policyhub.iam.deciding.simulation import KEYS
from policyhub.judge.reporting.baseline import read_baseline
from policyhub.search.finding.query import OPERATORS
from policyhub.simulate.lines import answer_lines
from policyhub.workbench.building.choices import read_choices
from tests.iam.comparing import long_comparison
from tests.iam.deciding import long_agreement

ROOT = Path(__file__).resolve().parent.parent
HELP = ROOT / "policyhub" / "help"
FILES = (
    ROOT / "README.md",
    *sorted(HELP.glob("*.md")),
    *sorted((ROOT / ".github").glob("*.md")),
    ROOT / "fixtures" / "README.md",
)
DOCS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in FILES}
README = DOCS["README.md"]
ALL = "\n".join(DOCS.values())

FROM_DJANGO = {"createsuperuser", "migrate", "runserver"}
# Options of uv, pre-commit and pytest-cov, and of the programs in the recipe of a container.
OF_OTHERS = {
    *("--project", "--extra", "--group", "--all-extras", "--with", "--hook-type", "--cov"),
    *("--compile-bytecode", "--no-cache-dir", "--uid", "--directory", "--owner", "--mode"),
    "--start-period",
}
LONGEST_README = 6_000
LARGEST_PICTURE = 90_000


def table_after(document: str, heading: str) -> list[str]:
    """The first cells, without backticks, of the first table under a heading."""
    section = DOCS[document].split(f"{heading}\n", 1)[1]
    table = re.search(r"^\|.*\n\|[-|]+\n((?:\|.*\n)+)", section, re.MULTILINE)
    assert table is not None, f"no table under {heading}"
    return [row.split("|")[1].strip() for row in table[1].splitlines()]


def names_in(cells: list[str]) -> list[str]:
    """What is in backticks in the cells of a table."""
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


# --- what is named exists, and the other way round ---


def our_commands() -> set[str]:
    return {name for name, app in get_commands().items() if app.startswith("policyhub.")}


def parser_of(command: str) -> ArgumentParser:
    loaded = load_command_class(get_commands()[command], command)
    parser: ArgumentParser = loaded.create_parser("manage.py", command)
    return parser


def options_of(parser: ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


def test_every_command_named_exists_and_every_command_is_named() -> None:
    named = set(re.findall(r"manage\.py (\w+)", ALL)) - FROM_DJANGO
    assert named <= our_commands()
    for command in our_commands() - FROM_DJANGO:
        assert re.search(rf"\b{command}\b", ALL), f"no documentation names {command}"


def test_every_option_named_exists_and_every_option_is_named() -> None:
    of_all = options_of(BaseCommand().create_parser("manage.py", "any"))
    ours = set().union(
        *(options_of(parser_of(command)) for command in our_commands() - FROM_DJANGO)
    )
    by_hand = options_of(long_agreement.option_parser()) | options_of(
        long_comparison.option_parser()
    )
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", ALL))
    assert named <= ours | by_hand | OF_OTHERS
    assert {option for option in ours - of_all if option.startswith("--")} <= named


def test_every_setting_named_is_read_and_every_setting_read_is_named() -> None:
    settings = (ROOT / "policyhub" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r"""(?:flag|megabytes|networks|env\.\w+)\(\s*"([A-Z_]+)\"""", settings))
    assert set(names_in(table_after("policyhub/help/running.md", "## Settings"))) == read
    assert set(re.findall(r"\bPOLICYHUB_[A-Z_]+\b", ALL)) <= read


def test_the_facets_named_are_the_facets_there_are() -> None:
    named = table_after("policyhub/help/using.md", "## The list of policies")
    assert names_in(named) == [facet.key for facet in FACETS]


def test_the_search_operators_named_are_the_operators_there_are() -> None:
    assert names_in(table_after("policyhub/help/searching.md", "## Operators")) == list(OPERATORS)


def test_the_keys_of_a_simulation_are_the_keys_there_are() -> None:
    named = table_after("policyhub/help/simulating.md", "## A simulation, as JSON")
    assert set(names_in(named)) == KEYS


def test_every_key_that_upgrading_names_is_written_by_the_code() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "policyhub").rglob("*.py"))
    section = DOCS["policyhub/help/releases.md"].split("## Upgrading\n")[1]
    named = re.findall(r"`([A-Za-z]+|too-much-work)`", section)
    assert {"place", "sizes", "stopped", "boundCounts", "too-much-work"} <= set(named)
    for name in named:
        assert f'"{name}"' in code or f"'{name}'" in code, f"nothing writes {name}"


def addresses(text: str) -> list[str]:
    """Every address of the product that a text names, each once."""
    return list(dict.fromkeys(re.findall(r"`(/[^`\s(]*)`", text)))


# Addresses that answer only a question, and are named without one.
NEED_A_QUESTION = {"/aws/", "/compare.json", "/simulate.json"}
# And those that answer curators alone; pages send others to the log-in.
NEED_A_CURATOR = {"/desk.json", "/desk.csv"}


@pytest.mark.django_db
@pytest.mark.parametrize("address", addresses(ALL))
def test_every_address_named_answers_and_is_understood(client: Client, address: str) -> None:
    answer = client.get(address, follow=True)
    refused = 400 if address in NEED_A_QUESTION else 403 if address in NEED_A_CURATOR else None
    assert answer.status_code == (refused or 200)
    assert b"Some of the input was not understood" not in answer.getvalue()


def test_addresses_are_found() -> None:
    assert len(addresses(README)) > 12
    assert len(addresses(ALL)) > 40


def test_every_file_and_folder_named_exists() -> None:
    folders = "policyhub|templates|static|fixtures|tests|findings|.github|.ci"
    named = re.findall(rf"`((?:{folders.replace('.', '[.]')})/[\w./-]*)`", ALL)
    assert len(named) > 30
    for name in named:
        assert (ROOT / name).exists(), f"there is no {name}"


def test_every_module_named_exists() -> None:
    named = re.findall(r"\btests(?:\.\w+)+", ALL)
    assert named
    for name in named:
        assert find_spec(name) is not None, f"there is no {name}"


@pytest.mark.parametrize("document", DOCS)
def test_links_between_files_lead_to_files_and_headings_that_exist(document: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", DOCS[document]):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / document).parent / path if path else ROOT / document
        assert target.exists(), f"{document} links to {link}"
        if anchor:
            sections = render(target.read_text(encoding="utf-8")).sections
            assert anchor in {each.anchor for each in sections}, f"{document} links to {link}"


def test_anchors_are_those_of_headings() -> None:
    assert anchor_of("A simulation, as JSON", {}) == "a-simulation-as-json"


# --- the README ---


def test_the_readme_is_short() -> None:
    assert len(README.encode()) <= LONGEST_README


def test_the_readme_has_the_two_commands() -> None:
    for command in ("uv run manage.py start", "uv run --group dev pytest"):
        assert f"```\npip install uv && {command}\n```" in README


def test_the_readme_shows_a_small_picture() -> None:
    (name,) = re.findall(r"!\[[^\]]{20,}\]\((static/img/[\w-]+\.png)\)", README)
    picture = (ROOT / name).read_bytes()
    assert picture.startswith(b"\x89PNG\r\n")
    assert len(picture) <= LARGEST_PICTURE


@pytest.mark.django_db
def test_the_number_of_policies_is_that_of_the_catalogue() -> None:
    named = set(re.findall(r"all ([\d,]+) (?:of them|AWS managed)|the ([\d,]+) policies", ALL))
    assert {first or second for first, second in named} == {f"{Policy.objects.count():,}"}


# --- the examples ---


def blocks() -> Iterator[tuple[str, str, str]]:
    """Every example: its document, its language, its text."""
    for document, text in DOCS.items():
        for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            yield document, found[1], found[2]


def sessions() -> Iterator[tuple[str, str, str]]:
    """Every command with the output that is shown: document, command, output."""
    for document, _, text in blocks():
        for found in re.finditer(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
            yield document, found[1].replace("\\\n", " "), found[2]


def json_lines() -> Iterator[tuple[str, str]]:
    """Every example of JSON, line by line; one that begins with a bare brace is one value."""
    for document, language, text in blocks():
        if language == "json" and text.startswith("{\n"):
            yield document, text
        elif language == "json":
            yield from ((document, line) for line in text.splitlines())


def seconds_of_an_answer() -> str:
    """How long a server works on an answer, as its code has it."""
    found = re.search(r"^SECONDS = ([\d.]+)$", Path(deadline.__file__).read_text("utf-8"), re.M)
    assert found is not None
    return found[1]


def shown_as(output: str) -> re.Pattern[str]:
    """What a shown output matches: a line of `…` for any number of lines."""
    parts = re.split(r"^…\n", output.strip("\n") + "\n", flags=re.MULTILINE)
    return re.compile(r"(?:.*\n)*?".join(map(re.escape, parts)))


def test_an_output_with_gaps_matches_only_what_has_its_lines_in_order() -> None:
    pattern = shown_as("a\n…\nc\n")
    assert pattern.fullmatch("a\nb\nb\nc\n")
    assert pattern.fullmatch("a\nc\n")
    assert not pattern.fullmatch("a\nb\n")
    assert not pattern.fullmatch("a\nc\nd\n")


def run(arguments: str) -> tuple[object, str]:
    """The exit status and the output of a command of manage.py."""
    out = io.StringIO()
    try:
        call_command(*shlex.split(arguments), stdout=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(("document", "command", "output"), list(sessions()))
def test_a_command_prints_what_is_shown(document: str, command: str, output: str) -> None:
    arguments = command.removeprefix("uv run manage.py ")
    assert arguments != command, "an example runs `uv run manage.py`"
    assert output.strip()
    status, printed = run(arguments)
    assert status == (3 if printed.startswith(("Denied", "Depends")) else 0)
    assert shown_as(output).fullmatch(printed.strip("\n") + "\n"), printed[:4_000]


@pytest.mark.django_db
@pytest.mark.parametrize(("document", "line"), list(json_lines()))
def test_an_example_of_json_is_one_that_policyhub_reads_or_writes(
    document: str, line: str, tmp_path: Path
) -> None:
    value = json.loads(line)
    if "accepted" in value:
        baseline = tmp_path / "baseline.json"
        baseline.write_text(line, encoding="utf-8")
        assert read_baseline(baseline, date(2026, 11, 29)).entries
        return
    if "after" in value:
        # Tests give an answer more time than a server does.
        reason = (
            f"the rest takes more than the {seconds_of_an_answer()} seconds allowed for one answer"
        )
        stopped = Stopped(value["after"], value["of"], value["next"]).to_dict()
        assert value == stopped | {"reason": reason}
        return
    if "resources" in value:
        assert read_choices(value).to_dict() == value
        assert (HELP / "examples" / "run-task.json").read_text("utf-8") == line
        return
    (answer,) = answer_lines(io.BytesIO(line.encode()))
    assert answer["passed"], json.dumps(answer)


@pytest.mark.django_db
def test_a_simulation_of_the_examples_is_answered_by_the_page_too(client: Client) -> None:
    (line,) = (line for document, line in json_lines() if document.endswith("simulating.md"))
    answer = client.post("/simulate.json", line, content_type="application/json").json()
    named = names_in(table_after("policyhub/help/simulating.md", "The answer:\n"))
    assert set(answer) == set(named) - {"trace"}
    traced = json.dumps(json.loads(line) | {"trace": True})
    answer = client.post("/simulate.json", traced, content_type="application/json").json()
    row = re.search(r"^\| `trace` \| if asked.*$", DOCS["policyhub/help/simulating.md"], re.M)
    assert row is not None
    parts = set(re.findall(r"`(\w+)`", row[0])) - {"trace", "allowed", "denied", "depends"}
    assert set(answer["trace"]) == parts


def test_the_examples_are_found() -> None:
    assert len(list(sessions())) >= 7
    assert len(list(json_lines())) >= 4


# Blocks of commands for a shell, whose commands, options and modules the tests above look up,
# and a figure.
UNRUN = re.compile(
    r"(?:pip install uv && .*|uv run .*|AWS_ENDPOINT_URL_IAM=\S+ aws iam list-policies"
    r"|MOTO_\S+ uv run .*|export .*|    --.*)"
)


# Units, recipe and proxy have tests/test_several_servers.py.
LOOKED_AT = {"json", "python", "yaml", "ini", "sh", "dockerfile", "nginx"}


def test_no_example_is_of_a_kind_that_no_test_looks_at() -> None:
    for document, language, text in blocks():
        if language in LOOKED_AT or text.startswith("$ "):
            continue
        if "search, words of three letters and more\n" in text:
            continue
        for line in text.splitlines():
            assert UNRUN.fullmatch(line), f"{document}: {line}"
