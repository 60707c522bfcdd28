"""The help as pages: contents, links between them, anchors, and their JSON twins."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from policyhub.help.pages import FOLDER, HelpPage, contents, neighbours, pages
from policyhub.help.templatetags.policyhub_help import PARTS

pytestmark = pytest.mark.django_db

NO_PAGES = {
    "logout",
    "search:suggestions",
    "search:palette",
    "simulate:check",
    "simulate:action_options",
    "curating:look_up_pattern",
    "curating:preview",
}


def body(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def page_names(resolver: URLResolver, under: str = "", app: str = "") -> dict[str, str]:
    """The routes of pages by the names of their URLs: those that end with a slash."""
    found: dict[str, str] = {}
    for each in resolver.url_patterns:
        route = f"{under}{each.pattern}"
        if isinstance(each, URLResolver):
            found |= page_names(each, route, each.app_name or app)
        elif isinstance(each, URLPattern) and (not route or route.endswith("/")):
            found[f"{app}:{each.name}" if app else str(each.name)] = route
    return found


def test_the_contents_list_every_file_by_its_own_title() -> None:
    files = {path.stem for path in FOLDER.glob("*.md")} - {"README"}
    assert {page.slug for page in pages()} == files
    for page in pages():
        assert page.rendered.title == page.title, page.slug


def test_the_contents_are_grouped_by_reader(client: Client) -> None:
    assert list(contents()) == ["Reviewer", "Curator", "Operator", "Developer"]
    text = body(client, "/help/")
    for page in pages():
        assert f'href="/help/{page.slug}/"' in text
        assert page.summary in text


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.slug)
def test_a_page_shows_its_parts_and_where_it_is(client: Client, page: HelpPage) -> None:
    text = body(client, page.url)
    assert f"<h1>{page.title}</h1>" in text
    assert f'<a href="{page.url}" aria-current="page">' in text
    anchors = re.findall(r'<h[23] id="([^"]+)">', text)
    assert len(anchors) == len(set(anchors)) > 0
    for part in page.rendered.sections:
        if part.level == 2:
            assert f'<a href="#{part.anchor}">' in text


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.slug)
def test_links_of_files_lead_to_pages_and_to_parts_that_exist(page: HelpPage) -> None:
    assert not re.findall(r'href="(?!/)[^"]*\.md', page.rendered.html)
    anchors = {each.slug: {part.anchor for part in each.rendered.sections} for each in pages()}
    for slug, anchor in re.findall(r'href="/help/(?:([\w-]+)/)?#([^"]+)"', page.rendered.html):
        assert anchor in anchors[slug], f"{page.slug} links to {slug}#{anchor}"


def test_a_file_that_is_no_help_page_is_named_and_not_linked() -> None:
    html = next(page for page in pages() if page.slug == "data").rendered.html
    assert "fixtures/README.md" in html
    assert "../" not in html


def test_addresses_in_code_lead_to_what_they_name() -> None:
    html = next(page for page in pages() if page.slug == "searching").rendered.html
    assert re.search(
        r'<a href="/search/\?q=pasrole"[^>]*><code>/search/\?q=pasrole</code></a>', html
    )


def test_the_pages_before_and_after_are_linked(client: Client) -> None:
    first, second = pages()[:2]
    assert neighbours(first) == (None, second)
    assert neighbours(pages()[-1])[1] is None
    assert f'<a rel="next" href="{second.url}">' in body(client, first.url)
    assert f'<a rel="prev" href="{first.url}">' in body(client, second.url)


def test_the_contents_as_json(client: Client) -> None:
    answer = client.get("/help.json").json()
    assert answer["count"] == len(pages())
    assert answer["next"] is None
    assert answer["results"][0] == {**pages()[0].to_dict(), "url": pages()[0].url}


def test_a_page_as_json_has_its_text_and_its_sections(client: Client) -> None:
    answer = client.get("/help/searching.json").json()
    assert answer["title"] == "Searching"
    assert answer["markdown"] == (FOLDER / "searching.md").read_text(encoding="utf-8")
    assert {"anchor": "operators", "level": 2}.items() <= {
        key: value for key, value in answer["sections"][2].items() if key != "text"
    }.items()


@pytest.mark.parametrize(
    "path", ["/help/nothing/", "/help/README/", "/help/nothing.json", "/help/..%2Fsettings/"]
)
def test_a_page_that_does_not_exist_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_every_page_of_the_product_links_to_a_part_of_the_help_that_exists() -> None:
    names = {
        name
        for name, route in page_names(get_resolver()).items()
        if not name.startswith(("help:", "admin:", "awsapi:")) and name not in NO_PAGES
    }
    assert names <= PARTS.keys()
    anchors = {page.slug: {part.anchor for part in page.rendered.sections} for page in pages()}
    for slug, anchor in PARTS.values():
        assert anchor in anchors[slug], f"{slug}#{anchor}"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/search/?q=ecs", "/help/searching/"),
        ("/compare/", "/help/comparing/"),
        ("/policies/AmazonECS_FullAccess/checks/", "/help/using/#checks"),
        ("/help/", "/help/"),
        ("/policies/NoSuchPolicy/", "/help/using/#a-policy"),
        ("/no-such-page/", "/help/"),
    ],
)
def test_a_page_links_to_its_own_part(client: Client, path: str, address: str) -> None:
    text = client.get(path).content.decode()
    assert f'href="{address}" title="Help on this page"' in text
