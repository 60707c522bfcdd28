"""What the server serves: the application, with its catalogue in memory."""

from __future__ import annotations

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections

from policyhub.catalog.access.current import warm_up


def load_application() -> WSGIHandler:
    """Make the application with its compiled catalogue, and leave no connection open.

    Done before workers are forked: they share the memory, and none shares a connection.
    """
    application = get_wsgi_application()
    warm_up()
    connections.close_all()
    return application
