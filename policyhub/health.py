"""Whether this process lives, and whether it can answer: for load balancers and supervisors.

Both are answered for any Host, over plain HTTP and without an account: a probe knows the machine's
address only, and neither answer contains a secret.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from policyhub.catalog.models import CatalogState, PolicyVersion, Service, StatementPattern
from policyhub.http import Answering, json_answer
from policyhub.replicas.positions import pool

logger = logging.getLogger(__name__)

OK = "ok"
COMPLETE = "complete"
READS_ONLY = (
    "The primary does not answer: the server's log says why. A replica answers those who only read."
)


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
    while something is wrong with it, so that the answer names it and the status does not change;
    while the primary is gone, one that answers is enough, since most requests only read.
    """
    following = pool.conditions()
    parts = _health_of_parts([name for name, told in following.items() if told == OK])
    if following:
        parts["replicas"] = following
    ready = parts["database"] in (OK, READS_ONLY)
    ready = ready and all(parts[part] == OK for part in ("reference", "index"))
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


def _health_of_parts(replicas: Sequence[str]) -> dict[str, Any]:
    """Each part with `ok`, or what is wrong; about the database only the log says more.

    `replicas` are those that answer, in case the primary doesn't.
    """
    found = _parts_in(DEFAULT_DB_ALIAS)
    if found is not None:
        return found
    for replica in replicas:
        found = _parts_in(replica)
        if found is not None:
            return {
                **found,
                "database": READS_ONLY if found["database"] == OK else found["database"],
            }
    unknown = "Not known while the database does not answer."
    return {
        "database": "The database does not answer: the server's log says why.",
        **dict.fromkeys(("reference", "index", "history"), unknown),
    }


def _parts_in(database: str) -> dict[str, Any] | None:
    """The parts as a database has them; None where it doesn't answer."""
    try:
        state = CatalogState.objects.using(database).filter(pk=CatalogState.ONLY_ID).first()
        has_services = Service.objects.using(database).exists()
        has_policies = PolicyVersion.objects.using(database).exists()
        is_indexed = StatementPattern.objects.using(database).exists()
    except DatabaseError:
        logger.exception("the database does not answer")
        return None
    has_reference = bool(state and state.reference_version) and has_services
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
