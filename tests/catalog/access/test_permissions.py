"""What documents grant: the cases of the specification, laws, and the real policies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.catalog.access.permissions import (
    EffectivePermissions,
    effective_permissions,
    effective_permissions_of,
)
from policyhub.catalog.access.verdicts import FREEDOMS
from policyhub.catalog.reference.in_memory import ActionInfo, get_reference
from policyhub.failures import FailedRequestError
from policyhub.iam.language.patterns import compile_pattern
from policyhub.iam.reading.document import PolicyDocument, Statement
from tests.catalog.corpus import corpus, ecs_page
from tests.catalog.small_reference import (
    CONDITION_KEYS,
    RESOURCES,
    SMALL,
    allow,
    deny,
    documents,
    policy,
    statements,
    when,
)

Document = list[dict[str, Any]]
ON_X = {"Resource": "arn:x"}
IF_ONE = {"Condition": when("k:One")}


def permissions(*rows: dict[str, Any]) -> EffectivePermissions:
    return effective_permissions(policy(*rows), SMALL)


def freedoms(found: EffectivePermissions) -> dict[str, str]:
    return {grant.action.id: grant.freedom for grant in (*found.grants, *found.denied)}


def granted(found: EffectivePermissions) -> set[str]:
    return {grant.action.id for grant in found.grants}


def positions(rows: tuple[Statement, ...]) -> list[int]:
    return [row.position for row in rows]


# Each case: the statements, and the freedom of `a:Get` ("" where nothing is said of it).
CASES: list[tuple[str, Document, str]] = [
    ("an allow on all resources is free", [allow("a:Get")], "free"),
    ("a star among resources is all of them", [allow("a:Get", Resource=["arn:x", "*"])], "free"),
    ("a condition is said", [allow("a:Get", **IF_ONE)], "conditional"),
    ("limited resources are said", [allow("a:Get", **ON_X)], "scoped"),
    ("every ARN is not every resource", [allow("a:Get", Resource="arn:*")], "scoped"),
    ("NotResource is a limit", [allow("a:Get", NotResource="arn:x")], "scoped"),
    ("both limits are said", [allow("a:Get", **ON_X, **IF_ONE)], "scoped and conditional"),
    ("the freest allow counts", [allow("a:*", **ON_X), allow("*", **IF_ONE)], "conditional"),
    ("NotAction grants what it does not list", [allow(NotAction="b:*")], "free"),
    ("NotAction does not grant what it lists", [allow(NotAction="a:G*")], ""),
    ("NotAction does not deny what it lists", [allow("*"), allow(NotAction="a:*")], "free"),
    ("silence is silence", [allow("b:*")], ""),
    ("a deny takes away", [allow("*"), deny("a:Get")], "blocked"),
    ("the order does not matter", [deny("a:Get"), allow("*")], "blocked"),
    ("a deny alone is said", [deny("a:*")], "blocked"),
    ("a conditional deny alone is said", [deny("a:*", **IF_ONE)], "blocked"),
    ("deny NotAction takes the rest", [allow("*"), deny(NotAction="b:*")], "blocked"),
    ("deny NotAction spares its list", [allow("*"), deny(NotAction="a:*")], "free"),
    ("a conditional deny takes a part", [allow("*"), deny("a:Get", **IF_ONE)], "conditional"),
    ("a narrower deny takes a part", [allow("*"), deny("a:Get", **ON_X)], "scoped"),
    (
        "two partial denies limit both ways",
        [allow("*"), deny("a:*", **ON_X), deny("a:*", **IF_ONE)],
        "scoped and conditional",
    ),
    ("a deny of the very resources takes away", [allow("a:*", **ON_X), deny("*")], "blocked"),
    (
        "a deny of wider resources takes away",
        [allow("a:*", **ON_X), deny("a:*", Resource="arn:*")],
        "blocked",
    ),
    (
        "denies take away together",
        [
            allow("a:*", Resource=["arn:x", "arn:y"]),
            deny("a:*", **ON_X),
            deny("a:*", Resource="arn:y"),
        ],
        "blocked",
    ),
    (
        "a deny elsewhere is no limit",
        [allow("a:*", **ON_X), deny("a:*", Resource="arn:y")],
        "scoped",
    ),
    (
        "a conditional deny elsewhere is no limit either",
        [allow("a:*", **ON_X), deny("a:*", Resource="arn:y", **IF_ONE)],
        "scoped",
    ),
    (
        "a deny of all but these takes the others",
        [allow("a:*", Resource="arn:y"), deny("a:*", NotResource="arn:x")],
        "blocked",
    ),
    (
        "a deny of all but these spares these",
        [allow("a:*", **ON_X), deny("a:*", NotResource="arn:x")],
        "scoped",
    ),
    (
        "what another statement allows is left",
        [allow("a:Get", **ON_X), allow("a:*", Resource="arn:y"), deny("a:*", **ON_X)],
        "scoped",
    ),
    ("a deny of another action is no limit", [allow("*"), deny("a:Put")], "free"),
    ("actions ignore case", [allow("A:gET")], "free"),
]


@pytest.mark.parametrize(("document", "freedom"), [(case[1], case[2]) for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_the_freedom_of_an_action(document: Document, freedom: str) -> None:
    assert freedoms(permissions(*document)).get("a:Get", "") == freedom


def test_an_action_names_the_statements_that_still_allow_it_and_the_partial_denies() -> None:
    found = permissions(
        allow("a:Get", **ON_X), allow("a:Get", Resource="arn:y"), allow("a:*", Resource="arn:*"),
        deny("a:*", **ON_X), deny("a:Get", Resource="arn:q"),
    )  # fmt: skip
    grant = found.grant("A:GET")
    assert grant is not None
    assert positions(grant.allowed_by) == [1, 2]
    assert positions(grant.denied_by) == [3, 4]


def test_a_denied_action_names_what_the_denies_overrule() -> None:
    found = permissions(allow("a:Get"), deny("a:*"))
    assert [grant.action.id for grant in found.denied] == ["a:Get", "a:List", "a:Put"]
    assert positions(found.denied[0].allowed_by) == [0]
    assert found.denied[1].allowed_by == ()
    assert not found.grants


def test_an_allow_without_effect_is_named() -> None:
    found = permissions(allow("a:Get"), allow("a:*"), deny("a:Get"), allow("gone:X"))
    assert positions(found.without_effect) == [0]


def test_an_allow_that_another_one_outlives_is_without_effect_too() -> None:
    found = permissions(allow("a:Get", **ON_X), allow("a:Get"), deny("a:Get", **ON_X))
    assert positions(found.without_effect) == [0]


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("gone:X", "retired service"),
        ("gone:*", "retired service"),
        ("a:Nope", "unknown action"),
        ("A:Get ", "unknown action"),
        ("a:Nope*", "matches no action"),
        ("*:Nope", "matches no action"),
    ],
)
def test_a_pattern_that_matches_nothing_is_kept_with_the_reason(pattern: str, reason: str) -> None:
    found = permissions(allow("a:Get", pattern), deny(NotAction=[pattern]))
    assert [(row.pattern, row.statement.position, row.reason) for row in found.unmatched] == [
        (pattern, 0, reason),
        (pattern, 1, reason),
    ]


def test_a_service_row_counts_its_grants_by_level() -> None:
    a, b = permissions(allow("a:Get", "a:List", "b:*"), deny("a:List")).services
    assert (a.prefix, a.name, a.total, a.full) == ("a", "A", 3, False)
    assert [grant.action.id for grant in a.grants] == ["a:Get"]
    assert [(row.level, row.granted, row.total, row.full) for row in a.levels] == [
        ("List", 0, 1, False),
        ("Read", 1, 1, True),
        ("Write", 0, 1, False),
    ]
    assert b.full


def test_a_service_that_only_an_unmatched_pattern_names_has_a_row() -> None:
    found = permissions(
        allow("gone:X", "a:Get", "*:Nope"), deny("lost:Y"), allow(NotAction=["left:Z", "*"])
    )
    assert [row.prefix for row in found.services] == ["a", "gone"]
    gone = found.services[1]
    assert (gone.info, gone.name, gone.total, gone.full) == (None, "gone", 0, False)
    assert gone.levels == ()
    assert [row.pattern for row in gone.unmatched] == ["gone:X"]


def test_services_that_nothing_is_granted_of_are_untouched() -> None:
    found = permissions(allow("b:Get", "gone:X"), deny("a:*"))
    assert [info.prefix for info in found.untouched_services] == ["a"]


def test_every_level_has_its_count() -> None:
    assert permissions(allow("a:*", "b:Tag")).level_counts == {
        "List": 1,
        "Read": 1,
        "Write": 1,
        "Permissions management": 0,
        "Tagging": 1,
    }


def requests() -> Iterator[tuple[str, dict[str, bool]]]:
    for truths in product((False, True), repeat=len(CONDITION_KEYS)):
        for resource in RESOURCES:
            yield resource, dict(zip(CONDITION_KEYS, truths, strict=True))


def applies(row: Statement, action: ActionInfo, resource: str, truths: dict[str, bool]) -> bool:
    """Whether a statement is about a request, read off the specification."""
    listed = any(compile_pattern(text, True).matches(action.id) for text in row.actions)
    within = any(compile_pattern(text).matches(resource) for text in row.resources)
    holds = all(truths[condition.key] for condition in row.conditions)
    return listed != row.not_action and within != row.not_resource and holds


def allowed_requests(document: PolicyDocument, action: ActionInfo) -> list[bool]:
    """For every request there is, whether the document allows it."""
    answers = []
    for resource, truths in requests():
        effects = {
            row.effect for row in document.statements if applies(row, action, resource, truths)
        }
        answers.append(effects == {"Allow"})
    return answers


@given(documents())
def test_nothing_that_some_request_gets_is_said_to_be_taken_away(document: Document) -> None:
    made = policy(*document)
    found = effective_permissions(made, SMALL)
    for action in SMALL.actions:
        if any(allowed_requests(made, action)):
            assert action.id in granted(found)


@given(documents())
def test_what_is_said_to_be_free_is_allowed_to_every_request(document: Document) -> None:
    made = policy(*document)
    for grant in effective_permissions(made, SMALL).grants:
        if grant.freedom == "free":
            assert all(allowed_requests(made, grant.action))


@given(documents(), statements(effects=("Allow",)), st.integers(0, 4))
def test_adding_an_allow_never_takes_a_grant_away_nor_limits_it(
    document: Document, added: dict[str, Any], place: int
) -> None:
    after = permissions(*document[:place], added, *document[place:])
    for grant in permissions(*document).grants:
        later = after.grant(grant.action.id)
        assert later is not None
        assert FREEDOMS.index(later.freedom) <= FREEDOMS.index(grant.freedom)


@given(documents(), statements(effects=("Deny",)), st.integers(0, 4))
def test_adding_a_deny_never_grants_and_never_frees(
    document: Document, added: dict[str, Any], place: int
) -> None:
    before = permissions(*document)
    after = permissions(*document[:place], added, *document[place:])
    assert granted(after) <= granted(before)
    for grant in after.grants:
        earlier = before.grant(grant.action.id)
        assert earlier is not None
        assert FREEDOMS.index(earlier.freedom) <= FREEDOMS.index(grant.freedom)


@given(documents(), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(document: Document, randomness: Any) -> None:
    shuffled = [*document, document[0]]
    randomness.shuffle(shuffled)
    assert freedoms(permissions(*shuffled)) == freedoms(permissions(*document))


@given(documents())
def test_every_action_is_either_granted_or_denied_or_untouched(document: Document) -> None:
    found = permissions(*document)
    denied = {grant.action.id for grant in found.denied}
    assert not granted(found) & denied
    assert {grant.freedom for grant in found.denied} <= {"blocked"}
    assert "blocked" not in {grant.freedom for grant in found.grants}
    assert sum(found.level_counts.values()) == len(found.grants)
    assert sum(len(row.grants) for row in found.services) == len(found.grants)


@pytest.mark.parametrize(
    ("name", "patterns", "services", "actions"),
    [
        ("AmazonECS_FullAccess", 124, 19, 438),
        ("AmazonECSServiceRolePolicy", 58, 10, 336),
        ("AmazonEC2ContainerServiceforEC2Role", 16, 4, 18),
        ("AmazonECSInfrastructureRolePolicyForVolumes", 7, 1, 7),
        ("AmazonEC2ContainerServiceEventsRole", 3, 2, 3),
        ("AmazonECSTaskExecutionRolePolicy", 6, 2, 6),
        ("AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity", 13, 2, 13),
    ],
)
def test_the_documents_of_the_ecs_page_grant_what_they_should(
    name: str, patterns: int, services: int, actions: int
) -> None:
    document = ecs_page()[name]
    found = effective_permissions(document)
    written = {action.lower() for row in document.statements for action in row.actions}
    assert (len(written), len(found.services), len(found.grants)) == (patterns, services, actions)
    assert not found.unmatched
    assert not found.denied


def test_full_access_to_ecs_is_full_and_roles_are_passed_under_a_condition() -> None:
    found = effective_permissions(ecs_page()["AmazonECS_FullAccess"])
    rows = {row.prefix: row for row in found.services}
    assert rows["ecs"].full
    assert not rows["ec2"].full
    grant = found.grant("iam:PassRole")
    assert grant is not None
    assert grant.freedom == "conditional"


@pytest.mark.parametrize(
    ("name", "granted_count", "denied_count"),
    [
        ("AdministratorAccess", 22_321, 0),
        ("ReadOnlyAccess", 7_001, 0),
        ("AWSDenyAll", 0, 22_321),
        ("AWSLakeFormationDataAdmin", 103, 1),
    ],
)
def test_real_policies_grant_and_deny_what_they_should(
    name: str, granted_count: int, denied_count: int
) -> None:
    found = effective_permissions(corpus()[name])
    assert (len(found.grants), len(found.denied)) == (granted_count, denied_count)


def test_power_users_get_all_but_what_the_exceptions_leave_out() -> None:
    found = effective_permissions(corpus()["PowerUserAccess"])
    spared = {"iam", "organizations", "account"}
    others = [each for each in get_reference().actions if each.service not in spared]
    assert {each.id for each in others} <= granted(found)
    assert found.grant("iam:CreateUser") is None
    assert found.grant("iam:CreateServiceLinkedRole") is not None


def test_a_document_of_the_catalogue_is_worked_out_once() -> None:
    text = '{"Statement": {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"}}'
    found = effective_permissions_of(text, "digest")
    assert granted(found) == {"ecs:RunTask"}
    assert effective_permissions_of(text, "digest") is found


def test_a_text_that_is_no_document_is_refused() -> None:
    with pytest.raises(FailedRequestError, match="breaks the policy grammar"):
        effective_permissions_of("{}", "0ff")
