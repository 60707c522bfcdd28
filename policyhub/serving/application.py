"""What the server serves: the application, with its catalogue in memory."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.template.loader import get_template
from django.urls import reverse

from policyhub.catalog.access.current import warm_up


def load_application() -> WSGIHandler:
    """Make the application with its compiled catalogue, and leave no connection open.

    Done before workers are forked: they share the memory, and none shares a connection.
    """
    application = get_wsgi_application()
    compile_pages()
    warm_up()
    connections.close_all()
    return application


def compile_pages() -> None:
    """Compile the templates and the table of URLs, which else each process does in its first pages.

    Beside heavy questions that took a first page half a second.
    """
    folder = Path(settings.BASE_DIR) / "templates"
    for path in sorted(folder.rglob("*.html")):
        get_template(path.relative_to(folder).as_posix())
    reverse("browse:policies")
