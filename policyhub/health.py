"""Whether this process lives, and whether it can answer: for load balancers and supervisors.

Both are answered for any Host, over plain HTTP and without an account: a probe knows the machine's
address only, and neither answer contains a secret.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from policyhub.catalog.models import CatalogState, PolicyVersion, Service, StatementPattern
from policyhub.http import Answering, json_answer
from policyhub.replicas.positions import pool

logger = logging.getLogger(__name__)

OK = "ok"
COMPLETE = "complete"


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer `ok`: the process lives, whatever its database does."""
    return HttpResponse(OK, "text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when all parts are there, else 503 with a sentence for each that is missing.

    The history comes in behind: only with `?complete` it must be in too. A replica is skipped
    while something is wrong with it, so that the answer names it and the status does not change.
    """
    parts = _health_of_parts()
    if following := pool.conditions():
        parts["replicas"] = following
    ready = all(parts[part] == OK for part in ("database", "reference", "index"))
    if "complete" in request.GET:
        ready = ready and parts["history"] == COMPLETE
    return json_answer(parts, status=200 if ready else 503)


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
}


def answer_probes(get_response: Answering) -> Answering:
    """Middleware that answers the probes; anything else, and any other method, goes on."""

    def answer(request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        if probe is None or request.method not in {"GET", "HEAD"}:
            return get_response(request)
        response = probe(request)
        # Else the connection would be closed to mark the end of the answer.
        response["Content-Length"] = str(len(response.content))
        return response

    return answer


def _health_of_parts() -> dict[str, Any]:
    """Each part with `ok`, or what is wrong; about the database only the log says more."""
    try:
        state = CatalogState.objects.filter(pk=CatalogState.ONLY_ID).first()
        has_reference = bool(state and state.reference_version) and Service.objects.exists()
        has_policies = PolicyVersion.objects.exists()
        is_indexed = StatementPattern.objects.exists()
    except DatabaseError:
        logger.exception("the database does not answer")
        unknown = "Not known while the database does not answer."
        return {
            "database": "The database does not answer: the server's log says why.",
            **dict.fromkeys(("reference", "index", "history"), unknown),
        }
    return {
        "database": OK
        if has_policies
        else "The database contains no policies: run `uv run manage.py load_fixtures`.",
        "reference": OK
        if has_reference
        else "The service authorization reference is not loaded: run `uv run manage.py start`.",
        "index": OK if is_indexed else "Nothing is indexed: run `uv run manage.py reindex`.",
        "history": _history(state),
    }


def _history(state: CatalogState | None) -> str | dict[str, int]:
    """How many policies of how many have all their known versions, or that all have."""
    done, total = (state.history_done, state.history_total) if state else (0, 0)
    return COMPLETE if done >= total else {"done": done, "of": total}
