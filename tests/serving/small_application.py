"""A small application, served as Policyhub is: `python -m tests.serving.small_application PORT`."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from policyhub.serving import worker
from policyhub.serving.server import serve

LARGE = 24 * 1024 * 1024


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer what the connection tests ask for."""
    asked = {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
    for _ in range(int(asked.get("young", 0))):
        gc.collect(1)
    time.sleep(float(asked.get("seconds", 0)))
    if "fail" in asked:
        raise RuntimeError("asked to fail")
    body = b"x" * LARGE if "large" in asked else _as_json(environ)
    headers = [("Content-Type", "application/json")]
    if "streamed" not in asked:
        headers.append(("Content-Length", str(len(body))))
    start_response("200 OK", headers)
    return [body] if "streamed" not in asked else iter([body[:10], body[10:]])


def _as_json(environ: dict[str, Any]) -> bytes:
    texts = {key: value for key, value in environ.items() if isinstance(value, str)}
    received = len(environ["wsgi.input"].read())
    full = gc.get_stats()[2]["collections"]
    return json.dumps({**texts, "pid": os.getpid(), "received": received, "full": full}).encode()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        worker.STUCK_SECONDS = float(sys.argv[2])
    serve(application, "127.0.0.1", int(sys.argv[1]), 2, lambda: print("ready", flush=True))
