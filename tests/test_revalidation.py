"""What hangs on the data alone is asked for again with its tag, sent again only if changed."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from policyhub import deadline, kept_answers, revalidation
from policyhub.catalog.models import CatalogState, Policy
from policyhub.search.finding.current import get_index

pytestmark = pytest.mark.django_db

PATHS = [
    "/",
    "/policies/?service=ecs",
    "/policies.json?service=ecs",
    "/policies.csv?service=ecs",
    "/policies/AmazonECS_FullAccess/",
    "/policies/AmazonECS_FullAccess.json",
    "/actions/iam:PassRole.csv",
    "/who-can/?action=ecs:RunTask",
    "/simulate.json?policy=AmazonECS_FullAccess&action=ecs:RunTask",
    "/compare/",
    "/search/?q=passrole",
    "/search.json?q=passrole",
    "/search/suggestions/?q=passrole",
]


@pytest.fixture(autouse=True)
def index() -> None:
    """Index as a server does before its first request: what is not indexed yet, nobody keeps."""
    get_index()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["get", "head"])
def test_an_answer_that_is_known_is_not_made(
    client: Client, path: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = getattr(client, method)(path)
    assert answer["Cache-Control"] == "no-cache"
    known = {"If-None-Match": answer["ETag"]}
    monkeypatch.setattr("django.template.base.Template.render", None)
    again = getattr(client, method)(path, headers=known)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])
    assert {"HX-Request", "HX-History-Restore-Request"} <= set(again["Vary"].split(", "))


@pytest.fixture
def keeping(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep answers as a server does."""
    monkeypatch.setattr(kept_answers, "LARGEST_IN_MEMORY", 1_000_000)
    caches["answers"].clear()
    yield
    caches["answers"].clear()


@pytest.mark.usefixtures("keeping")
@pytest.mark.parametrize("path", PATHS)
def test_an_answer_is_made_once_for_everybody(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Client().get(path)
    monkeypatch.setattr("django.template.base.Template.render", None)
    monkeypatch.setattr("policyhub.http.json_answer", None)
    with CaptureQueriesContext(connection) as queries:
        again = Client().get(path)
    assert (again.status_code, again.content) == (200, first.content)
    assert {name: again[name] for name in again.headers} == dict(first.items())
    assert len(queries) == 1
    known = {"If-None-Match": again["ETag"]}
    assert Client().get(path, headers=known).status_code == 304


@pytest.mark.usefixtures("keeping")
@pytest.mark.parametrize("path", ["/services/", "/services.json", "/services.csv"])
def test_a_kept_answer_is_the_same_however_it_is_sent(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [Client().get(path, headers={"Accept-Encoding": each}) for each in ("br", "gzip", "")]
    monkeypatch.setattr("django.template.base.Template.render", None)
    monkeypatch.setattr("policyhub.compression.compressed", None)
    kept = [Client().get(path, headers={"Accept-Encoding": each}) for each in ("br", "gzip", "")]
    assert [each.get("Content-Encoding") for each in kept] == ["br", "gzip", None]
    plain = made[2].content
    assert brotli.decompress(kept[0].content) == gzip.decompress(kept[1].content) == plain
    for first, again in zip(made, kept, strict=True):
        assert int(again["Content-Length"]) == len(again.content)
        assert set(again["Vary"].split(", ")) == set(first["Vary"].split(", "))
        assert again["ETag"] == first["ETag"]


@pytest.mark.usefixtures("keeping")
def test_who_is_logged_in_gets_an_answer_of_their_own(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Client().get("/services/").content
    monkeypatch.setattr("django.template.base.Template.render", None)
    with pytest.raises(TypeError):
        admin_client.get("/services/")


@pytest.mark.parametrize("path", ["/services/", "/services.json"])
def test_a_cache_in_front_keeps_what_everybody_gets_and_nothing_of_who_is_logged_in(
    client: Client, admin_client: Client, path: str
) -> None:
    assert client.get(path)["Cache-Control"] == "no-cache"
    own = admin_client.get(path)
    assert set(own["Cache-Control"].split(", ")) == {"no-cache", "private"}
    assert "Cookie" in own["Vary"].split(", ")
    again = admin_client.get(path, headers={"If-None-Match": own["ETag"]})
    assert (again.status_code, again["Cache-Control"]) == (304, own["Cache-Control"])


def test_servers_of_one_release_have_the_same_tags_wherever_it_is_installed(
    tmp_path: Path,
) -> None:
    digests = []
    for folder, code in (("one", "1"), ("two", "1"), ("three", "2")):
        (tmp_path / folder / "policyhub").mkdir(parents=True)
        (tmp_path / folder / "policyhub" / "module.py").write_text(code)
        (tmp_path / folder / "pyproject.toml").write_text("")
        with override_settings(BASE_DIR=tmp_path / folder):
            digests.append(revalidation.release_digest.__wrapped__())
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.usefixtures("keeping")
def test_what_a_head_asked_for_is_not_kept_as_an_answer() -> None:
    assert Client().head("/services/").content == b""
    assert Client().get("/services/").content
    assert Client().head("/services/").content == b""


@pytest.mark.usefixtures("keeping")
def test_a_kept_answer_is_forgotten_when_the_data_moves() -> None:
    policy = Policy.objects.get(name="AmazonECS_FullAccess")
    address = f"/policies/{policy.name}/"
    assert b"Newly written." not in Client().get(address).content
    Policy.objects.filter(pk=policy.pk).update(summary="Newly written.")
    CatalogState.advance_prose()
    assert b"Newly written." in Client().get(address).content


@pytest.mark.usefixtures("keeping")
def test_answers_that_are_too_long_are_made_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "LARGEST_IN_MEMORY", 50)
    assert Client().get("/services/").content
    monkeypatch.setattr("django.template.base.Template.render", None)
    with pytest.raises(TypeError):
        Client().get("/services/")


@pytest.mark.parametrize("move", [CatalogState.advance, CatalogState.advance_prose])
def test_it_is_made_again_when_catalogue_or_prose_changed(client: Client, move: object) -> None:
    known = {"If-None-Match": client.get("/services/")["ETag"]}
    assert callable(move)
    move()
    assert client.get("/services/", headers=known).status_code == 200


def test_each_address_host_and_kind_of_answer_has_its_own_tag(client: Client) -> None:
    with override_settings(ALLOWED_HOSTS=["*"]):
        tags = [
            client.get("/services/")["ETag"],
            client.get("/services/?q=ecs")["ETag"],
            client.get("/services.json")["ETag"],
            client.get("/services/", headers={"Host": "other.example"})["ETag"],
            client.get("/services/", headers={"HX-Request": "true"})["ETag"],
        ]
    assert len(set(tags)) == len(tags)


def test_another_release_answers_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"If-None-Match": client.get("/services/")["ETag"]}
    monkeypatch.setattr(revalidation, "release_digest", lambda: "another")
    assert client.get("/services/", headers=known).status_code == 200


def test_a_page_bears_the_day_of_its_printing_and_json_none(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ("/services/", "/services.json")
    before = [client.get(path)["ETag"] for path in paths]
    monkeypatch.setattr(revalidation, "today", lambda: "2026-12-24")
    after = [client.get(path)["ETag"] for path in paths]
    assert before[0] != after[0]
    assert before[1] == after[1]


@pytest.mark.parametrize(
    "path",
    ["/login/", "/admin/login/", "/healthz", "/nothing", "/policies/NoSuch/", "/policies.json?x=1"],
)
def test_nothing_else_is_tagged(client: Client, path: str) -> None:
    answer = client.get(path)
    assert not answer.has_header("ETag")
    assert client.get(path, headers={"If-None-Match": "*"}).status_code == answer.status_code


def test_what_was_cut_short_by_its_time_is_not_tagged(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "SECONDS", 0.0)
    answer = client.get("/simulate.json?policy=ReadOnlyAccess&policy=SecurityAudit&action=s3:Get*")
    assert not answer.has_header("ETag")


@pytest.mark.parametrize("path", ["/search/?q=passrole", "/search.json?q=passrole"])
def test_what_an_index_of_yesterday_found_is_not_tagged(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policyhub.search.finding.views.is_behind", lambda: True)
    answer = client.get(path)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert not answer.has_header("ETag")


def test_a_stranger_who_knows_a_tag_must_log_in_all_the_same(client: Client) -> None:
    tag = client.get("/services/")["ETag"]
    login = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    chain = list(settings.MIDDLEWARE)
    chain.insert(chain.index("django.contrib.messages.middleware.MessageMiddleware"), login)
    with override_settings(MIDDLEWARE=chain, LOGIN_REQUIRED=True):
        answer = Client().get("/services/", headers={"If-None-Match": tag})
    assert answer.status_code == 302
