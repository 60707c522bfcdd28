"""The URLs of the browsing pages; a page's JSON twin has `.json` for its last slash."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from policyhub.browse.changes import feeds
from policyhub.browse.changes.log import changes, changes_csv, changes_json
from policyhub.browse.changes.removals import removals, removals_json
from policyhub.browse.condition_keys.condition_key import (
    condition_key,
    condition_key_csv,
    condition_key_json,
)
from policyhub.browse.condition_keys.table import (
    condition_keys,
    condition_keys_csv,
    condition_keys_json,
)
from policyhub.browse.facts import facts, facts_json
from policyhub.browse.overview import overview, overview_json
from policyhub.browse.policies.table import policies, policies_csv, policies_json
from policyhub.browse.policy.as_json import policy_json
from policyhub.browse.policy.by_arn import policy_by_arn
from policyhub.browse.policy.changes_and_checks import (
    policy_changes,
    policy_changes_json,
    policy_checks,
)
from policyhub.browse.policy.document import document, raw_document
from policyhub.browse.policy.permissions import permissions, permissions_csv, permissions_json
from policyhub.browse.policy.summary import policy
from policyhub.browse.risks.path import risk, risk_csv, risk_json
from policyhub.browse.risks.table import risks, risks_csv, risks_json
from policyhub.browse.services.action import action, action_csv, action_json
from policyhub.browse.services.service import service, service_csv, service_json
from policyhub.browse.services.table import services, services_csv, services_json
from policyhub.browse.sources import sources, sources_json

app_name = "browse"


class WrittenNameConverter(StringConverter):
    """A name as a document writes it: any text, for IAM's grammar forbids no sign in it."""

    regex = r"[\s\S]+"


class ArnConverter(StringConverter):
    """An ARN of a policy and what follows it in a path: its resource can contain slashes."""

    regex = r"arn:[\s\S]+"


class PolicyConverter(StringConverter):
    """What a policy is called: a name without slashes, or an ARN."""

    regex = r"arn:[\s\S]+|[^/]+"


register_converter(WrittenNameConverter, "written")
register_converter(ArnConverter, "arn")
register_converter(PolicyConverter, "policy")

POLICY_PAGES = {
    "/": ("policy", policy),
    ".json": ("policy_json", policy_json),
    "/permissions/": ("policy_permissions", permissions),
    "/permissions.json": ("policy_permissions_json", permissions_json),
    "/permissions.csv": ("policy_permissions_csv", permissions_csv),
    "/document/": ("policy_document", document),
    "/document.json": ("policy_document_raw", raw_document),
    "/changes/": ("policy_changes", policy_changes),
    "/changes.json": ("policy_changes_json", policy_changes_json),
    "/checks/": ("policy_checks", policy_checks),
    "/feed.atom": ("policy_atom", feeds.policy_atom),
}

urlpatterns = [
    path("", overview, name="overview"),
    path(".json", overview_json, name="overview_json"),
    path("policies/", policies, name="policies"),
    path("policies.json", policies_json, name="policies_json"),
    path("policies.csv", policies_csv, name="policies_csv"),
    path("changes/", changes, name="changes"),
    path("changes/removals/", removals, name="removals"),
    path("changes/removals.json", removals_json, name="removals_json"),
    path("changes/feed.atom", feeds.changes_atom, name="changes_atom"),
    path("changes/feed.rss", feeds.changes_rss, name="changes_rss"),
    path("policies/<arn:arn>", policy_by_arn, {"pages": POLICY_PAGES}, name="policy_by_arn"),
    *(
        path(f"policies/<policy:name>{end}", view, name=name)
        for end, (name, view) in POLICY_PAGES.items()
        if end != "/"
    ),
    path("policies/<policy:name>/", policy, name="policy"),
    path("services/<str:prefix>/feed.atom", feeds.service_atom, name="service_atom"),
    path("changes.json", changes_json, name="changes_json"),
    path("changes.csv", changes_csv, name="changes_csv"),
    path("actions/<written:name>.json", action_json, name="action_json"),
    path("actions/<written:name>.csv", action_csv, name="action_csv"),
    path("actions/<written:name>/", action, name="action"),
    path("services/", services, name="services"),
    path("services.json", services_json, name="services_json"),
    path("services.csv", services_csv, name="services_csv"),
    path("services/<str:prefix>/", service, name="service"),
    path("services/<str:prefix>.json", service_json, name="service_json"),
    path("services/<str:prefix>.csv", service_csv, name="service_csv"),
    path("risks/", risks, name="risks"),
    path("risks.json", risks_json, name="risks_json"),
    path("risks.csv", risks_csv, name="risks_csv"),
    path("risks/<str:name>/", risk, name="risk"),
    path("risks/<str:name>.json", risk_json, name="risk_json"),
    path("risks/<str:name>.csv", risk_csv, name="risk_csv"),
    path("sources/", sources, name="sources"),
    path("sources.json", sources_json, name="sources_json"),
    path("facts/", facts, name="facts"),
    path("facts.json", facts_json, name="facts_json"),
    path("condition-keys/", condition_keys, name="condition_keys"),
    path("condition-keys.json", condition_keys_json, name="condition_keys_json"),
    path("condition-keys.csv", condition_keys_csv, name="condition_keys_csv"),
    path("condition-keys/<written:key>.json", condition_key_json, name="condition_key_json"),
    path("condition-keys/<written:key>.csv", condition_key_csv, name="condition_key_csv"),
    path("condition-keys/<written:key>/", condition_key, name="condition_key"),
]
