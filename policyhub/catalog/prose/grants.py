"""What is described against what is granted, name by name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from policyhub.catalog.prose.subject import (
    Described,
    Disagreement,
    Disagreements,
    Evidence,
    in_backticks,
    in_the_document,
)
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.language.patterns import compile_pattern, split_action

_MOST_NEAR = 3
_ALIKE = 0.8


def described_actions_not_granted(case: Described) -> Disagreements:
    """Yield each described action pattern of which the document grants not everything."""
    for pattern in case.actions:
        known = [action.id for action in case.permissions.reference.expand(pattern)]
        if known:
            yield from _known_actions_not_granted(case, pattern, known)
        elif not case.writes(pattern):
            yield _unknown_action_not_granted(case, pattern)


def _known_actions_not_granted(case: Described, pattern: str, known: list[str]) -> Disagreements:
    missing = [name for name in known if name not in case.granted]
    if not missing:
        return
    denied = [
        row
        for grant in case.permissions.denied
        if grant.action.id in missing
        for row in grant.denied_by
    ]
    evidence = {
        "pattern": pattern,
        "actions": missing,
        "deniedBy": in_the_document(denied),
        **case.prose.said(pattern),
    }
    lacking = "it" if len(missing) == len(known) else in_backticks(missing)
    yield Disagreement(
        f"`{pattern}` is described, but the document does not grant {lacking}",
        evidence,
        f"say that the policy does not grant {lacking}, or leave the description out",
    )


def _unknown_action_not_granted(case: Described, pattern: str) -> Disagreement:
    message = (
        f"`{pattern}` is described, but the document does not grant it, and the reference "
        "has no such action"
    )
    evidence: Evidence = {"pattern": pattern, "actions": [], "deniedBy": []}
    near = nearest_actions(pattern, case.permissions.reference)
    if not near:
        remedy = "describe an action that the document grants"
        return Disagreement(message, evidence | case.prose.said(pattern), remedy)
    granted = next((name for name in near if name in case.granted), "")
    evidence |= {"nearest": near[0], "suggestions": near, **case.prose.said(pattern)}
    if granted:
        evidence["statements"] = case.evidence_of([granted])
    remedy = f"describe `{granted or near[0]}`" + (", which the document grants" * bool(granted))
    return Disagreement(f"{message}; the nearest is `{near[0]}`", evidence, remedy)


def nearest_actions(pattern: str, reference: Reference) -> list[str]:
    """Return the known actions of the same service whose names are most alike, the best first."""
    service, name = split_action(pattern)
    info = reference.services.get(service)
    names = [action.name for action in info.actions] if info else []
    return [f"{service}:{each}" for each in get_close_matches(name, names, _MOST_NEAR, _ALIKE)]


def described_services_absent(case: Described) -> Disagreements:
    """Yield each described service of which the document grants nothing."""
    for service in case.services:
        if service.lower() in case.granted_by_service:
            continue
        near = get_close_matches(service.lower(), case.granted_by_service, 1, _ALIKE)
        yield Disagreement(
            f"`{service}` is described, but the document grants none of its actions",
            {"service": service, **case.prose.said(service)},
            f"describe `{near[0]}`, of which the document grants actions"
            if near
            else f"say that the policy grants nothing of `{service}`",
        )


def granted_services_not_described(case: Described) -> Disagreements:
    """Yield each granted service without a description, if the prose describes services."""
    if not case.services:
        return
    described = {split_action(text)[0] for text in case.actions}
    described |= {service.lower() for service in case.services}
    for service, names in case.granted_by_service.items():
        if service not in described:
            yield Disagreement(
                f"`{service}` is not described, but the document grants {in_backticks(names)}",
                _granted_evidence(case, service, names),
                f"describe what the policy grants of `{service}`",
            )


def granted_actions_not_described(case: Described) -> Disagreements:
    """Yield, by service, the granted actions without a description, if only actions have one."""
    if case.services or not case.actions:
        return
    described = [compile_pattern(text, ignore_case=True) for text in case.actions]
    for service, names in case.granted_by_service.items():
        missing = [name for name in names if not any(row.matches(name) for row in described)]
        if missing:
            yield Disagreement(
                f"no description mentions {in_backticks(missing)}, which the document grants",
                _granted_evidence(case, service, missing),
                f"describe {in_backticks(missing)}",
            )


def _granted_evidence(case: Described, service: str, names: Iterable[str]) -> Evidence:
    rows = list(names)
    return {"service": service, "actions": rows, "statements": case.evidence_of(rows)}


def patterns_unknown(case: Described) -> Disagreements:
    """Yield each described pattern that the document writes and the reference does not know."""
    for service in case.services:
        prefix = service.lower()
        if prefix not in case.permissions.reference.services and prefix in case.granted_by_service:
            yield _unknown(case, service, "service")
    for pattern in case.actions:
        if not case.permissions.reference.expand(pattern) and case.writes(pattern):
            yield _unknown(case, pattern, "action")


def _unknown(case: Described, name: str, what: str) -> Disagreement:
    return Disagreement(
        f"the reference does not list the {what} `{name}`",
        {"pattern": name, **case.prose.said(name)},
        f"say that AWS has retired the {what}, or that it does not document it",
    )
