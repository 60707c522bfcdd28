from logging import Logger
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import Error

class ThreadedTaskDispatcher:
    queue_logger: Logger
    def set_thread_count(self, count: int) -> None: ...

class Task:
    channel: HTTPChannel
    content_length: int | None
    request: HTTPRequestParser
    response_headers: list[tuple[str, str]]
    status: str
    wrote_header: bool
    def set_close_on_finish(self) -> None: ...
    def finish(self) -> None: ...
    def write(self, data: bytes) -> None: ...

class _RefusedRequest(HTTPRequestParser):
    error: Error

class ErrorTask(Task):
    request: _RefusedRequest
    def execute(self) -> None: ...

class WSGITask(Task):
    def execute(self) -> None: ...
    def get_environment(self) -> dict[str, Any]: ...
