"""Requests of the query protocol, in this process: parameters out, XML in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from django.test import Client

NAMESPACE = "{https://iam.amazonaws.com/doc/2010-05-08/}"
FORM = "application/x-www-form-urlencoded"
ALLOW_S3 = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'

Xml = ElementTree.Element


def document(*statements: dict[str, Any]) -> str:
    """A policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect: str, action: str, resource: str = "*", **elements: Any) -> dict[str, Any]:
    """A statement about one action and resource."""
    return {"Effect": effect, "Action": action, "Resource": resource, **elements}


def entry(key_type: str, *values: str, name: str = "aws:Key") -> dict[str, Any]:
    """A member of `ContextEntries`."""
    return {
        "ContextKeyName": name,
        "ContextKeyValues": list(values),
        "ContextKeyType": key_type,
    }


def flattened(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A parameter as clients write it: `Name.member.1.Key`, and `Name=` for an empty list."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from flattened(f"{name}.{key}", each)
    elif isinstance(value, list) and value:
        for place, each in enumerate(value, 1):
            yield from flattened(f"{name}.member.{place}", each)
    else:
        yield name, "" if value == [] else str(value)


def form_of(action: str, parameters: dict[str, Any]) -> str:
    """The body of a request."""
    pairs = [pair for name, value in parameters.items() for pair in flattened(name, value)]
    return urlencode([("Action", action), ("Version", "2010-05-08"), *pairs])


def post(body: str | bytes, path: str = "/aws/", **headers: Any) -> tuple[int, Xml]:
    """Send a body; the status and the root of the answer."""
    answer = Client(enforce_csrf_checks=True).post(path, body, content_type=FORM, **headers)
    assert answer["Content-Type"] == "text/xml; charset=utf-8"
    return answer.status_code, parsed(answer.content)


def parsed(text: bytes) -> Xml:
    """The root of an answer of our own."""
    return ElementTree.fromstring(text)  # noqa: S314 - our own answer


def ask(action: str, **parameters: Any) -> Xml:
    """The result of an operation that succeeds."""
    status, root = post(form_of(action, parameters))
    assert status == 200, ElementTree.tostring(root)
    result = root.find(f"{NAMESPACE}{action}Result")
    assert result is not None
    return result


def refusal(body: str | bytes) -> tuple[int, str, str]:
    """Status, code and message of a request that is refused, in AWS's shape."""
    status, root = post(body)
    assert root.tag == f"{NAMESPACE}ErrorResponse"
    assert root.findtext(f"{NAMESPACE}RequestId")
    found = {each.tag.removeprefix(NAMESPACE): each.text or "" for each in root[0]}
    assert (root[0].tag, found["Type"]) == (f"{NAMESPACE}Error", "Sender")
    return status, found["Code"], found["Message"]


def texts(root: Xml, path: str) -> list[str]:
    """The texts at a path, whose names have no namespace here."""
    full = "/".join(part if part == "." else f"{NAMESPACE}{part}" for part in path.split("/"))
    return [each.text or "" for each in root.findall(full)]
