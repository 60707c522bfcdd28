"""What the answer of each page hangs on, so that an edit makes no other answers stale than it must.

Of the generations in the database and the stamp of a policy's texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.db.models import Subquery
from django.urls import ResolverMatch

from policyhub.catalog.models import CatalogState
from policyhub.search.models import TextStamp

# The pages of one policy, which show what curators write about it and about no other one.
OF_ONE_POLICY = frozenset(
    {
        *("policy", "policy_json", "policy_permissions", "policy_permissions_json"),
        *("policy_permissions_csv", "policy_document", "policy_document_raw", "policy_changes"),
        *("policy_changes_json", "policy_checks"),
    }
)
# The pages that show what documents, sources and the change log say, and no text about a policy.
WITHOUT_TEXTS: Mapping[str, frozenset[str]] = {
    "browse": frozenset(
        {
            *("policies", "policies_json", "policies_csv", "changes", "changes_json"),
            *("changes_csv", "changes_atom", "changes_rss", "removals", "removals_json"),
            *("action", "action_json", "action_csv", "services", "services_json"),
            *("services_csv", "service", "service_json", "service_csv", "service_atom"),
            *("risks", "risks_json", "risks_csv", "risk", "risk_json", "risk_csv"),
            *("condition_keys", "condition_keys_json", "condition_keys_csv", "condition_key"),
            *("condition_key_json", "condition_key_csv", "facts", "facts_json", "sources"),
            *("sources_json", "overview", "overview_json", "policy_atom"),
        }
    ),
    "search": frozenset(
        {"who_can", "who_can_json", "who_can_csv", "best_fit", "best_fit_json"},
    ),
    "compare": frozenset({"compare", "compare_json"}),
    "simulate": frozenset({"simulate", "check", "action_options", "simulate_json"}),
    "help": frozenset({"contents", "contents_json", "openapi", "page", "page_json"}),
}


class Data(NamedTuple):
    """The state of the data: what an answer hangs on, and whether an import is changing it."""

    parts: tuple[int | None, ...]
    is_importing: bool


def data_of(found: ResolverMatch) -> Data:
    """The state of the data that the answer at an address hangs on, after one query.

    What is not said to hang on less hangs on everything.
    """
    app, name = found.app_name, found.url_name
    if app == "browse" and name in OF_ONE_POLICY:
        return _data_of_policy(found.kwargs.get("name", ""))
    state = CatalogState.current()
    is_without = name in WITHOUT_TEXTS.get(app, ())
    prose = state.listed_generation if is_without else state.prose_generation
    return Data((state.generation, state.history_done, prose), state.is_importing)


def _data_of_policy(key: str) -> Data:
    stamps = TextStamp.objects.filter(policy__key=key).values("stamp")[:1]
    state = CatalogState.current_with(text_stamp=Subquery(stamps))
    stamp = getattr(state, "text_stamp", None)
    parts = state.generation, state.history_done, state.listed_generation, stamp
    return Data(parts, state.is_importing)
