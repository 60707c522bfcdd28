"""The trust policies that roles which a copy passes should have.

In the copy itself `aws:SourceAccount` can't be a condition: a caller's own requests do not have it.
It is in those by which a service assumes the role that it was given, so it belongs there. Source:
the confused deputy problem in AWS's IAM User Guide, of which many services' guides have a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.iam.language.elements import Condition
from policyhub.iam.language.examples import EXAMPLE_ACCOUNT
from policyhub.workbench.building.passing import PASSED_TO, PASSING, services_passed_to

_WILDCARDS = frozenset("*?")
WHY = (
    "a role that is passed should let its service in for your account alone: without "
    "aws:SourceAccount another account can have the service use the role. Some services, Amazon "
    "EC2 among them, do not send the key: test it first"
)


@dataclass(frozen=True, slots=True)
class ProposedTrust:
    """The service that is to assume a role, for which account; an example where none is chosen."""

    service: str
    account: str

    @property
    def document(self) -> dict[str, Any]:
        """The trust policy."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": self.service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": self.account}},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}

    def to_dict(self) -> dict[str, Any]:
        """The proposal as JSON has it."""
        return {"service": self.service, "document": self.document, "why": WHY}


def proposed_trust(copy: EffectivePermissions, account: str) -> list[ProposedTrust]:
    """A trust policy for each service that a copy passes roles to: each is to have its own role.

    The services are those that its statements name, else those that its actions hand a role to;
    none where it passes no role, or neither is known.
    """
    grant = copy.grant(PASSING)
    if grant is None or grant.freedom == "blocked":
        return []
    services = sorted({each for one in grant.allowed_by for each in _named(one.conditions)})
    services = services or [*services_passed_to([each.action.id for each in copy.grants])]
    return [ProposedTrust(each, account or EXAMPLE_ACCOUNT) for each in services]


def _named(conditions: Sequence[Condition]) -> Iterator[str]:
    """The services that conditions name in full."""
    for each in conditions:
        if each.key.lower() == PASSED_TO.lower() and "Not" not in each.operator:
            yield from (value for value in each.values if not _WILDCARDS & set(value))
