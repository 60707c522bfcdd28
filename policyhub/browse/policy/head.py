"""What is shown above the tabs of a policy's pages."""

from __future__ import annotations

import re
from functools import cache, partial
from typing import Any

from django.urls import reverse

from policyhub.browse.policy.shown import KnownVersion, ShownPolicy
from policyhub.catalog.deriving.grant_sentence import grant_sentence
from policyhub.catalog.models import ChangelogEntry, Policy
from policyhub.catalog.retired import retired_policy
from policyhub.policy_tabs import policy_tabs

JSON_TWINS = {
    "policy_document": "policy_document_raw",
    "policy_permissions": "policy_permissions_json",
    "policy_changes": "policy_changes_json",
}
SERVICE_LINKED = (
    "No: its path /aws-service-role/ makes it the policy of a service-linked role, which only "
    "the service itself can create and use."
)
REMOVED = "No: AWS has removed it."
ANYONE = "Yes: to users, groups and roles."
BY_PATH = "Yes, according to its path {path}: to users, groups and roles."
DOCUMENTED = {
    True: "The documentation says that it can be attached.",
    False: "The documentation says that it can't be attached.",
}


def head(shown: ShownPolicy, tab: str) -> dict[str, Any]:
    """Return the context of the head and tabs; `tab` is the URL name of the page shown."""
    policy = shown.policy
    described = shown.known_version(policy.described_version_id)
    return {
        "policy": policy,
        "namesakes": shown.namesakes,
        "is_summary": tab == "policy",
        "shown": shown,
        "version": shown.version,
        "chooser": [_choice(shown, known, tab) for known in shown.versions],
        "described": described,
        "described_url": described and shown.at(described).url(tab),
        "describes_another": described is not None and described != shown.shown,
        "documented": policy.documented.all(),
        "attaching": attaching(policy),
        "retirement": retirement(policy),
        "first_sentence": first_sentence(policy.summary),
        # Asked for by the template where they are shown: they cost three queries and one.
        "grant_sentence": cache(partial(grant_sentence, shown.version)),
        "last_change": partial(last_change, policy),
        "tabs": policy_tabs(policy.key, shown.version_parameter, f"browse:{tab}"),
        "json_url": shown.url(JSON_TWINS.get(tab, "policy_json")),
        "policy_json_url": shown.url("policy_json"),
        "raw_url": shown.url("policy_document_raw"),
        "crumbs": [{"name": "Policies", "url": reverse("browse:policies")}],
    }


def last_change(policy: Policy) -> ChangelogEntry | None:
    """The newest change of which it is known what it did to access; None if there is none."""
    return policy.changelog.exclude(access="").order_by("-date", "-pk").first()


def first_sentence(text: str) -> str:
    """The first sentence of a Markdown text, in one line."""
    return re.split(r"(?<=[.!?])\s|\n\s*\n", text.strip(), maxsplit=1)[0].replace("\n", " ")


def attaching(policy: Policy) -> tuple[str, ...]:
    """Say whether it can be attached and why not, and what the documentation says otherwise."""
    documented = policy.as_claimed().documented_attachable
    disagrees = documented not in (None, policy.attachable)
    if policy.last_seen_on:
        return (REMOVED,)
    if not policy.attachable:
        fact = SERVICE_LINKED
    else:
        fact = BY_PATH.format(path=policy.path) if disagrees else ANYONE
    if documented is None or not disagrees:
        return (fact,)
    return fact, DOCUMENTED[documented]


def retirement(policy: Policy) -> tuple[str, ...]:
    """Say that AWS has removed or deprecated it, and what to use in its place, if that is so."""
    known = retired_policy(policy.key)
    if policy.last_seen_on:
        day = f"{policy.last_seen_on.day} {policy.last_seen_on:%B %Y}"
        state = f"AWS has removed it: it was last seen on {day}, and can't be attached any more"
    elif known:
        state = known.state_in_words
    else:
        return ()
    return state, known.successor_sentence if known else "No successor is known"


def _choice(shown: ShownPolicy, known: KnownVersion, tab: str) -> dict[str, Any]:
    other = shown.at(known)
    return {
        "known": known,
        "url": other.url(tab),
        "summary_url": other.url("policy"),
        "is_shown": known == shown.shown,
    }
