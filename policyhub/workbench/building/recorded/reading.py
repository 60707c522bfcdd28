"""A text of recorded calls, whatever it is made of, read into requests; nothing of it is kept.

It may be a log file of CloudTrail (`Records`), what `aws cloudtrail lookup-events` prints, single
events, messages of denied calls, and requests as simulations have them: as JSON, or one per line,
compressed with gzip or not.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from policyhub.catalog.facts.services import ReferenceFacts, get_service_facts
from policyhub.iam.reading.encoding import decoded
from policyhub.workbench.building.recorded.denied import is_denial, request_of_message
from policyhub.workbench.building.recorded.events import requests_of_event
from policyhub.workbench.building.recorded.operations import UnknownCallError
from policyhub.workbench.building.requests import MOST_REQUESTS

Json = Any
_GZIP = b"\x1f\x8b"
#: Of a compressed text so many bytes are read.
MOST_BYTES = 64 * 1024 * 1024
_MOST_UNKNOWN = 200
_LISTS = ("Records", "Events", "records", "events")


@dataclass(frozen=True, slots=True)
class UnknownCall:
    """A call that can't be told: what it was, why, and how often it was recorded."""

    call: str
    why: str
    times: int = 1

    def to_dict(self) -> dict[str, Any]:
        """The call as JSON has it."""
        return {"call": self.call, "why": self.why, "times": self.times}


@dataclass(frozen=True, slots=True)
class RecordedCalls:
    """Requests, each once; the calls that can't be told; what of the text can't be read."""

    requests: tuple[Mapping[str, Json], ...] = ()
    unknown: tuple[UnknownCall, ...] = ()
    problems: tuple[str, ...] = ()


def read_recorded(data: bytes, facts: ReferenceFacts | None = None) -> RecordedCalls:
    """Read a text; never raises."""
    reader = _RecordedReader(facts or get_service_facts())
    try:
        text = decoded(_unpacked(data))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, ValueError) as error:
        return RecordedCalls(problems=(f"the recorded calls can't be read: {error}",))
    if text.strip():
        reader.read(text)
    return reader.found()


def _unpacked(data: bytes) -> bytes:
    """The text, uncompressed. Raises ValueError for one that is too long."""
    if not data.startswith(_GZIP):
        return data
    with gzip.GzipFile(fileobj=BytesIO(data)) as file:
        found = file.read(MOST_BYTES + 1)
    if len(found) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES:,} bytes uncompressed: give a part of it")
    return found


class _RecordedReader:
    """Reads the calls of a text, one by one."""

    def __init__(self, facts: ReferenceFacts) -> None:
        self.facts = facts
        self.requests: dict[str, Mapping[str, Json]] = {}
        self.unknown: dict[tuple[str, str], int] = {}
        self.problems: list[str] = []

    def read(self, text: str) -> None:
        """A whole JSON value, or a line for each call."""
        try:
            self._value(json.loads(text))
        except (ValueError, RecursionError):
            for number, line in enumerate(text.splitlines(), 1):
                if line.strip():
                    self._line(number, line.strip())

    def found(self) -> RecordedCalls:
        """What was read."""
        if len(self.requests) > MOST_REQUESTS:
            self.problems.append(
                f"{len(self.requests):,} different requests: the first {MOST_REQUESTS:,} count"
            )
        unknown = [UnknownCall(*key, times) for key, times in self.unknown.items()]
        return RecordedCalls(
            tuple(self.requests.values())[:MOST_REQUESTS],
            tuple(unknown[:_MOST_UNKNOWN]),
            tuple(self.problems),
        )

    def _line(self, number: int, line: str) -> None:
        try:
            self._value(json.loads(line))
        except (ValueError, RecursionError):
            if is_denial(line):
                self._message(line)
            else:
                self.problems.append(
                    f"line {number} of the recorded calls is neither an event in JSON nor an "
                    "AccessDenied message"
                )

    def _value(self, value: Json) -> None:
        if isinstance(value, str):
            self._message(value)
            return
        for each in _objects(value):
            if "action" in each:
                self._keep(each)
            elif "eventName" in each:
                self._event(each)
            elif "message" in {key.lower() for key in each}:
                self._message(str(next(v for k, v in each.items() if k.lower() == "message")))
            else:
                self.problems.append(
                    "an object is neither an event of CloudTrail (`eventName`) nor a request "
                    "(`action`)"
                )

    def _event(self, event: Mapping[str, Json]) -> None:
        called = f"{event.get('eventSource')} {event.get('eventName')}"[:200]
        try:
            for each in requests_of_event(event, self.facts):
                self._keep(each)
        except UnknownCallError as error:
            self._miss(called, str(error))

    def _message(self, text: str) -> None:
        try:
            self._keep(request_of_message(text, self.facts))
        except UnknownCallError as error:
            self._miss(text[:200], str(error))

    def _keep(self, request: Mapping[str, Json]) -> None:
        self.requests.setdefault(json.dumps(request, sort_keys=True, default=str), request)

    def _miss(self, call: str, why: str) -> None:
        self.unknown[call, why] = self.unknown.get((call, why), 0) + 1


def _objects(value: Json) -> Iterator[Mapping[str, Json]]:
    """The objects of a value that are calls, taken out of the lists that contain them."""
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)
    elif isinstance(value, Mapping):
        lists = [value[key] for key in _LISTS if isinstance(value.get(key), list)]
        embedded = value.get("CloudTrailEvent")
        if lists:
            for one in lists:
                yield from _objects(one)
        elif isinstance(embedded, str):
            yield from _objects(json.loads(embedded))
        else:
            yield value
