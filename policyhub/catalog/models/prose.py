"""What curators write about policies, and what two versions show."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from policyhub.catalog.models.claims import Claimed
from policyhub.catalog.models.edit_history import EditHistory
from policyhub.catalog.models.policy import Policy, PolicyVersion


class OursManager(models.Manager["PermissionDescription"]):
    """The descriptions that pages show: without those that are withdrawn."""

    def get_queryset(self) -> models.QuerySet[PermissionDescription]:
        """Leave out what is there for the checks alone."""
        return super().get_queryset().filter(is_withdrawn=False)


class PermissionDescription(Claimed):
    """Why a policy has a permission, as the documentation says, for one version.

    One that a page has is never deleted but withdrawn: then it is in `with_withdrawn` alone, for
    the claim is still to be checked.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="descriptions")
    version = models.ForeignKey(
        PolicyVersion,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The version that it was written for.",
    )
    pattern = models.CharField(
        max_length=256,
        help_text="A service (ecs) or an action pattern (ec2:CreateVolume, ecs:Submit*).",
    )
    text = models.TextField(help_text="Markdown.")
    order = models.PositiveIntegerField(default=0)
    source_url = models.URLField("source URL", max_length=500, blank=True)
    source_date = models.DateField(null=True, blank=True)
    is_withdrawn = models.BooleanField("withdrawn", default=False, editable=False)

    objects = OursManager()
    with_withdrawn = models.Manager["PermissionDescription"]()
    history: Any = EditHistory()

    class Meta:
        ordering: ClassVar[list[str]] = ["policy", "order", "id"]

    def __str__(self) -> str:
        return f"{self.policy.label}: {self.pattern}"


class ChangelogEntry(Claimed):
    """A change that the documentation mentions, or that two versions show.

    `key` names an entry that came from a fixture, or from two versions, so that loading or
    deriving it again finds it.
    """

    class Source(models.TextChoices):
        """Who says so."""

        DOCUMENTATION = "documentation", "Documentation"
        OBSERVED = "observed", "Observed"

    class Access(models.TextChoices):
        """What a change did to what the policy allows."""

        WIDENED = "widened", "Widened"
        NARROWED = "narrowed", "Narrowed"
        BOTH = "both", "Widened and narrowed"
        NONE = "none", "None"

        @property
        def takes_away(self) -> bool:
            """Whether something is no longer allowed."""
            return self.value in ("narrowed", "both")

    policy = models.ForeignKey(
        Policy, null=True, blank=True, on_delete=models.CASCADE, related_name="changelog"
    )
    date = models.DateField()
    title = models.CharField(max_length=300)
    description = models.TextField(help_text="Markdown.")
    version_id = models.CharField(
        "version",
        max_length=16,
        blank=True,
        help_text="The version that it describes (v21); empty if that is not known.",
    )
    source = models.CharField(max_length=16, choices=Source, default=Source.DOCUMENTATION)
    source_url = models.URLField("source URL", max_length=500, blank=True)
    access = models.CharField(
        max_length=8,
        choices=Access,
        blank=True,
        editable=False,
        help_text="Its effect on access, as observed; empty if that is not known.",
    )
    not_before = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="Since when it may have happened; empty if `date` is the day.",
    )
    denies = models.BooleanField(
        default=False, editable=False, help_text="Whether what it denies changed, as observed."
    )
    key = models.CharField(max_length=200, unique=True, null=True, blank=True, editable=False)
    curated_at = models.DateTimeField(null=True, blank=True, editable=False)

    history: Any = EditHistory(excluded_fields=["curated_at"])

    class Meta:
        ordering: ClassVar[list[str]] = ["-date", "-id"]
        verbose_name = "change-log entry"
        verbose_name_plural = "change-log entries"

    def __str__(self) -> str:
        return f"{self.date}: {self.title}"
