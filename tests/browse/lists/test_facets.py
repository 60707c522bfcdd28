"""Facets: what each value means, and that every count is what ticking its box gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from policyhub.browse.changes.log import CHANGES, entries_like, entries_of
from policyhub.browse.lists.facets import SHOWN
from policyhub.browse.lists.listing import Listing
from policyhub.browse.policies.facets import days_worth_a_look
from policyhub.browse.policies.rows import POLICIES, in_force
from policyhub.browse.policies.table import policies_shown_for
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.reference.in_memory import ActionInfo, get_reference
from policyhub.catalog.retired import retired_policy
from tests.catalog.by_hand import as_list, granted
from tests.catalog.by_hand import statements as by_hand_statements
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db

Statement = dict[str, Any]


def listed(query: str) -> set[str]:
    return {
        row["policy__name"] for row in policies_shown_for(POLICIES.read_state(QueryDict(query)))
    }


def statements(version: PolicyVersion) -> list[Statement]:
    return by_hand_statements(version.document)


def resources_of_allows(version: PolicyVersion) -> list[list[str]]:
    return [
        as_list(each.get("Resource", ["not *"]))
        for each in statements(version)
        if each["Effect"] == "Allow"
    ]


def keys(version: PolicyVersion) -> set[str]:
    conditions = [each.get("Condition", {}) for each in statements(version)]
    return {key.lower() for each in conditions for operator in each.values() for key in operator}


def names_service(version: PolicyVersion, prefix: str) -> bool:
    patterns = [
        pattern for each in statements(version) for pattern in as_list(each.get("Action", []))
    ]
    return any(pattern.lower().startswith(f"{prefix}:") for pattern in patterns)


MEANINGS: dict[str, Callable[[PolicyVersion], bool]] = {
    "uses=deny": lambda v: any(each["Effect"] == "Deny" for each in statements(v)),
    "uses=not-action": lambda v: any("NotAction" in each for each in statements(v)),
    "uses=not-resource": lambda v: any("NotResource" in each for each in statements(v)),
    "conditions=none": lambda v: not any(each.get("Condition") for each in statements(v)),
    "conditions=all": lambda v: all(each.get("Condition") for each in statements(v)),
    "key=ecs:cluster": lambda v: "ecs:cluster" in keys(v),
    "key=ECS:Cluster": lambda v: "ecs:cluster" in keys(v),
    "attachable=no": lambda v: v.policy.path.startswith("/aws-service-role/"),
    "kind=job-function": lambda v: v.policy.path.startswith("/job-function/"),
    "since=2026-07-02": lambda v: f"{v.policy.updated_at:%Y-%m-%d}" >= "2026-07-02",
    "since=2026-07-02&since=2026-09-01": (
        lambda v: f"{v.policy.updated_at:%Y-%m-%d}" >= "2026-07-02"
    ),
    "level=tagging": lambda v: v.tagging_count > 0,
    "level=tagging&level=list": lambda v: v.tagging_count > 0 or v.list_count > 0,
    "level=tagging&uses=deny": lambda v: v.tagging_count > 0 and v.uses_deny,
    "deprecated=no": lambda v: v.policy.deprecated_on is None and not retired_policy(v.policy.name),
}


@pytest.fixture(scope="module")
def versions(django_db_setup: None, django_db_blocker: Any) -> list[PolicyVersion]:
    with django_db_blocker.unblock():
        return list(PolicyVersion.objects.in_force().select_related("policy"))


@pytest.mark.parametrize("query", sorted(MEANINGS))
def test_a_value_means_what_the_documents_say(query: str, versions: list[PolicyVersion]) -> None:
    expected = {each.policy.name for each in versions if MEANINGS[query](each)}
    assert listed(query) == expected


def test_a_service_facet_finds_at_least_every_policy_that_names_the_service(
    versions: list[PolicyVersion],
) -> None:
    naming = {each.policy.name for each in versions if names_service(each, "ecs")}
    assert naming
    assert naming <= listed("service=ecs")
    assert listed("service=ECS") == listed("service=ecs")


def test_all_resources_means_that_every_allow_reaches_all(versions: list[PolicyVersion]) -> None:
    reach_all = {
        each.policy.name
        for each in versions
        if resources_of_allows(each) and all("*" in found for found in resources_of_allows(each))
    }
    assert listed("scope=all") == reach_all


def free_actions(version: PolicyVersion) -> Iterator[ActionInfo]:
    """What Allow statements on all resources without a condition give, denies aside."""
    for each in statements(version):
        limited = each.get("Condition") or "*" not in as_list(each.get("Resource", []))
        if each["Effect"] == "Allow" and not limited:
            for pattern in as_list(each.get("Action", [])):
                yield from get_reference().expand(pattern)


@pytest.mark.parametrize("level", ["Permissions management", "Tagging"])
def test_free_is_said_of_the_action_and_not_of_the_whole_policy(
    level: str, versions: list[PolicyVersion]
) -> None:
    plain = [each for each in versions if not (each.uses_deny or each.uses_not_action)]
    expected = {
        each.policy.name
        for each in plain
        if any(action.level == level for action in free_actions(each))
    }
    found = listed(f"free={level.lower().replace(' ', '-')}")
    assert found & {each.policy.name for each in plain} == expected
    assert expected - listed("scope=all&conditions=none")


Granted = tuple[str, str, bool]


@pytest.fixture(scope="module")
def by_hand(versions: list[PolicyVersion]) -> dict[str, set[Granted]]:
    """Of what each policy grants the service, the level, and whether it does so freely."""
    found: dict[str, set[Granted]] = {}
    for each in versions:
        every, free = granted(each.document)
        found[each.policy.name] = {
            (action.service, action.level, action in free) for action in every
        }
    return found


PERMISSIONS = "Permissions management"
TOGETHER: dict[str, Callable[[Granted], bool]] = {
    "service=iam&level=permissions-management": lambda g: g[:2] == ("iam", PERMISSIONS),
    "service=iam&free=permissions-management": lambda g: g == ("iam", PERMISSIONS, True),
    "service=iam&level=permissions-management&free=permissions-management": (
        lambda g: g == ("iam", PERMISSIONS, True)
    ),
    "service=iam&service=organizations&level=write&level=tagging": (
        lambda g: g[0] in ("iam", "organizations") and g[1] in ("Write", "Tagging")
    ),
    "service=organizations&free=read&free=list": (
        lambda g: g[0] == "organizations" and g[1] in ("Read", "List") and g[2]
    ),
    "service=iam&level=write&level=list&free=write": lambda g: g == ("iam", "Write", True),
    "service=iam&level=write&free=list": lambda g: False,
}


@pytest.mark.parametrize("query", sorted(TOGETHER))
def test_service_level_and_freedom_meet_in_one_action(
    query: str, by_hand: dict[str, set[Granted]], client: Client
) -> None:
    expected = {name for name, granted in by_hand.items() if any(map(TOGETHER[query], granted))}
    assert listed(query) == expected
    answer = client.get(f"/policies.json?{query}").json()
    assert answer["count"] == len(expected)
    assert len(client.get(f"/policies.csv?{query}").content.splitlines()) == len(expected) + 1
    page = markup_of(client.get(f"/policies/?{query}"))
    assert f"<strong>{len(expected)}</strong> polic" in page


def test_a_policy_with_the_level_elsewhere_is_left_out(by_hand: dict[str, set[Granted]]) -> None:
    apart = listed("service=iam") & listed("free=permissions-management")
    assert listed("service=iam&free=permissions-management") < apart


def test_the_counts_of_facets_that_meet_are_those_by_hand(
    by_hand: dict[str, set[Granted]],
) -> None:
    state = POLICIES.read_state(QueryDict("service=iam&level=permissions-management"))
    offered = {each.facet.key: each for each in POLICIES.offer(in_force(), state)}
    free = next(each for each in offered["free"].options if each.label == PERMISSIONS)
    assert free.count == sum(("iam", PERMISSIONS, True) in each for each in by_hand.values()) > 0
    assert {each.value: each.count for each in offered["free"].options if each != free} == {
        "list": 0, "read": 0, "write": 0, "tagging": 0,
    }  # fmt: skip
    for option in offered["level"].options:
        having = [
            any(granted[:2] == ("iam", option.label) for granted in each)
            for each in by_hand.values()
        ]
        assert option.count == sum(having), option.label
    count = offered["service"].counts["organizations"]
    assert count == sum(
        any(granted[:2] == ("organizations", PERMISSIONS) for granted in each)
        for each in by_hand.values()
    )


def test_the_page_says_which_facets_meet_in_one_action(client: Client) -> None:
    text = markup_of(client.get("/policies/"))
    in_one, as_a_whole = (
        text.index("In a single granted action"),
        text.index("In the policy as a whole"),
    )
    for key in ("service", "level", "free"):
        assert in_one < text.index(f'name="{key}"') < as_a_whole
    for key in ("risk", "lint", "kind", "scope", "conditions", "key", "uses"):
        assert as_a_whole < text.index(f'name="{key}"')


STATES = [
    "",
    "service=ecs",
    "kind=service-role&level=write",
    "q=ecs&key=aws:resourceaccount",
    "service=iam&free=permissions-management",
    "service=s3&service=ec2&level=write&level=tagging&uses=deny",
    "level=write&free=write&attachable=yes",
]


@pytest.mark.parametrize("query", STATES)
def test_every_count_is_what_the_box_gives_alone(query: str) -> None:
    state = POLICIES.read_state(QueryDict(query))
    for offered in POLICIES.offer(in_force(state.text), state):
        for option in offered.options[:6]:
            alone = state.choosing(offered.facet.key, option.value)
            assert policies_shown_for(alone).count() == option.count, (
                offered.facet.key,
                option.value,
            )


@pytest.mark.parametrize("query", ["", "service=ecs", "since=2023-01-01"])
def test_the_counts_of_changes_are_what_their_boxes_give(query: str) -> None:
    state = CHANGES.read_state(QueryDict(query))
    for offered in CHANGES.offer(entries_like(state.text), state):
        for option in offered.options[:6]:
            alone = state.choosing(offered.facet.key, option.value)
            assert entries_of(alone).count() == option.count, (offered.facet.key, option.value)


def test_the_choices_of_a_fixed_facet_divide_all_policies() -> None:
    state = POLICIES.read_state(QueryDict(""))
    offered = {each.facet.key: each for each in POLICIES.offer(in_force(), state)}
    for key in ("kind", "attachable", "conditions", "deprecated"):
        assert sum(option.count for option in offered[key].options) == in_force().count()


def test_a_long_facet_shows_the_most_frequent_and_the_chosen() -> None:
    state = POLICIES.read_state(QueryDict("service=mobiletargeting"))
    service = POLICIES.offer(in_force(), state)[1]
    shown = [option.value for option in service.options]
    assert len(shown) == SHOWN + 1
    assert shown[-1] == "mobiletargeting"
    assert service.options[-1].checked
    assert service.hidden > 400
    counts = [option.count for option in service.options[:SHOWN]]
    assert counts == sorted(counts, reverse=True)


def test_an_opened_facet_shows_every_option() -> None:
    state = POLICIES.read_state(QueryDict("all=key"))
    key = next(each for each in POLICIES.offer(in_force(), state) if each.facet.key == "key")
    assert key.hidden == 0
    assert len(key.options) == len(key.counts) == 599
    assert key.toggle_url == "?"


def test_a_chosen_value_that_leaves_nothing_is_still_shown() -> None:
    state = POLICIES.read_state(QueryDict("service=ecs&q=NoPolicyIsCalledThis"))
    service = POLICIES.offer(in_force(state.text), state)[1]
    assert [(option.value, option.count) for option in service.options] == [("ecs", 0)]


@pytest.mark.parametrize("listing", [POLICIES, CHANGES])
def test_keys_are_unique_and_none_is_a_parameter_of_the_list_itself(listing: Listing) -> None:
    keys = [facet.key for facet in listing.facets]
    assert len(keys) == len(set(keys))
    assert not {"q", "sort", "page", "all"} & set(keys)


def test_the_suggested_days_are_counted_back_from_the_newest_source() -> None:
    days = [f"{day:%Y-%m-%d}" for day, _ in days_worth_a_look()]
    assert days == ["2026-08-31", "2026-07-02", "2025-09-30", "2024-09-30"]


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("q=&since=&sort=", ""),
        ("sort=name", ""),
        ("page=1", ""),
        ("kind=SERVICE-ROLE&kind=aws-managed", "kind=aws-managed&kind=service-role"),
        ("since=20260930", "since=2026-09-30"),
        ("page=2&sort=-actions&q=a++b", "q=a+b&sort=-actions&page=2"),
        ("key=ECS:Cluster", "key=ecs:cluster"),
    ],
)
def test_a_state_has_one_address(query: str, canonical: str) -> None:
    state = POLICIES.read_state(QueryDict(query))
    assert state.problems == ()
    assert state.query == canonical
    assert POLICIES.read_state(QueryDict(state.query)) == state
