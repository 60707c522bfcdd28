"""A small IAM API over HTTP that counts what it is asked, and fails on request.

The answers are those of the IAM API Reference: ListPolicies, ListPolicyVersions and
GetPolicyVersion, and errors as the query protocol words them.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote

from tests.catalog.given_sources import document

Fault = Callable[[str, int], tuple[int, str, str] | None]
ARN = "arn:aws:iam::aws:policy/"
MOMENT = "2024-01-22T10:00:00Z"
# What a caller has in its environment, and nothing of the machine's own configuration.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


class StubIam(ThreadingHTTPServer):
    """Serves `Stub0`, `Stub1`, … and asks `fault` before each answer.

    `fault` gets the action's name and how often it was asked for, and returns None or a
    status, an error code and its message.
    """

    daemon_threads = True

    def __init__(self, count: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.names = [f"Stub{index}" for index in range(count)]
        self.fault: Fault = lambda action, times: None
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, form: dict[str, str]) -> tuple[int, str]:
        """Return the status and the body for one request."""
        action = form["Action"]
        with self.lock:
            self.asked[action] += 1
            times = self.asked[action]
        failure = self.fault(action, times)
        if failure is not None:
            status, code, message = failure
            return status, (
                f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
                f"<Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
            )
        result: str = getattr(self, f"_{action}")(form)
        return (
            200,
            f"<{action}Response><{action}Result>{result}</{action}Result></{action}Response>",
        )

    def _ListPolicies(self, form: dict[str, str]) -> str:  # noqa: N802 - the API's name
        start, size = int(form.get("Marker", "0")), int(form.get("MaxItems", "100"))
        names = self.names[start : start + size]
        members = "".join(
            f"<member><PolicyName>{name}</PolicyName><Arn>{ARN}{name}</Arn><Path>/</Path>"
            f"<DefaultVersionId>v2</DefaultVersionId><CreateDate>{MOMENT}</CreateDate>"
            f"<UpdateDate>{MOMENT}</UpdateDate></member>"
            for name in names
        )
        more = start + size < len(self.names)
        marker = f"<Marker>{start + size}</Marker>" if more else ""
        truncated = str(more).lower()
        return f"<IsTruncated>{truncated}</IsTruncated>{marker}<Policies>{members}</Policies>"

    def _ListPolicyVersions(self, form: dict[str, str]) -> str:  # noqa: N802 - the API's name
        is_first = "Marker" not in form
        version_id, is_default = ("v2", "true") if is_first else ("v1", "false")
        marker = "<Marker>1</Marker>" if is_first else ""
        return (
            f"<IsTruncated>{str(is_first).lower()}</IsTruncated>{marker}<Versions><member>"
            f"<VersionId>{version_id}</VersionId><CreateDate>{MOMENT}</CreateDate>"
            f"<IsDefaultVersion>{is_default}</IsDefaultVersion></member></Versions>"
        )

    def _GetPolicyVersion(self, form: dict[str, str]) -> str:  # noqa: N802 - the API's name
        version_id, name = form["VersionId"], form["PolicyArn"].removeprefix(ARN)
        text = quote(document("s3:Get*" if version_id == "v1" else f"s3:{name}*"))
        return (
            f"<PolicyVersion><Document>{text}</Document><VersionId>{version_id}</VersionId>"
            f"<IsDefaultVersion>{str(version_id == 'v2').lower()}</IsDefaultVersion>"
            f"<CreateDate>{MOMENT}</CreateDate></PolicyVersion>"
        )


class _Handler(BaseHTTPRequestHandler):
    server: StubIam
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer one call of the query protocol."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        status, text = self.server.answer(form)
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tests count for themselves."""


@contextmanager
def stub_iam(count: int) -> Iterator[StubIam]:
    """Run a stub with that many policies, of two versions each."""
    server = StubIam(count)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
