"""An uploaded file: a simulation as a JSON object, turned into the fields that the form has."""

from __future__ import annotations

import json
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from policyhub.simulate.layer_fields import LAYERS
from policyhub.simulate.lines import read_storable_json
from policyhub.simulate.posted_json import MOST_BYTES
from policyhub.simulate.scenario import REFERENCE_LEFT_ASIDE, TEXTS


def read_upload(upload: UploadedFile[Any]) -> QueryDict:
    """The fields of the form for an uploaded simulation.

    Raises ValueError, RecursionError, TypeError or AttributeError for anything else.
    """
    if (upload.size or 0) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES:,} bytes")
    return _as_fields(read_storable_json(upload.read()))


def _as_fields(value: Any) -> QueryDict:
    query = QueryDict(mutable=True)
    for layer in LAYERS:
        documents = value.get(layer.key, [])
        for each in [documents] if layer.single and documents else documents:
            query.appendlist(layer.parameter, _as_text(each))
    principal = value.get("principal", "")
    if isinstance(principal, dict):
        principal = next(iter(principal.values()), "")
    for name, given in (
        ("action", value.get("action", "")),
        ("resource", value.get("resource", "")),
        ("principal", principal),
        ("at", value.get("at", "")),
        *((name, value.get(key, "")) for name, key in TEXTS.items()),
    ):
        query[name] = str(given)
    if value.get("reference") is False:
        query.appendlist(*REFERENCE_LEFT_ASIDE)
    for key, given in value.get("context", {}).items():
        for each in given if isinstance(given, list) else [given]:
            text = str(each).lower() if isinstance(each, bool) else str(each)
            query.appendlist("context", f"{key}{'[]' if isinstance(given, list) else ''}={text}")
    return query


def _as_text(document: Any) -> str:
    if isinstance(document, dict) and "managed" in document:
        version = document.get("version")
        return f"{document['managed']}@{version}" if version else str(document["managed"])
    return document if isinstance(document, str) else json.dumps(document, indent=2)
