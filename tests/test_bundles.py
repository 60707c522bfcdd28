"""The joined style sheet and script contain their sources, in order, and follow them."""

import json
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from pytest_django import Settings

from policyhub.bundles import BUNDLES, BundleFinder

KIBIBYTE = 1024


@pytest.fixture
def finder(tmp_path: Path, settings: Settings) -> BundleFinder:
    """Give a finder over sources of the test's own."""
    settings.BASE_DIR = tmp_path
    settings.DATA_DIR = tmp_path / "kept"
    for name in (name for sources in BUNDLES.values() for name in sources):
        source = tmp_path / "static" / name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(f"source({name})", "utf-8")
    return BundleFinder()


@pytest.mark.parametrize("bundle", BUNDLES)
def test_a_bundle_holds_its_sources_in_order(finder: BundleFinder, bundle: str) -> None:
    text = Path(str(finder.find(bundle))).read_text("utf-8")
    assert text.splitlines() == [f"source({name})" for name in BUNDLES[bundle]]


def test_a_changed_source_is_in_the_bundle_at_the_next_request(
    finder: BundleFinder, tmp_path: Path
) -> None:
    finder.find("css/policyhub.css")
    (tmp_path / "static/css/base.css").write_text("changed", "utf-8")
    assert "changed" in Path(str(finder.find("css/policyhub.css"))).read_text("utf-8")


def test_a_script_goes_out_without_its_comments(finder: BundleFinder, tmp_path: Path) -> None:
    source = '  // Why.\nconst url = "http://x"; // kept\n'
    (tmp_path / "static/js/theme.js").write_text(source, "utf-8")
    text = Path(str(finder.find("js/policyhub.js"))).read_text("utf-8")
    assert text.startswith('const url = "http://x"; // kept\n')


def test_a_style_sheet_goes_out_without_comments_and_needless_space(
    finder: BundleFinder, tmp_path: Path
) -> None:
    source = "/* Why,\n   in two lines. */\n@media print {\n  p { color: #000; }\n}\n"
    (tmp_path / "static/css/tokens.css").write_text(source, "utf-8")
    text = Path(str(finder.find("css/policyhub.css"))).read_text("utf-8")
    assert text.startswith("@media print{p{color:#000}}\n")


def test_an_unchanged_bundle_is_not_written_again(finder: BundleFinder) -> None:
    first = Path(str(finder.find("css/policyhub.css"))).stat().st_mtime_ns
    assert Path(str(finder.find("css/policyhub.css"))).stat().st_mtime_ns == first


def test_other_files_are_left_to_other_finders(finder: BundleFinder) -> None:
    assert finder.find("css/tokens.css") is None
    assert finder.find("../secret-key", find_all=True) == []


def test_django_finds_the_bundles_beside_the_other_files() -> None:
    assert finders.find("css/policyhub.css")
    assert finders.find("img/favicon.svg")


def test_collectstatic_takes_the_bundles_along(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    assert all((tmp_path / bundle).exists() for bundle in BUNDLES)


def test_the_editor_is_built_of_versions_that_are_pinned() -> None:
    root = Path(__file__).resolve().parent.parent
    source = root / ".ci/editor"
    asked = json.loads((source / "package.json").read_text("utf-8"))
    locked = json.loads((source / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = asked["dependencies"] | asked["devDependencies"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(each["integrity"] for path, each in locked.items() if path)
    built = (root / "static/built/editor.js").read_text("utf-8")
    assert built.startswith("/* CodeMirror")
    assert "JSON editor" in built


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        *(([name], 10 * KIBIBYTE) for name in BUNDLES if name.endswith(".css")),
        (["js/policyhub.js"], 5 * KIBIBYTE),
        (["js/policyhub.js", "django_htmx/htmx-2.min.js"], 20 * KIBIBYTE),
        # Of pages with a form for a question; the editor is loaded when its field is focused.
        (["js/questions.js", "django_htmx/htmx-2.min.js"], 22 * KIBIBYTE),
        (["js/palette.js", "css/palette.css"], 2 * KIBIBYTE),
        (["built/editor.js"], 100 * KIBIBYTE),
    ],
)
def test_what_a_page_loads_stays_within_its_budget(files: list[str], limit: int) -> None:
    found = [Path(str(finders.find(name))).read_bytes() for name in files]
    assert sum(len(brotli.compress(content)) for content in found) <= limit
