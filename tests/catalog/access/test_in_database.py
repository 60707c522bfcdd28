"""The catalogue in the database answers as the one in memory does, whatever is asked."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from policyhub.catalog.access import current
from policyhub.catalog.access.catalogue import Catalogue, Concerned
from policyhub.catalog.access.current import get_catalogue
from policyhub.catalog.access.explained import make_ready
from policyhub.catalog.access.in_database import StoredCatalogue, patterns_matching
from policyhub.catalog.access.in_memory import CompiledCatalogue, compile_catalogue
from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.models import Pattern, Policy, PolicyVersion
from policyhub.catalog.naming import bare_name
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.catalog.sources.items import SourceVersion
from policyhub.iam.deciding.request import Request, make_request
from tests.catalog.given_sources import policy
from tests.catalog.small_reference import allow, deny

pytestmark = pytest.mark.django_db
RESOURCES = ["*", "arn:aws:s3:::aws-glue-x/y", "arn:aws:iam::123456789012:role/x"]
CONTEXTS: list[dict[str, Any]] = [
    {},
    {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
    {"aws:RequestTag/AmazonECSManaged": "true", "aws:SecureTransport": True},
]


def stored(most_statements: int = 100_000) -> StoredCatalogue:
    return StoredCatalogue(get_reference(), most_statements)


def plain(about: Concerned) -> tuple[object, ...]:
    return about.policy.name, about.policy.version_id, about.statements


def decided(catalogue: Catalogue, request: Request) -> list[tuple[object, ...]]:
    return [(each.policy.name, each.decision) for each in catalogue.deciding(request)]


def explained(catalogue: Catalogue, request: Request, any_resource: bool) -> list[Any]:
    policies = catalogue.explaining(request, any_resource)
    make_ready(policies)
    return [
        (each.name, each.version_id, each.policy.name, each.policy.version_id,
         each.depends_on, each.statements, [near.match.statement for near in each.near_misses])
        for each in policies
    ]  # fmt: skip


def in_memory_now() -> CompiledCatalogue:
    """The catalogue that pages are answered from."""
    catalogue = get_catalogue()
    assert isinstance(catalogue, CompiledCatalogue)
    return catalogue


def granted(catalogue: Catalogue, action: str) -> list[tuple[object, ...]]:
    return [
        (each.name, each.version_id, each.freedom, each.allowed_by, each.denied_by)
        for each in catalogue.granting(action)
    ]


def test_every_answer_over_the_corpus_is_that_of_the_catalogue_in_memory() -> None:
    in_memory, in_database = in_memory_now(), stored()
    assert len(in_database) == len(in_memory) == 1_582
    choose = random.Random(17)
    actions = [each.id for each in choose.sample(get_reference().actions, 60)]
    asked = [
        *actions,
        "iam:PassRole",
        "budgets:CreateBudget",
        "none:Such",
        "ECS:RUNTASK",
    ]
    for action in asked:
        request = make_request(action, choose.choice(RESOURCES), context=choose.choice(CONTEXTS))
        any_resource = choose.random() < 0.5
        assert decided(in_database, request) == decided(in_memory, request)
        assert explained(in_database, request, any_resource) == explained(
            in_memory, request, any_resource
        )
        assert granted(in_database, action) == granted(in_memory, action)
        assert in_database.behind(action) == in_memory.behind(action)
    assert granted(in_database, "nonsense") == granted(in_memory, "nonsense")


def test_what_is_behind_an_answer_is_read_of_some_policies_alone() -> None:
    keys = dict(Policy.objects.order_by("pk").values_list("key", "pk")[::7])
    for action in ("iam:PassRole", "ecs:RunTask", "s3:GetObject", "budgets:CreateBudget", "none:a"):
        of_all = stored().behind(action)
        among = stored().behind_among(action, keys.values())
        assert among.policies == of_all.policies & keys.keys()
        assert among.statements == {each for each in of_all.statements if each[0] in keys}
        known = stored()
        known.behind(action)
        assert known.behind_among(action, keys.values()) == of_all
        assert in_memory_now().behind_among(action, keys.values()) == of_all


def test_it_names_the_same_services_and_actions() -> None:
    in_memory, in_database = in_memory_now(), stored()
    assert in_database.services == in_memory.services
    assert in_database.unlisted_actions() == in_memory.unlisted_actions()
    for pattern in ("ecs:*", "budgets:*", "*:Create*Budget*", "none:*"):
        assert in_database.actions_matching(pattern) == in_memory.actions_matching(pattern)


def test_a_whole_policy_is_read_as_it_is_in_memory() -> None:
    in_memory, in_database = in_memory_now(), stored()
    names = ["AmazonECS_FullAccess", "ReadOnlyAccess", "Nobody's"]
    read = in_database.read(names)
    assert {name: each.document for name, each in read.items()} == {
        name: in_memory.policies[name].document for name in names[:2]
    }
    assert in_database.granted_by(names) == in_memory.granted_by(names)


LONG = "s3:Get" + "*t" * 200
EXACTLY = "s3:" + "X" * 300


def _body(name: str, statements: list[dict[str, Any]]) -> dict[str, Any]:
    version = {} if name == "Old" else {"Version": "2012-10-17"}
    return {**version, "Statement": statements}


@pytest.fixture
def odd() -> CompiledCatalogue:
    """The corpus with policies that no pattern row leads to, and their like."""
    documents = {
        "LongPattern": [allow(LONG), allow("ecs:RunTask")],
        "LongException": [allow(NotAction=[LONG, "ecs:*"])],
        "LongDeny": [allow("s3:*"), deny(LONG)],
        "LongName": [allow(EXACTLY)],
        "Everything": [allow("*")],
        "AnyService": [allow("*:GetObject")],
        "Sparing": [allow(NotAction=["s3:GetObject", "S3:GETBUCKET*"])],
        "Unheard": [allow("zzz:DoIt"), deny(NotAction=["zzz:*"])],
        "Old": [allow("s3:GetObject", Resource="arn:aws:s3:::${aws:username}/*")],
    }
    items = [
        policy(
            SourceVersion("v1", None, is_default=True, document=json.dumps(_body(name, rows))),
            name=name,
        )
        for name, rows in documents.items()
    ]
    report = import_policies(items)
    assert not report.rejected
    return compile_catalogue()


ODD_ACTIONS = [
    "s3:GetObject",
    "s3:GetBucketAcl",
    "s3:Gettt",
    "s3:Get" + "t" * 250,
    EXACTLY,
    EXACTLY.lower(),
    "zzz:DoIt",
    "zzz:Other",
    "ecs:RunTask",
    "x3:Any",
    "none:GetObject",
]


def test_odd_patterns_are_found_all_the_same(odd: CompiledCatalogue) -> None:
    for action in ODD_ACTIONS:
        request = make_request(action, "arn:aws:s3:::me/x", context={"aws:username": "me"})
        assert decided(stored(), request) == decided(odd, request), action
        assert granted(stored(), action) == granted(odd, action), action
        assert stored().behind(action) == odd.behind(action), action
        assert "Everything" in {bare_name(each.name) for each in odd.granting(action)}, action


def test_odd_patterns_are_explained_all_the_same(odd: CompiledCatalogue) -> None:
    for action in ODD_ACTIONS:
        request = make_request(action, "arn:aws:s3:::me/x", context={"aws:username": "me"})
        for any_resource in (False, True):
            assert explained(stored(), request, any_resource) == explained(
                odd, request, any_resource
            ), action


def test_odd_names_are_listed_all_the_same(odd: CompiledCatalogue) -> None:
    assert stored().services == odd.services
    assert "zzz" in odd.services
    assert stored().unlisted_actions() == odd.unlisted_actions()
    assert {"zzz:doit", EXACTLY.lower()} <= odd.unlisted_actions().keys()


def test_statements_are_kept_as_far_as_they_may_be() -> None:
    request = make_request("iam:PassRole")
    roomy, narrow = stored(), stored(most_statements=3)
    expected = decided(roomy, request)
    assert decided(narrow, request) == expected
    for catalogue, reads in ((roomy, 0), (narrow, 2)):
        with CaptureQueriesContext(connection) as queries:
            assert decided(catalogue, request) == expected
        # Two look up patterns and statements; what was dropped is read again.
        asked = [each for each in queries if "SELECT" in each["sql"]]
        assert len(asked) == 2 + reads


def test_patterns_are_found_by_their_beginning() -> None:
    found = set(
        Pattern.objects.filter(pk__in=patterns_matching("ecs:runtask")).values_list(
            "text", flat=True
        )
    )
    every = Pattern.objects.values_list("text", flat=True)
    assert found >= {"*", "ecs:*", "ecs:runtask"} & set(every)
    assert not any(text.startswith("s3") for text in found)


@pytest.mark.parametrize(
    ("megabytes", "kind"), [(1_000, CompiledCatalogue), (100, StoredCatalogue)]
)
def test_the_memory_that_is_allowed_decides_where_it_is_kept(
    megabytes: int,
    kind: type[Catalogue],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.MEMORY_BYTES = megabytes * 1_000_000
    monkeypatch.setattr(current._cache, "_current", None)
    assert isinstance(get_catalogue(), kind)


def test_an_empty_database_needs_memory_for_the_reference_alone(
    settings: Settings,
) -> None:
    PolicyVersion.objects.update(is_default=False)
    settings.MEMORY_BYTES = 100_000_000
    assert current.fits_in_memory()
    settings.MEMORY_BYTES -= 1
    assert not current.fits_in_memory()


def test_postgresql_reads_what_is_said_of_an_action_without_parallel_workers() -> None:
    with CaptureQueriesContext(connection) as queries:
        stored().sources(make_request("iam:PassRole"))
    settings = [each["sql"] for each in queries if each["sql"].startswith("SET ")]
    # Of this transaction alone.
    wanted = ["SET LOCAL max_parallel_workers_per_gather = 0"]
    assert settings == (wanted if connection.vendor == "postgresql" else [])
