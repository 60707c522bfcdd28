"""The desk: the queue as a page, as JSON and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from policyhub.curators import for_curators, waiting_work
from policyhub.desk.deeds import (
    LONGEST_REASON,
    done_today,
    last_deed,
)
from policyhub.desk.filters import QueueFilters, read_filters
from policyhub.desk.new_versions import begin_visit, judged_new
from policyhub.desk.queue import (
    KINDS,
    SEVERITIES,
    QueuedFinding,
    findings_of_checks,
    with_decisions,
)
from policyhub.desk.shown import finding_card
from policyhub.http import (
    Parameters,
    csv_download,
    json_answer,
    page_of,
    problems_answer,
)

PAGE_SIZE = 10
_COLUMNS = (
    "key", "kind", "code", "severity", "policy", "version", "message", "remedy", "sentence",
    "assignedTo", "acceptedReason", "acceptedUntil", "acceptedBy",
)  # fmt: skip
# Those before what was accepted, which JSON has in an object.
_PLAIN = _COLUMNS.index("acceptedReason")


@dataclass(frozen=True)
class Queue:
    """Everything that a curator could look at, and what of it was asked for."""

    every: Sequence[QueuedFinding]
    chosen: Sequence[QueuedFinding]
    filters: QueueFilters
    parameters: Parameters
    new_count: int
    new_left: int

    def progress(self, user: Any) -> dict[str, int]:
        """How many a curator settled today, of how many there were."""
        is_open = {each.key for each in self.every if each.is_open}
        done = len(done_today(user) - is_open)
        return {"done": done, "of": done + len(is_open)}


def _queue(request: HttpRequest) -> Queue:
    parameters = Parameters(request.GET)
    filters = read_filters(parameters)
    new = judged_new(request.user)
    every = with_decisions([*findings_of_checks(), *new.findings])
    chosen = filters.of(every, request.user)
    return Queue(every, chosen, filters, parameters, new.count, new.left)


@for_curators
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The queue as a page."""
    # Where somebody else writes, the visit begins with the next page.
    with suppress(OperationalError):
        begin_visit(request.user)
    return desk_page(request)


def desk_page(request: HttpRequest, refusal: str = "", status: int = 200) -> HttpResponse:
    """The page of the queue; `refusal` says why what was sent was not done."""
    queue = _queue(request)
    page, problems = page_of(queue.chosen, queue.parameters.page(), PAGE_SIZE)
    listed = list(page.object_list)
    cards = list(zip(map(finding_card, listed), _followed(listed), strict=True))
    query = queue.filters.query
    context = {
        "title": "Desk",
        "queue": queue,
        "page": page,
        "cards": cards,
        "progress": queue.progress(request.user),
        "kinds": KINDS.items(),
        "severities": SEVERITIES,
        "waiting": waiting_work(),
        "last": last_deed(request.user),
        "refusal": refusal,
        "problems": [*queue.parameters.problems, *problems],
        "back": request.get_full_path() if request.method == "GET" else reverse("desk:desk"),
        "today": timezone.localdate(),
        "longest_reason": LONGEST_REASON,
        "json_url": reverse("desk:desk_json") + (f"?{query}" if query else ""),
        "csv_url": reverse("desk:desk_csv") + (f"?{query}" if query else ""),
        "is_desk": True,
    }
    return render(request, "desk/desk.html", context, status=status)


def _followed(findings: Sequence[QueuedFinding]) -> list[str]:
    """The key of the finding after each one, so that the next page begins there."""
    keys = [each.key for each in findings]
    return [*keys[1:], *(keys[-2:-1] or [""])][: len(keys)]


@for_curators
@require_safe
def desk_json(request: HttpRequest) -> HttpResponse:
    """The queue as data."""
    queue = _queue(request)
    if queue.parameters.problems:
        return problems_answer(queue.parameters.problems)
    results = [_as_json(each) for each in queue.chosen]
    return json_answer(
        {
            "count": len(results),
            "next": None,
            "progress": queue.progress(request.user),
            "newVersions": {"count": queue.new_count, "left": queue.new_left},
            "imports": [asdict(each) for each in waiting_work()],
            "results": results,
        }
    )


@for_curators
@require_safe
def desk_csv(request: HttpRequest) -> HttpResponseBase:
    """The queue as a table."""
    queue = _queue(request)
    if queue.parameters.problems:
        return problems_answer(queue.parameters.problems)
    rows = [[_flat(each)[name] for name in _COLUMNS] for each in queue.chosen]
    return csv_download("desk.csv", _COLUMNS, rows)


def _as_json(finding: QueuedFinding) -> dict[str, Any]:
    accepted = finding.accepted
    return {
        **{
            name: value for name, value in _flat(finding).items() if not name.startswith("accepted")
        },
        "evidence": finding.evidence,
        "statements": list(finding.positions),
        "corrected": finding.is_corrected,
        "digest": finding.digest,
        "accepted": accepted
        and {
            "reason": accepted.reason,
            "until": accepted.until,
            "by": _name(accepted.accepted_by),
            "at": accepted.accepted_at,
            "counts": finding.is_accepted,
        },
    }


def _flat(finding: QueuedFinding) -> dict[str, Any]:
    accepted = finding.accepted if finding.is_accepted else None
    return {
        "key": finding.key,
        "kind": finding.kind,
        "code": finding.code,
        "severity": finding.severity,
        "policy": finding.policy.key,
        "version": finding.version.version_id if finding.version else None,
        "message": finding.message,
        "remedy": finding.remedy,
        "sentence": finding.evidence.get("sentence"),
        "assignedTo": _name(finding.taken.user) if finding.taken else None,
        "acceptedReason": accepted.reason if accepted else None,
        "acceptedUntil": accepted.until if accepted else None,
        "acceptedBy": _name(accepted.accepted_by) if accepted else None,
    }


def _name(user: Any) -> str | None:
    return user.get_username() if user else None
