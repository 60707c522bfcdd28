"""What a curator may write, and what is said when it can't be right."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from policyhub.catalog.admin.form_state import with_plain_line_ends
from policyhub.catalog.admin.while_typing import MarkdownTextarea, PatternInput
from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy

SERVICE_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]*")
ACTION_NAME = re.compile(r"[A-Za-z0-9_*?.-]+")
SERVICE_PRINCIPAL = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")


def validate_described_pattern(pattern: str) -> None:
    """Raise unless `pattern` is a service prefix or an action pattern of one service."""
    prefix, colon, name = pattern.partition(":")
    if not SERVICE_PREFIX.fullmatch(prefix):
        raise ValidationError(
            "`%(prefix)s` is not a service prefix: write it in lowercase as policies do, "
            "for example `ecs` or `ecs:Submit*`.",
            params={"prefix": prefix},
        )
    if colon and not ACTION_NAME.fullmatch(name):
        raise ValidationError(
            "`%(name)s` is not an action name: letters, digits and the wildcards * and ? are "
            "possible after the colon.",
            params={"name": name},
        )


def optional_url() -> forms.URLField:
    """A link that may be left out; without a scheme, https is meant."""
    return forms.URLField(required=False, max_length=500, assume_scheme="https")


def by_number(field: Any) -> None:
    """Have a field for a version of one policy call each by its number alone."""
    field.label_from_instance = lambda version: version.version_id or "unnumbered"


class ProseField(forms.CharField):
    """A text of several lines, kept with plain line ends: browsers send CR and LF."""

    def to_python(self, value: Any) -> str:
        """Read a text."""
        return with_plain_line_ends(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Other line ends do not count as a change."""
        return super().has_changed(with_plain_line_ends(initial or ""), data)


class LinesField(forms.CharField):
    """A list of service principals, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})

    def prepare_value(self, value: Any) -> Any:
        """Show a list as its lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Read lines into a list, naming the line that is not a service principal."""
        lines = [line.strip() for line in (super().to_python(value) or "").splitlines()]
        for number, line in enumerate(lines, start=1):
            if line and not SERVICE_PRINCIPAL.fullmatch(line):
                raise ValidationError(
                    "Line %(number)s: `%(line)s` is not a service principal such as "
                    "`ecs-tasks.amazonaws.com`.",
                    params={"number": number, "line": line},
                )
        return [line for line in lines if line]


class PolicyForm(forms.ModelForm[Policy]):
    """A policy's prose."""

    trusted_services = LinesField(
        required=False,
        help_text="Service principals that assume a role with it, one a line.",
    )

    documentation_url = optional_url()

    class Meta:
        model = Policy
        fields = (
            "summary",
            "considerations",
            "described_version",
            "documented_attachable",
            "trusted_services",
            "documentation_url",
            "deprecated_on",
            "successor",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        described = self.fields["described_version"]
        if isinstance(described, forms.ModelChoiceField):
            described.queryset = self.instance.versions.newest_first()
            by_number(described)

    def clean_successor(self) -> Policy | None:
        """A policy can't follow itself."""
        successor: Policy | None = self.cleaned_data["successor"]
        if successor is not None and successor.pk == self.instance.pk:
            raise ValidationError("A policy can't be its own successor: choose another one.")
        return successor


class PermissionDescriptionForm(forms.ModelForm[PermissionDescription]):
    """Why a policy has a permission."""

    source_url = optional_url()

    class Meta:
        model = PermissionDescription
        fields = ("order", "pattern", "text", "version", "source_url", "source_date")
        widgets: ClassVar[dict[str, Any]] = {"pattern": PatternInput}

    def clean_pattern(self) -> str:
        """Accept a service prefix or an action pattern."""
        pattern: str = self.cleaned_data["pattern"].strip()
        validate_described_pattern(pattern)
        return pattern

    def clean(self) -> dict[str, Any]:
        """A description belongs to a version of its own policy."""
        cleaned = super().clean() or {}
        version, policy = cleaned.get("version"), cleaned.get("policy")
        if version and policy and version.policy_id != policy.pk:
            self.add_error("version", f"{version} is a version of another policy.")
        return cleaned


class ChangelogEntryForm(forms.ModelForm[ChangelogEntry]):
    """A change that the documentation mentions."""

    source_url = optional_url()

    class Meta:
        model = ChangelogEntry
        fields = ("policy", "date", "title", "description", "source_url")

    def clean_date(self) -> Any:
        """A change that is still to come is a slip of the pen."""
        date = self.cleaned_data["date"]
        if date > timezone.localdate():
            raise ValidationError(
                "%(date)s is in the future: give the date of the change.", params={"date": date}
            )
        return date


PROSE: dict[Any, dict[str, Any]] = {
    models.TextField: {"form_class": ProseField, "widget": AdminTextareaWidget}
}
# The same for texts in Markdown.
MARKDOWN: dict[Any, dict[str, Any]] = {
    models.TextField: {"form_class": ProseField, "widget": MarkdownTextarea}
}
