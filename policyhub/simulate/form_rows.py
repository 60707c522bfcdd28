"""The rows of the form as the page shows them, with what is wrong with them and what is offered."""

from __future__ import annotations

from typing import Any

from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.language.examples import EXAMPLE_ACCOUNT, filled_in
from policyhub.simulate.layer_fields import LAYERS
from policyhub.simulate.scenario import Scenario

MOST_OFFERS = 12


def layer_rows(scenario: Scenario) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Each layer with its rows: text, whether it is on, and what is wrong with it."""
    problems = problems_by_field(scenario)
    return [
        (
            layer,
            [
                {
                    "text": text,
                    "number": row + 1,
                    "name": f"{layer.parameter}.{row}",
                    "is_off": f"{layer.parameter}.{row}" in scenario.off,
                    "lines": min(12, max(1, text.count("\n") + 1 + len(text) // 60)),
                    "problems": problems.get(f"{layer.parameter}.{row}", []),
                }
                for row, text in enumerate(scenario.rows[layer.parameter])
            ],
        )
        for layer in LAYERS
    ]


def problems_by_field(scenario: Scenario) -> dict[str, list[str]]:
    """What is wrong by field, and by field and row."""
    found: dict[str, list[str]] = {}
    for each in scenario.problems:
        found.setdefault(f"{each.parameter}.{each.row}", []).append(each.message)
        found.setdefault(each.parameter, []).append(each.message)
    return found


def offered_resources(
    scenario: Scenario, actions: tuple[str, ...], reference: Reference
) -> list[str]:
    """Resources that the first action works on, its ARN formats filled in as far as known."""
    action = reference.action(actions[0]) if actions else None
    if action is None:
        return []
    formats = {each.name: each.formats for each in reference.resource_types(action.service)}
    account = _account(scenario)
    offers: list[str] = []
    for each in action.resource_types:
        offers += [filled_in(arn, account) for arn in formats.get(each.name, ())]
    return list(dict.fromkeys(offers))[:MOST_OFFERS]


def _account(scenario: Scenario) -> str:
    parts = scenario.principal.split(":")
    return parts[4] if len(parts) > 5 and parts[4] else EXAMPLE_ACCOUNT
