"""Pages of a list: `MaxItems` and `Marker` in, `IsTruncated` and `Marker` out.

Source: IAM API Reference, "ListPolicies".
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Any

from policyhub.awsapi.errors import validation_error

DEFAULT_ITEMS = 100
_MARKER = re.compile(r"([A-Za-z]+):([1-9][0-9]{0,17})")


def start_of_page(operation: str, marker: str | None) -> int:
    """The number in a marker of the operation, 0 without one. Raises `ApiError`."""
    if marker is None:
        return 0
    try:
        text = urlsafe_b64decode(marker.encode("ascii")).decode("ascii")
    except (Error, ValueError):
        text = ""
    found = _MARKER.fullmatch(text)
    if found is None or found[1] != operation:
        raise validation_error("Invalid Marker.")
    return int(found[2])


def end_of_page(operation: str, next_page: int | None) -> dict[str, Any]:
    """Whether there is more, and the marker that leads to it; `next_page` is None at the end."""
    if next_page is None:
        return {"IsTruncated": False}
    marker = urlsafe_b64encode(f"{operation}:{next_page}".encode("ascii")).decode("ascii")
    return {"IsTruncated": True, "Marker": marker}
