"""What pages of AWS's documentation say about policies, as they stood on a day."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from policyhub.catalog.models.policy import Policy


class DocumentedPolicy(models.Model):
    """What a page says about a policy, retold; a claim, which nobody edits afterwards.

    The prose of `Policy` is what curators make of such pages. `version_id` is the version that
    was in force when the page was read.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="documented")
    source_url = models.URLField("source URL", max_length=500)
    as_of = models.DateField(help_text="The day of the page's latest entry when it was read.")
    version_id = models.CharField(max_length=16, blank=True)
    summary = models.TextField(help_text="Markdown.")
    considerations = models.TextField(blank=True, help_text="Markdown.")
    documented_attachable = models.BooleanField(
        null=True, blank=True, help_text="Empty if the page says nothing about attaching it."
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["policy", "-as_of"]
        verbose_name_plural = "documented policies"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["policy", "source_url", "as_of"], name="documented_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy.label} as of {self.as_of}"
