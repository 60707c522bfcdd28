"""The service authorization reference, as rows for search, filters and foreign keys."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse

from policyhub.catalog.access_levels import ACCESS_LEVELS

_LEVELS = [(each.name, each.key.capitalize()) for each in ACCESS_LEVELS]


class Service(models.Model):
    """A service by its action prefix.

    `known` is false for a prefix that policies name and the reference lacks (retired
    services): such a prefix is shown, never dropped.
    """

    prefix = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200, blank=True)
    known = models.BooleanField(default=True)
    action_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["prefix"]

    def __str__(self) -> str:
        return self.prefix

    def get_absolute_url(self) -> str:
        """The service's page."""
        return reverse("browse:service", args=[self.prefix])


class Action(models.Model):
    """An action of a service, with its access level and what it works on."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="actions")
    name = models.CharField(max_length=128)
    full_name = models.CharField(max_length=200, unique=True)
    level = models.CharField(max_length=24, choices=_LEVELS)
    description = models.TextField(blank=True)
    permission_only = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["full_name"]

    def __str__(self) -> str:
        return self.full_name

    def get_absolute_url(self) -> str:
        """The action's page."""
        return reverse("browse:action", args=[self.full_name])


class ResourceType(models.Model):
    """A kind of resource of a service, with its ARN format."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="resource_types")
    name = models.CharField(max_length=200)
    arn = models.CharField("ARN format", max_length=500)

    class Meta:
        ordering: ClassVar[list[str]] = ["service", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["service", "name"], name="resource_type_once")
        ]

    def __str__(self) -> str:
        return f"{self.service.prefix} {self.name}"


class ConditionKey(models.Model):
    """A condition key of the reference, e.g. `aws:ResourceTag/${TagKey}`."""

    name = models.CharField(max_length=300, unique=True)
    type = models.CharField(max_length=32, blank=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name
