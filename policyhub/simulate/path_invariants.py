"""Invariants about requests that are dangerous together: one caller may never make all of them.

The requests are a path, as rules of one's own have them, and the policies are judged as attached
to one role: as `risks --together` judges them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.deciding.simulation import Complaint, FindManaged, InvalidSimulationError
from policyhub.judge.risks.attached import JudgedDocument, Vocabulary
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.paths import InvalidPathError, RiskPath, read_path
from policyhub.simulate.invariants import (
    answer_of_invariant,
    check_invariant,
    identity_policies,
)

NEVER_ALL = "neverAll"
_KEYS = ("id", NEVER_ALL, "identityPolicies", "at")
# A path needs these; nobody sees them.
_UNNAMED = {"id": NEVER_ALL, "title": NEVER_ALL, "kind": "passrole-to-compute"}
_UNDECIDED = "neither a proof nor a reason was found within the work that an answer may take"


def answer_path_invariant(value: Mapping[str, Any], find_managed: FindManaged) -> dict[str, Any]:
    """Whether no holder of all the policies can make all of the requests.

    Raises `InvalidSimulationError`.
    """
    check_invariant(value, _KEYS)
    path = _path(value[NEVER_ALL])
    policies = identity_policies(value, (NEVER_ALL,), find_managed)
    unreadable = [each.name for each in policies if each.compiled is None]
    if unreadable:
        reasons = [f"{name}: the document can't be read" for name in unreadable]
        return answer_of_invariant(value, NEVER_ALL, (), reasons)
    judged = [
        JudgedDocument(each.name, json.dumps(document), each.compiled.policy, _reference(document))
        for each, document in zip(policies, value["identityPolicies"], strict=True)
        if each.compiled is not None
    ]
    found = risks_of(*judged, vocabulary=Vocabulary([path]))
    undecided = [_UNDECIDED for each in found if each.answer == "undecided"]
    counterexamples = [
        {
            "policy": " + ".join(each.name for each in judged),
            "statements": [each.to_dict() for each in risk.deciding],
            "simulation": simulation,
        }
        for risk in found
        for simulation in risk.proof
    ]
    return answer_of_invariant(value, NEVER_ALL, counterexamples, undecided)


def _path(requests: Any) -> RiskPath:
    reference = get_reference()
    try:
        path = read_path({**_UNNAMED, "requests": requests}, reference)
    except InvalidPathError as error:
        message = str(error).removeprefix(f"path `{NEVER_ALL}`: ")
        raise InvalidSimulationError((Complaint("invalid", NEVER_ALL, message),)) from error
    unknown = [each for each in path.actions if reference.action(each) is None]
    if unknown:
        message = f"`{unknown[0]}` is not an action of the service authorization reference"
        raise InvalidSimulationError((Complaint("invalid", NEVER_ALL, message),))
    return path


def _reference(document: Any) -> Mapping[str, str] | None:
    """The document as simulations name it, where it is one of the catalogue."""
    return document if "managed" in document else None
