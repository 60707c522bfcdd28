"""Files that curators bring in by the browser, and what they decided about each policy in them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class BroughtFile(models.Model):
    """A file as it was uploaded or pasted: who brought it, from where, and when.

    `policy_count` is the number of its policies, those that can't be imported included;
    `is_closed` says that nobody wants to decide about the rest of them.
    """

    name = models.CharField(max_length=200)
    origin = models.CharField(max_length=500, blank=True)
    retrieved_on = models.DateField(null=True, blank=True)
    data = models.BinaryField()
    policy_count = models.PositiveIntegerField(default=0)
    is_closed = models.BooleanField(default=False)
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    brought_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.name


class BroughtPolicy(models.Model):
    """A decision about one policy of a file, and the states that undoing it needs.

    `place` counts the policies of the file from 0. `before` and `after` are states as
    `catalog.importing.undoing` has them, both empty where the policy was rejected.
    """

    file = models.ForeignKey(BroughtFile, on_delete=models.CASCADE, related_name="decisions")
    place = models.PositiveIntegerField()
    key = models.CharField(max_length=2048)
    is_accepted = models.BooleanField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(auto_now_add=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["file", "place", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["file", "place"],
                condition=models.Q(undone_at=None),
                name="decided_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.file_id}"
