"""The change log, by itself and in line with a policy."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString

from policyhub.catalog.admin.claims import claim_of
from policyhub.catalog.admin.forms import MARKDOWN, ChangelogEntryForm
from policyhub.catalog.admin.saving import SavedAsSeen
from policyhub.catalog.models import ChangelogEntry, Policy


class ChangelogEntryInline(admin.StackedInline[ChangelogEntry, Policy]):
    """The entries about a policy."""

    model = ChangelogEntry
    form = ChangelogEntryForm
    formfield_overrides = MARKDOWN
    fields = ("date", "title", "description", "source_url", "page_says")
    readonly_fields = ("page_says",)
    extra = 0

    @admin.display(description="AWS's page says")
    def page_says(self, entry: ChangelogEntry) -> SafeString:
        """The page's own words, where ours are others."""
        return claim_of(entry)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Only what is documented is written by people."""
        documented = ChangelogEntry.Source.DOCUMENTATION
        return super().get_queryset(request).filter(source=documented)


def _is_observed(entry: ChangelogEntry | None) -> bool:
    return entry is not None and entry.source == ChangelogEntry.Source.OBSERVED


@admin.register(ChangelogEntry)
class ChangelogEntryAdmin(SavedAsSeen[ChangelogEntry]):
    """All entries, those without a policy included."""

    form = ChangelogEntryForm
    formfield_overrides = MARKDOWN
    list_display = ("date", "title", "policy", "source")
    list_display_links = ("title",)
    list_filter = ("source", "date")
    list_select_related = ("policy",)
    search_fields = ("title", "description", "policy__name", "policy__arn")
    autocomplete_fields = ("policy",)
    date_hierarchy = "date"

    def has_change_permission(
        self, request: HttpRequest, obj: ChangelogEntry | None = None
    ) -> bool:
        """An observed entry is derived from two versions: nobody rewrites it."""
        return not _is_observed(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: ChangelogEntry | None = None
    ) -> bool:
        """Nor does anybody delete it, alone or among selected entries."""
        return not _is_observed(obj) and super().has_delete_permission(request, obj)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The edits of its policy, or, of an entry without one, the newest of all."""
        entry = self.get_object(request, unquote(object_id))
        if entry is None:
            return super().history_view(request, object_id, extra_context)
        if entry.policy is None:
            return redirect("curating:edits")
        return redirect("curating:edits_of_policy", entry.policy.key)

    def saved_along(self, row: ChangelogEntry) -> list[Policy]:
        """An entry is saved with its policy too."""
        return [] if row.policy is None else [row.policy]

    def save_model(
        self, request: HttpRequest, obj: ChangelogEntry, form: Any, change: bool
    ) -> None:
        """Mark the entry as a curator's, so that no import rewrites it."""
        obj.curated_at = timezone.now()
        super().save_model(request, obj, form, change)
