from logging import Logger
from types import FrameType
from typing import Any

from gunicorn.sock import BaseSocket

class Worker:
    age: int
    alive: bool
    log: Logger
    pid: int
    ppid: int
    sockets: list[BaseSocket]
    wsgi: Any
    def run(self) -> None: ...
    def notify(self) -> None: ...
    def handle_exit(self, sig: int, frame: FrameType | None) -> None: ...
    def handle_quit(self, sig: int, frame: FrameType | None) -> None: ...
