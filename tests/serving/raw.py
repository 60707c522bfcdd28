"""Connections as a socket sees them, for what no well-behaved client sends."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

HOST = b"Host: 127.0.0.1\r\n"
END = b"\r\n"


def connected(port: int) -> socket.socket:
    """A connection on which nothing is sent yet."""
    opened = socket.create_connection(("127.0.0.1", port))
    opened.settimeout(20)
    return opened


def get(path: str, *fields: str) -> bytes:
    """A request for `path` with these header fields."""
    lines = [f"GET {path} HTTP/1.1", *fields]
    return "".join(f"{line}\r\n" for line in lines).encode() + HOST + END


def received_within(opened: socket.socket, seconds: float) -> tuple[bytes, bool]:
    """Everything received in this time, and whether the server closed the connection."""
    ends, got = time.monotonic() + seconds, b""
    while (left := ends - time.monotonic()) > 0:
        opened.settimeout(left)
        try:
            piece = opened.recv(1 << 16)
        except TimeoutError:
            break
        except ConnectionError:
            return got, True
        if not piece:
            return got, True
        got += piece
    return got, False


def answer(opened: socket.socket) -> tuple[int, bytes]:
    """Status and body of the answer that comes, which has a length."""
    # Unbuffered, so that what follows on the connection is left for the next answer.
    with opened.makefile("rb", buffering=0) as reading:
        status = int(reading.readline().split()[1])
        fields = {}
        while line := reading.readline().strip():
            name, _, value = line.decode().partition(":")
            fields[name.lower()] = value.strip()
        return status, _read(reading, int(fields["content-length"]))


def _read(reading: socket.SocketIO, length: int) -> bytes:
    body = b""
    while len(body) < length and (piece := reading.read(length - len(body))):
        body += piece
    return body


def asked(port: int, request: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to a request on a connection of its own."""
    with connected(port) as opened:
        opened.sendall(request)
        return answer(opened)


def described(port: int, path: str = "/", *fields: str) -> dict[str, Any]:
    """What the small application says of a request."""
    status, body = asked(port, get(path, *fields))
    assert status == 200
    read: dict[str, Any] = json.loads(body)
    return read
