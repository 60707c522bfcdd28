from typing import Any

class Adjustments:
    recv_bytes: int
    def __init__(self, **kw: Any) -> None: ...
