"""The address that asks the simulator about a request, for every page that offers to try one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode


def request_query(request: Mapping[str, Any]) -> str:
    """The query string of a request as a simulation has it, without identity policies."""
    pairs = [("action", request["action"])]
    if request["resource"] != "*":
        pairs.append(("resource", request["resource"]))
    if request.get("reference") is False:
        pairs.append(("reference", "no"))
    for key, value in request["context"].items():
        values, name = (value, f"{key}[]") if isinstance(value, list) else ([value], key)
        pairs += (("context", f"{name}={each}") for each in values)
    if "resourcePolicy" in request:
        pairs.append(("principal", request["principal"]))
        pairs.append(("resource-policy", json.dumps(request["resourcePolicy"])))
    return urlencode(pairs)


def simulator_query(policy: str, request: Mapping[str, Any]) -> str:
    """The query string of a request decided by a managed policy, `NAME@v20`, or by a document."""
    return f"{urlencode([('policy', policy)])}&{request_query(request)}"
