"""The tabs of a policy's pages, which several rooms show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

#: By the name of the page's URL.
TABS: Mapping[str, str] = {
    "browse:policy": "Summary",
    "browse:policy_permissions": "Permissions",
    "browse:policy_document": "Document",
    "browse:policy_changes": "Changes",
    "browse:policy_checks": "Checks",
    "templates:policy": "Use as a template",
}


def policy_tabs(key: str, version: str, current: str) -> list[dict[str, Any]]:
    """Each tab with its address; `version` is what `?version=` says, "" for the default one."""
    query = f"?{urlencode({'version': version})}" if version else ""
    return [
        {"name": label, "url": f"{reverse(name, args=[key])}{query}", "current": name == current}
        for name, label in TABS.items()
    ]
