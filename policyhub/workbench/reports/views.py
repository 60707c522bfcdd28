"""The pages of reports, and their twins in JSON and Markdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from policyhub.catalog.models import PolicyVersion
from policyhub.deadline import answered_in_time, budget_of
from policyhub.http import Parameters, json_answer, problems_answer
from policyhub.iam.budget import Budget
from policyhub.workbench.reports.markdown import review_in_markdown
from policyhub.workbench.reports.notes import NewerNoteError, NotesForm, notes_form, save_note
from policyhub.workbench.reports.review import ReviewKind, ReviewReport, review_of
from policyhub.workbench.reports.since import UnusableSinceError, versions_of
from policyhub.workbench.reports.subject import ReportSubject, subject_of_version
from policyhub.workbench.versions import UnknownVersionError, version_at_address, version_named

#: Of one set: each is judged while the reader waits.
MOST_POLICIES = 12
_OF_A_POLICY = ("version", "since", "arn")
_OF_SEVERAL = ("policy", "since")

Answer = Callable[[HttpRequest, ReviewReport], HttpResponse]


def _of_a_policy(request: HttpRequest, name: str) -> ReviewReport | Parameters | HttpResponse:
    """The report at an address, what is wrong with its parameters, or where it should lead."""
    version = version_at_address(request, name)
    if isinstance(version, HttpResponse):
        return version
    asked = Parameters(request.GET)
    asked.expect(_OF_A_POLICY)
    return _review("policy", [subject_of_version(version)], asked, budget_of(request))


def _of_several(request: HttpRequest, kind: ReviewKind) -> ReviewReport | Parameters:
    asked = Parameters(request.GET)
    asked.expect(_OF_SEVERAL)
    subjects = _subjects(asked, kind)
    if asked.problems or not subjects:
        return asked
    return _review(kind, subjects, asked, budget_of(request))


def _subjects(asked: Parameters, kind: ReviewKind) -> list[ReportSubject]:
    """The documents that are named, each once; what is wrong with them is kept in `asked`."""
    given = asked.values("policy")
    if kind == "comparison" and given and len(given) != 2:
        asked.complain("two-policies", "policy", "name two policies or versions to be compared")
        return []
    if len(given) > MOST_POLICIES:
        message = f"there are {len(given)} policies: name at most {MOST_POLICIES}"
        asked.complain("too-many-policies", "policy", message)
        return []
    found: dict[str, ReportSubject] = {}
    for each in given:
        try:
            subject = subject_of_version(version_named(each))
        except UnknownVersionError as error:
            asked.complain("unknown-policy", "policy", str(error))
        else:
            found.setdefault(subject.name, subject)
    if kind == "comparison" and len(found) == 1 and not asked.problems:
        asked.complain("two-policies", "policy", "both are the same version: name two")
    return list(found.values())


def _review(
    kind: ReviewKind, subjects: list[ReportSubject], asked: Parameters, budget: Budget
) -> ReviewReport | Parameters:
    since = asked.value("since")
    if not asked.problems:
        try:
            return review_of(kind, subjects, since, datetime.now(UTC).date(), budget)
        except UnusableSinceError as error:
            asked.complain("unusable-since", "since", str(error))
    return asked


@require_http_methods(["GET", "HEAD", "POST"])
@answered_in_time
def policy_report(request: HttpRequest, name: str) -> HttpResponseBase:
    """The report on a version; by POST a signed-in reader's notes are saved with the policy."""
    version = version_at_address(request, name)
    if isinstance(version, HttpResponse):
        return version
    if request.method != "POST":
        return _policy_page(request, name, version, notes_form(request, version))
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    try:
        save_note(request, request.user, version)
    except NewerNoteError as error:
        current = notes_form(request, version) or NotesForm()
        refused = replace(current, text=request.POST.get("notes", ""), kept=error.kept)
        return _policy_page(request, name, version, refused, status=409)
    return HttpResponseRedirect(f"{request.get_full_path()}#notes")


def _policy_page(
    request: HttpRequest,
    name: str,
    version: PolicyVersion,
    notes: NotesForm | None,
    status: int = 200,
) -> HttpResponse:
    found = _of_a_policy(request, name)
    if isinstance(found, HttpResponse):
        return found
    if isinstance(found, Parameters):
        # What is not understood is left aside, and said.
        asked = Parameters(QueryDict(), found.problems)
        subjects = [subject_of_version(version)]
        review = review_of("policy", subjects, "", datetime.now(UTC).date(), budget_of(request))
        return _page(request, review, asked, notes, status)
    return _page(request, found, None, notes, status)


def _page(
    request: HttpRequest,
    review: ReviewReport,
    asked: Parameters | None = None,
    notes: NotesForm | None = None,
    status: int = 200,
) -> HttpResponse:
    only = review.only
    version = only.subject.version if only else None
    crumbs = [{"name": "Policies", "url": reverse("browse:policies")}]
    if version is not None:
        address = reverse("browse:policy", args=[version.policy.key])
        crumbs.append({"name": version.policy.label, "url": address})
    context = {
        "title": f"Report on {review.title}",
        "review": review,
        "problems": asked.problems if asked else [],
        "address": request.build_absolute_uri(review.path),
        "crumbs": crumbs,
        "notes": notes,
        "reviewed": version,
        "older": versions_of(version.policy)[::-1] if version else [],
        "json_url": _twin(review, "json"),
        "markdown_url": _twin(review, "md"),
    }
    return render(request, "workbench/reports/report.html", context, status=status)


def _twin(review: ReviewReport, ending: str) -> str:
    path, _, query = review.path.partition("?")
    return f"{path.removesuffix('/')}.{ending}{'?' if query else ''}{query}"


def _page_of_several(kind: ReviewKind) -> Callable[[HttpRequest], HttpResponseBase]:
    def view(request: HttpRequest) -> HttpResponse:
        found = _of_several(request, kind)
        if isinstance(found, ReviewReport):
            return _page(request, found)
        context = {
            "title": "Report on a comparison" if kind == "comparison" else "Report on a set",
            "kind": kind,
            "problems": found.problems,
            "given": found.query.getlist("policy"),
            "since": found.query.get("since", ""),
            "most": MOST_POLICIES,
            "crumbs": [{"name": "Policies", "url": reverse("browse:policies")}],
        }
        return render(request, "workbench/reports/ask.html", context)

    return require_safe(answered_in_time(view))


comparison_report = _page_of_several("comparison")
set_report = _page_of_several("set")


def _as_json(request: HttpRequest, review: ReviewReport) -> HttpResponse:
    return json_answer(review.to_dict(_site(request)))


def _as_markdown(request: HttpRequest, review: ReviewReport) -> HttpResponse:
    text = review_in_markdown(review, _site(request))
    return HttpResponse(text, content_type="text/markdown; charset=utf-8")


def _site(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").removesuffix("/")


def _twin_of_a_policy(answer: Answer) -> Callable[[HttpRequest, str], HttpResponseBase]:
    def view(request: HttpRequest, name: str) -> HttpResponse:
        return _answered(request, _of_a_policy(request, name), answer)

    return require_safe(answered_in_time(view))


def _twin_of_several(kind: ReviewKind, answer: Answer) -> Callable[[HttpRequest], HttpResponseBase]:
    def view(request: HttpRequest) -> HttpResponse:
        found = _of_several(request, kind)
        if isinstance(found, Parameters) and not found.problems:
            found.complain("no-policy", "policy", "name policies, such as `AmazonECS_FullAccess`")
        return _answered(request, found, answer)

    return require_safe(answered_in_time(view))


def _answered(request: HttpRequest, found: Any, answer: Answer) -> HttpResponse:
    if isinstance(found, ReviewReport):
        return answer(request, found)
    return problems_answer(found.problems) if isinstance(found, Parameters) else found


policy_report_json = _twin_of_a_policy(_as_json)
policy_report_md = _twin_of_a_policy(_as_markdown)
comparison_report_json = _twin_of_several("comparison", _as_json)
comparison_report_md = _twin_of_several("comparison", _as_markdown)
set_report_json = _twin_of_several("set", _as_json)
set_report_md = _twin_of_several("set", _as_markdown)
