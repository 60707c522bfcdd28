"""The production server: gunicorn's processes with waitress in each, or one such process.

Measured on two cores, 40 connections kept open, 8 threads per process. gthread gives a thread to a
half-sent header and reads on without a limit: the next request had no answer in 5 s. granian gives
the application an incomplete body, and each of its processes loads a catalogue of its own.
waitress answered in 5 ms, sends nothing to those, and shares what was loaded before the fork;
it takes about a millisecond more for a request than gthread, where a page takes ten and more.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any

from policyhub.serving.connections import STOP_SECONDS, Application, Server

if os.name != "nt":
    # Not only when it serves: what is loaded after a process was forked it doesn't share.
    from gunicorn.app.base import BaseApplication

    from policyhub.serving.worker import WholeRequestsWorker

LAST_PORT = 65_535


class PortUnavailableError(Exception):
    """The address can't be listened on; the message says why and how to fix it."""


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
            f"can't listen on {host} port {port} ({error}): stop what is using it, or choose "
            "another with --port"
        ) from error


def serve(
    application: Application,
    host: str,
    port: int,
    workers: int,
    ready: Callable[[], None],
    share_anew: Callable[[], None] | None = None,
) -> None:
    """Serve until interrupted; `ready` is called once, when requests are being answered.

    On SIGHUP all workers are replaced, none in the midst of an answer; `share_anew` is called
    before the new ones are forked.
    """
    if os.name == "nt":
        serve_from_one_process(application, host, port, ready)
    else:
        serve_from_processes(application, host, port, workers, ready, share_anew)


def serve_from_processes(
    application: Application,
    host: str,
    port: int,
    workers: int,
    ready: Callable[[], None],
    share_anew: Callable[[], None] | None = None,
) -> None:
    """Serve from `workers` processes that share the memory of this one."""

    def announce(worker: Any) -> None:
        # Workers are numbered by age: one that replaces a dead one must not announce again.
        if worker.age == 1:
            ready()

    class Master(BaseApplication):
        def load_config(self) -> None:
            self.cfg.set("bind", f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
            self.cfg.set("workers", workers)
            self.cfg.set("worker_class", WholeRequestsWorker)
            self.cfg.set("preload_app", True)
            self.cfg.set("loglevel", "warning")
            self.cfg.set("post_worker_init", announce)
            if share_anew:
                self.cfg.set("on_reload", lambda _: share_anew())
            self.cfg.set("control_socket_disable", True)

        def load(self) -> Application:
            return application

    Master().run()


def serve_from_one_process(
    application: Application, host: str, port: int, ready: Callable[[], None]
) -> None:
    """Serve from one process, where processes can't be forked."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listening:
        server = Server(application, listening, {})
        ready()
        try:
            while True:
                server.poll(1)
        except KeyboardInterrupt:
            server.drain(STOP_SECONDS)
