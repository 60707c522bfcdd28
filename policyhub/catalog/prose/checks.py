"""What the documentation says about a policy, checked against what its document grants.

`CHECKS` is the table of all checks: code, title, severity, explanation, and the function that
looks. `disagreements` runs them. Nothing here touches the database: the prose, and the effective
permissions of the version that it describes, come as arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.language.lists import first_few
from policyhub.iam.language.patterns import compile_pattern, covers, split_action
from policyhub.iam.reading.document import Statement

SERVICE_LINKED_ROLE_PATH = "/aws-service-role/"
NAMES_IN_A_MESSAGE = 5

Severity = Literal["high", "medium", "low"]
Evidence = dict[str, Any]
Disagreement = tuple[str, Evidence]
Disagreements = Iterator[Disagreement]


@dataclass(frozen=True, slots=True)
class Prose:
    """What the documentation says about one policy.

    `patterns` is what its permission descriptions describe: services (`ecs`) and actions
    (`ec2:CreateVolume`, `ecs:Submit*`). `documented_attachable` is None where it is silent.
    """

    patterns: tuple[str, ...]
    documented_attachable: bool | None
    path: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement. The code is that of a row in `CHECKS`; the evidence is plain JSON."""

    code: str
    severity: Severity
    message: str
    evidence: Evidence

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as it is in a policy's JSON."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "evidence": self.evidence,
        }


@dataclass(frozen=True)
class Described:
    """The prose with the document that it is about; what the checks look at."""

    prose: Prose
    permissions: EffectivePermissions

    @cached_property
    def services(self) -> tuple[str, ...]:
        """The services that are described as a whole, each once, in the prose's order."""
        return tuple(dict.fromkeys(text for text in self.prose.patterns if ":" not in text))

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """The action patterns that are described, each once, in the prose's order."""
        return tuple(dict.fromkeys(text for text in self.prose.patterns if ":" in text))

    @cached_property
    def granted(self) -> Mapping[str, tuple[Statement, ...]]:
        """What the document grants, with the statements that do.

        Keys are the actions of the reference, and the patterns that match none of them as
        they are written: a statement may grant what the reference does not know.
        """
        granted = {grant.action.id: grant.allowed_by for grant in self.permissions.grants}
        for service in self.permissions.services:
            for row in service.unmatched:
                granted[row.pattern] = (*granted.get(row.pattern, ()), row.statement)
        return granted

    @cached_property
    def granted_by_service(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of `granted`, by service."""
        return {
            service.prefix: (
                *(grant.action.id for grant in service.grants),
                *dict.fromkeys(row.pattern for row in service.unmatched),
            )
            for service in self.permissions.services
        }

    def writes(self, pattern: str) -> bool:
        """Say whether an Allow statement's own text covers the pattern, known or not."""
        for statement in self.permissions.policy.statements:
            if statement.effect == "Allow" and statement not in self.permissions.without_effect:
                named = any(covers(text, pattern, ignore_case=True) for text in statement.actions)
                if named != statement.not_action:
                    return True
        return False

    def evidence_of(self, names: Iterable[str]) -> list[Evidence]:
        """Return the statements that grant the names, in the document's order."""
        return in_the_document(row for name in names for row in self.granted[name])


def in_the_document(statements: Iterable[Statement]) -> list[Evidence]:
    """Return each statement's position (counted from 0) and Sid, in order, each once."""
    sids = {row.position: row.sid for row in statements}
    return [{"position": position, "sid": sid} for position, sid in sorted(sids.items())]


def in_backticks(names: Iterable[str]) -> str:
    """Return the names in backticks, the first few of them and how many more there are."""
    return first_few([f"`{name}`" for name in names], NAMES_IN_A_MESSAGE)


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
    evidence = {"pattern": pattern, "actions": missing, "deniedBy": in_the_document(denied)}
    lacking = "it" if len(missing) == len(known) else in_backticks(missing)
    yield f"`{pattern}` is described, but the document does not grant {lacking}", evidence


def _unknown_action_not_granted(case: Described, pattern: str) -> Disagreement:
    message = (
        f"`{pattern}` is described, but the document does not grant it, and the reference "
        "has no such action"
    )
    evidence: Evidence = {"pattern": pattern, "actions": [], "deniedBy": []}
    nearest = nearest_action(pattern, case.permissions.reference)
    if nearest:
        return f"{message}; the nearest is `{nearest}`", {**evidence, "nearest": nearest}
    return message, evidence


def nearest_action(pattern: str, reference: Reference) -> str:
    """Return the known action of the same service whose name is most alike, or an empty text."""
    service, name = split_action(pattern)
    info = reference.services.get(service)
    names = [action.name for action in info.actions] if info else []
    alike = get_close_matches(name, names, n=1, cutoff=0.8)
    return f"{service}:{alike[0]}" if alike else ""


def described_services_absent(case: Described) -> Disagreements:
    """Yield each described service of which the document grants nothing."""
    for service in case.services:
        if service.lower() not in case.granted_by_service:
            message = f"`{service}` is described, but the document grants none of its actions"
            yield message, {"service": service}


def granted_services_not_described(case: Described) -> Disagreements:
    """Yield each granted service without a description, if the prose describes services."""
    if not case.services:
        return
    described = {split_action(text)[0] for text in case.actions}
    described |= {service.lower() for service in case.services}
    for service, names in case.granted_by_service.items():
        if service not in described:
            message = f"`{service}` is not described, but the document grants {in_backticks(names)}"
            yield message, _granted_evidence(case, service, names)


def granted_actions_not_described(case: Described) -> Disagreements:
    """Yield, by service, the granted actions without a description, if only actions have one."""
    if case.services or not case.actions:
        return
    described = [compile_pattern(text, ignore_case=True) for text in case.actions]
    for service, names in case.granted_by_service.items():
        missing = [name for name in names if not any(row.matches(name) for row in described)]
        if missing:
            message = f"no description mentions {in_backticks(missing)}, which the document grants"
            yield message, _granted_evidence(case, service, missing)


def _granted_evidence(case: Described, service: str, names: Iterable[str]) -> Evidence:
    rows = list(names)
    return {"service": service, "actions": rows, "statements": case.evidence_of(rows)}


def patterns_unknown(case: Described) -> Disagreements:
    """Yield each described pattern that the document writes and the reference does not know."""
    for service in case.services:
        prefix = service.lower()
        if prefix not in case.permissions.reference.services and prefix in case.granted_by_service:
            yield f"the reference does not list the service `{service}`", {"pattern": service}
    for pattern in case.actions:
        if not case.permissions.reference.expand(pattern) and case.writes(pattern):
            yield f"the reference does not list the action `{pattern}`", {"pattern": pattern}


def attachable_against_the_path(prose: Prose) -> Disagreements:
    """Yield the claim that a policy can't be attached, where its path lets it be."""
    if prose.documented_attachable is False and not _for_a_service_linked_role(prose.path):
        message = (
            "the documentation says that the policy can't be attached, but under the path "
            f"`{prose.path}` it can"
        )
        yield message, {"path": prose.path, "documentedAttachable": False}


def not_attachable_against_the_path(prose: Prose) -> Disagreements:
    """Yield the claim that a policy can be attached, where its path keeps it from that."""
    if prose.documented_attachable and _for_a_service_linked_role(prose.path):
        message = (
            "the documentation says that the policy can be attached, but under the path "
            f"`{prose.path}` only a service-linked role can have it"
        )
        yield message, {"path": prose.path, "documentedAttachable": True}


def _for_a_service_linked_role(path: str) -> bool:
    return path.startswith(SERVICE_LINKED_ROLE_PATH)


Subject = TypeVar("Subject", Prose, Described)


@dataclass(frozen=True, slots=True)
class Check(Generic[Subject]):
    """One row of the table: what a finding means, and the function that looks for it."""

    code: str
    title: str
    severity: Severity
    explanation: str
    look: Callable[[Subject], Disagreements]

    def findings(self, subject: Subject) -> Iterator[Finding]:
        """Yield what this check finds."""
        for message, evidence in self.look(subject):
            yield Finding(self.code, self.severity, message, evidence)


DOCUMENT_CHECKS: tuple[Check[Described], ...] = (
    Check(
        "described-action-not-granted",
        "Described, not granted",
        "medium",
        "A permission description mentions an action that no statement allows. Anyone who "
        "relies on the description expects access that is not granted.",
        described_actions_not_granted,
    ),
    Check(
        "described-service-absent",
        "Service described, not granted",
        "medium",
        "A permission description covers a service in which the document allows no action.",
        described_services_absent,
    ),
    Check(
        "granted-service-not-described",
        "Service granted, not described",
        "high",
        "The permission descriptions go service by service, and omit one that the "
        "document grants. Anyone who relies on them does not know about that access.",
        granted_services_not_described,
    ),
    Check(
        "granted-action-not-described",
        "Granted, not described",
        "high",
        "The permission descriptions go action by action, and omit some that the document "
        "grants. Anyone who relies on them does not know about that access.",
        granted_actions_not_described,
    ),
    Check(
        "pattern-unknown-to-reference",
        "Described, not in the reference",
        "low",
        "The document names what is described, but the service authorization reference does "
        "not: the action or service was retired, or AWS does not list it.",
        patterns_unknown,
    ),
)

PROSE_CHECKS: tuple[Check[Prose], ...] = (
    Check(
        "documented-not-attachable-but-path-allows",
        "Documented as not attachable, but it is",
        "medium",
        "The documentation says that the policy can't be attached. Only the path "
        "`/aws-service-role/` keeps a policy from being attached, and this one has another.",
        attachable_against_the_path,
    ),
    Check(
        "documented-attachable-but-path-forbids",
        "Documented as attachable, but it is not",
        "medium",
        "The documentation says that the policy can be attached. Under the path "
        "`/aws-service-role/` only a service-linked role can have it.",
        not_attachable_against_the_path,
    ),
)

_ALL_CHECKS: tuple[Check[Described] | Check[Prose], ...] = (*DOCUMENT_CHECKS, *PROSE_CHECKS)
CHECKS: Mapping[str, Check[Described] | Check[Prose]] = MappingProxyType(
    {check.code: check for check in _ALL_CHECKS}
)


def disagreements(prose: Prose, permissions: EffectivePermissions | None) -> tuple[Finding, ...]:
    """Return every disagreement, check by check.

    `permissions` are those of the version that the prose describes, or None where it
    describes no document: then only what the prose says about the policy itself is checked.
    """
    found: list[Finding] = []
    if permissions is not None:
        case = Described(prose, permissions)
        found += (row for check in DOCUMENT_CHECKS for row in check.findings(case))
    found += (row for check in PROSE_CHECKS for row in check.findings(prose))
    return tuple(found)
