"""What the server serves: the application, with its catalogue in memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.template.loader import get_template
from django.urls import reverse

from policyhub.catalog.access.current import warm_up
from policyhub.catalog.generation_cache import begin_serving
from policyhub.catalog.models import Policy
from policyhub.serving.memory import give_back_free_memory


def load_application() -> WSGIHandler:
    """Make the application with its compiled catalogue, and leave no connection open.

    Done before workers are forked: they share the memory, and none shares a connection.
    """
    application = get_wsgi_application()
    compile_pages()
    render_pages(application)
    warm_up()
    begin_serving()
    connections.close_all()
    give_back_free_memory()
    return application


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
    names = Policy.objects.order_by("name").values_list("name", flat=True)[:1]
    pages = [reverse("browse:policies"), *(reverse("browse:policy", args=[name]) for name in names)]
    for host, path in product(settings.ALLOWED_HOSTS[:1], pages):
        environ = {"PATH_INFO": path, "HTTP_HOST": host.lstrip("*.") or "localhost"}
        setup_testing_defaults(environ)
        with closing(application(environ, _ignore)) as answer:
            b"".join(answer)


def _ignore(*_: object) -> Callable[[bytes], object]:
    return len
