"""AWS's own policies of AWS Organizations, which IAM does not have: one SCP and one RCP."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from policyhub.catalog.facts.tables import fact_rows
from policyhub.iam.deciding.places import LEVELS
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.policy_kinds import KINDS

TABLE = "organization-policies"


@dataclass(frozen=True)
class OrganizationPolicy:
    """One of them; `usage` is its kind, and `text` its document."""

    name: str
    arn: str
    usage: Usage
    text: str

    @property
    def in_words(self) -> str:
        """What it is, and where it can be given; without a full stop."""
        key = next(key for key, usage in LEVELS.items() if usage is self.usage)
        return (
            f"`{self.name}` is {KINDS[self.usage].name} of AWS Organizations, not a policy of IAM: "
            f"give it where such policies are asked for, as in the `{key}` of a simulation"
        )


@cache
def organization_policies() -> tuple[OrganizationPolicy, ...]:
    """All of them, read once a process."""
    return tuple(
        OrganizationPolicy(row["name"], row["arn"], Usage(row["kind"]), json.dumps(row["document"]))
        for row in fact_rows(TABLE)
    )


def organization_policy(text: str) -> OrganizationPolicy | None:
    """The one of this name or ARN, None if there is none."""
    return next((each for each in organization_policies() if text in (each.name, each.arn)), None)


def organization_policies_named_like(text: str, usages: Iterable[Usage]) -> list[str]:
    """The names of those of some kinds that contain a text, ignoring case."""
    kinds, wanted = set(usages), text.lower()
    named = (each.name for each in organization_policies() if each.usage in kinds)
    return [each for each in named if wanted in each.lower()]
