"""Templates as people read them, and what of their line breaks is seen on pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Origin
from django.template.engine import Engine
from django.test import Client

from policyhub.indentation import Loader
from tests.browser.test_pages import PAGES
from tests.html_text import one_line

FOLDER = Path(settings.BASE_DIR) / "templates"
TEMPLATES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
WITH_TEXT = re.compile(r"""<(pre|textarea)\b(?:"[^"]*"|[^">])*>(.*?)</\1>""", re.DOTALL)


def loaded(name: str) -> str:
    loader = Loader(Engine(dirs=[str(FOLDER)]))
    return str(loader.get_contents(Origin(str(FOLDER / name), name, loader)))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_served_line_by_line_without_its_indentation(name: str) -> None:
    lines = (FOLDER / name).read_text("utf-8").split("\n")
    assert loaded(name).split("\n") == [lines[0], *(line.lstrip(" ") for line in lines[1:])]


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_indents_text_in_which_that_would_show(name: str) -> None:
    for _, text in WITH_TEXT.findall((FOLDER / name).read_text("utf-8")):
        assert not re.search(r"\n[ \t]", text)


def words_of(html: str) -> str:
    """The text of a page, a block a line."""
    body = one_line(html).partition("<body")[2]
    body = re.sub(r"<(script|svg|pre|textarea)\b.*?</\1>", "", body, flags=re.DOTALL)
    without_inline = re.sub(r"</?(?:a|b|code|em|mark|span|strong|wbr|time|kbd)\b[^>]*>", "", body)
    return re.sub(r"<[^>]*>", "\n", without_inline)


def lines_with_a_space_before_a_comma(html: str) -> list[str]:
    return re.findall(r".*\S +[,;:.)](?!\w).*", words_of(html))


def test_a_line_break_before_a_comma_is_found() -> None:
    page = "<body><p>One <b>two</b>\n, three</p><p>, of</p><p>4, .5</p>"
    assert lines_with_a_space_before_a_comma(page) == ["One two , three"]


@pytest.mark.django_db
@pytest.mark.one_database
@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_space_before_a_comma(client: Client, path: str) -> None:
    page = client.get(path, follow=True).content.decode()
    assert len(words_of(page)) > 100
    assert lines_with_a_space_before_a_comma(page) == []
