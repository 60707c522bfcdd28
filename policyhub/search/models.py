"""Which texts of policies are today's; and the texts themselves, where memory is too small.

Those are written by `search.finding.in_database.writing` when they are needed, and never where
memory suffices.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.db import models

from policyhub.catalog.models import ChangelogEntry, Policy

_ROWS_AT_ONCE = 1_000


class TagSet(models.Model):
    """Several services, condition keys or resource patterns: a set that many entries share.

    `text` has each value on a line of its own, with a line feed before the first one.
    """

    digest = models.CharField(max_length=64)
    text = models.TextField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["digest"], name="one_of_each_set")
        ]

    def __str__(self) -> str:
        return ", ".join(self.text.split())


_OF_A_SET: dict[str, Any] = {
    "on_delete": models.PROTECT,
    "related_name": "+",
    "db_constraint": False,
}


class FoundText(models.Model):
    """The texts and tags of a policy, of a statement (`position`) or of a change (`change`).

    `name` distinguishes a row in its group. `lowered`, `names` and `text` are in lower
    case, the last two with a line for each name and text. `levels` and `effects` have a bit for
    each access level and effect; `day` is a date such as 20260131.
    """

    group = models.CharField(max_length=16)
    # What others are is not held to by the database, which would look it up for each row.
    policy = models.ForeignKey(
        Policy, null=True, on_delete=models.CASCADE, related_name="found_texts", db_constraint=False
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
    services = models.ForeignKey(
        TagSet, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    conditions = models.ForeignKey(
        TagSet, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    resources = models.ForeignKey(
        TagSet, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["group", "name"], name="found_by_name")
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.name}"


class MoreText(models.Model):
    """Further lines of a text that is too long to be looked through at once, some at a time.

    They are written and deleted with their row.
    """

    row = models.ForeignKey(
        FoundText, on_delete=models.DO_NOTHING, related_name="more", db_constraint=False
    )
    text = models.TextField()

    def __str__(self) -> str:
        return f"{self.row_id}: {len(self.text)} letters"


class LetterCount(models.Model):
    """In how many rows of a group a word of one or two letters is."""

    word = models.CharField(max_length=2)
    group = models.CharField(max_length=16)
    count = models.IntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["word", "group"], name="one_count_of_letters")
        ]

    def __str__(self) -> str:
        return f"{self.group} with {self.word}: {self.count}"


class WrittenPolicy(models.Model):
    """A policy whose texts are those of today: without this row they are to be written."""

    policy = models.OneToOneField(
        Policy, primary_key=True, on_delete=models.CASCADE, related_name="written"
    )

    def __str__(self) -> str:
        return f"{self.policy_id}"


class TextStamp(models.Model):
    """When something of a policy was changed that the search finds; without a row, never.

    An index in memory has the stamps of the texts that it was made of: where one is another, the
    entries of that policy are made again.
    """

    # Not held to by the database: of a policy that is being deleted, its texts go before it does.
    policy = models.OneToOneField(
        Policy,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="text_stamp",
        db_constraint=False,
    )
    stamp = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.policy_id}: {self.stamp}"

    @staticmethod
    def move(policies: Collection[int] | None) -> None:
        """Give some policies, by their keys in the database, or all another stamp.

        It is the clock's number, so that none comes again, in the transaction of the change.
        """
        known = Policy.objects.order_by().values_list("pk", flat=True)
        keys = known if policies is None else known.filter(pk__in=policies)
        stamp = time.time_ns()
        TextStamp.objects.bulk_create(
            (TextStamp(policy_id=key, stamp=stamp) for key in keys),
            update_conflicts=True,
            unique_fields=["policy"],
            update_fields=["stamp"],
            batch_size=_ROWS_AT_ONCE,
        )

    @staticmethod
    def of_policies() -> Mapping[str, int]:
        """The stamps by `Policy.key`."""
        return dict(TextStamp.objects.order_by().values_list("policy__key", "stamp"))
