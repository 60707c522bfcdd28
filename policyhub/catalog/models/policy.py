"""Policies, their versions and statements."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Any, ClassVar

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Cast, Coalesce, Lower, Substr
from django.urls import reverse
from django.utils import dateformat

from policyhub.catalog.models.claims import Claimed
from policyhub.catalog.models.edit_history import EditHistory
from policyhub.catalog.models.level_counts import LevelCounts
from policyhub.catalog.moments import DateKnown, date_known


def policy_label(key: str) -> str:
    """The name of a policy with the account that owns it, by its `Policy.key`."""
    if not key.startswith("arn:"):
        return key
    return f"{key.rpartition('/')[2]} ({account_of(key)})"


def account_of(arn: str) -> str:
    """The account in the ARN of a policy, `aws` in those of AWS's own."""
    return "".join(arn.split(":")[4:5])


# Versions by date, then by number, for days may tie: the last first.
NEWEST_FIRST = (F("existed_by").desc(nulls_last=True), "-number", "-pk")


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    """Versions, narrowed by questions that read like the sentence."""

    def in_force(self) -> PolicyVersionQuerySet:
        """The default versions: one a policy, what attaching it gives today.

        AWS has removed some policies: nobody can attach these any more.
        """
        return self.filter(is_default=True, policy__last_seen_on=None)

    def oldest_first(self) -> PolicyVersionQuerySet:
        """In the order in which they were made: by date, then by number, for days may tie."""
        return self.order_by(F("existed_by").asc(nulls_first=True), "number", "pk")

    def newest_first(self) -> PolicyVersionQuerySet:
        """The same, the other way round."""
        return self.order_by(*NEWEST_FIRST)

    def named_like(self, text: str) -> PolicyVersionQuerySet:
        """Versions of policies whose names contain every word of `text`, or whose account it is."""
        words = (
            Q(policy__name__icontains=word) | Q(policy__arn__contains=f":{word}:")
            for word in text.split()
        )
        return self.filter(reduce(and_, words, Q()))


# What sources say of a policy, which nobody edits: the history of edits leaves it out.
FACT_FIELDS = [
    "key", "name", "arn", "path", "kind", "attachable", "created_at", "updated_at",
    "last_seen_on", "facts_retrieved_on", "curated_at",
]  # fmt: skip


class Policy(Claimed):
    """A managed policy. Its facts come from AWS, its prose from curators.

    `key` is what it is called at every door: the name of one of AWS's own, which are unique
    among themselves, and the ARN of a customer's, whose name may be another policy's too; the
    name if no source gives the ARN. The database computes it.

    `facts_retrieved_on` says how fresh the facts are: an older source never overwrites a
    newer one. `curated_at` is set by the first edit in the admin: from then on no import
    touches the prose.
    """

    class Kind(models.TextChoices):
        """What a policy is made for, according to its ARN and path."""

        AWS_MANAGED = "aws-managed", "AWS managed"
        JOB_FUNCTION = "job-function", "Job function"
        SERVICE_ROLE = "service-role", "Service role"
        SERVICE_LINKED_ROLE = "service-linked-role", "Service-linked role"
        CUSTOMER_MANAGED = "customer-managed", "Customer managed"

    key = models.GeneratedField(
        expression=Case(
            When(kind=Kind.CUSTOMER_MANAGED, then=Coalesce("arn", "name")), default=F("name")
        ),
        output_field=models.CharField(max_length=2048),
        db_persist=True,
        unique=True,
    )
    name = models.CharField(max_length=128, db_index=True)
    arn = models.CharField(
        "ARN",
        max_length=2048,
        unique=True,
        null=True,
        blank=True,
        help_text="Empty if the source does not include it (a document from a file).",
    )
    path = models.CharField(max_length=512, default="/")
    kind = models.CharField(max_length=32, choices=Kind)
    attachable = models.BooleanField(
        help_text="Whether users, groups and roles can have it attached, according to its path."
    )
    documented_attachable = models.BooleanField(
        null=True,
        blank=True,
        help_text="What the documentation says about attaching it; empty if it says nothing.",
    )
    trusted_services = models.JSONField(
        default=list, blank=True, help_text="Service principals that assume a role with it."
    )
    summary = models.TextField(blank=True, help_text="What it is for, in Markdown.")
    considerations = models.TextField(
        blank=True, help_text="What to consider before using it, in Markdown."
    )
    documentation_url = models.URLField("documentation URL", max_length=500, blank=True)
    described_version = models.ForeignKey(
        "PolicyVersion",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The version that the summary and considerations describe.",
    )
    created_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)
    deprecated_on = models.DateField(null=True, blank=True)
    last_seen_on = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="Of a policy that AWS has removed, the last day on which a source had it.",
    )
    successor = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    facts_retrieved_on = models.DateField(null=True, blank=True)
    curated_at = models.DateTimeField(null=True, blank=True, editable=False)

    history: Any = EditHistory(excluded_fields=FACT_FIELDS)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "key"]
        verbose_name_plural = "policies"
        # Lists sort names as people read them.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(Lower("name"), name="policies_by_name"),
            # Every page says how new the newest are.
            models.Index(
                fields=["facts_retrieved_on"],
                condition=Q(last_seen_on=None),
                name="policies_by_newness",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        """The policy's page."""
        return reverse("browse:policy", args=[self.key])

    @property
    def account(self) -> str:
        """The account that owns it, `aws` for AWS's own; "" if no source gives the ARN."""
        return account_of(self.arn or "")

    @property
    def label(self) -> str:
        """Its name as people read it: of a customer's policy with the account."""
        return policy_label(self.key)


class PolicyVersion(LevelCounts):
    """One document of a policy: never edited, only added.

    The document's text is compact JSON with the source's key order. `version_id` is empty
    if no source gives it. A policy deleted and created again repeats its version ids, so the
    digest belongs to the key. The columns below `retrieved_on` are derived from the document.

    Where no source tells when it was made, `created_at` is empty, and `not_before` and
    `not_after` say between which moments that was, as far as these are known. `existed_by` is
    the moment by which it was there.
    """

    class Source(models.TextChoices):
        """Where a document was read."""

        DOCUMENTATION = "documentation", "AWS documentation"
        IAM_API = "iam-api", "IAM API"
        PACKAGES = "packages", "Published packages"
        EXPORT = "export", "Authorization-details export"
        FILE = "file", "File"

    class ResourceScope(models.TextChoices):
        """How far the Allow statements reach."""

        ALL = "all", "All resources"
        SCOPED = "scoped", "Scoped"
        MIXED = "mixed", "Mixed"

    class ConditionScope(models.TextChoices):
        """How many of the statements have a condition."""

        NONE = "none", "None"
        SOME = "some", "Some statements"
        ALL = "all", "All statements"

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="versions")
    version_id = models.CharField(max_length=16, blank=True)
    number = models.GeneratedField(
        expression=Case(
            When(version_id="", then=None),
            default=Cast(Substr("version_id", 2), models.IntegerField()),
        ),
        output_field=models.IntegerField(null=True),
        db_persist=True,
    )
    created_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    existed_by = models.GeneratedField(
        expression=Coalesce("created_at", "not_after"),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )
    document = models.TextField()
    digest = models.CharField(max_length=64)
    is_default = models.BooleanField(default=False)
    source = models.CharField(max_length=32, choices=Source)
    retrieved_on = models.DateField(null=True, blank=True)

    language = models.CharField(
        max_length=10, blank=True, help_text="Which version of the policy language it is in."
    )
    statement_count = models.PositiveIntegerField(default=0)
    pattern_count = models.PositiveIntegerField(default=0)
    action_count = models.PositiveIntegerField(default=0)
    resource_scope = models.CharField(max_length=8, choices=ResourceScope, blank=True)
    condition_scope = models.CharField(max_length=8, choices=ConditionScope, blank=True)
    uses_deny = models.BooleanField(default=False)
    uses_not_action = models.BooleanField(default=False)
    uses_not_resource = models.BooleanField(default=False)

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[Any]] = ["policy", *NEWEST_FIRST]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["policy", "version_id", "digest"], name="version_once_per_document"
            ),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(is_default=True), name="one_default_version"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["policy"], condition=Q(is_default=True), name="default_versions"),
            # All that a question about an action reads of versions.
            models.Index(
                fields=["id", "policy", "version_id"],
                condition=Q(is_default=True),
                name="versions_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy.label} {self.version_id or 'unnumbered version'}"

    @property
    def data_day(self) -> str:
        """The day of the data, as it can follow the source's name; said where it is not known."""
        if self.retrieved_on is None:
            return "with data of an unknown day"
        return f"of {dateformat.format(self.retrieved_on, 'j F Y')}"

    @property
    def date_known(self) -> DateKnown:
        """How it is known when it was made: to the second, to the day, or between two moments."""
        return date_known(self.created_at, self.not_before, self.not_after)

    @property
    def day_in_words(self) -> str:
        """The day on which it was made, or the days between which that was; ISO 8601."""
        if self.created_at:
            return self.created_at.date().isoformat()
        after = self.not_before and self.not_before.date().isoformat()
        by = self.not_after and self.not_after.date().isoformat()
        if after and by:
            return f"between {after} and {by}"
        return f"after {after}" if after else f"by {by}" if by else "not known"


class Statement(models.Model):
    """One statement of a version, derived from its document; positions count from 0.

    `has_long_pattern` says that an action pattern is too long to have a row in `Pattern`. `shape`
    and `account` are as `catalog.access.shapes` makes them.
    """

    version = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="statements")
    position = models.PositiveIntegerField()
    sid = models.TextField(blank=True)
    effect = models.CharField(max_length=5)
    actions = models.JSONField()
    not_action = models.BooleanField(default=False)
    has_long_pattern = models.BooleanField(default=False)
    resources = models.JSONField()
    not_resource = models.BooleanField(default=False)
    conditions = models.JSONField()
    principals = models.JSONField(null=True, blank=True)
    shape = models.CharField(max_length=32)
    account = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["version", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "position"], name="statement_position")
        ]
        indexes: ClassVar[list[models.Index]] = [
            # Few statements, which no pattern leads to.
            models.Index(fields=["version"], condition=Q(not_action=True), name="not_actions"),
            models.Index(
                fields=["version"], condition=Q(has_long_pattern=True), name="long_patterns"
            ),
            # All that a question about an action reads of most statements.
            models.Index(
                fields=["id", "version", "position", "shape", "account"],
                condition=Q(not_action=False),
                name="statement_shapes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: statement {self.position + 1} {self.sid}".rstrip()
