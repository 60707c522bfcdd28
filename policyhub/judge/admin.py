"""Rules of one's own in the admin: read before they are saved, in force with the next page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from policyhub.catalog.admin.forms import PROSE
from policyhub.catalog.admin.saving import SavedAsSeen
from policyhub.judge.models import RiskRule
from policyhub.judge.risks.own_rules import problem_of
from policyhub.judge.risks.rules_of_today import rules_of_today


class RiskRuleForm(forms.ModelForm[RiskRule]):
    """A rule, which must be readable."""

    class Meta:
        model = RiskRule
        fields = ("name", "text")

    def clean_text(self) -> str:
        """Name what is wrong with the paths."""
        text: str = self.cleaned_data["text"]
        problem = problem_of(text, self.instance.pk)
        if problem:
            raise ValidationError("%(problem)s", params={"problem": problem})
        return text


@admin.register(RiskRule)
class RiskRuleAdmin(SavedAsSeen[RiskRule]):
    """The rules, each with the paths that it adds."""

    form = RiskRuleForm
    formfield_overrides = PROSE
    list_display = ("name", "in_force")
    search_fields = ("name", "text")

    @admin.display(description="Paths in force")
    def in_force(self, rule: RiskRule) -> str:
        """The ids of its paths, or why there are none."""
        rules = rules_of_today()
        if rule.pk in rules.problems:
            return f"None: {rules.problems[rule.pk]}"
        return ", ".join(each.id for each in rules.by_rule.get(rule.pk, ()))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The newest edits of everything: a rule belongs to no policy."""
        return redirect("curating:edits")
