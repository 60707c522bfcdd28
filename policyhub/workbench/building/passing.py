"""Which services get a role that is passed, by the actions that make a service use it.

Source: `fixtures/facts/escalation-paths.json`, whose rows name their own sources.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

from policyhub.judge.risks.paths import known_paths

PASSING = "iam:PassRole"
PASSED_TO = "iam:PassedToService"


@cache
def services_by_action() -> Mapping[str, tuple[str, ...]]:
    """The service principals that get a role, by the actions that lead to it."""
    found: dict[str, dict[str, None]] = {}
    for path in known_paths():
        services = [one for step in path.steps if step.action == PASSING for one in step.services]
        for step in path.steps:
            if services and step.action != PASSING:
                found.setdefault(step.action, {}).update(dict.fromkeys(services))
    return {action: tuple(services) for action, services in found.items()}


def services_passed_to(actions: Collection[str]) -> dict[str, list[str]]:
    """The services that get a role through some actions, each with these, sorted."""
    found: dict[str, list[str]] = {}
    for action in sorted(actions):
        for service in services_by_action().get(action, ()):
            found.setdefault(service, []).append(action)
    return dict(sorted(found.items()))
