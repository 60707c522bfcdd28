from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask
from waitress.wasyncore import dispatcher

class HTTPChannel(dispatcher):
    task_class: type[WSGITask]
    error_task_class: type[ErrorTask]
    parser_class: type[HTTPRequestParser]
    adj: Adjustments
    close_when_flushed: bool
    last_activity: float
    request: HTTPRequestParser | None
    requests: list[HTTPRequestParser]
    total_outbufs_len: int
    will_close: bool
    def received(self, data: bytes) -> bool: ...
    def service(self) -> None: ...
