"""The fields for policies: each kind's parameter, and what a row of it contains.

Every field takes a managed policy, `NAME` or `NAME@v20`, or a document as JSON; of an
organization's, one row is one level, and a JSON list contains a level's several documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.naming import split_version
from policyhub.iam.deciding.places import kind_at
from policyhub.iam.deciding.simulation import UnknownPolicyError
from policyhub.iam.language.arn import parse_arn
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.document import Problem, parse_policy
from policyhub.iam.reading.policy_sizes import size_problem
from policyhub.simulate.lines import DuplicateKeyError, read_storable_json
from policyhub.simulate.managed import managed_document


@dataclass(frozen=True, slots=True)
class LayerField:
    """A kind of policy: its parameter, its key in a simulation, what a person calls it."""

    parameter: str
    key: str
    label: str
    help: str = ""
    by_level: bool = False
    single: bool = False
    # A policy of AWS that is nearly always here.
    usual: str = ""
    example: str = "A managed policy"

    @property
    def placeholder(self) -> str:
        """What an empty field shows: what it takes."""
        return f"{self.usual or self.example}, or JSON"

    def kinds(self, actions: Sequence[str], resources: Sequence[str]) -> list[Usage]:
        """What a document here is read as, for each of these actions on each of the resources."""
        asked = (
            (action, resource) for action in actions or [""] for resource in resources or ["*"]
        )
        found = (
            kind_at(self.key, {"action": action, "resource": resource})
            for action, resource in asked
        )
        return list(dict.fromkeys(found))


LAYERS = (
    LayerField(
        "policy", "identityPolicies", "Identity policies", example="AmazonECS_FullAccess@v20"
    ),
    LayerField("boundary", "permissionBoundaries", "Permissions boundary"),
    LayerField("session", "sessionPolicies", "Session policies"),
    LayerField("resource-policy", "resourcePolicy", "Resource policy", single=True),
    LayerField(
        "scp",
        "serviceControlPolicies",
        "Service control policies",
        "One row per level, from the root to the account.",
        by_level=True,
        usual="FullAWSAccess",
    ),
    LayerField(
        "rcp",
        "resourceControlPolicies",
        "Resource control policies",
        "One row per level, from the root to the account.",
        by_level=True,
        usual="RCPFullAWSAccess",
    ),
    LayerField("endpoint", "endpointPolicies", "VPC endpoint policies"),
)
# The fields of documents, and the one that switches some of them off.
DOCUMENT_FIELDS = frozenset({"off", *(layer.parameter for layer in LAYERS)})


def document_of(text: str, layer: LayerField) -> Any:
    """A row as a simulation has it. Raises ValueError with what is wrong with it."""
    if not text.startswith(("{", "[")):
        return [_managed(text)] if layer.by_level else _managed(text)
    if layer.by_level and text.startswith("["):
        return [each if isinstance(each, dict) else _managed(str(each)) for each in _json(text)]
    # The text itself, so that problems have its lines and columns.
    return [text] if layer.by_level else text


def remarks_on(
    text: str, layer: LayerField, actions: Sequence[str] = (), resources: Sequence[str] = ()
) -> list[str]:
    """What is wrong with a row or odd about it, with line and column where it is a document.

    What is asked about decides whether a resource's policy is a role's trust policy.
    """
    text = text.strip()
    if not text:
        return []
    if text.startswith("{"):
        remarks = (
            each.in_words
            for usage in layer.kinds(actions, resources)
            for each in _problems(text, usage, resources)
        )
        return list(dict.fromkeys(remarks))
    try:
        documents = document_of(text, layer)
        for each in documents if isinstance(documents, list) else [documents]:
            if "managed" in each:
                managed_document(each["managed"], each.get("version"), kind_at(layer.key, {}))
    except (ValueError, UnknownPolicyError) as error:
        return [str(error)]
    return []


def _problems(text: str, usage: Usage, resources: Sequence[str]) -> Iterator[Problem]:
    service = next((arn.service for arn in map(parse_arn, resources) if arn), "")
    too_long = size_problem(text, usage, service)
    if too_long is not None:
        yield too_long
    yield from parse_policy(text, usage).problems


def _json(text: str) -> Any:
    try:
        return read_storable_json(text)
    except DuplicateKeyError:
        raise
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error


def _managed(text: str) -> dict[str, str]:
    name, version = split_version(text)
    return {"managed": name} if version is None else {"managed": name, "version": version}
