"""The trust policy that a role which a copy passes should have.

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
from policyhub.iam.language.lists import first_few
from policyhub.workbench.building.passing import PASSED_TO, PASSING, services_passed_to

_WILDCARDS = frozenset("*?")
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class ProposedTrust:
    """Which services are to assume a role, for which account; an example where none is chosen."""

    services: tuple[str, ...]
    account: str

    @property
    def document(self) -> dict[str, Any]:
        """The trust policy."""
        services = self.services
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": services[0] if len(services) == 1 else list(services)},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": self.account}},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}

    @property
    def why(self) -> str:
        """Why the role should have it, in a sentence without a full stop."""
        return (
            f"the role that is passed to {first_few(self.services, _SHOWN)} should let it in for "
            "your account alone: without aws:SourceAccount the service can be made to use the role "
            "by another account. Some services, Amazon EC2 among them, do not send the key: test "
            "it first"
        )

    def to_dict(self) -> dict[str, Any]:
        """The proposal as JSON has it."""
        return {"services": list(self.services), "document": self.document, "why": self.why}


def proposed_trust(copy: EffectivePermissions, account: str) -> ProposedTrust | None:
    """The trust policy for roles that a copy passes; None where it passes none.

    The services are those that its statements pass a role to, else those that its actions hand
    one to. None also where neither is known.
    """
    grant = copy.grant(PASSING)
    if grant is None or grant.freedom == "blocked":
        return None
    services = sorted({each for one in grant.allowed_by for each in _named(one.conditions)})
    services = services or [*services_passed_to([each.action.id for each in copy.grants])]
    return ProposedTrust(tuple(services), account or EXAMPLE_ACCOUNT) if services else None


def _named(conditions: Sequence[Condition]) -> Iterator[str]:
    """The services that conditions name in full."""
    for each in conditions:
        if each.key.lower() == PASSED_TO.lower() and "Not" not in each.operator:
            yield from (value for value in each.values if not _WILDCARDS & set(value))
