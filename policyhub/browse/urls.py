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
from policyhub.browse.overview import overview, overview_json
from policyhub.browse.policies.table import policies, policies_csv, policies_json
from policyhub.browse.policy.as_json import policy_json
from policyhub.browse.policy.changes_and_checks import (
    policy_changes,
    policy_changes_json,
    policy_checks,
)
from policyhub.browse.policy.document import document, raw_document
from policyhub.browse.policy.permissions import permissions, permissions_csv, permissions_json
from policyhub.browse.policy.shown import policy_by_arn
from policyhub.browse.policy.summary import policy
from policyhub.browse.services.action import action, action_csv, action_json
from policyhub.browse.services.service import service, service_csv, service_json
from policyhub.browse.services.table import services, services_csv, services_json

app_name = "browse"


class WrittenNameConverter(StringConverter):
    """A name as a document writes it: any text, for IAM's grammar forbids no sign in it."""

    regex = r"[\s\S]+"


class ArnConverter(StringConverter):
    """An ARN of a policy and what follows it in a path: its resource can contain slashes."""

    regex = r"arn:[\s\S]+"


register_converter(WrittenNameConverter, "written")
register_converter(ArnConverter, "arn")

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
    path("policies/<arn:arn>", policy_by_arn, name="policy_by_arn"),
    path("policies/<str:name>/feed.atom", feeds.policy_atom, name="policy_atom"),
    path("services/<str:prefix>/feed.atom", feeds.service_atom, name="service_atom"),
    path("changes.json", changes_json, name="changes_json"),
    path("changes.csv", changes_csv, name="changes_csv"),
    path("policies/<str:name>.json", policy_json, name="policy_json"),
    path("policies/<str:name>/", policy, name="policy"),
    path("policies/<str:name>/permissions/", permissions, name="policy_permissions"),
    path("policies/<str:name>/permissions.json", permissions_json, name="policy_permissions_json"),
    path("policies/<str:name>/permissions.csv", permissions_csv, name="policy_permissions_csv"),
    path("policies/<str:name>/document/", document, name="policy_document"),
    path("policies/<str:name>/document.json", raw_document, name="policy_document_raw"),
    path("policies/<str:name>/changes/", policy_changes, name="policy_changes"),
    path("policies/<str:name>/changes.json", policy_changes_json, name="policy_changes_json"),
    path("policies/<str:name>/checks/", policy_checks, name="policy_checks"),
    path("actions/<written:name>.json", action_json, name="action_json"),
    path("actions/<written:name>.csv", action_csv, name="action_csv"),
    path("actions/<written:name>/", action, name="action"),
    path("services/", services, name="services"),
    path("services.json", services_json, name="services_json"),
    path("services.csv", services_csv, name="services_csv"),
    path("services/<str:prefix>/", service, name="service"),
    path("services/<str:prefix>.json", service_json, name="service_json"),
    path("services/<str:prefix>.csv", service_csv, name="service_csv"),
    path("condition-keys/", condition_keys, name="condition_keys"),
    path("condition-keys.json", condition_keys_json, name="condition_keys_json"),
    path("condition-keys.csv", condition_keys_csv, name="condition_keys_csv"),
    path("condition-keys/<written:key>.json", condition_key_json, name="condition_key_json"),
    path("condition-keys/<written:key>.csv", condition_key_csv, name="condition_key_csv"),
    path("condition-keys/<written:key>/", condition_key, name="condition_key"),
]
