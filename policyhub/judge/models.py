"""What is judged of a version, kept in rows for lists and searches."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from policyhub.catalog.models import ChangelogEntry, PolicyVersion
from policyhub.catalog.models.edit_history import EditHistory


class PolicyRisk(models.Model):
    """A path that a default version opens or that is ruled out in it, derived from the document.

    `path`, `kind`, `family` and `gravity` are the path's, `answer` and `is_whole` those of
    `judge.risks.risk.Risk`.
    """

    version = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="risks")
    path = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(max_length=32)
    family = models.CharField(max_length=16)
    gravity = models.PositiveSmallIntegerField()
    answer = models.CharField(max_length=16)
    is_whole = models.BooleanField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "path"], name="policy_risk_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["family", "answer"], name="policy_risk_by_family")
        ]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.path} {self.answer}"


class PolicyVerdict(models.Model):
    """What a default version amounts to: a group by rank, 1 being the most serious, and why.

    The counts are of different things that one can do, as `judge.risks.verdict` counts them.
    """

    version = models.OneToOneField(
        PolicyVersion, primary_key=True, on_delete=models.CASCADE, related_name="verdict"
    )
    rank = models.PositiveSmallIntegerField(db_index=True)
    group = models.CharField(max_length=16)
    sentence = models.TextField()
    free_count = models.PositiveSmallIntegerField()
    bounded_count = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.version_id}: {self.group}"


class RiskRule(models.Model):
    """Paths of one's own, a YAML text in the form of the file that `risks --rules` takes."""

    name = models.CharField(
        max_length=100, unique=True, help_text="What it is called in this list and in the history."
    )
    text = models.TextField(
        "paths",
        help_text="YAML, as manage.py risks --rules reads it: paths with id, title, kind and "
        "requests. The help page about risks has the form and an example.",
    )
    history = EditHistory()

    class Meta:
        verbose_name = "rule of one's own"
        verbose_name_plural = "rules of one's own"
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class PolicyFinding(models.Model):
    """How often linting finds one thing in a default version; `code` and `type` are the rule's."""

    version = models.ForeignKey(
        PolicyVersion, on_delete=models.CASCADE, related_name="lint_findings"
    )
    code = models.CharField(max_length=64, db_index=True)
    type = models.CharField(max_length=16, db_index=True)
    count = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "code", "type"], name="policy_finding_once")
        ]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.code} {self.count}"


class LintedVersion(models.Model):
    """A default version that was linted; `rules` says by which, its findings are rows.

    A version without this row is still to be linted: nothing is known of it, not that it is clean.
    """

    version = models.OneToOneField(
        PolicyVersion, primary_key=True, on_delete=models.CASCADE, related_name="linted"
    )
    rules = models.CharField(max_length=64, db_index=True)

    def __str__(self) -> str:
        return f"{self.version_id}: linted"


class ObservedRisks(models.Model):
    """What an observed change did to risks: entries as `judge.risks.changes.RiskChange` has them.

    Each says a title, the path that gives most of it, and `before` and `after`.
    """

    entry = models.OneToOneField(
        ChangelogEntry, primary_key=True, on_delete=models.CASCADE, related_name="risks"
    )
    gained = models.JSONField(default=list)
    lost = models.JSONField(default=list)
    gained_count = models.PositiveSmallIntegerField(db_index=True)
    lost_count = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.gained_count} gained, {self.lost_count} lost"
