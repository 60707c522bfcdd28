"""The production server: gunicorn, or waitress where gunicorn doesn't run."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections

from policyhub.catalog.held import warm_up
from policyhub.http import LONGEST_ADDRESS

LAST_PORT = 65_535


class PortUnavailableError(Exception):
    """The address can't be listened on; the message says why and how to mend it."""


def address(host: str, port: int) -> str:
    """The URL that a browser opens."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    return f"http://{f'[{shown}]' if ':' in shown and '[' not in shown else shown}:{port}/"


def require_free_port(host: str, port: int) -> None:
    """Raise `PortUnavailableError` when `host`:`port` can't be listened on.

    Asked before anything slow happens, so that nobody waits for a load to learn of it.
    """
    if not 0 < port <= LAST_PORT:
        # The system's look-up would take it modulo 65,536 and listen somewhere else.
        raise PortUnavailableError(f"--port {port}: a port is a number from 1 to {LAST_PORT}")
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with closing(socket.socket(family, kind, protocol)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        raise PortUnavailableError(
            f"can't listen on {host} port {port} ({error}): end what is using it, or choose "
            "another with --port"
        ) from error


def load_application() -> WSGIHandler:
    """Make the application with its compiled catalogue, and leave no connection open.

    Done before workers are forked: they share the memory, and none shares a connection.
    """
    application = get_wsgi_application()
    warm_up()
    connections.close_all()
    return application


def serve(host: str, port: int, workers: int, ready: Callable[[], None]) -> None:
    """Serve until interrupted; `ready` is called once, when requests are being answered."""
    if os.name == "nt":
        serve_with_waitress(host, port, workers, ready)
    else:
        serve_with_gunicorn(host, port, workers, ready)


def serve_with_gunicorn(host: str, port: int, workers: int, ready: Callable[[], None]) -> None:
    """Serve with `workers` processes; a second core answers while the first one works."""
    from gunicorn.app.base import BaseApplication

    def announce(worker: Any) -> None:
        # Workers are numbered by age: one that replaces a dead one must not announce again.
        if worker.age == 1:
            ready()

    class Server(BaseApplication):
        def load_config(self) -> None:
            self.cfg.set("bind", f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
            self.cfg.set("workers", workers)
            self.cfg.set("worker_class", "policyhub.serving.worker.PatientWorker")
            self.cfg.set("preload_app", True)
            self.cfg.set("limit_request_line", LONGEST_ADDRESS + len("OPTIONS  HTTP/1.1"))
            self.cfg.set("loglevel", "warning")
            self.cfg.set("post_worker_init", announce)
            self.cfg.set("control_socket_disable", True)

        def load(self) -> WSGIHandler:
            return load_application()

    Server().run()


def serve_with_waitress(host: str, port: int, threads: int, ready: Callable[[], None]) -> None:
    """Serve from one process with threads, where processes can't be forked."""
    from waitress.server import create_server

    server = create_server(load_application(), host=host, port=port, threads=max(threads, 4))
    ready()
    try:
        server.run()
    finally:
        server.close()
