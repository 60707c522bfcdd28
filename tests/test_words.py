"""Words that readers stumble over stay out of pages, messages, command help and documentation.

The product uses the words of AWS's documentation and everyday English. Each row of `BANNED` has
what is not to be used, what to write in its place, and a sentence that must be found.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent


class Banned(NamedTuple):
    """A pattern for a word or phrase, its replacement, and a sentence that contains it."""

    pattern: str
    replacement: str
    example: str


BANNED = (
    Banned(r"mend(s|ed|ing)?", "fix", "there are more errors: mend them first"),
    Banned(r"anew", "again", "Remove a filter, or start anew."),
    Banned(r"(tells?|told|telling)", "say, show, report, distinguish", "no source told the date"),
    Banned(r"(stands?(?!-)|stood)", "is, is shown, appears", "the name stands twice"),
    Banned(r"stands? for", "represents, means, matches", "A star stands for any text."),
    Banned(r"senseless", "invalid", "a senseless question"),
    Banned(r"beside", "next to, besides, in addition to", "what they grant beside"),
    Banned(r"in any case", "ignoring case", "Words are found in any case."),
    Banned(r"whichever", "any", "on whichever resource"),
    Banned(r"ask(s|ed)? that", "requires that", "the statement asks that the key is present"),
    Banned(r"in bounds", "restricted", "3 in bounds"),
    Banned(r"no source (tells|told|saw|knows)", "not known", "that no source saw"),
    Banned(r"seen by no source", "not known", "v3: seen by no source"),
    Banned(r"(holds?|held|holding)", "contains, is true, keeps, is using", "Nothing holds this."),
    Banned(r"outside the address", "choose GET or POST by length", "Find outside the address"),
    Banned(r"(Collect|collect it)", "Add to comparison", "Collect this policy"),
    Banned(r"hand(s|ed)? (it|this) on", "share", "Hand it on"),
    Banned(r"turns? (it|\w+ \w+) round", "flip, change", "what would turn it round"),
    Banned(r"(bears?|borne)", "has", "a name that no policy bears"),
    Banned(r"spare[sd]?", "does not apply to", "the statement spares it"),
    Banned(r"speaks? of", "mentions, describes", "the entry speaks of another policy"),
    Banned(r"grav(e|er|est)", "serious, most serious", "the gravest access"),
    Banned(r"but for", "except, without", "what it would allow but for it"),
    Banned(r"whoever runs", "the administrator", "Whoever runs Policyhub sees it in the log."),
    Banned(r"put (it|this|that|right)+ right", "fix", "Put this right, then start again."),
    Banned(r"in small letters", "in lowercase", "write it in small letters"),
    Banned(r"a (day|month|version|row|request) a line", "one … per line", "a request a line"),
    Banned(r"(there|where|here)(of|upon|with|by)", "of it, by this", "and the reasons thereof"),
    Banned(r"nought", "nothing, zero", "it comes to nought"),
    Banned(r"AWS can be asked", "the request is possible", "whether or not AWS can be asked this"),
)
# Not found as a word of its own: it follows the closing backtick of an input.
IS_NO = Banned(r"` is no (?!longer\b)", "is not a", "`May` is no date")
PATTERNS = [
    *((re.compile(rf"\b{each.pattern}\b", re.IGNORECASE), each) for each in BANNED),
    (re.compile(IS_NO.pattern), IS_NO),
]


class Text(NamedTuple):
    """A piece of text, and the line of its file on which it begins."""

    line: int
    text: str


def lines_of(path: Path) -> Iterator[Text]:
    """The lines of a file; in documentation without names and codes, which are in backticks."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield Text(number, re.sub("`[^`]*`", "``", line) if path.suffix == ".md" else line)


def sentences_of(path: Path) -> Iterator[Text]:
    """The string literals of a module that people may read: no docstrings, no single words."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            passed.update(map(id, node.values))
            parts = [each.value if isinstance(each, ast.Constant) else "…" for each in node.values]
            yield Text(node.lineno, "".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and id(node) not in passed and " " in str(node.value):
            yield Text(node.lineno, str(node.value))


def found_in(text: str) -> Iterator[tuple[str, Banned]]:
    """The banned phrases of a text, each with its row."""
    for pattern, row in PATTERNS:
        yield from ((match.group(), row) for match in pattern.finditer(text))


def complaints(path: Path) -> list[str]:
    """What a file has of banned phrases: its name, the line, the phrase and what to write."""
    texts = sentences_of(path) if path.suffix == ".py" else lines_of(path)
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
    return [
        f"{name}:{each.line}: “{phrase}”: write {row.replacement}"
        for each in texts
        for phrase, row in found_in(each.text)
    ]


def read_files() -> list[Path]:
    """The files whose words people read."""
    patterns = (
        "templates/**/*.html",
        "policyhub/**/*.py",
        "manage.py",
        "static/js/*.js",
        "README.md",
        "policyhub/help/*.md",
        ".github/*.md",
    )
    return [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def test_no_file_that_people_read_uses_a_banned_phrase() -> None:
    found = [line for path in read_files() for line in complaints(path)]
    assert not found, "\n".join(["", *found])


def test_pages_messages_and_documentation_are_all_read() -> None:
    suffixes = [path.suffix for path in read_files()]
    assert all(suffixes.count(each) >= 10 for each in (".html", ".py", ".js", ".md"))


@pytest.mark.parametrize("row", [*BANNED, IS_NO], ids=lambda row: str(row.replacement))
def test_each_row_finds_its_phrase_with_line_and_replacement(row: Banned, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<p>Fine.</p>\n<p>{row.example}</p>\n", encoding="utf-8")
    said = complaints(page)
    assert any(each.startswith("page.html:2: “") for each in said)
    assert any(each.endswith(f"write {row.replacement}") for each in said)


def test_messages_of_a_module_are_read_and_its_names_and_docstrings_are_not(
    tmp_path: Path,
) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        '"""What stands here is for programmers."""\n'
        'held = {"held": "anew"}\n'
        'message = (\n    "`{name}` stands "\n    "here anew"\n)\n'
        'other = f"{held} is told"\n',
        encoding="utf-8",
    )
    assert [each.partition(": write")[0] for each in complaints(module)] == [
        "module.py:4: “anew”",
        "module.py:4: “stands”",
        "module.py:7: “told”",
    ]


def test_words_that_only_look_alike_are_left_alone() -> None:
    fair = (
        "A standard user understands: besides, there is no page. It is no longer retold; "
        "amend the threshold, the holder's stand-in, a household, intellect, an engraver."
    )
    assert list(found_in(fair)) == []
