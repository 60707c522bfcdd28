"""README.md names the commands, settings, facets and files that exist, and all of them."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.test import Client

from policyhub.browse.policies.rows import FACETS
from policyhub.search.finding.query import OPERATORS
from tests.iam.comparing import long_comparison
from tests.iam.deciding import long_agreement

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FROM_DJANGO = {"createsuperuser", "migrate"}


def our_commands() -> set[str]:
    return {name for name, app in get_commands().items() if app.startswith("policyhub.")}


def table_after(heading: str) -> list[str]:
    """The first cells, without backticks, of the first table under a heading."""
    section = README.split(f"{heading}\n", 1)[1]
    table = re.search(r"^\|.*\n\|[-|]+\n((?:\|.*\n)+)", section, re.MULTILINE)
    assert table is not None, f"no table under {heading}"
    return [row.split("|")[1].strip().strip("`") for row in table[1].splitlines()]


def test_every_command_named_exists_and_every_command_is_named() -> None:
    named = set(re.findall(r"manage\.py (\w+)", README)) - FROM_DJANGO
    assert named <= our_commands()
    for command in our_commands():
        assert re.search(rf"\b{command}\b", README), f"README.md does not name {command}"


def test_every_option_named_beside_a_command_exists() -> None:
    commands = get_commands()
    parsers: list[ArgumentParser] = [
        load_command_class(commands[name], name).create_parser("manage.py", name)
        for name in our_commands()
    ]
    options = {
        option
        for parser in (*parsers, long_agreement.option_parser(), long_comparison.option_parser())
        for action in parser._actions
        for option in action.option_strings
    }
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README)) - {"--extra", "--group"}
    assert named <= options


def test_every_setting_named_is_read_and_every_setting_read_is_named() -> None:
    settings = (ROOT / "policyhub" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r"""(?:flag|megabytes|networks|env\.\w+)\(\s*"([A-Z_]+)\"""", settings))
    assert set(table_after("## Settings")) == read


def test_the_facets_named_are_the_facets_there_are() -> None:
    assert table_after("### Facets of `/policies/`") == [facet.key for facet in FACETS]


def test_the_operators_named_are_the_operators_there_are() -> None:
    assert table_after("### Searching") == list(OPERATORS)


@pytest.mark.django_db
def test_every_page_named_answers(client: Client) -> None:
    paths = re.findall(r"`(/[^`\s(]*)`", README)
    assert len(paths) > 12
    for path in paths:
        assert client.get(path, follow=True).status_code == 200, path


def test_every_file_and_folder_named_exists() -> None:
    named = re.findall(r"`((?:policyhub|templates|static|fixtures|tests)/[\w./-]*)`", README)
    assert named
    for name in named:
        assert (ROOT / name).exists(), f"README.md names {name}"
