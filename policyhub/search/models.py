"""The texts of the search in the database, for a catalogue that is too large for memory.

They are written by `search.finding.in_database.writing` when they are needed, and never where
memory suffices.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from policyhub.catalog.models import ChangelogEntry, Policy


class TagSet(models.Model):
    """Several services, condition keys or resource patterns: a set that many entries share.

    `text` has each value on a line of its own, with a line feed before the first one.
    """

    digest = models.CharField(max_length=64, unique=True)
    text = models.TextField()

    def __str__(self) -> str:
        return ", ".join(self.text.split())


class FoundText(models.Model):
    """The texts and tags of a policy, of a statement (`position`) or of a change (`change`).

    `name` distinguishes a row in its group. `lowered`, `names` and `text` are in lower
    case, the last two with a line for each name and text. `levels` and `effects` have a bit for
    each access level and effect; `day` is a date such as 20260131.
    """

    group = models.CharField(max_length=16)
    policy = models.ForeignKey(
        Policy, null=True, on_delete=models.CASCADE, related_name="found_texts"
    )
    position = models.PositiveIntegerField(null=True)
    change = models.ForeignKey(
        ChangelogEntry, null=True, on_delete=models.CASCADE, related_name="found_texts"
    )
    name = models.CharField(max_length=2100)
    lowered = models.CharField(max_length=300)
    length = models.PositiveIntegerField()
    names = models.TextField()
    text = models.TextField()
    kind = models.CharField(max_length=32, blank=True)
    levels = models.PositiveSmallIntegerField(default=0)
    effects = models.PositiveSmallIntegerField(default=0)
    day = models.PositiveIntegerField(null=True)
    services = models.ForeignKey(TagSet, on_delete=models.PROTECT, related_name="+")
    conditions = models.ForeignKey(TagSet, on_delete=models.PROTECT, related_name="+")
    resources = models.ForeignKey(TagSet, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["group", "name"], name="found_by_name")
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.name}"


class WrittenPolicy(models.Model):
    """A policy whose texts are those of today: without this row they are to be written."""

    policy = models.OneToOneField(
        Policy, primary_key=True, on_delete=models.CASCADE, related_name="written"
    )

    def __str__(self) -> str:
        return f"{self.policy_id}"
