"""What readers with an account keep in the workbench."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from policyhub.catalog.models import Policy
from policyhub.catalog.models.edit_history import EditHistory


class ReviewNote(models.Model):
    """What somebody noted in a report on a policy, and which version was then under review."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_notes"
    )
    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="review_notes")
    text = models.TextField(blank=True)
    version_id = models.CharField(max_length=16, blank=True)
    saved_at = models.DateTimeField(auto_now=True)

    history: Any = EditHistory(excluded_fields=["saved_at"])

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "policy"], name="review_note_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.policy_id}"


class WatchedPolicy(models.Model):
    """A policy on the list that all who are signed in share; `user` is who added it, if known."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="watched_policies",
    )
    policy = models.OneToOneField(Policy, on_delete=models.CASCADE, related_name="watched")

    def __str__(self) -> str:
        return str(self.policy_id)


class WatchedScenario(models.Model):
    """A scenario file whose answers all who are signed in watch; `text` has JSON lines."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="watched_scenarios",
    )
    name = models.CharField(max_length=120, unique=True)
    text = models.TextField()
    saved_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name
