"""What is derived: that it is right, complete, rebuilt in one go, and that drift is named."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import CASCADE, F, Model, Sum
from django.db.transaction import atomic, set_rollback
from django.test.utils import CaptureQueriesContext

from policyhub.catalog.deriving import belonging, drift, indexing
from policyhub.catalog.deriving.belonging import ServiceNames
from policyhub.catalog.deriving.indexing import find_drift, index_versions, load_reference, rebuild
from policyhub.catalog.management.commands import reindex
from policyhub.catalog.models import (
    Action,
    CatalogState,
    ConditionKey,
    ConditionUse,
    Pattern,
    PermissionDescription,
    Policy,
    PolicyVersion,
    ResourceType,
    Service,
    ServiceGrant,
    StatementPattern,
)
from policyhub.catalog.models import Statement as StoredStatement
from policyhub.catalog.reference.in_database import write_reference
from policyhub.catalog.reference.in_memory import Reference, get_reference
from policyhub.catalog.signals import policies_changed
from tests.catalog.small_reference import allow, deny, when

pytestmark = pytest.mark.django_db

Document = dict[str, Any]
Tampering = Callable[[PolicyVersion], None]
FEW_SERVICES = ("ecs", "sqs", "iam")


def saved(*statements: Document, name: str = "Made") -> PolicyVersion:
    """A version as the import saves it: nothing derived yet."""
    policy = Policy.objects.create(name=name, kind=Policy.Kind.AWS_MANAGED, attachable=True)
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return PolicyVersion.objects.create(
        policy=policy, version_id="v1", document=document, digest=name, is_default=True
    )


def indexed(*statements: Document) -> PolicyVersion:
    """The version, indexed, as the database has it."""
    version = saved(*statements)
    index_versions([version])
    return PolicyVersion.objects.get(pk=version.pk)


@pytest.fixture
def emptied() -> Iterator[Reference]:
    """No policies, over a reference of few services: checking and rebuilding all of it is quick.

    The whole of both is held against what is derived below, and loaded by each first start.
    """
    Policy.objects.update(described_version=None)
    related = PolicyVersion._meta.related_objects
    of_versions = [each.field.model for each in related if each.on_delete is CASCADE]
    # Whoever refers to others first, whole tables at once: row by row, each with a look at who
    # refers to it, took longer than the tests.
    referring: list[type[Model]] = [StatementPattern, ConditionUse, *of_versions]
    referring += [Pattern, PermissionDescription, PolicyVersion]
    for model in referring:
        model._default_manager.all()._raw_delete(connection.alias)
    whole = get_reference()
    few = [info for prefix, info in whole.services.items() if prefix in FEW_SERVICES]
    small = Reference(whole.version, few, whole.global_condition_keys)
    write_reference(small)
    Service.objects.filter(known=False).delete()
    with pytest.MonkeyPatch.context() as patch:
        for module in (indexing, drift, reindex):
            patch.setattr(module, "get_reference", lambda: small)
        patch.setattr(belonging, "service_names", lambda: ServiceNames(small))
        yield small


def counts() -> dict[str, int]:
    models: tuple[type[Model], ...] = (
        Action, ConditionKey, ConditionUse, Pattern, ResourceType, Service, ServiceGrant,
        StoredStatement, StatementPattern,
    )  # fmt: skip
    return {model.__name__: model._default_manager.count() for model in models}


def test_nothing_of_the_whole_corpus_drifted() -> None:
    assert find_drift() == []


def test_the_corpus_has_the_rows_that_it_should() -> None:
    defaults = PolicyVersion.objects.in_force()
    assert StoredStatement.objects.filter(version__in=defaults).count() == 8_850
    conditional = StoredStatement.objects.filter(version__in=defaults, condition_uses__isnull=False)
    assert conditional.distinct().count() == 3_945
    used = Pattern.objects.filter(uses__statement__version__in=defaults).distinct()
    assert used.count() == 13_195
    assert used.filter(has_wildcard=True).count() == 1_275
    assert used.filter(match_count=0).count() == 151
    assert defaults.aggregate(total=Sum("action_count"))["total"] == 228_097
    assert defaults.filter(uses_deny=True).count() == 44


def test_a_version_has_its_columns() -> None:
    version = indexed(
        allow("ecs:RunTask", "ECS:runtask", "ecs:ListC*", "gone:X"),
        allow(
            "iam:PassRole",
            Resource="arn:aws:iam::*:role/x",
            Condition=when("aws:MultiFactorAuthPresent"),
        ),
        deny(NotAction="s3:*", NotResource="arn:aws:s3:::a"),
    )
    assert version.statement_count == 3
    assert version.pattern_count == 5
    # The Deny takes iam:PassRole away, and of the rest only a part.
    assert version.action_count == 3
    assert (version.list_count, version.read_count, version.write_count) == (2, 0, 1)
    assert (version.permissions_count, version.tagging_count) == (0, 0)
    assert version.resource_scope == PolicyVersion.ResourceScope.MIXED
    assert version.condition_scope == PolicyVersion.ConditionScope.SOME
    assert version.uses_deny
    assert version.uses_not_action
    assert version.uses_not_resource


def test_an_action_counts_as_free_by_its_own_statements_not_by_those_beside_it() -> None:
    version = indexed(
        allow("iam:CreatePolicy", "ecs:RunTask", "ecs:StopTask"),
        allow("iam:PutRolePolicy", Condition=when("aws:MultiFactorAuthPresent")),
        allow("ecs:ListClusters", Resource="arn:aws:ecs:*:*:cluster/a"),
        deny("ecs:StopTask", Condition=when("aws:MultiFactorAuthPresent")),
    )
    assert (version.permissions_count, version.write_count, version.list_count) == (2, 2, 1)
    assert (version.free_permissions_count, version.free_write_count) == (1, 1)
    assert (version.free_list_count, version.free_read_count, version.free_tagging_count) == (
        0,
        0,
        0,
    )


@pytest.mark.parametrize(
    ("statements", "resources", "conditions"),
    [
        ([allow("ecs:*")], "all", "none"),
        ([allow("ecs:*", Resource="arn:x")], "scoped", "none"),
        ([allow("ecs:*", NotResource="arn:x")], "scoped", "none"),
        ([allow("ecs:*"), deny("ecs:*", Resource="arn:x")], "all", "none"),
        ([deny("ecs:*")], "", "none"),
        ([allow("ecs:*", Condition=when("aws:X"))], "all", "all"),
        ([allow("ecs:*"), deny("ecs:*", Condition=when("aws:X"))], "all", "some"),
    ],
)
def test_scopes_are_those_of_the_statements(
    statements: list[Document], resources: str, conditions: str
) -> None:
    version = indexed(*statements)
    assert (version.resource_scope, version.condition_scope) == (resources, conditions)


def test_statements_keep_their_elements_in_order() -> None:
    version = indexed(
        allow("ecs:RunTask", Sid="First"),
        deny("s3:*", NotResource=["arn:x"], Condition=when("aws:SecureTransport")),
    )
    first, second = version.statements.all()
    assert (first.position, first.sid, first.effect) == (0, "First", "Allow")
    assert (first.actions, first.resources, first.conditions) == (["ecs:RunTask"], ["*"], {})
    assert first.principals is None
    assert (second.not_resource, second.resources) == (True, ["arn:x"])
    assert second.conditions == {"Bool": {"aws:SecureTransport": ["true"]}}


def test_a_pattern_stands_once_whatever_its_case() -> None:
    version = indexed(allow("EcS:RunT*", "ecs:runt*"), allow("ecs:RunT*"))
    pattern = Pattern.objects.get(text="ecs:runt*")
    assert pattern.service == Service.objects.get(prefix="ecs")
    assert (pattern.literal_prefix, pattern.has_wildcard, pattern.match_count) == (
        "ecs:runt", True, 1,
    )  # fmt: skip
    assert pattern.uses.filter(statement__version=version).count() == 2


def test_a_service_that_the_reference_lacks_gets_a_row_that_says_so() -> None:
    version = indexed(allow("vanished:X", "ecs:RunTask"), deny("ec2:*"), allow(NotAction=["*"]))
    service = Service.objects.get(prefix="vanished")
    assert not service.known
    grants = {grant.service.prefix: grant.write_count for grant in version.service_grants.all()}
    assert grants == {"vanished": 0, "ecs": 1, "ec2": 0}


def test_a_pattern_too_long_to_be_an_action_is_kept_with_its_statement() -> None:
    endless = "ecs:" + "x" * 300
    prefix = "y" * 65 + ":X"
    version = indexed(allow(endless, prefix, "ecs:RunTask"))
    statement = version.statements.get()
    assert statement.actions == [endless, prefix, "ecs:RunTask"]
    texts = {use.pattern.text for use in statement.pattern_uses.all()}
    assert texts == {prefix.lower(), "ecs:runtask"}
    assert Pattern.objects.get(text=prefix.lower()).service is None


def test_a_condition_use_knows_its_key() -> None:
    version = indexed(
        allow("ecs:*", Condition={"StringLike": {"AWS:ResourceTag/Team": ["a", "b"]}}),
        allow("ecs:*", Condition={"Bool": {"aws:" + "z" * 400: "true"}}),
    )
    tag, unknown = ConditionUse.objects.filter(statement__version=version).order_by("pk")
    assert (tag.operator, tag.key, tag.values) == ("StringLike", "AWS:ResourceTag/Team", ["a", "b"])
    assert tag.key_lower == "aws:resourcetag/team"
    assert tag.condition_key == ConditionKey.objects.get(name="aws:ResourceTag/${TagKey}")
    assert unknown.condition_key is None
    assert (len(unknown.key), len(unknown.key_lower)) == (404, 300)


def test_indexing_again_replaces_what_was_there() -> None:
    version = indexed(allow("ecs:*", "gone:X", Condition=when("aws:X")), allow("s3:*"))
    version.document = json.dumps({"Statement": allow("sqs:SendMessage")})
    version.save()
    index_versions([version])
    assert [row.actions for row in version.statements.all()] == [["sqs:SendMessage"]]
    assert not ConditionUse.objects.filter(statement__version=version).exists()
    assert [grant.service.prefix for grant in version.service_grants.all()] == ["sqs"]
    assert version.action_count == 1


def test_indexing_nothing_is_nothing() -> None:
    before = counts()
    index_versions([])
    assert counts() == before


def test_a_document_that_a_later_grammar_refuses_is_named_and_grants_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    version = saved(allow("ecs:*"))
    version.document = "{}"
    version.save()
    index_versions([version])
    assert "The document of Made v1 breaks the policy grammar" in caplog.text
    assert version.action_count == 0
    assert not version.statements.exists()
    assert gc.isenabled()


@pytest.mark.usefixtures("emptied")
def test_reindexing_goes_on_past_a_document_that_a_later_grammar_refuses() -> None:
    version = saved(allow("ecs:*"))
    PolicyVersion.objects.filter(pk=version.pk).update(document="{}")
    after = saved(allow("ecs:*"), name="After")
    rebuild()
    assert not version.statements.exists()
    assert after.statements.count() == 1


def test_the_garbage_collector_stays_off_where_it_was_off() -> None:
    gc.disable()
    try:
        index_versions([saved(allow("ecs:*"))])
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_progress_tells_of_every_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "_VERSIONS_AT_ONCE", 2)
    versions = [saved(allow("ecs:*"), name=f"Made{number}") for number in range(5)]
    told: list[int] = []
    index_versions(versions, told.append)
    assert told == [2, 2, 1]


def test_the_number_of_queries_does_not_grow_with_the_versions() -> None:
    few = [saved(allow("ecs:*"), name="Few")]
    many = [saved(allow("ecs:*"), name=f"Many{number}") for number in range(20)]
    with CaptureQueriesContext(connection) as for_few:
        index_versions(few)
    with CaptureQueriesContext(connection) as for_many:
        index_versions(many)
    # Few documents are linted at once too, many behind.
    assert len(for_many) <= len(for_few)


@pytest.mark.usefixtures("emptied")
def test_rebuilding_changes_nothing_that_was_right_and_moves_the_generation() -> None:
    index_versions([saved(allow("ecs:*", "gone:X"), name=f"Made{each}") for each in range(3)])
    before, generation = counts(), CatalogState.current().generation
    told: list[int] = []
    rebuild(told.append)
    assert counts() == before
    assert find_drift() == []
    assert CatalogState.current().generation != generation
    assert sum(told) == Action.objects.count() + PolicyVersion.objects.count()


@pytest.mark.usefixtures("emptied")
def test_rebuilding_tells_other_rooms_that_anything_may_have_changed() -> None:
    told: list[object] = []

    def listen(policies: object, **_: object) -> None:
        told.append(policies)

    policies_changed.connect(listen)
    try:
        rebuild()
    finally:
        policies_changed.disconnect(listen)
    assert told == [None]


@pytest.mark.usefixtures("emptied")
def test_rebuilding_drops_what_nothing_uses_any_more() -> None:
    version = indexed(allow("vanished:X"))
    version.delete()
    assert Pattern.objects.filter(text="vanished:x").exists()
    rebuild()
    assert not Pattern.objects.filter(text="vanished:x").exists()
    assert not Service.objects.filter(prefix="vanished").exists()


def test_the_reference_is_loaded_once() -> None:
    assert load_reference() is False


def test_a_newer_reference_is_loaded_and_what_was_derived_by_the_older_is_derived_again(
    emptied: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = indexed(allow("ecs:*", "sqs:*", Condition=when("ecs:cluster")))
    services = [info for prefix, info in emptied.services.items() if prefix != "ecs"]
    newer = Reference("newer", services, emptied.global_condition_keys)
    with monkeypatch.context() as patch:
        patch.setattr(indexing, "get_reference", lambda: newer)
        assert load_reference() is True
    assert CatalogState.current().reference_version == "newer"
    ecs = Service.objects.get(prefix="ecs")
    assert (ecs.known, ecs.action_count) == (False, 0)
    assert not Action.objects.filter(full_name="ecs:RunTask").exists()
    assert not ConditionKey.objects.filter(name="ecs:cluster").exists()
    assert Pattern.objects.get(text="ecs:*").match_count == 0
    version.refresh_from_db()
    assert version.action_count == len(emptied.services["sqs"].actions)
    assert ConditionUse.objects.get(statement__version=version).condition_key is None
    assert load_reference() is True
    assert find_drift() == []


def tamper_column(version: PolicyVersion) -> None:
    PolicyVersion.objects.filter(pk=version.pk).update(action_count=F("action_count") + 1)


def tamper_statement(version: PolicyVersion) -> None:
    version.statements.update(sid="Other")


def tamper_missing_statement(version: PolicyVersion) -> None:
    version.statements.all().delete()


def tamper_pattern_use(version: PolicyVersion) -> None:
    StatementPattern.objects.filter(statement__version=version).delete()


def tamper_condition(version: PolicyVersion) -> None:
    ConditionUse.objects.filter(statement__version=version).update(condition_key=None)


def tamper_grant(version: PolicyVersion) -> None:
    version.service_grants.filter(service__prefix="ecs").update(read_count=999)


def tamper_pattern(version: PolicyVersion) -> None:
    Pattern.objects.filter(text="ecs:runt*").update(match_count=7)


def tamper_leftover(version: PolicyVersion) -> None:
    Pattern.objects.create(text="ecs:q*", literal_prefix="ecs:q", has_wildcard=True, match_count=0,
                           service=Service.objects.get(prefix="ecs"))  # fmt: skip


def tamper_action(version: PolicyVersion) -> None:
    Action.objects.filter(full_name="ecs:RunTask").update(level="Read")


def tamper_key(version: PolicyVersion) -> None:
    ConditionKey.objects.create(name="aws:Invented")


def tamper_reference_version(version: PolicyVersion) -> None:
    CatalogState.objects.update(reference_version="0")


TAMPERING: list[tuple[Tampering, str]] = [
    (tamper_column, "Made v1: action_count"),
    (tamper_statement, "Made v1: statements"),
    (tamper_pattern_use, "Made v1: action patterns"),
    (tamper_condition, "Made v1: condition uses"),
    (tamper_grant, "Made v1: services"),
    (tamper_missing_statement, "Made v1: statements"),
    (tamper_pattern, "pattern ecs:runt*"),
    (tamper_leftover, "pattern ecs:q*"),
    (tamper_action, "actions of the reference"),
    (tamper_key, "condition keys of the reference"),
    (tamper_reference_version, "version of the reference"),
]


@pytest.mark.usefixtures("emptied")
def test_drift_is_named_whatever_was_tampered_with() -> None:
    version = indexed(allow("ecs:RunT*", Condition=when("ecs:cluster")))
    for tamper, place in TAMPERING:
        with atomic():
            tamper(version)
            said = StringIO()
            with pytest.raises(SystemExit) as exit_status:
                call_command("reindex", check=True, stdout=said)
            set_rollback(True)
        assert exit_status.value.code == 1
        assert f"{place}: should be " in said.getvalue()
        assert "`manage.py reindex` rebuilds them" in said.getvalue()


@pytest.mark.usefixtures("emptied")
def test_a_rebuild_mends_all_drift() -> None:
    version = indexed(allow("ecs:RunT*", Condition=when("ecs:cluster")))
    for tamper, _ in TAMPERING:
        tamper(version)
    assert find_drift()
    said = StringIO()
    call_command("reindex", stdout=said)
    assert said.getvalue().startswith("1 versions indexed by the reference 0.1.")
    call_command("reindex", check=True, stdout=said)
    assert said.getvalue().endswith("\nNothing drifted.\n")
