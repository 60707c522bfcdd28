"""Answers as XML, in AWS's shape.

A structure is a dictionary, of which what is None is left out; a list's items are `member`.
Source: IAM API Reference, the sample response of each operation, and "Common errors".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from policyhub.awsapi.errors import ApiError
from policyhub.http import NOT_IN_XML

NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


class Entries(dict[str, Any]):
    """A map, whose entries are written with key and value."""


def success(operation: str, result: Mapping[str, Any], request_id: str) -> str:
    """The answer to an operation."""
    body = {f"{operation}Result": result, "ResponseMetadata": {"RequestId": request_id}}
    return _xml_document(f"{operation}Response", body)


def failure(error: ApiError, request_id: str) -> str:
    """The answer to a request that is refused."""
    at_fault = "Sender" if error.status < 500 else "Receiver"
    found = {"Type": at_fault, "Code": error.code, "Message": error.message}
    return _xml_document("ErrorResponse", {"Error": found, "RequestId": request_id})


def _xml_document(name: str, body: Mapping[str, Any]) -> str:
    pieces = [f'<{name} xmlns="{NAMESPACE}">']
    _write_content(pieces, body)
    pieces.append(f"</{name}>\n")
    return "".join(pieces)


def _write(pieces: list[str], name: str, value: Any) -> None:
    if value is None:
        return
    pieces.append(f"<{name}>")
    _write_content(pieces, value)
    pieces.append(f"</{name}>")


def _write_content(pieces: list[str], value: Any) -> None:
    if isinstance(value, Entries):
        for key, each in value.items():
            _write(pieces, "entry", {"key": key, "value": each})
    elif isinstance(value, dict):
        for name, each in value.items():
            _write(pieces, name, each)
    elif isinstance(value, list | tuple):
        for each in value:
            _write(pieces, "member", each)
    else:
        pieces.append(_text(value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    # Readers of XML take a bare carriage return for a line end.
    return escape(NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", str(value)), {"\r": "&#13;"})
