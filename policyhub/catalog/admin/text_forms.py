"""The short forms outside the admin: one row each, and no more than its text."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db import models

from policyhub.catalog.admin.forms import (
    ChangelogEntryForm,
    PermissionDescriptionForm,
    ProseField,
)
from policyhub.catalog.admin.while_typing import ShortMarkdownTextarea, ShortPatternInput
from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy


def _prose(field: Any, **kwargs: Any) -> Any:
    """A form's field; texts keep plain line ends, and are shown as they will be read."""
    if isinstance(field, models.TextField):
        kwargs |= {"form_class": ProseField, "widget": ShortMarkdownTextarea}
    return field.formfield(**kwargs)


class PolicyTextsForm(forms.ModelForm[Policy]):
    """What a policy is for, and what to consider."""

    class Meta:
        model = Policy
        fields = ("summary", "considerations")
        formfield_callback = _prose


class DescriptionTextForm(PermissionDescriptionForm):
    """Why a policy has a permission."""

    source_url = None  # type: ignore[assignment]

    class Meta:
        model = PermissionDescription
        fields = ("pattern", "text")
        widgets: ClassVar[dict[str, Any]] = {"pattern": ShortPatternInput}
        formfield_callback = _prose


class EntryTextForm(ChangelogEntryForm):
    """What changed, and when."""

    source_url = None  # type: ignore[assignment]

    class Meta:
        model = ChangelogEntry
        fields = ("date", "title", "description")
        formfield_callback = _prose
