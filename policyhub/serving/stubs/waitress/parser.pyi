from waitress.utilities import Error

class ParsingError(Exception): ...

class HTTPRequestParser:
    body_bytes_received: int
    body_rcv: object | None
    # Absent until the header was read.
    command: str
    connection_close: bool
    error: Error | None
    expect_continue: bool
    header_plus: bytes
    headers_finished: bool
    version: str
    def received(self, data: bytes) -> int: ...
    def parse_header(self, header_plus: bytes) -> None: ...
