"""A policy's prose, descriptions and change log, next to the facts that AWS owns."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Count, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from policyhub.catalog.admin.changes import ChangelogEntryInline
from policyhub.catalog.admin.claims import claim_of
from policyhub.catalog.admin.forms import MARKDOWN, PermissionDescriptionForm, PolicyForm, by_number
from policyhub.catalog.admin.readonly import ReadOnly
from policyhub.catalog.admin.saving import SavedAsSeen
from policyhub.catalog.deriving.indexing import index_policies
from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy, PolicyVersion
from policyhub.catalog.prose.described_pattern import warning_about


class WithdrawingFormSet(BaseInlineFormSet[Any, Any, Any]):
    """Deletes rows, of those that a page has only ours: the page's claim is still checked."""

    def delete_existing(self, obj: PermissionDescription, commit: bool = True) -> None:
        """Delete or withdraw a row."""
        if obj.claim is None:
            super().delete_existing(obj, commit=commit)
        elif commit:
            obj.is_withdrawn = True
            obj.save()


class PermissionDescriptionInline(admin.StackedInline[PermissionDescription, Policy]):
    """Why the policy has each permission."""

    model = PermissionDescription
    form = PermissionDescriptionForm
    formset = WithdrawingFormSet
    formfield_overrides = MARKDOWN
    fields = (*PermissionDescriptionForm.Meta.fields, "page_says")
    readonly_fields = ("page_says",)
    extra = 0

    @admin.display(description="AWS's page says")
    def page_says(self, description: PermissionDescription) -> SafeString:
        """The page's own words, where ours are others."""
        return claim_of(description)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the versions of this policy alone."""
        if db_field.name == "version" and request is not None:
            policy_id = request.resolver_match.kwargs.get("object_id")
            kwargs["queryset"] = PolicyVersion.objects.filter(policy_id=policy_id).newest_first()
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "version":
            by_number(field)
        return field


class PolicyVersionInline(ReadOnly, admin.TabularInline[PolicyVersion, Policy]):
    """The versions that are known, each with a link to its statements."""

    model = PolicyVersion
    fk_name = "policy"
    fields = ("version_link", "created_at", "is_default", "source", "retrieved_on", "action_count")
    readonly_fields = fields
    verbose_name_plural = "versions (read-only)"

    @admin.display(description="Version")
    def version_link(self, version: PolicyVersion) -> SafeString:
        """The version's page in the admin."""
        url = reverse("admin:catalog_policyversion_change", args=[version.pk])
        return format_html('<a href="{}">{}</a>', url, version.version_id or "unnumbered")


@admin.register(Policy)
class PolicyAdmin(SavedAsSeen[Policy]):
    """Find a policy and keep its prose true. Policies are added only by import."""

    form = PolicyForm
    formfield_overrides = MARKDOWN
    list_display = (
        "name",
        "account",
        "kind",
        "attachable",
        "description_count",
        "curated_at",
        "updated_at",
    )
    list_filter = ("kind", "attachable", ("curated_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "arn")
    # Said again for the rows that are counted: grouped rows have no order of their model's.
    ordering = ("name", "key")
    autocomplete_fields = ("successor",)
    inlines = (PermissionDescriptionInline, ChangelogEntryInline, PolicyVersionInline)
    save_on_top = True
    facts: ClassVar[tuple[str, ...]] = (
        "name", "arn", "path", "kind", "attachable", "created_at", "updated_at",
        "facts_retrieved_on", "curated_at",
    )  # fmt: skip
    readonly_fields = (*facts, "page_says")
    fieldsets = (
        (
            "What it is for",
            {
                "fields": (
                    "summary", "considerations", "page_says", "described_version",
                    "documented_attachable", "trusted_services", "documentation_url",
                    "deprecated_on", "successor",
                )
            },
        ),
        ("Facts from AWS (read-only)", {"fields": facts}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Policy]:
        """Count the descriptions in the same query."""
        rows: QuerySet[Policy] = super().get_queryset(request)
        return rows.annotate(description_total=Count("descriptions"))

    @admin.display(description="AWS's page says")
    def page_says(self, policy: Policy) -> SafeString:
        """The page's own words, where ours are others."""
        return claim_of(policy)

    @admin.display(description="Descriptions", ordering="description_total")
    def description_count(self, policy: Any) -> int:
        """How many permissions are described."""
        total: int = policy.description_total
        return total

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A policy without a document would say nothing true."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        """What AWS publishes is not a curator's to remove."""
        return False

    def get_view_on_site_url(self, obj: Policy | None = None) -> str | None:
        """The policy's own page; no detour over the sites framework."""
        return None if obj is None else obj.get_absolute_url()

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The edits of what belongs to the policy, on a page of their own."""
        policy = self.get_object(request, unquote(object_id))
        if policy is None:
            return super().history_view(request, object_id, extra_context)
        return redirect("curating:edits_of_policy", policy.key)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Mark what a curator touched: imports leave it alone from then on."""
        touched = form.has_changed() or any(formset.has_changed() for formset in formsets)
        super().save_related(request, form, formsets, change)
        if not touched:
            return
        index_policies([form.instance.pk])
        now = timezone.now()
        Policy.objects.filter(pk=form.instance.pk).update(curated_at=now)
        entries = [
            entry.pk
            for formset in formsets
            if formset.model is ChangelogEntry
            for entry in [*formset.new_objects, *(row for row, _ in formset.changed_objects)]
        ]
        ChangelogEntry.objects.filter(pk__in=entries).update(curated_at=now)
        self._name_what_is_not_granted(request, form.instance)

    def _name_what_is_not_granted(self, request: HttpRequest, policy: Policy) -> None:
        """Say which described patterns name a service that the policy's documents never name."""
        named = set(
            Policy.objects.filter(pk=policy.pk).values_list(
                "versions__service_grants__service__prefix", flat=True
            )
        )
        strangers = sorted(
            pattern
            for pattern in policy.descriptions.values_list("pattern", flat=True)
            if pattern.partition(":")[0] not in named
        )
        for pattern in policy.descriptions.values_list("pattern", flat=True):
            if pattern not in strangers and (said := warning_about(pattern)):
                messages.warning(request, said)
        if strangers:
            messages.warning(
                request,
                "Described, although no version of the policy names the service: "
                + ", ".join(f"`{pattern}`" for pattern in strangers),
            )
