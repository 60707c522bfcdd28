"""The style sheet and the script that pages load, each joined from small source files.

A page's first view may cost five requests. The sources stay apart, one purpose each, and this
finder of Django's staticfiles joins them, for `runserver` and `collectstatic` alike.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, overload

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

_ON_EVERY_PAGE = (
    "js/theme.js",
    "js/kept.js",
    "js/keyboard.js",
    "js/suggestions.js",
    # Its boxes take the focus before what was swapped does.
    "js/facets.js",
    "js/answers.js",
    "js/failures.js",
    "js/copy.js",
    "js/recent.js",
    "js/tray.js",
    "js/menu.js",
    "js/print.js",
    "js/maps.js",
)
_ON_SCREEN = (
    "css/tokens.css",
    "css/base.css",
    "css/layout.css",
    "css/components.css",
    "css/pages.css",
)
_STYLES = (*_ON_SCREEN, "css/print.css")
BUNDLES = {
    "css/policyhub.css": (*_ON_SCREEN, "css/browse.css", "css/print.css"),
    "js/policyhub.js": _ON_EVERY_PAGE,
    # In its place on pages that need more: one request, and what two sheets share is compressed
    # once.
    "css/simulating.css": (*_STYLES, "css/simulate.css"),
    "css/comparing.css": (*_STYLES, "css/sets.css"),
    "css/reports.css": (*_STYLES, "css/report.css"),
    "css/templates.css": (*_STYLES, "css/template.css"),
    "css/answering.css": (*_STYLES, "css/answers.css"),
    "css/helping.css": (*_STYLES, "css/help.css"),
    # In their places at the desk.
    "css/curating.css": (*_STYLES, "css/desk.css"),
    "js/curating.js": (*_ON_EVERY_PAGE, "js/desk.js", "js/while-typing.js"),
    # In its place on pages that answer the question of a form.
    "js/questions.js": (
        *_ON_EVERY_PAGE,
        "js/fragments.js",
        "js/offers.js",
        "js/live.js",
        "js/editing.js",
        "js/going-on.js",
    ),
    # In its place where a policy is a template.
    "js/templates.js": (*_ON_EVERY_PAGE, "js/ticking.js", "js/late-copies.js"),
}


# Comments and indentation are for those who read the sources; a page's visitors need not load
# them.
_LINES_OF_COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)
_INDENTATION = re.compile(r"^ +", re.MULTILINE)
_STYLE_COMMENTS = re.compile(r"/\*.*?\*/\n?", re.DOTALL)
# White space of styles that means nothing: around braces and semicolons, after commas and colons.
# A text in quotes has none of these before a space.
_STYLE_SPACE = re.compile(r"\s*([{};])\s*|([,:])\s+")

Bundle = tuple[str, FileSystemStorage]


def _short_script(text: str) -> str:
    return _INDENTATION.sub("", _LINES_OF_COMMENT.sub("", text))


def _short_styles(text: str) -> str:
    one_line = " ".join(_STYLE_COMMENTS.sub("", text).split())
    return _STYLE_SPACE.sub(r"\1\2", one_line).replace(";}", "}")


class BundleFinder(BaseFinder):
    """Finds the bundles, and writes them again when a source has changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sources = Path(settings.BASE_DIR) / "static"
        self.storage = FileSystemStorage(location=Path(settings.DATA_DIR) / "bundles")
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Find nothing to complain about: the bundles are named in this module."""
        return []

    @overload
    def find(self, path: str, find_all: Literal[False] = False) -> str | None: ...
    @overload
    def find(self, path: str, find_all: Literal[True]) -> builtins.list[str]: ...
    def find(self, path: str, find_all: bool = False) -> str | builtins.list[str] | None:
        """Return the absolute path of a bundle, in a list when all are asked for."""
        found = str(self.write(path)) if path in BUNDLES else None
        if find_all:
            return [found] if found else []
        return found

    def list(
        self, ignore_patterns: Iterable[str] | None
    ) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield every bundle and the storage that contains it, as `collectstatic` requires."""
        for path in BUNDLES:
            self.write(path)
            yield path, self.storage

    def write(self, path: str) -> Path:
        """Join a bundle's sources, unless the file already contains exactly that."""
        target = Path(self.storage.path(path))
        shortened = _short_script if path.endswith(".js") else _short_styles
        texts = ((self.sources / name).read_text("utf-8") for name in BUNDLES[path])
        text = "\n".join(map(shortened, texts))
        if not target.exists() or target.read_text("utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_suffix(".unfinished")
            unfinished.write_text(text, "utf-8")
            unfinished.replace(target)
        return target
