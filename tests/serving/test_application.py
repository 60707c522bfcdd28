"""What is done once, before the server divides into processes."""

from __future__ import annotations

import gc

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest
from django.test import override_settings

from policyhub.catalog.models import Policy
from policyhub.serving.application import ask_each_question, render_pages

pytestmark = pytest.mark.django_db


Asked = tuple[WSGIHandler, list[tuple[str, int]]]


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The application, and the paths that it was asked for with their statuses."""
    asked: list[tuple[str, int]] = []
    made = get_wsgi_application()
    get_response = made.get_response

    def noted(request: HttpRequest) -> object:
        answer = get_response(request)
        asked.append((request.path, answer.status_code))
        return answer

    monkeypatch.setattr(made, "get_response", noted)
    return made, asked


def test_the_list_and_a_policy_are_rendered_once_before_processes_start(
    application: Asked,
) -> None:
    first = Policy.objects.order_by("name").first()
    assert first
    render_pages(application[0])
    assert application[1] == [("/policies/", 200), (f"/policies/{first.name}/", 200)]


@pytest.mark.parametrize("host", [".example.org", "*", "localhost"])
def test_whatever_host_is_allowed_the_pages_are_rendered(application: Asked, host: str) -> None:
    with override_settings(ALLOWED_HOSTS=[host]):
        render_pages(application[0])
    assert {status for _, status in application[1]} == {200}


@override_settings(ALLOWED_HOSTS=[])
def test_without_an_allowed_host_nothing_is_rendered(application: Asked) -> None:
    render_pages(application[0])
    assert not application[1]


def test_each_question_is_asked_once_and_what_was_made_for_it_is_spared(
    application: Asked,
) -> None:
    frozen = gc.get_freeze_count()
    try:
        ask_each_question(application[0])
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()
    paths = [path for path, _ in application[1]]
    assert {status for _, status in application[1]} == {200}
    assert {"/search/", "/who-can/", "/simulate/", "/actions/iam:PassRole/"} <= set(paths)
    assert len(paths) == len(set(paths))


def test_without_a_policy_the_other_questions_are_asked(application: Asked) -> None:
    Policy.objects.all().delete()
    try:
        ask_each_question(application[0])
    finally:
        gc.unfreeze()
    assert all(status in (200, 404) for _, status in application[1])
    assert not any(path.startswith("/policies/") for path, _ in application[1])
