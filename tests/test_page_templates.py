"""What a page has shown is gone once it is rendered, without garbage being looked for."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from weakref import ref

import pytest
from django.http import HttpRequest
from django.template import TemplateDoesNotExist, engines
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings

from policyhub import settings


class Shown:
    """Something that a page shows."""

    def __str__(self) -> str:
        return "shown"


@pytest.fixture(autouse=True)
def templates(tmp_path: Path) -> Iterator[None]:
    """Two templates, and no garbage that is looked for."""
    (tmp_path / "page.html").write_text("{{ it }}{% for _ in twice %}{{ it }}{% endfor %}", "utf-8")
    (tmp_path / "broken.html").write_text('{{ it }}{% include "nowhere.html" %}', "utf-8")
    [engine] = settings.TEMPLATES
    with override_settings(TEMPLATES=[{**engine, "DIRS": [tmp_path]}]):
        gc.disable()
        yield
        gc.enable()


@pytest.mark.django_db
@pytest.mark.parametrize("request_of", [None, RequestFactory().get("/")])
def test_what_was_shown_goes_with_the_page(request_of: HttpRequest | None) -> None:
    it = Shown()
    page = render_to_string("page.html", {"it": it, "twice": "ab"}, request_of)
    assert page == "shown" * 3
    known = ref(it)
    del it
    assert known() is None


def test_a_template_that_is_missing_within_a_page_is_named() -> None:
    with pytest.raises(TemplateDoesNotExist) as raised:
        render_to_string("broken.html", {"it": Shown()})
    assert raised.value.backend is engines["django"]
    assert "nowhere.html" in str(raised.value)
