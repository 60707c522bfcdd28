"""Versions and their statements, to read next to the prose."""

from __future__ import annotations

import json
from typing import ClassVar

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from policyhub.catalog.admin.readonly import ReadOnly
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.models import Statement as StoredStatement


def json_block(value: object) -> SafeString:
    """`value` as indented JSON that keeps its line breaks."""
    return format_html(
        '<pre class="admin-json">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False)
    )


class StatementInline(ReadOnly, admin.TabularInline[StoredStatement, PolicyVersion]):
    """The statements of a version."""

    model = StoredStatement
    fields = ("number", "sid", "effect", "granted", "resource", "condition")
    readonly_fields = fields

    @admin.display(description="#")
    def number(self, statement: StoredStatement) -> int:
        """Statements are counted from 1 for people."""
        return statement.position + 1

    @admin.display(description="Action")
    def granted(self, statement: StoredStatement) -> SafeString:
        """Action or NotAction, as the document has it."""
        key = "NotAction" if statement.not_action else "Action"
        return json_block({key: statement.actions})

    @admin.display(description="Resource")
    def resource(self, statement: StoredStatement) -> SafeString:
        """Resource or NotResource, as the document has it."""
        key = "NotResource" if statement.not_resource else "Resource"
        return json_block({key: statement.resources})

    @admin.display(description="Condition")
    def condition(self, statement: StoredStatement) -> SafeString | str:
        """The condition, where there is one."""
        return json_block(statement.conditions) if statement.conditions else "-"


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnly, admin.ModelAdmin[PolicyVersion]):
    """A version as its source gave it."""

    list_display = ("policy", "version_id", "created_at", "is_default", "source", "retrieved_on")
    list_filter = ("source", "is_default")
    list_select_related = ("policy",)
    search_fields = ("policy__name", "policy__arn")
    inlines = (StatementInline,)
    fields = (
        "policy", "version_id", "created_at", "is_default", "source", "retrieved_on", "digest",
        "document_text",
    )  # fmt: skip
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    @admin.display(description="Document")
    def document_text(self, version: PolicyVersion) -> SafeString:
        """The document, indented."""
        return json_block(json.loads(version.document))
