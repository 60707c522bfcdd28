"""The history of edits: of one policy, or the newest of all; and putting edits back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from policyhub.catalog.editing.edits import RecordedEdit, edit_called, edits_of, newest_edits
from policyhub.catalog.editing.putting_back import (
    NotPutBackError,
    put_back,
    put_back_since,
    rows_as_seen,
    seen_since,
)
from policyhub.catalog.models import Policy
from policyhub.catalog.one_writer import unwritable
from policyhub.curators import for_curators
from policyhub.http import Parameters, json_answer, page_of, quotable
from policyhub.marked_words import Pieces, marked_prose

PAGE_SIZE = 20
# Of everything: what is older is found at its policy.
NEWEST = 200


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A field that an edit changed; the pieces of both texts, with whether they changed."""

    label: str
    before: Pieces
    after: Pieces


@dataclass(frozen=True, slots=True)
class ShownEdit:
    """An edit as the page lists it, with what its two forms were made from."""

    edit: RecordedEdit
    policy: Policy | None
    changes: Sequence[ShownChange]
    seen: str
    seen_since: str


@for_curators
@require_safe
def edits(request: HttpRequest) -> HttpResponse:
    """The newest edits of everything."""
    return _page(request, None, newest_edits(NEWEST))


@for_curators
@require_safe
def edits_json(request: HttpRequest) -> HttpResponse:
    """The same as data."""
    return _json(newest_edits(NEWEST))


@for_curators
@require_safe
def edits_of_policy(request: HttpRequest, name: str) -> HttpResponse:
    """Every edit of what belongs to a policy."""
    policy = _policy(name)
    return _page(request, policy, edits_of(policy))


@for_curators
@require_safe
def edits_of_policy_json(request: HttpRequest, name: str) -> HttpResponse:
    """The same as data."""
    return _json(edits_of(_policy(name)))


@for_curators
@require_POST
def put_edit_back(request: HttpRequest) -> HttpResponse:
    """Put one edit back, or with `since` it and all later ones of its policy."""
    edit = edit_called(request.POST.get("edit", ""))
    if edit is None:
        raise BadRequest("`edit` names no edit: send the form from the page of edits")
    policy = Policy.objects.filter(pk=edit.policy_pk or 0).first()
    try:
        _put_back(request, edit, policy)
    except NotPutBackError as error:
        return _refused(request, policy, str(error), 409)
    except OperationalError as error:
        return _refused(request, policy, unwritable(error), 503)
    return redirect(_address(policy))


def _put_back(request: HttpRequest, edit: RecordedEdit, policy: Policy | None) -> None:
    seen = request.POST.get("seen", "")
    if request.POST.get("since") and policy is not None:
        put_back_since(policy, edit, request.user, seen)
    else:
        put_back(edit, request.user, seen)


def _refused(
    request: HttpRequest, policy: Policy | None, sentence: str, status: int
) -> HttpResponse:
    """The page again, with why nothing was put back."""
    found = newest_edits(NEWEST) if policy is None else edits_of(policy)
    return _page(request, policy, found, sentence, status)


def _page(
    request: HttpRequest,
    policy: Policy | None,
    found: Sequence[RecordedEdit],
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    parameters = Parameters(request.GET)
    page, problems = page_of(found, parameters.page(), PAGE_SIZE)
    context = {
        "title": f"Edits of {policy.label}" if policy else "Edits by curators",
        "policy": policy,
        "page": page,
        "shown": _shown_edits(page.object_list, found, policy),
        "refusal": refusal,
        "problems": [*parameters.problems, *problems],
        "json_url": _address(policy).removesuffix("/") + ".json",
    }
    return render(request, "curating/edits.html", context, status=status)


def _shown_edits(
    edits: Iterable[RecordedEdit], among: Sequence[RecordedEdit], policy: Policy | None
) -> Sequence[ShownEdit]:
    """Edits with what to show of them; all later ones can be put back on a policy's page."""
    listed = list(edits)
    policies = Policy.objects.in_bulk([each.policy_pk for each in listed if each.policy_pk])
    return [
        ShownEdit(
            each,
            policies.get(each.policy_pk or 0),
            [_change(one.label, one.before, one.after) for one in each.changes()],
            rows_as_seen(each),
            seen_since(among, each) if policy else "",
        )
        for each in listed
    ]


def _change(label: str, before: str, after: str) -> ShownChange:
    return ShownChange(label, *marked_prose(before, after))


def _json(found: Sequence[RecordedEdit]) -> HttpResponse:
    policies = Policy.objects.in_bulk({each.policy_pk for each in found if each.policy_pk})
    results = [_as_json(each, policies) for each in found]
    return json_answer({"count": len(results), "next": None, "results": results})


def _as_json(edit: RecordedEdit, policies: Mapping[int, Policy]) -> dict[str, Any]:
    policy = policies.get(edit.policy_pk or 0)
    return {
        "edit": edit.key,
        "policy": policy.key if policy else None,
        "at": edit.moment,
        "by": edit.author,
        "did": edit.verb,
        "what": edit.kind.noun,
        "subject": edit.subject or None,
        "reason": edit.reason or None,
        "changes": [
            {"field": each.field, "before": each.before, "after": each.after}
            for each in edit.changes()
        ],
    }


def _policy(name: str) -> Policy:
    policy = Policy.objects.filter(key=name).first()
    if policy is None:
        raise Http404(f"no policy is named `{quotable(name)}`")
    return policy


def _address(policy: Policy | None) -> str:
    if policy is None:
        return reverse("curating:edits")
    return reverse("curating:edits_of_policy", args=[policy.key])
