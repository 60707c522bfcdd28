"""Policies that AWS has retired: what is known of them, out of `fixtures/retired-policies.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.conf import settings

FILE_NAME = "retired-policies.json"
_STATES = {
    "gone": "AWS has removed it",
    "phased-out": "AWS has phased it out",
    "deprecated": "AWS has deprecated it",
    "replaced": "AWS has replaced it",
    "path-to-deprecation": "AWS is about to deprecate it",
    "superseded": "AWS recommends another policy in its place",
}


@dataclass(frozen=True)
class RetiredPolicy:
    """What is known of a retired policy; days are None and texts "" where nothing is.

    `stated` is the day that AWS gives, `gone_by` the day on which it was first missed, and
    `last_seen` the last one on which it was there.
    """

    name: str
    state: str
    stated: date | None
    gone_by: date | None
    last_seen: date | None
    successor: str
    successor_is_stated: bool
    last_version: str
    last_version_date: date | None

    @property
    def state_in_words(self) -> str:
        """What AWS has done with it, and when if AWS says so; without a full stop."""
        when = f" as of {self.stated:%-d %B %Y}" if self.stated else ""
        return f"{_STATES[self.state]}{when}"

    @property
    def successor_in_words(self) -> str:
        """The successor's name, or what AWS says of it; "" where there is none."""
        return "" if self.successor == "none" else self.successor

    @property
    def successor_sentence(self) -> str:
        """Who says what to use in its place; without a full stop."""
        if self.successor == "none":
            return "AWS says that nothing replaces it"
        if self.successor:
            basis = "AWS names" if self.successor_is_stated else "Its name suggests"
            return f"{basis} `{self.successor}` as its successor"
        return "No successor is known"

    @property
    def sentences(self) -> Iterator[str]:
        """What is known, in sentences without their full stops."""
        yield self.state_in_words
        if self.last_seen:
            yield f"It was last seen on {self.last_seen:%-d %B %Y}"
        if self.gone_by:
            yield f"It was gone by {self.gone_by:%-d %B %Y}"
        if self.last_version:
            of = f" of {self.last_version_date:%-d %B %Y}" if self.last_version_date else ""
            yield f"Its last known version is {self.last_version}{of}"
        yield self.successor_sentence

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {
            "name": self.name,
            "retired": self.state,
            "statedOn": self.stated,
            "goneBy": self.gone_by,
            "lastSeen": self.last_seen,
            "successor": self.successor or None,
            "successorIsStated": self.successor_is_stated,
            "lastVersionId": self.last_version or None,
            "lastVersionDate": self.last_version_date,
        }


def retired_names() -> list[str]:
    """The names of all of them, those included that are still there."""
    return [each.name for each in _retired().values()]


def retired_policy(name: str) -> RetiredPolicy | None:
    """What is known of a policy of this name that AWS has retired; case is ignored."""
    return _retired().get(name.lower())


@cache
def _retired() -> Mapping[str, RetiredPolicy]:
    text = (settings.FIXTURES_DIR / FILE_NAME).read_text("utf-8")
    read = map(_retired_policy, json.loads(text)["policies"])
    return {each.name.lower(): each for each in read}


def _retired_policy(row: Mapping[str, Any]) -> RetiredPolicy:
    def day(key: str) -> date | None:
        return date.fromisoformat(row[key]) if key in row else None

    return RetiredPolicy(
        name=row["name"],
        state=row["state"],
        stated=day("stated"),
        gone_by=day("goneBy"),
        last_seen=day("lastSeen"),
        successor=row.get("successor", ""),
        successor_is_stated=row.get("successorIsStated", False),
        last_version=row.get("lastVersion", ""),
        last_version_date=day("lastVersionDate"),
    )
