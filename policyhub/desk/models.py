"""What curators decide at the desk: findings that they accept and take on, and each deed."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.models.edit_history import EditHistory


class Acceptance(models.Model):
    """A finding that a curator accepts for a reason, while its evidence stays the same.

    `finding` is the key of a `queue.QueuedFinding`, and `digest` that of its evidence. `until` is
    the last day on which it is accepted; empty if there is none. A row is never deleted: what is
    undone has `undone_at`.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="+")
    finding = models.CharField(max_length=32, db_index=True)
    code = models.CharField(max_length=100)
    message = models.TextField()
    digest = models.CharField(max_length=32)
    reason = models.TextField()
    until = models.DateField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    accepted_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)
    history = EditHistory()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["finding"], condition=Q(undone_at=None), name="accepted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy.label}: {self.code}"

    def counts(self, digest: str, today: date) -> bool:
        """Whether a finding with evidence of this digest is accepted on a day."""
        return self.digest == digest and (self.until is None or self.until >= today)


class TakenFinding(models.Model):
    """A finding that a curator is going to look at."""

    finding = models.CharField(max_length=32, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    taken_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.finding}: {self.user}"


class DeskDeed(models.Model):
    """What a curator did at the desk, with what is needed to undo it.

    `before` is plain JSON whose meaning depends on `verb`. `edit` is the key of an edit, and
    `seen` the digest of the state that it left.
    """

    class Verb(models.TextChoices):
        """What was done."""

        ACCEPTED = "accepted", "accepted"
        TAKEN = "taken", "taken"
        RELEASED = "released", "released"
        EDITED = "edited", "edited"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    verb = models.CharField(max_length=8, choices=Verb)
    finding = models.CharField(max_length=32)
    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="+")
    message = models.TextField()
    before = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.user}: {self.verb} {self.finding}"


class DeskVisit(models.Model):
    """Up to which version a curator had seen everything when the last visit began, and this one."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    began_at = models.DateTimeField()
    seen_before = models.BigIntegerField(null=True)
    seen_now = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.user}: {self.began_at}"


class NewVersionFindings(models.Model):
    """What linting and the comparison of risks find in a new version: kept once it is found.

    `made_by` says by which rules; with others it is found again.
    """

    version = models.OneToOneField(
        PolicyVersion, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    made_by = models.CharField(max_length=64)
    findings: Any = models.JSONField()

    def __str__(self) -> str:
        return f"{self.version_id}: {len(self.findings)}"
