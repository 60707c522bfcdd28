"""The units, the recipe and the proxy that the help shows: they name what exists."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from argparse import ArgumentParser, Namespace
from configparser import ConfigParser
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from policyhub.database_urls import databases
from policyhub.health import PROBES

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SETTINGS = (ROOT / "policyhub" / "settings.py").read_text("utf-8")
BLOCK = re.compile(r"(?:^`([^`\n]+)`[^\n]*:\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACES = ("/opt/policyhub/.venv/bin/python", ".venv/bin/python")


def shown(language: str) -> dict[str, str]:
    """Each example in a language, by the file that the help gives it."""
    text = (ROOT / "policyhub" / "help" / "several-servers.md").read_text("utf-8")
    return {name: body for name, each, body in BLOCK.findall(text) if each == language}


def units() -> dict[str, ConfigParser]:
    """Each unit of systemd, read."""
    found = {}
    for name, text in shown("ini").items():
        found[name] = unit = ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(text)
    return found


def understood(words: list[str]) -> Namespace:
    """The options of a command of manage.py, which it takes; `words` begin with its Python."""
    python, script, command, *options = words
    assert (python in PLACES, script) == (True, "manage.py")
    parser: ArgumentParser = load_command_class(get_commands()[command], command).create_parser(
        "manage.py", command
    )
    return parser.parse_args(options)


def assert_is_setting(name: str) -> None:
    assert f'"{name}"' in SETTINGS, f"{name} is no setting"


def test_the_help_has_the_units_the_recipe_and_the_proxy() -> None:
    assert list(units()) == [
        "policyhub.service",
        "policyhub-backup.service",
        "policyhub-backup.timer",
    ]
    assert list(shown("dockerfile")) == ["Containerfile"]
    assert len(shown("nginx")) == 1


def test_the_service_runs_a_command_that_exists_with_settings_that_exist() -> None:
    service = units()["policyhub.service"]["Service"]
    options = understood(shlex.split(service["ExecStart"]))
    assert (options.host, options.port, options.workers) == ("0.0.0.0", 8000, 4)  # noqa: S104
    name, _, folder = service["Environment"].partition("=")
    assert_is_setting(name)
    assert folder == f"/var/lib/{service['StateDirectory']}"
    assert Path(service["EnvironmentFile"]).name in shown("sh")


def test_the_backup_is_a_command_that_exists() -> None:
    service = units()["policyhub-backup.service"]["Service"]
    *_, line = shlex.split(service["ExecStart"])
    words = shlex.split(line.removeprefix("exec "))
    assert str(understood(words).file).startswith("$STATE_DIRECTORY/")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for name, text in shown("ini").items():
        # The programs and folders are those of a machine that has Policyhub.
        there = text.replace("/opt/policyhub/.venv/bin/python", "/bin/sh")
        (tmp_path / name).write_text(there.replace("/opt/policyhub", "/"), "utf-8")
    paths = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "policyhub" in line]
    assert ours == []


def test_the_settings_of_the_service_are_settings_and_make_sense() -> None:
    given = dict(line.split("=", 1) for line in shown("sh")["policyhub.env"].splitlines() if line)
    for name in given:
        assert_is_setting(name)
    found = databases(given["DATABASE_URL"], given["DATABASE_REPLICA_URL"])
    assert [each["HOST"] for each in found.values()] == ["10.0.0.21", "10.0.0.22"]


def test_the_recipe_installs_what_exists_and_runs_a_command_that_exists() -> None:
    recipe = shown("dockerfile")["Containerfile"].replace("\\\n", "")
    lines = [line.split(" ", 1) for line in recipe.splitlines()]
    (_, image), *_ = lines
    python = tuple(map(int, re.findall(r"\d+", image)))
    assert python >= tuple(map(int, re.findall(r"\d+", PROJECT["requires-python"])))
    for extra in re.findall(r"--extra (\w+)", recipe):
        assert extra in PROJECT["optional-dependencies"]
    assert_is_setting(dict(lines)["ENV"].split("=")[0])
    assert understood(json.loads(dict(lines)["CMD"])).host == "0.0.0.0"  # noqa: S104
    healthy = json.loads(dict(lines)["HEALTHCHECK"].partition("CMD ")[2])
    assert "http://127.0.0.1:8000/readyz" in healthy[-1]
    assert "/readyz" in PROBES
    compile(healthy[-1], "recipe", "exec")
    assert dict(lines)["VOLUME"] in dict(lines)["ENV"]


def test_no_image_has_a_data_folder_with_its_secret_key_or_what_git_leaves_out() -> None:
    # Where it is locked, all get the same versions: that file alone goes into an image.
    left_out = set((ROOT / ".gitignore").read_text("utf-8").split()) - {"uv.lock"}
    kept_out = {
        line.removeprefix("**/")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    }
    assert {each.rstrip("/") for each in left_out} | {".git"} <= kept_out


def test_the_proxy_says_what_policyhub_reads() -> None:
    (text,) = shown("nginx").values()
    assert "X-Forwarded-Proto $scheme" in text
    assert "HTTP_X_FORWARDED_PROTO" in SETTINGS
    assert "proxy_cache_revalidate on" in text
