"""The page on which a policy is a template, its JSON twin, and the files to download.

Nothing is kept on the server: neither documents nor recorded calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from policyhub.blast_map.tickable import TickableMap
from policyhub.catalog.models import PolicyVersion
from policyhub.deadline import answered_in_time, budget_of
from policyhub.failures import FailedRequestError
from policyhub.http import (
    HtmxHttpRequest,
    at_address,
    json_answer,
    moved_to_its_address,
    render_page,
    short_address,
)
from policyhub.judge.reporting.sources import stored_document
from policyhub.policy_tabs import policy_tabs
from policyhub.workbench.building.added_conditions import ContradictingConditionError
from policyhub.workbench.building.copying import NothingLeftError
from policyhub.workbench.building.keeping import TooManyNamesError
from policyhub.workbench.building.template import (
    PolicyTemplate,
    TemplateSource,
    template_source,
)
from policyhub.workbench.choosing.form import ChosenParts, chosen_parts
from policyhub.workbench.choosing.offered import OfferedParts, arn_fields, name_fields
from policyhub.workbench.choosing.others import opened_part
from policyhub.workbench.choosing.shown import ShownTemplate
from policyhub.workbench.documents import UnusableDocumentError
from policyhub.workbench.outputs.all_outputs import OUTPUTS
from policyhub.workbench.outputs.naming import policy_name
from policyhub.workbench.versions import version_at_address

_UNUSABLE = (NothingLeftError, TooManyNamesError, ContradictingConditionError)
_PAGE, _PART = "workbench/templates/template.html", "workbench/templates/_copy.html"
# What htmx replaces: the opened cell of the picture, or the button for more of its actions.
_PARTS = {
    "opened-cell": "workbench/templates/_opened_answer.html",
    "more-actions": "workbench/templates/_more_answer.html",
}
_METHODS = ["GET", "HEAD", "POST"]


@dataclass(frozen=True)
class AskedTemplate:
    """What a request asks for: a policy, what is chosen of it, and the copy or why there is none.

    `version` is None for a document of one's own.
    """

    source: TemplateSource
    chosen: ChosenParts
    template: PolicyTemplate | None
    refusal: str
    version: PolicyVersion | None = None


# They only read: a forged request changes nothing, and no cookie is needed.
@csrf_exempt
@require_http_methods(_METHODS)
@answered_in_time
def policy_template(request: HttpRequest, name: str) -> HttpResponseBase:
    """A version of a policy as a template. The form is sent by POST; see `moved_to_its_address`."""
    version = version_at_address(request, name)
    if isinstance(version, HttpResponse):
        return version
    return _page(request, _of_version(request, version))


@csrf_exempt
@require_http_methods(_METHODS)
@answered_in_time
def policy_template_json(request: HttpRequest, name: str) -> HttpResponseBase:
    """The same as JSON; by GET or POST the fields of the page."""
    version = version_at_address(request, name)
    if isinstance(version, HttpResponse):
        return version
    return _as_json(_of_version(request, version))


@csrf_exempt
@require_http_methods(_METHODS)
@answered_in_time
def document_template(request: HttpRequest) -> HttpResponseBase:
    """A document of one's own as a template; the field for it while there is none."""
    if policy := request.GET.get("policy"):
        return HttpResponseRedirect(reverse("templates:policy", args=[policy]))
    asked = _document_page(request)
    return _page(request, asked) if isinstance(asked, AskedTemplate) else asked


@csrf_exempt
@require_http_methods(_METHODS)
@answered_in_time
def document_template_json(request: HttpRequest) -> HttpResponseBase:
    """The same as JSON."""
    text = _given_fields(request).get("document", "")
    try:
        source = template_source(text, "the document")
    except UnusableDocumentError as error:
        problem = {"code": "unusable-document", "parameter": "document", "message": str(error)}
        return json_answer({"problems": [problem]}, status=400)
    return _as_json(_asked_template(request, source))


def _of_version(request: HttpRequest, version: PolicyVersion) -> AskedTemplate:
    stored = stored_document(version)
    source = template_source(
        version.document, stored.source,
        is_aws_managed=stored.is_aws_managed, digest=version.digest,
    )  # fmt: skip
    return _asked_template(request, source, version)


def _document_page(request: HttpRequest) -> AskedTemplate | HttpResponse:
    """The pasted document's template; the form for a document while none can be used."""
    text, problem = _given_fields(request).get("document", ""), ""
    if text.strip():
        try:
            return _asked_template(request, template_source(text, "the document"))
        except UnusableDocumentError as error:
            problem = str(error)
    context = {"title": "Use a document as a template", "document": text, "problem": problem}
    page = "workbench/templates/document.html"
    return render_page(cast(HtmxHttpRequest, request), page, page, context)


def _given_fields(request: HttpRequest) -> QueryDict:
    """The fields of the form, the version of the address among them."""
    if request.method != "POST":
        return request.GET
    given = cast(QueryDict, request.POST).copy()
    if version := request.GET.get("version"):
        given["version"] = version
    return given


def _asked_template(
    request: HttpRequest, source: TemplateSource, version: PolicyVersion | None = None
) -> AskedTemplate:
    upload = request.FILES.get("calls")
    chosen = chosen_parts(_given_fields(request), upload.read() if upload else None)
    try:
        template = PolicyTemplate(source, chosen.choices, budget_of(request))
    except _UNUSABLE as error:
        return AskedTemplate(source, chosen, None, str(error), version)
    return AskedTemplate(source, chosen, template, "", version)


def _as_json(asked: AskedTemplate) -> HttpResponse:
    """The template; 400 with every problem where something can't be used."""
    told = [*asked.chosen.problems, *([asked.refusal] if asked.refusal else [])]
    if told or asked.template is None:
        problems = [{"code": "invalid-choice", "parameter": "", "message": each} for each in told]
        return json_answer({"problems": problems}, status=400)
    recorded = asked.chosen.recorded
    unknown = [each.to_dict() for each in recorded.unknown] if recorded else []
    return json_answer({**asked.template.to_dict(), "unknownCalls": unknown})


def _page(request: HttpRequest, asked: AskedTemplate) -> HttpResponseBase:
    output = request.POST.get("output") or request.GET.get("output")
    if output:
        return _download(asked, output)
    asking = cast(HtmxHttpRequest, request)
    elsewhere = None if request.FILES else moved_to_its_address(asking, asked.chosen.query)
    if elsewhere is not None:
        return elsewhere
    part = _PARTS.get(asking.htmx.target or "")
    context = _opened_context(request, asked) if part else _context(request, asked)
    page = render_page(asking, _PAGE, part or _PART, context)
    return at_address(asking, asked.chosen.query, page)


def _download(asked: AskedTemplate, output: str) -> HttpResponse:
    """The copy as a file."""
    found = OUTPUTS.get(output)
    if found is None or asked.template is None:
        known = ", ".join(OUTPUTS)
        why = asked.refusal or f"there is no output `{output[:40]}`; there are: {known}"
        raise FailedRequestError(400, "no-output", f"{why}.")
    response = HttpResponse(
        found.write(asked.template, ""), content_type="text/plain; charset=utf-8"
    )
    name = found.file_name(policy_name(asked.source.name))
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _opened_context(request: HttpRequest, asked: AskedTemplate) -> dict[str, Any]:
    """What an opened cell of the picture shows."""
    template, chosen, opened = asked.template, asked.chosen, None
    picture = TickableMap(asked.source.granted)
    if chosen.opened:
        copy = template.granted if template else None
        opened = opened_part(chosen.opened, picture, chosen.choices, copy)
    return {
        "map": picture,
        "offered": OfferedParts(asked.source, chosen, picture, opened),
        "opened": opened,
        "opens_from": short_address(request.path, f"{chosen.query_to_open}&open=".lstrip("&")),
        "chosen": chosen,
    }


def _context(request: HttpRequest, asked: AskedTemplate) -> dict[str, Any]:
    """What the page shows: what can be chosen, and what became of it."""
    template, chosen = asked.template, asked.chosen
    fields, more_types = arn_fields(template) if template else ([], 0)
    return {
        **(_head(asked.version) if asked.version else _head_of_document()),
        **_opened_context(request, asked),
        "shown_copy": ShownTemplate(template, request.get_host()) if template else None,
        "refusal": asked.refusal,
        "arn_fields": fields,
        "name_fields": name_fields(template) if template else [],
        "more_types": more_types,
        "document": "" if asked.version else asked.source.text,
        "json_url": short_address(request.path[:-1] + ".json", chosen.query),
    }


def _head(version: PolicyVersion) -> dict[str, Any]:
    policy = version.policy
    named = "" if version.is_default else version.version_id or version.digest[:12]
    address = reverse("browse:policy", args=[policy.key])
    crumbs = [
        {"name": "Policies", "url": reverse("browse:policies")},
        {"name": policy.label, "url": f"{address}?version={named}" if named else address},
    ]
    action = reverse("templates:policy", args=[policy.key])
    return {
        "title": f"{policy.label}: use as a template",
        "policy": policy,
        "version": version,
        "crumbs": crumbs,
        "tabs": policy_tabs(policy.key, named, "templates:policy"),
        "action": f"{action}?version={named}" if named else action,
    }


def _head_of_document() -> dict[str, Any]:
    return {"title": "Use a document as a template", "action": reverse("templates:document")}
