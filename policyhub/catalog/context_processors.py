"""What every page says about where its facts come from."""

from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Count, Max
from django.http import HttpRequest

from policyhub.catalog.models import CatalogState, Policy


def provenance(request: HttpRequest) -> dict[str, Any]:
    """Give templates `catalog`: policy count, newest source date, reference version, history.

    Lazy, so that partials and the admin, which don't show it, don't pay for the query. Empty
    for those who have to log in before they may read.
    """

    @cache
    def catalog() -> dict[str, Any]:
        if settings.LOGIN_REQUIRED and not request.user.is_authenticated:
            return {}
        # Both from one index: rows, and not keys, are counted.
        counts = Policy.objects.filter(last_seen_on=None).aggregate(
            policy_count=Count("*"), newest=Max("facts_retrieved_on")
        )
        state = CatalogState.current()
        return {
            **counts,
            "reference_version": state.reference_version,
            "history_done": state.history_done,
            "history_total": state.history_total,
            "history_left": state.history_total - state.history_done,
        }

    return {"catalog": catalog}
