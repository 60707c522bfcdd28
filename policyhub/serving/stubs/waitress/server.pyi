from collections.abc import MutableMapping
from socket import socket as Socket
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher
from waitress.wasyncore import dispatcher

class TcpWSGIServer(dispatcher):
    channel_class: type[HTTPChannel]
    active_channels: dict[int, Any]
    def __init__(
        self,
        application: Any,
        map: MutableMapping[int, Any] | None = ...,
        _start: bool = ...,
        _sock: Socket | None = ...,
        dispatcher: ThreadedTaskDispatcher | None = ...,
        adj: Adjustments | None = ...,
        sockinfo: tuple[Any, ...] | None = ...,
        bind_socket: bool = ...,
    ) -> None: ...
    def pull_trigger(self) -> None: ...
    def maintenance(self, now: float) -> None: ...
