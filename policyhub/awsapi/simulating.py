"""SimulateCustomPolicy: decisions in AWS's words, one result an action.

Source: IAM API Reference, "SimulateCustomPolicy", "EvaluationResult" and
"ResourceSpecificResult".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from policyhub.awsapi.answers import Entries
from policyhub.awsapi.errors import validation_error
from policyhub.awsapi.layers import Verdicts, decide_request
from policyhub.awsapi.paging import DEFAULT_ITEMS, end_of_page, start_of_page
from policyhub.awsapi.resource_names import arn_format
from policyhub.awsapi.scenario import (
    MOST_COMPARISONS,
    ApiScenario,
    read_action_names,
    read_api_scenario,
)
from policyhub.iam.deciding.request import ANY_RESOURCE

_OPERATION = "SimulateCustomPolicy"
# A page ends early with the action that brings it to so many decisions and deciding statements.
MOST_LISTED = 20_000
_MOST_RESTRICTIVE_FIRST = ("explicitDeny", "implicitDeny", "allowed")


def simulate_custom_policy(given: Mapping[str, Any]) -> dict[str, Any]:
    """A page of results, one an action, in the order of the actions. Raises `ApiError`."""
    actions, scenario = read_action_names(given), read_api_scenario(given)
    start = start_of_page(_OPERATION, given["Marker"])
    if start >= len(actions):
        raise validation_error("Invalid Marker.")
    affordable = MOST_COMPARISONS // max(scenario.comparisons, 1)
    end = start + min(given["MaxItems"] or DEFAULT_ITEMS, affordable)
    results = _results(scenario, actions[start:end])
    end = start + len(results)
    return {
        "EvaluationResults": results,
        **end_of_page(_OPERATION, end if end < len(actions) else None),
    }


def _results(scenario: ApiScenario, actions: Sequence[str]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    listed = 0
    for action in actions:
        found = [
            decide_request(scenario, replace(each, action=action)) for each in scenario.requests
        ]
        results.append(_result(scenario, action, found))
        listed += sum(1 + len(each.matched) for each in found)
        if listed >= MOST_LISTED:
            break
    return results


def _result(scenario: ApiScenario, action: str, found: Sequence[Verdicts]) -> dict[str, Any]:
    """The result of one action: the most restrictive over its resources, and each of them."""
    decision = _most_restrictive(each.decision for each in found)
    deciding = (each.matched for each in found if each.decision == decision)
    resources = [each.resource for each in scenario.requests]
    return {
        "EvalActionName": action,
        "EvalResourceName": arn_format(action, resources),
        "EvalDecision": decision,
        "MatchedStatements": _statement_records(scenario, dict.fromkeys(chain(*deciding))),
        "MissingContextValues": [*dict.fromkeys(chain(*(each.missing_context for each in found)))],
        "OrganizationsDecisionDetail": _all_allowed(
            "AllowedByOrganizations", [each.organization for each in found]
        ),
        "PermissionsBoundaryDecisionDetail": _all_allowed(
            "AllowedByPermissionsBoundary", [each.boundary for each in found]
        ),
        "EvalDecisionDetails": _details(found, resources),
        "ResourceSpecificResults": [
            _resource_result(scenario, each, resource)
            for each, resource in zip(found, resources, strict=True)
        ],
    }


def _resource_result(scenario: ApiScenario, found: Verdicts, resource: str) -> dict[str, Any]:
    return {
        "EvalResourceName": resource,
        "EvalResourceDecision": found.decision,
        "MatchedStatements": _statement_records(scenario, found.matched),
        "MissingContextValues": found.missing_context,
        "EvalDecisionDetails": _details([found], [resource]),
        "PermissionsBoundaryDecisionDetail": _all_allowed(
            "AllowedByPermissionsBoundary", [found.boundary]
        ),
    }


def _statement_records(
    scenario: ApiScenario, matched: Iterable[tuple[str, int]]
) -> list[dict[str, Any]]:
    return [scenario.sources[name].statement_record(position) for name, position in matched]


def _details(found: Sequence[Verdicts], resources: Sequence[str]) -> Entries | None:
    """What each type of policy says, at its most restrictive.

    It is left out where a service control policy denies, and in one account on `*`; with
    nothing to add, on a resource in one account, it is empty.
    """
    if any(each.organization not in (None, "allowed") for each in found):
        return None
    names = dict.fromkeys(chain(*(each.by_type for each in found)))
    if not names and ANY_RESOURCE in resources:
        return None
    said = {name: [each.by_type[name] for each in found if name in each.by_type] for name in names}
    return Entries({name: _most_restrictive(each) for name, each in said.items()})


def _all_allowed(name: str, decisions: Sequence[str | None]) -> dict[str, bool] | None:
    """Whether a limit allows on all resources; None where there is no such limit."""
    if None in decisions:
        return None
    return {name: all(each == "allowed" for each in decisions)}


def _most_restrictive(decisions: Iterable[str]) -> str:
    return min(decisions, key=_MOST_RESTRICTIVE_FIRST.index)
