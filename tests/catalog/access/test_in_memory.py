"""The compiled catalogue gives what each policy grants by itself, and follows the database."""

from __future__ import annotations

import gc
import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from policyhub.catalog.access import current
from policyhub.catalog.access.catalogue import CatalogPolicy, Catalogue, GrantingPolicy
from policyhub.catalog.access.current import get_catalogue, warm_up
from policyhub.catalog.access.in_memory import CompiledCatalogue, compile_catalogue
from policyhub.catalog.access.permissions import effective_permissions
from policyhub.catalog.access.verdicts import FREEDOMS
from policyhub.catalog.generation_cache import GenerationCache
from policyhub.catalog.models import CatalogState, Policy, PolicyVersion
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import make_request
from policyhub.iam.deciding.statements import CompiledPolicy
from tests.catalog.small_reference import ACTION_PATTERNS, SMALL, allow, deny, policy

Row = tuple[str, str, list[int], list[int]]


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not compiled anything yet."""
    cache = GenerationCache(current._generation, current._build)
    monkeypatch.setattr(current, "_cache", cache)


def row(found: GrantingPolicy) -> Row:
    allowed = [statement.position for statement in found.allowed_by]
    return found.name, found.freedom, allowed, [each.position for each in found.denied_by]


def small(**documents: list[dict[str, object]]) -> CompiledCatalogue:
    return CompiledCatalogue(
        [CatalogPolicy(name, "v1", policy(*rows)) for name, rows in documents.items()], SMALL
    )


@pytest.mark.django_db
@pytest.mark.one_database
@pytest.mark.parametrize("count", [60, pytest.param(300, marks=pytest.mark.endurance)])
def test_a_request_is_decided_as_by_every_policy_one_by_one(count: int) -> None:
    catalogue = compile_catalogue()
    source = random.Random(11)
    attached = {
        name: AppliedPolicies(
            identity=(AppliedPolicy(name, CompiledPolicy(each.document)),),
            facts=catalogue.facts,
        )
        for name, each in catalogue.policies.items()
    }
    for action in source.sample(get_reference().actions, count):
        resource = source.choice(
            ["*", "arn:aws:s3:::aws-glue-x/y", "arn:aws:iam::123456789012:role/x"]
        )
        context = source.choice([{}, {"iam:PassedToService": "ecs-tasks.amazonaws.com"}])
        request = make_request(action.id, resource, context=context)
        found = {each.policy.name: each.decision for each in catalogue.deciding(request)}
        silent = evaluate(request, AppliedPolicies(facts=catalogue.facts))
        for name, policies in attached.items():
            assert evaluate(request, policies) == found.get(name, silent), (name, action.id)


def test_what_each_decision_depends_on_is_told() -> None:
    catalogue = small(
        free=[allow("ecs:RunTask")],
        bound=[allow("ecs:RunTask", Condition={"Bool": {"aws:SecureTransport": "true"}})],
        other=[allow("s3:GetObject")],
    )
    found = {each.policy.name: each for each in catalogue.explaining(make_request("ecs:RunTask"))}
    assert found.keys() == {"free", "bound"}
    assert found["free"].depends_on.is_settled
    assert found["bound"].depends_on.keys == ("aws:SecureTransport",)
    assert [len(found[name].statements) for name in ("free", "bound")] == [1, 1]
    denied = make_request("ecs:RunTask", context={"aws:SecureTransport": False})
    found = {each.policy.name: each for each in catalogue.explaining(denied)}
    assert [len(found[name].near_misses) for name in ("free", "bound")] == [0, 1]


def test_a_pattern_is_expanded_to_actions_that_only_policies_name_too() -> None:
    catalogue = small(one=[allow("ecs:RunTask", "ecs:RunForgotten")])
    assert "ecs:RunForgotten" in catalogue.actions_matching("ecs:Run*")
    assert catalogue.actions_matching("ECS:runF*") == ("ecs:RunForgotten",)
    assert catalogue.actions_matching("none:*") == ()


@pytest.mark.django_db
@pytest.mark.one_database
def test_it_says_of_every_policy_what_the_policy_by_itself_grants() -> None:
    catalogue = compile_catalogue()
    assert len(catalogue) == 1_582
    actions = random.Random(3).sample(get_reference().actions, 200)
    expected: dict[str, list[Row]] = {action.id: [] for action in actions}
    for each in catalogue.policies.values():
        permissions = effective_permissions(each.document)
        for action in actions:
            grant = permissions.grant(action.id)
            if grant is not None:
                allowed = [statement.position for statement in grant.allowed_by]
                denied = [statement.position for statement in grant.denied_by]
                expected[action.id].append((each.name, grant.freedom, allowed, denied))
    for action in actions:
        assert sorted(map(row, catalogue.granting(action.id))) == sorted(expected[action.id])


@pytest.mark.django_db
@pytest.mark.one_database
def test_an_action_that_the_reference_lacks_is_found_by_its_patterns() -> None:
    names = {found.name for found in get_catalogue().granting("budgets:CreateBudget")}
    assert get_reference().action("budgets:CreateBudget") is None
    assert {"AdministratorAccess", "AWSDenyAll"} <= names
    assert any(name not in {"AdministratorAccess", "AWSDenyAll"} for name in names)


def test_the_freest_come_first_and_each_names_its_statements() -> None:
    catalogue = small(
        Blocked=[allow("a:Get"), deny("*")],
        Bounded=[allow("a:*", Resource="arn:x")],
        Free=[allow("b:*"), allow(NotAction="b:*")],
        Silent=[allow("b:*")],
    )
    found = catalogue.granting("A:GET")
    assert [row(each) for each in found] == [
        ("Free", "free", [1], []),
        ("Bounded", "scoped", [0], []),
        ("Blocked", "blocked", [0], [1]),
    ]
    assert [FREEDOMS.index(each.freedom) for each in found] == [0, 2, 4]
    assert [each.effect for each in found[2].statements] == ["Allow", "Deny"]
    assert found[0].version_id == "v1"


def test_an_action_without_a_service_is_granted_by_who_takes_everything() -> None:
    catalogue = small(Starred=[allow("*")], Named=[allow("a:*")])
    assert [found.name for found in catalogue.granting("nonsense")] == ["Starred"]


@pytest.mark.django_db
@pytest.mark.usefixtures("fresh")
def test_it_is_built_once_and_asks_one_query_afterwards() -> None:
    first = get_catalogue()
    with CaptureQueriesContext(connection) as queries:
        assert get_catalogue() is first
    assert len(queries) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("fresh")
def test_it_is_built_anew_when_the_generation_moved() -> None:
    first = get_catalogue()
    version = PolicyVersion.objects.get(policy__name="AWSDenyAll", is_default=True)
    version.document = (
        '{"Statement": {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"}}'
    )
    version.digest = "another"
    version.save()
    assert get_catalogue() is first
    CatalogState.advance()
    second = get_catalogue()
    assert second is not first
    found = {each.name: each.freedom for each in second.granting("ecs:RunTask")}
    assert found["AWSDenyAll"] == "free"


@pytest.mark.django_db
def test_no_generation_comes_again() -> None:
    seen = set()
    for _ in range(3):
        CatalogState.advance()
        seen.add(CatalogState.current().generation)
    assert len(seen) == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("fresh")
def test_of_several_threads_one_builds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Catalogue] = []
    state = CatalogState.current()

    def build(last: Catalogue | None) -> Catalogue:
        built.append(small(Starred=[allow("*")]))
        return built[-1]

    # The threads have connections of their own, which this test's transaction is closed to.
    monkeypatch.setattr(CatalogState, "current", lambda: state)
    monkeypatch.setattr(current, "build_catalogue", build)
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: get_catalogue(), range(64)))
    assert len(built) == 1
    assert all(each is built[0] for each in given)


@pytest.mark.django_db
def test_only_default_versions_that_can_be_parsed_are_compiled() -> None:
    extra = Policy.objects.create(
        name="Extra", arn="arn:extra", kind="aws-managed", attachable=True
    )
    PolicyVersion.objects.create(policy=extra, document="{}", digest="1", is_default=True)
    PolicyVersion.objects.create(policy=extra, document="{}", digest="2")
    catalogue = compile_catalogue()
    assert "Extra" not in catalogue.policies
    assert len(catalogue) == 1_582


@pytest.mark.django_db
@pytest.mark.one_database
def test_what_did_not_change_is_taken_over_and_what_did_is_read() -> None:
    last = compile_catalogue()
    changed, gone, same = sorted(last.policies)[:3]
    last.granted_by([changed, same])
    statement = allow("ecs:RunTask")
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    versions = PolicyVersion.objects.filter(is_default=True)
    versions.filter(policy__key=changed).update(document=document, digest="another")
    versions.filter(policy__key=gone).update(is_default=False)
    fresh, again = compile_catalogue(), compile_catalogue(last)
    assert {name: each.document for name, each in again.policies.items()} == {
        name: each.document for name, each in fresh.policies.items()
    }
    assert gone not in again.policies
    assert again.policies[same] is last.policies[same]
    assert again.policies[changed].document != last.policies[changed].document
    assert again.granted_by([changed, same]) == fresh.granted_by([changed, same])
    for action in ("ecs:RunTask", "s3:GetObject", "iam:PassRole"):
        assert [each.name for each in again.granting(action)] == [
            each.name for each in fresh.granting(action)
        ]


@pytest.mark.django_db
@pytest.mark.one_database
def test_reading_what_changed_costs_few_queries() -> None:
    last = compile_catalogue()
    with CaptureQueriesContext(connection) as queries:
        compile_catalogue(last)
    assert len(queries) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("fresh")
@pytest.mark.one_database
def test_warming_up_builds_it_and_spares_the_garbage_collector() -> None:
    frozen = gc.get_freeze_count()
    warm_up()
    assert gc.get_freeze_count() > frozen
    with CaptureQueriesContext(connection) as queries:
        get_catalogue()
    assert len(queries) == 1


_STATEMENTS: list[dict[str, object]] = [
    *map(allow, ACTION_PATTERNS),
    deny("a:Get"),
    {"Effect": "Allow", "NotAction": "a:*", "Resource": "*"},
]
_NAMES = st.sampled_from("abcdef")
_DOCUMENTS = st.lists(st.sampled_from(_STATEMENTS), min_size=1, max_size=3)


@given(steps=st.lists(st.dictionaries(_NAMES, st.none() | _DOCUMENTS, min_size=1), max_size=24))
def test_after_any_changes_it_answers_as_one_that_is_compiled_as_a_whole(
    steps: list[dict[str, list[dict[str, object]] | None]],
) -> None:
    policies: dict[str, CatalogPolicy] = {}
    followed = CompiledCatalogue([], SMALL)
    for step in steps:
        for name, rows in step.items():
            policies.pop(name, None)
            if rows is not None:
                policies[name] = CatalogPolicy(name, "v1", policy(*rows))
        followed = CompiledCatalogue(policies.values(), SMALL, followed)
    whole = CompiledCatalogue(policies.values(), SMALL)
    for action in ("a:get", "b:tag", "a:nope", "gone:x"):
        assert list(map(row, followed.granting(action))) == list(map(row, whole.granting(action)))
    assert followed.services == whole.services
    assert followed.unlisted_actions() == whole.unlisted_actions()
    assert list(followed.policies) == list(whole.policies)
