"""What descriptions say can be done, against what the document lets one do."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from policyhub.catalog.access.permissions import ServicePermissions
from policyhub.catalog.prose.claims import BEGINNINGS, Claim, claims_in, thing_key
from policyhub.catalog.prose.subject import (
    Described,
    Disagreement,
    Disagreements,
    Evidence,
    in_backticks,
)
from policyhub.catalog.reference.in_memory import ActionInfo

_FULL = re.compile(r"\bfull access\b", re.I)
_ADMINISTRATIVE = re.compile(r"\badministrative (?:access|permissions?)\b", re.I)
_ONLY_READ = frozenset({"List", "Read"})


def claimed_access_not_granted(case: Described) -> Disagreements:
    """Yield the descriptions of services that claim what no granted action does.

    A claim counts where the reference has an action of its name (`hosted zones` can be created by
    `route53:CreateHostedZone`); where it has none, nothing is said.
    """
    for service in case.services:
        actions = _actions(case, service)
        missing: dict[str, None] = {}
        for claim in _claims(case, service):
            able = [each.id for each in actions if _does(each, claim)]
            if able and not any(each in case.granted for each in able):
                missing |= dict.fromkeys(able)
        if missing:
            yield _claimed(case, service, list(missing))


def _claimed(case: Described, service: str, missing: list[str]) -> Disagreement:
    # AWS gives some things several actions, of which any would do.
    return Disagreement(
        f"the description of `{service}` mentions what only {in_backticks(missing)} would "
        "allow, and the document grants nothing of that",
        {
            "service": service,
            "actions": missing,
            "statements": case.evidence_of(case.granted_by_service.get(service.lower(), ())),
            **case.prose.said(service),
        },
        f"leave out of the description of `{service}` what the policy does not grant",
    )


def granted_beyond_description(case: Described) -> Disagreements:
    """Yield the descriptions that only mention reading where the document grants more."""
    for service in case.services:
        claims = list(_claims(case, service))
        if not claims:
            continue
        granted = [each for each in _actions(case, service) if each.id in case.granted]
        beyond = [each.id for each in granted if _is_beyond(each, claims)]
        if beyond:
            yield Disagreement(
                f"the description of `{service}` only mentions reading where the document "
                f"grants {in_backticks(beyond)}",
                _beyond_evidence(case, service, beyond),
                f"describe {in_backticks(beyond)} too",
            )


def _is_beyond(action: ActionInfo, claims: Sequence[Claim]) -> bool:
    """Whether an action changes something, where the claims about it are about reading alone."""
    if action.level in _ONLY_READ:
        return False
    if all(claim.deed == "read" for claim in claims):
        return True
    deeds = defaultdict(set)
    for claim in claims:
        deeds[claim.key].add(claim.deed)
    return deeds[_thing_of(action)] == {"read"}


def _beyond_evidence(case: Described, service: str, names: list[str]) -> Evidence:
    return {
        "service": service,
        "actions": names,
        "statements": case.evidence_of(names),
        **case.prose.said(service),
    }


def administrative_access_not_granted(case: Described) -> Disagreements:
    """Yield a summary that promises administrative access where no service is granted in full."""
    found = _ADMINISTRATIVE.search(case.prose.summary)
    services = [each for each in case.permissions.services if each.grants]
    if found and services and not any(each.full for each in services):
        yield Disagreement(
            f"the summary promises {found[0].lower()}, but the document grants no service in "
            f"full: {', '.join(map(_share, services))}",
            {
                "sentence": _sentence_around(case.prose.summary, found.start()),
                "granted": [f"{each.prefix}: {len(each.grants)}" for each in services],
            },
            "name the permissions in place of the word administrative",
        )
    for service in case.services:
        row = next((each for each in services if each.prefix == service.lower()), None)
        if row is not None and not row.full and _FULL.search(case.prose.texts.get(service, "")):
            yield Disagreement(
                f"the description of `{service}` promises full access, but the document grants "
                f"{_share(row)}",
                {"service": service, "granted": [f"{row.prefix}: {len(row.grants)}"]}
                | case.prose.said(service),
                "say which actions the policy grants",
            )


def _share(service: ServicePermissions) -> str:
    """How much of a service is granted, in words."""
    return f"{len(service.grants)} of {service.total} actions of `{service.prefix}`"


def _claims(case: Described, service: str) -> Iterator[Claim]:
    return claims_in(case.prose.texts.get(service, ""))


def _actions(case: Described, service: str) -> Sequence[ActionInfo]:
    info = case.permissions.reference.services.get(service.lower())
    return info.actions if info else ()


def _does(action: ActionInfo, claim: Claim) -> bool:
    return any(
        thing_key(action.name.removeprefix(beginning)) == claim.key
        for beginning in BEGINNINGS[claim.deed]
        if action.name.startswith(beginning)
    )


def _thing_of(action: ActionInfo) -> str:
    """What an action is about by its name: all of it but the verb, which is one word."""
    return thing_key(re.sub(r"^[A-Z][a-z0-9]*", "", action.name))


def _sentence_around(text: str, place: int) -> str:
    """The sentence of a text that has a place in it."""
    sentence, line = text.rfind(". ", 0, place), text.rfind("\n", 0, place)
    begin = max(sentence + 2 if sentence >= 0 else 0, line + 1)
    end = text.find(". ", place)
    return (text[begin:] if end < 0 else text[begin : end + 1]).strip()
