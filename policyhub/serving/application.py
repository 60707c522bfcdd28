"""What the server serves: the application, with its catalogue in memory."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError, connections
from django.template.loader import get_template
from django.urls import reverse

from policyhub.catalog.access.current import warm_up
from policyhub.catalog.generation_cache import begin_serving, building_at_once
from policyhub.catalog.models import Policy
from policyhub.iam.language.patterns import split_action
from policyhub.serving.asking import ask
from policyhub.serving.memory import give_back_free_memory

_log = logging.getLogger(__name__)


def load_application() -> WSGIHandler:
    """Make the application with its compiled catalogue, and leave no connection open.

    Done before workers are forked: they share the memory, and none shares a connection. What is
    built of the whole catalogue comes first, for it leaves 20 MB free that all else then takes.
    """
    application = get_wsgi_application()
    warm_up()
    compile_pages()
    render_pages(application)
    ask_each_question(application)
    begin_serving()
    connections.close_all()
    give_back_free_memory()
    return application


def share_anew() -> None:
    """Build what has changed since, before workers are forked that replace those of before.

    Where the database is away they share what there is.
    """
    try:
        with building_at_once():
            warm_up()
    except DatabaseError as error:
        _log.warning("workers share what was built before: %s", error)
    finally:
        connections.close_all()
    give_back_free_memory()


def compile_pages() -> None:
    """Compile the templates and the table of URLs, which else each process does in its first pages.

    Beside heavy questions that took a first page half a second.
    """
    folder = Path(settings.BASE_DIR) / "templates"
    for path in sorted(folder.rglob("*.html")):
        get_template(path.relative_to(folder).as_posix())
    reverse("browse:policies")


def render_pages(application: WSGIHandler) -> None:
    """Ask once for the lists and for a policy, so that no process is slow with its first of them.

    What they answer doesn't matter: where a login is required, it is a redirect.
    """
    pages = [
        reverse("browse:policies"),
        *(reverse("browse:policy", args=[key]) for key in _first()),
    ]
    _ask(application, pages)


def ask_each_question(application: WSGIHandler) -> None:
    """Ask once what is asked of the catalogue and of the index, before their memory is shared.

    What a process first makes for such an answer, and keeps, it has as often as there are processes
    when each makes it by itself. To be called when both are built.
    """
    pages = [reverse(name) for name in ("browse:changes", "browse:services")]
    pages += [
        reverse(name, args=[key])
        for key in _first()
        for name in ("browse:policy_permissions", "browse:policy_document", "browse:policy_json")
    ]
    pages += [
        reverse("browse:action", args=[_ACTION]),
        reverse("browse:service", args=[split_action(_ACTION)[0]]),
        f"{reverse('search:search')}?q={_WORD}",
        f"{reverse('search:who_can')}?action={_ACTION}",
        *(f"{reverse('simulate:simulate')}?policy={key}&action={_ACTION}" for key in _first()),
    ]
    _ask(application, pages)
    gc.collect()
    gc.freeze()


# What is found in every catalogue of AWS's policies; that nothing is found is an answer too.
_ACTION, _WORD = "iam:PassRole", "ecs"


def _first() -> Iterable[str]:
    """The first policy's key, if there is a policy."""
    return Policy.objects.order_by("name").values_list("key", flat=True)[:1]


def _ask(application: WSGIHandler, addresses: Iterable[str]) -> None:
    for host, address in product(settings.ALLOWED_HOSTS[:1], addresses):
        ask(application, address, {"HTTP_HOST": host.lstrip("*.") or "localhost"})
