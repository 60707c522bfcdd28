"""What is computed from documents. Written by `catalog.deriving.indexing` alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.db import models

from policyhub.catalog.models.level_counts import LevelCounts
from policyhub.catalog.models.policy import Policy, PolicyVersion, Statement
from policyhub.catalog.models.reference import ConditionKey, Service

# No action is named so long; a longer pattern is kept with its statement alone.
LONGEST_PATTERN = 256
# Long enough for every real key; what is longer is still stored in full next to it.
LONGEST_INDEXED_KEY = 300


def has_long_pattern(actions: Iterable[str]) -> bool:
    """Whether one of them is too long for a row of its own."""
    return any(len(action) > LONGEST_PATTERN for action in actions)


class Pattern(models.Model):
    """A distinct action pattern, with what it expands to by the reference.

    In lower case, because actions ignore case; the statement has it as written.
    """

    text = models.CharField(max_length=256, unique=True)
    service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.CASCADE, related_name="patterns"
    )
    literal_prefix = models.CharField(max_length=256, db_index=True)
    has_wildcard = models.BooleanField()
    match_count = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["text"]

    def __str__(self) -> str:
        return self.text


class StatementPattern(models.Model):
    """A pattern in a statement's Action or NotAction."""

    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="pattern_uses")
    # The constraint's index begins with it.
    pattern = models.ForeignKey(
        Pattern, on_delete=models.CASCADE, related_name="uses", db_index=False
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["pattern", "statement"], name="pattern_once")
        ]

    def __str__(self) -> str:
        return f"{self.statement_id}: {self.pattern_id}"


class ServiceGrant(LevelCounts):
    """How much of a service a version grants, counted by access level.

    All counts are 0 for a service that a version only names (no action of the reference
    matches) or denies. The free counts are of the actions on all resources, without a condition
    and without a deny.
    """

    version = models.ForeignKey(
        PolicyVersion, on_delete=models.CASCADE, related_name="service_grants"
    )
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="grants")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "service"], name="service_grant_once")
        ]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.service_id}"


class PowerMap(models.Model):
    """What the smallest picture of a default version shows: its power by service.

    `columns` are as `catalog.access.power.power_columns` makes them.
    """

    version = models.OneToOneField(
        PolicyVersion, primary_key=True, on_delete=models.CASCADE, related_name="power_map"
    )
    columns = models.JSONField()

    def __str__(self) -> str:
        return f"{self.version_id}: {len(self.columns)} columns"


class PolicyService(models.Model):
    """A service that a policy belongs to, and why: one of the reasons at least.

    `granted`: its default version grants or names the service. `named`, `trusted` and
    `documented`: its name, a service principal that assumes a role with it, and the page that
    describes it are the service's. See `catalog.deriving.belonging`.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="services")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="policies")
    granted = models.BooleanField()
    named = models.BooleanField()
    trusted = models.BooleanField()
    documented = models.BooleanField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["policy", "service"], name="policy_service_once")
        ]

    def __str__(self) -> str:
        return f"{self.policy_id}: {self.service_id}"


class ConditionUse(models.Model):
    """A condition of a statement: operator, key as written, values.

    `key_lower` serves look-ups, because key names ignore case: its first 300 characters.
    `condition_key` is the reference's key that it is an instance of, where there is one.
    """

    statement = models.ForeignKey(
        Statement, on_delete=models.CASCADE, related_name="condition_uses"
    )
    operator = models.CharField(max_length=64)
    key = models.TextField()
    key_lower = models.CharField(max_length=300, db_index=True)
    condition_key = models.ForeignKey(
        ConditionKey, null=True, blank=True, on_delete=models.SET_NULL, related_name="uses"
    )
    values = models.JSONField()

    class Meta:
        ordering: ClassVar[list[str]] = ["statement", "id"]

    def __str__(self) -> str:
        return f"{self.operator} {self.key}"
