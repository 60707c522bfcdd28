"""The part of the help that is about the open page."""

from __future__ import annotations

from django.template import Context, Library
from django.urls import reverse

register = Library()

# By the name of a page's URL: the help page, and the anchor of its part.
PARTS = {
    "browse:overview": ("using", ""),
    "browse:policies": ("using", "the-list-of-policies"),
    "browse:policy": ("using", "a-policy"),
    "browse:policy_permissions": ("using", "permissions"),
    "browse:policy_document": ("using", "document"),
    "browse:policy_changes": ("using", "changes-of-a-policy"),
    "browse:policy_checks": ("using", "checks"),
    "browse:policy_by_arn": ("using", "a-policy"),
    "browse:risks": ("using", "risks"),
    "browse:risk": ("using", "risks"),
    "browse:action": ("using", "actions-services-and-condition-keys"),
    "browse:services": ("using", "actions-services-and-condition-keys"),
    "browse:service": ("using", "actions-services-and-condition-keys"),
    "browse:condition_keys": ("using", "actions-services-and-condition-keys"),
    "browse:condition_key": ("using", "actions-services-and-condition-keys"),
    "browse:changes": ("using", "the-change-log-and-its-feeds"),
    "browse:removals": ("using", "the-change-log-and-its-feeds"),
    "browse:facts": ("data", "facts-about-services"),
    "browse:sources": ("data", "how-old-the-data-is"),
    "search:search": ("searching", ""),
    "search:who_can": ("who-can", ""),
    "search:best_fit": ("who-can", "best-fit"),
    "templates:policy": ("templates", "the-page"),
    "templates:document": ("templates", "the-page"),
    "compare:compare": ("comparing", ""),
    "simulate:simulate": ("simulating", ""),
    "desk:desk": ("curating", "the-desk"),
    "desk:accept": ("curating", "the-desk"),
    "desk:assign": ("curating", "the-desk"),
    "desk:undo": ("curating", "the-desk"),
    "desk:edit": ("curating", "the-desk"),
    "curating:edits": ("curating", "the-history-of-edits"),
    "curating:edits_of_policy": ("curating", "the-history-of-edits"),
    "curating:edit_row": ("curating", "editing-on-the-page"),
    "curating:imports": ("curating", "imports-with-a-preview"),
    "curating:import": ("curating", "imports-with-a-preview"),
    "curating:decide_import": ("curating", "imports-with-a-preview"),
    "curating:undo_decision": ("curating", "imports-with-a-preview"),
    "curating:close_import": ("curating", "imports-with-a-preview"),
    "curating:put_back": ("curating", "the-history-of-edits"),
    "workbench:policy_report": ("reports", ""),
    "workbench:comparison_report": ("reports", "comparisons-and-sets"),
    "workbench:set_report": ("reports", "comparisons-and-sets"),
    "logins:tokens": ("running", "personal-tokens"),
    "logins:end_token": ("running", "personal-tokens"),
    "workbench:watching": ("watching", ""),
    "workbench:watched_file": ("watching", "scenarios-whose-answers-changed"),
    "logins:sign_in": ("running", "single-sign-on"),
    "logins:signed_in": ("running", "single-sign-on"),
    "login": ("curating", "accounts"),
}


@register.simple_tag(takes_context=True)
def help_here(context: Context) -> str:
    """The address of the help about the open page; the contents where no part is about it."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    slug, anchor = PARTS.get(match.view_name if match else "", ("", ""))
    if not slug:
        return reverse("help:contents")
    address = reverse("help:page", args=[slug])
    return f"{address}#{anchor}" if anchor else address
