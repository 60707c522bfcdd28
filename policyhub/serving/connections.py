"""Connections as the server keeps them: threads get whole requests, and never wait for a peer.

waitress reads header and body to their end before a thread hears of a request, and keeps an
answer until a slow reader has taken it. Here it gets what it lacks: a time by which a header and
a body must have arrived, however slowly they trickle; room for any number of idle connections,
which are watched by the kernel and cost the loop nothing; answers of our own to what is not HTTP.
A connection that is closed for being late is closed without a word.
"""

from __future__ import annotations

import select
import selectors
import socket
import time
from collections.abc import Callable, MutableMapping
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import BadRequest, Error, RequestHeaderFieldsTooLarge

from policyhub.http import LONGEST_ADDRESS

# All in seconds. A header from its first byte on; a body, plus a second for every
# `SLOWEST_BODY` bytes that have come; a reader that takes nothing; a connection without a request.
HEADER_SECONDS = 5
BODY_SECONDS = 15
SLOWEST_BODY = 10_000
READER_SECONDS = 60
IDLE_SECONDS = 75
# After a refusal, how long what the client still sends is read and dropped: closing with unread
# bytes would take the answer from it.
LINGER_SECONDS = 2
# How long the requests at hand have to be finished when the server is stopped.
STOP_SECONDS = 25

# Longer addresses than any page offers are taken too; forms that are sent without JavaScript
# can make them.
MOST_HEADER_BYTES = 8 * LONGEST_ADDRESS
# Far above what any page takes, so that the page itself refuses, in its own shape.
MOST_BODY_BYTES = 32 * 1024 * 1024
MOST_CONNECTIONS = 1_000
# A connection can take three: its own, and a file each for a long body and a long answer.
_DESCRIPTORS = 3
THREADS = 8

Application = Callable[..., Any]


class AddressTooLongError(BadRequest):
    """The request line does not end within the bytes of a header."""

    code = 414
    reason = "URI Too Long"


class VersionNotSupportedError(Error):
    """Some HTTP that is neither 1.0 nor 1.1."""

    code = 505
    reason = "HTTP Version Not Supported"


SENTENCES = {
    400: "This is not a valid HTTP request: {}.",
    413: f"The request's body is larger than {MOST_BODY_BYTES // 1024**2} MiB: send less.",
    414: f"The address is longer than {MOST_HEADER_BYTES:,} bytes: send the form by POST.",
    431: f"The request's header is larger than {MOST_HEADER_BYTES:,} bytes: send shorter header "
    "fields, or delete the cookies of this site.",
    500: "Policyhub failed to answer this request; its log says why.",
    501: "The only transfer encoding that is supported is chunked.",
    505: "The versions of HTTP that are supported are 1.0 and 1.1.",
}


class ArrivingRequest(HTTPRequestParser):
    """A request as it arrives."""

    error: Error | None
    body_rcv: Any

    def received(self, data: bytes) -> int:
        """Take what belongs to this request and return how many bytes that were."""
        consumed: int = super().received(data)
        if isinstance(self.error, RequestHeaderFieldsTooLarge):
            begins = (self.header_plus + data).lstrip()[:MOST_HEADER_BYTES]
            if b"\n" not in begins:
                self.error = AddressTooLongError("")
        if self.error or self.body_rcv is None:
            # Nothing to go on with: a client that waits for leave to send gets the answer.
            self.expect_continue = False
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read request line and fields; whatever is wrong with them is a `ParsingError`."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            # An invalid host, a length of thousands of digits.
            raise ParsingError("address or Content-Length is invalid") from error
        if self.version not in {"", "1.0", "1.1"}:
            self.error, self.body_rcv, self.connection_close = (
                VersionNotSupportedError(""),
                None,
                True,
            )


class Answering(WSGITask):
    """The application's answer."""

    def get_environment(self) -> Any:
        """Describe the request to the application, as PEP 3333 has it."""
        environ = super().get_environment()
        if self.request.command == "HEAD":
            environ.pop("wsgi.file_wrapper", None)  # It would send the file.
        return environ

    def write(self, data: bytes) -> None:
        """Send a piece; of an answer to HEAD only the header."""
        super().write(b"" if self.request.command == "HEAD" else data)

    def finish(self) -> None:
        """End the answer."""
        if self.request.command != "HEAD":
            super().finish()
        elif not self.wrote_header:
            self.write(b"")


class Refusing(ErrorTask):
    """The server's own answer, where the application can't be asked: one plain sentence."""

    channel: Connection

    def execute(self) -> None:
        """Write the sentence for the request's error, then have the connection closed."""
        error = self.request.error
        sentence = SENTENCES[error.code].format(str(error.body).rstrip("."))
        body = f"{sentence}\n".encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.channel.lingers = True
        self.write(body if getattr(self.request, "command", "") != "HEAD" else b"")


class Connection(HTTPChannel):
    """A client's connection."""

    task_class = Answering
    error_task_class = Refusing
    parser_class = ArrivingRequest

    # When the first byte came of the request that is arriving; since when a thread has one.
    request_began = 0.0
    service_began: float | None = None
    lingers = False
    lingers_until = 0.0

    def received(self, data: bytes) -> bool:
        """Take bytes; note when they are the first of a request."""
        before = self.request
        taken: bool = super().received(data)
        if self.request is not before:
            self.request_began = time.monotonic()
        return taken

    def service(self) -> None:
        """Answer a whole request, in a thread."""
        self.service_began = time.monotonic()
        try:
            super().service()
        finally:
            self.service_began = None

    def is_idle(self) -> bool:
        """Whether nothing of a request or of an answer is under way."""
        return not (
            self.requests
            or self.request
            or self.total_outbufs_len
            or self.close_when_flushed
            or self.will_close
            or self.lingers_until
        )

    def is_overdue(self) -> bool:
        """Whether the other side has had its time."""
        if self.requests:
            self.request_began = time.monotonic()  # What follows waits for us, not we for it.
            return False
        if self.lingers_until:
            return time.monotonic() > self.lingers_until
        if self.total_outbufs_len:
            return time.time() - self.last_activity > READER_SECONDS
        arriving = self.request
        if arriving is None:
            return time.time() - self.last_activity > IDLE_SECONDS
        allowed = HEADER_SECONDS
        if arriving.headers_finished:
            allowed = BODY_SECONDS + arriving.body_bytes_received // SLOWEST_BODY
        return time.monotonic() - self.request_began > allowed

    def readable(self) -> bool:
        """Whether the loop is to read from it."""
        return bool(self.lingers_until or super().readable())

    def handle_read(self) -> None:
        """Read what has come; after a refusal drop it."""
        if not self.lingers_until:
            super().handle_read()
        elif not self.recv(self.adj.recv_bytes):
            self.connected = False

    def handle_close(self) -> None:
        """Close it; after a refusal only for writing, until the client has read that."""
        if self.lingers and self.connected and not self.lingers_until:
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # It is gone already, and is closed below.
            else:
                self.lingers_until = time.monotonic() + LINGER_SECONDS
                self.will_close = False
                return
        super().handle_close()


def most_connections() -> int:
    """How many connections the process has room for, with as many files as it may open."""
    try:
        import resource
    except ImportError:  # On Windows.
        return MOST_CONNECTIONS
    most, limit = _DESCRIPTORS * MOST_CONNECTIONS + 100, resource.RLIM_INFINITY
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != limit and soft < most:
        soft = most if hard == limit else min(most, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_CONNECTIONS if soft == limit else min(MOST_CONNECTIONS, soft // _DESCRIPTORS - 30)


class IdleConnections(wasyncore.dispatcher):
    """The idle ones, taken out of the loop: the kernel watches them through one descriptor."""

    def __init__(self, map: MutableMapping[int, Any]) -> None:
        self._selector = selectors.DefaultSelector()
        super().__init__(map=map)
        self._fileno = self._selector.fileno()
        self.connected = True
        self.add_channel(map)

    def writable(self) -> bool:
        """Never: nothing is written into an idle connection."""
        return False

    def take(self, connection: Connection) -> None:
        """Take a connection out of the loop."""
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        del self._map[connection._fileno]

    def give_back(self, connection: Connection) -> None:
        """Put a connection back into the loop, if it was taken out."""
        if connection._fileno not in self._map:
            self._selector.unregister(connection.socket)
            self._map[connection._fileno] = connection

    def handle_read(self) -> None:
        """Bring back those on which something has come, or that were closed by the client."""
        for key, _ in self._selector.select(0):
            self.give_back(key.data)


class Server(TcpWSGIServer):
    """Accepts connections on a listening socket, and looks after those that are open."""

    channel_class = Connection

    def __init__(
        self, application: Application, listening: socket.socket, map: MutableMapping[int, Any]
    ) -> None:
        threads = ThreadedTaskDispatcher()
        # It would warn whenever a request waits for a thread.
        threads.queue_logger.disabled = True
        threads.set_thread_count(THREADS)
        host = listening.getsockname()[0]
        super().__init__(
            application,
            map=map,
            _sock=listening,
            dispatcher=threads,
            adj=Adjustments(
                # Settings, not the server, say which proxy is trusted.
                clear_untrusted_proxy_headers=False,
                server_name=host,
                ident=None,
                asyncore_use_poll=True,
                connection_limit=2 * MOST_CONNECTIONS,
                cleanup_interval=1,
                max_request_header_size=MOST_HEADER_BYTES,
                max_request_body_size=MOST_BODY_BYTES,
                # A thread never waits for a reader: more than a megabyte waits in a file.
                outbuf_high_watermark=2**40,
            ),
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
            bind_socket=False,
        )
        self._idle = IdleConnections(map) if hasattr(selectors.DefaultSelector, "fileno") else None
        self._most = most_connections()

    @property
    def connections(self) -> list[Connection]:
        """All that are open."""
        return list(self.active_channels.values())

    def poll(self, seconds: float) -> None:
        """Wait at most so long, and do what there is to do on the connections."""
        (wasyncore.poll2 if hasattr(select, "poll") else wasyncore.poll)(seconds, self._map)

    def handle_accept(self) -> None:
        """Accept a connection; where there are too many, the longest idle one gives way."""
        if len(self.active_channels) >= self._most:
            waiting = [each for each in self.connections if not each.requests]
            if waiting:
                self._close(min(waiting, key=lambda each: each.last_activity))
        super().handle_accept()

    def maintenance(self, now: float) -> None:
        """Close what is overdue and take out of the loop what is idle; called every second."""
        for each in self.connections:
            if each.is_overdue():
                self._close(each)
            elif self._idle and each.is_idle() and each._fileno in self._map:
                self._idle.take(each)

    def longest_running(self) -> float:
        """For how many seconds a thread has had the same request."""
        now = time.monotonic()
        return now - min((each.service_began or now for each in self.connections), default=now)

    def drain(self, seconds: float) -> None:
        """Accept nothing more, finish the requests at hand, and close all connections."""
        self.poll(0)
        self.accepting = False
        self.del_channel()
        self.socket.close()
        ends = time.monotonic() + seconds
        while self.active_channels and time.monotonic() < ends:
            for each in self.connections:
                if not (each.requests or each.total_outbufs_len or each.close_when_flushed):
                    self._close(each)
            self.poll(0.1)

    def _close(self, connection: Connection) -> None:
        if self._idle:
            self._idle.give_back(connection)
        connection.lingers = False
        connection.will_close = True
