"""The outcome: "depends" only where the open keys decide whether the request is allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product
from typing import Any

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.answering.outcome import Outcome, outcome
from policyhub.iam.answering.outcome_in_words import (
    headline,
    layer_in_words,
    layer_title,
    outcome_in_words,
    prospects,
)
from policyhub.iam.answering.settled_layers import settled_layers
from policyhub.iam.budget import Steps
from policyhub.iam.comparing.contexts import contexts_of_request
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.decision import Layer
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import ContextValue
from policyhub.iam.deciding.simulation import Simulation, read_simulation
from policyhub.iam.explaining.layers import LayerOutlook, LayerState, layer_outlooks
from policyhub.iam.explaining.residual import residual
from policyhub.iam.language.wording import plain

KEY = "aws:SourceVpc"
USER = "arn:aws:iam::123456789012:user/ana"
SAYS: dict[str, dict[str, Any] | None] = {
    "absent": None,
    "allow": {"Effect": "Allow", "Action": "ecs:*"},
    "deny": {"Effect": "Deny", "Action": "ecs:RunTask"},
    "silent": {"Effect": "Allow", "Action": "s3:*"},
    "allow if": {
        "Effect": "Allow",
        "Action": "ecs:RunTask",
        "Condition": {"StringEquals": {KEY: "vpc-1"}},
    },
    "deny if": {
        "Effect": "Deny",
        "Action": "ecs:RunTask",
        "Condition": {"StringEquals": {KEY: "vpc-1"}},
    },
}
LAYERS = (
    "identityPolicies", "permissionBoundaries", "sessionPolicies", "resourcePolicy",
    "serviceControlPolicies", "resourceControlPolicies", "endpointPolicies",
)  # fmt: skip
ALLOW_ALL = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
WITH_PRINCIPAL = ("resourcePolicy", "resourceControlPolicies", "endpointPolicies")


def document(key: str, *says: str) -> dict[str, Any]:
    """A document with a statement for each; a conditional deny comes after an Allow."""
    spelt = [each for say in says for each in (("allow", say) if say == "deny if" else (say,))]
    principal = {"Principal": "*"} if key in WITH_PRINCIPAL else {}
    statements = [{**(SAYS[each] or {}), **principal, "Resource": "*"} for each in spelt]
    if key == "resourceControlPolicies":
        # Their only Allow is AWS's own, and about everything.
        statements = [ALLOW_ALL if each.get("Effect") == "Allow" else each for each in statements]
    return {"Version": "2012-10-17", "Statement": statements}


def simulation(context: dict[str, Any] | None = None, **says: str | list[str]) -> Simulation:
    """A simulation in which each layer says one thing; of a list, each level its own."""
    made: dict[str, Any] = {"action": "ecs:RunTask", "principal": USER, "context": context or {}}
    for key, said in says.items():
        documents = [document(key, each) for each in ([said] if isinstance(said, str) else said)]
        if key == "resourcePolicy":
            made[key] = documents[0]
        elif key.endswith("ControlPolicies"):
            made[key] = [[each] for each in documents]
        else:
            made[key] = documents
    return read_simulation(made)


def found(made: Simulation) -> tuple[Outcome, tuple[LayerOutlook, ...]]:
    decision = evaluate(made.request, made.policies)
    depends_on = residual(made.request, made.policies)
    layers = layer_outlooks(made.request, made.policies, decision)
    return outcome(made.request, decision, depends_on), settled_layers(layers, Solver())


def answers(made: Simulation) -> list[str]:
    """The decisions for every value of the open key that can make a difference."""
    values = [None, "vpc-1", "vpc-2"]
    requests = [
        made.request if each is None else made.request.with_key(ContextValue(KEY, (each,), False))
        for each in values
    ]
    return [evaluate(each, made.policies).name for each in requests]


def combinations(step: int) -> Iterator[dict[str, str]]:
    """What the layers can say together: of the 280,000 combinations one in `step`."""
    for says in islice(product(SAYS, repeat=len(LAYERS)), 0, None, step):
        yield {key: said for key, said in zip(LAYERS, says, strict=True) if said != "absent"}


def check(says: dict[str, str]) -> None:
    """The outcome against the decisions themselves, and what is said of the layers."""
    made = simulation(None, **says)
    decided = answers(made)
    allowed = {each == "allowed" for each in decided}
    result, layers = found(made)
    assert result.can_change is (len(allowed) == 2), says
    assert result.is_proven
    kinds = len(set(decided)) == 2 and not any(allowed)
    assert result.kind_can_change is kinds, says
    if result.word == "denied":
        blocking = [each for each in layers if each.blocks]
        given = {each.layer for each in layers}
        lacking = set(result.decision.blocked_by) - given
        assert blocking or lacking, says
    for each in layers:
        assert plain(layer_in_words(each, made.request)), says
    assert plain(headline(result, layers))


def when(effect: str, **condition: Any) -> Simulation:
    """A simulation without context: an Allow of everything, or one, or a Deny, on a condition."""
    conditional = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition}
    granting = [{"Effect": "Allow", "Action": "*", "Resource": "*"}] if effect == "Deny" else []
    policy = {"Version": "2012-10-17", "Statement": [*granting, conditional]}
    asked = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/x", "identityPolicies": [policy]}
    return read_simulation(asked, facts=get_service_facts())


TAG = "aws:PrincipalTag/x"
# Conditions that are the same for every value, with the card of the policy and the outcome.
SETTLED: list[tuple[str, dict[str, Any], LayerState, str]] = [
    ("Allow", {"Bool": {TAG: "yes"}}, LayerState.SILENT, "denied"),
    ("Allow", {"IpAddress": {TAG: "192.0.2.0/33"}}, LayerState.SILENT, "denied"),
    ("Allow", {"StringEquals": {TAG: "a"}, "StringNotEquals": {TAG: "a"}}, LayerState.SILENT,
     "denied"),
    ("Allow", {"NumericEquals": {TAG: "ten"}, "StringLike": {f"{TAG}y": "*"}}, LayerState.SILENT,
     "denied"),
    ("Deny", {"NumericEquals": {TAG: "ten"}}, LayerState.ALLOWS, "allowed"),
    ("Deny", {"ForAnyValue:StringEquals": {TAG: "a"}, "Null": {TAG: "true"}}, LayerState.ALLOWS,
     "allowed"),
    ("Allow", {"Bool": {TAG: "true"}}, LayerState.DEPENDS, "depends"),
    ("Deny", {"NotIpAddress": {TAG: "192.0.2.0/24"}}, LayerState.DEPENDS, "depends"),
]  # fmt: skip


@pytest.mark.parametrize(("effect", "condition", "state", "word"), SETTLED)
def test_a_card_depends_only_where_values_make_a_difference(
    effect: str, condition: dict[str, Any], state: LayerState, word: str
) -> None:
    made = when(effect, **condition)
    decision = evaluate(made.request, made.policies)
    solver = Solver(contexts=contexts_of_request(made.request, made.policies))
    result = outcome(made.request, decision, residual(made.request, made.policies), solver)
    (card,) = settled_layers(layer_outlooks(made.request, made.policies, decision), solver)
    assert (card.state, result.word) == (state, word)
    assert card.blocks is not decision.is_allowed


def test_a_card_whose_settling_takes_too_long_stays_as_it_is() -> None:
    made = when("Allow", Bool={TAG: "yes"})
    decision = evaluate(made.request, made.policies)
    (card,) = layer_outlooks(made.request, made.policies, decision)
    assert settled_layers([card], Solver(Steps(0))) == (card,)


ALWAYS: list[tuple[Simulation, str, str, str]] = [
    (when("Allow", DateGreaterThan={"aws:CurrentTime": "2000-01-01"}), "implicitDeny", "allowed",
     "Allowed, because AWS always sends aws:CurrentTime"),
    (when("Allow", Null={"aws:userid": "true"}), "allowed", "denied",
     "Denied, because AWS always sends aws:userid"),
    (when("Deny", Bool={"aws:SecureTransport": ["true", "false"]}), "allowed", "denied",
     "Denied, because AWS always sends aws:SecureTransport"),
    (when("Allow", DateGreaterThan={"aws:CurrentTime": "2030-01-01"}), "implicitDeny", "depends",
     "Depends on aws:CurrentTime"),
    (when("Allow", Bool={"aws:SecureTransport": "true"}, Null={"aws:userid": "false"}),
     "implicitDeny", "depends", "Depends on aws:SecureTransport"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "as_asked", "word", "said"), ALWAYS)
def test_a_key_that_aws_always_sends_is_taken_to_be_there(
    made: Simulation, as_asked: str, word: str, said: str
) -> None:
    decision = evaluate(made.request, made.policies)
    solver = Solver(contexts=contexts_of_request(made.request, made.policies))
    result = outcome(made.request, decision, residual(made.request, made.policies), solver)
    layers = layer_outlooks(made.request, made.policies, decision)
    assert (decision.name, result.word) == (as_asked, word)
    assert plain(headline(result, layers)) == said
    assert any(
        "without further context keys" in line
        for line in outcome_in_words(result, layers, made.request)
    )
    without = found(replace(made, policies=replace(made.policies, facts=None)))[0]
    assert without.word == "depends"


def test_the_outcome_agrees_with_the_decisions_whatever_the_layers_say() -> None:
    for says in combinations(step=577):
        check(says)


@pytest.mark.endurance
def test_the_outcome_agrees_with_the_decisions_for_many_more_combinations() -> None:
    for says in combinations(step=13):
        check(says)


# Each layer says its part; the identity policy allows unless the case says otherwise.
CASES: list[tuple[str, dict[str, Any], str, list[str]]] = [
    ("allowed", {}, "Allowed, whether or not such a request is possible", []),
    (
        "an identity policy that allows under a condition",
        {"identityPolicies": "allow if"},
        "Depends on aws:SourceVpc, whether or not such a request is possible",
        ["Allowed when aws:SourceVpc is vpc-1"],
    ),
    (
        "a silent boundary, and a condition that no longer matters",
        {"identityPolicies": "allow if", "permissionBoundaries": "silent"},
        "Denied by the permissions boundary, pasted",
        [],
    ),
    (
        "a silent boundary, and an explicit deny under a condition",
        {"identityPolicies": "deny if", "permissionBoundaries": "silent"},
        "Denied by the permissions boundary, pasted",
        [
            "Never allowed; only the kind of deny varies: explicit when aws:SourceVpc is vpc-1, "
            "otherwise implicit"
        ],
    ),
    (
        "a deny under a condition beside an Allow",
        {"identityPolicies": "deny if"},
        "Depends on aws:SourceVpc, whether or not such a request is possible",
        [
            "Allowed when aws:SourceVpc is not vpc-1 (or is absent)",
            "Denied explicitly when aws:SourceVpc is vpc-1",
        ],
    ),
    (
        "an Allow where another layer denies the same",
        {"identityPolicies": "allow if", "serviceControlPolicies": "deny if"},
        "Denied, because nothing allows it",
        [
            "Never allowed; only the kind of deny varies: explicit when aws:SourceVpc is vpc-1, "
            "otherwise implicit"
        ],
    ),
    (
        "a second level that is silent",
        {"serviceControlPolicies": ["allow", "silent"]},
        "Denied by the service control policy, level 2, pasted",
        [],
    ),
    (
        "an explicit deny of a level",
        {"serviceControlPolicies": ["allow", "deny"]},
        "Denied explicitly by service control policy, level 2, pasted, statement 1",
        [],
    ),
    (
        "an explicit deny of a resource control policy",
        {"resourceControlPolicies": "deny"},
        "Denied explicitly by resource control policy, pasted, statement 1",
        [],
    ),
    (
        "a session policy and an endpoint policy that are silent",
        {"sessionPolicies": "silent", "endpointPolicies": "silent"},
        "Denied by the session policy, pasted and the VPC endpoint policy, pasted",
        [],
    ),
    (
        "a boundary that is silent where nothing else allows either",
        {"identityPolicies": "silent", "permissionBoundaries": "silent"},
        "Denied by the permissions boundary, pasted; also nothing allows it",
        [],
    ),
    ("nothing given", {"identityPolicies": []}, "Denied, because nothing allows it", []),
]


@pytest.mark.parametrize(
    ("says", "first", "more"), [pytest.param(*case[1:], id=case[0]) for case in CASES]
)
def test_the_headline_names_what_the_answer_rests_on(
    says: dict[str, Any], first: str, more: list[str]
) -> None:
    result, layers = found(simulation(None, **{"identityPolicies": "allow", **says}))
    assert plain(headline(result, layers)) == first
    assert [plain(each) for each in prospects(result)] == more


# What a card says, by layer and by what the layer's document says.
CARDS: list[tuple[str, str, str, bool]] = [
    (
        "permissionBoundaries",
        "silent",
        "permissions boundary, pasted: no statement covers ecs:RunTask",
        True,
    ),
    ("permissionBoundaries", "deny", "permissions boundary, pasted, statement 1 denies it", True),
    ("permissionBoundaries", "allow", "permissions boundary, pasted, statement 1 allows it", False),
    (
        "permissionBoundaries",
        "allow if",
        "permissions boundary, pasted, statement 1 allows it only when aws:SourceVpc is vpc-1",
        True,
    ),
    (
        "sessionPolicies",
        "deny if",
        "session policy, pasted, statement 2 denies it when aws:SourceVpc is vpc-1; "
        "otherwise it is allowed here",
        False,
    ),
    (
        "serviceControlPolicies",
        "silent",
        "service control policy, pasted: no statement covers ecs:RunTask",
        True,
    ),
    (
        "resourceControlPolicies",
        "silent",
        "resource control policy, pasted: no statement denies it",
        False,
    ),
    (
        "resourcePolicy",
        "silent",
        "resource policy, pasted: no statement covers ecs:RunTask",
        False,
    ),
    (
        "endpointPolicies",
        "silent",
        "VPC endpoint policy, pasted: no statement covers ecs:RunTask",
        True,
    ),
]
NAMES = dict(zip(LAYERS, ["identity", "permissionsBoundary", "session", "resource",
    "serviceControl", "resourceControl", "endpoint"], strict=True))  # fmt: skip


@pytest.mark.parametrize(("key", "said", "card", "blocks"), CARDS)
def test_every_layer_has_a_card_that_says_what_it_does(
    key: str, said: str, card: str, blocks: bool
) -> None:
    made = simulation(None, identityPolicies="allow", **{key: said})
    _, layers = found(made)
    (own,) = (each for each in layers if each.layer == NAMES[key])
    assert plain(layer_in_words(own, made.request)) == card
    assert own.blocks is blocks


def test_a_layer_that_does_not_bind_the_caller_says_so() -> None:
    made = read_simulation(
        {
            "action": "ecs:RunTask",
            "principal": "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/R",
            "identityPolicies": [document("identityPolicies", "allow")],
            "serviceControlPolicies": [[document("serviceControlPolicies", "deny")]],
        }
    )
    result, layers = found(made)
    assert result.word == "allowed"
    (card,) = (each for each in layers if each.layer is Layer.SERVICE_CONTROL)
    said = plain(layer_in_words(card, made.request))
    assert said == "service control policy, pasted: not applied to this caller"


def test_pasted_documents_are_called_by_what_they_are_and_where() -> None:
    one, two = document("identityPolicies", "allow"), document("identityPolicies", "silent")
    made = read_simulation(
        {
            "action": "ecs:RunTask",
            "identityPolicies": [one, two],
            "permissionBoundaries": [one],
            "serviceControlPolicies": [[one], [one, two]],
            "resourceControlPolicies": [[document("resourceControlPolicies", "silent")] * 2],
        },
        names={"identityPolicies[1]": "identity policy team.json"},
    )
    names = [policy.name for _, group in made.policies.groups() for policy in group]
    assert names == [
        "identity policy 1, pasted",
        "identity policy team.json",
        "permissions boundary, pasted",
        "service control policy, level 1, pasted",
        "service control policy 1 of level 2, pasted",
        "service control policy 2 of level 2, pasted",
        "resource control policy 1, pasted",
        "resource control policy 2, pasted",
    ]
    places = [policy.place for _, group in made.policies.groups() for policy in group]
    assert places[1] == "identityPolicies[1]"
    assert places[5] == "serviceControlPolicies[1][1]"
    _, layers = found(made)
    assert [layer_title(each) for each in layers][2:4] == [
        "service control policies, level 1 of 2",
        "service control policies, level 2 of 2",
    ]


def test_a_document_in_two_levels_blocks_in_both() -> None:
    deny = document("serviceControlPolicies", "deny")
    made = read_simulation(
        {"action": "ecs:RunTask", "principal": USER, "serviceControlPolicies": [[deny], [deny]]}
    )
    _, layers = found(made)
    assert [each.blocks for each in layers if each.layer is Layer.SERVICE_CONTROL] == [True, True]


def test_conditions_that_exclude_one_another_in_two_layers_never_allow() -> None:
    other = json.loads(json.dumps(document("permissionBoundaries", "allow if")))
    other["Statement"][0]["Condition"]["StringEquals"][KEY] = "vpc-2"
    made = read_simulation(
        {
            "action": "ecs:RunTask",
            "principal": USER,
            "identityPolicies": [document("identityPolicies", "allow if")],
            "permissionBoundaries": [other],
        }
    )
    result, _ = found(made)
    assert result.word == "denied"
    assert list(prospects(result)) == []


def test_allows_that_together_leave_nothing_out_are_no_condition() -> None:
    either = document("identityPolicies", "allow if", "allow if")
    either["Statement"][1]["Condition"] = {"StringNotEquals": {KEY: "vpc-1"}}
    made = read_simulation(
        {"action": "ecs:RunTask", "principal": USER, "identityPolicies": [either]}
    )
    assert found(made)[0].word == "allowed"


def test_the_lines_of_an_answer_say_what_decided_and_what_blocked() -> None:
    made = simulation(None, identityPolicies="allow", permissionBoundaries="silent")
    assert list(outcome_in_words(*found(made), made.request)) == [
        "Denied by the permissions boundary, pasted: ecs:RunTask on *",
        "  blocked by permissions boundary: permissions boundary, pasted: no statement covers "
        "ecs:RunTask",
    ]
    made = simulation(None, identityPolicies=["allow", "allow"])
    assert list(outcome_in_words(*found(made), made.request)) == [
        "Allowed, whether or not such a request is possible: ecs:RunTask on *",
        "  decided by identity policy 1, pasted, statement 1: an Allow in an identity policy",
        "  decided by identity policy 2, pasted, statement 1: an Allow in an identity policy",
    ]


def test_what_denies_besides_a_document_that_can_not_be_evaluated_comes_first() -> None:
    made = asked(
        identityPolicies=["{"],
        serviceControlPolicies=[[document("serviceControlPolicies", "silent")]],
    )
    said = plain(headline(*found(made)))
    assert said.startswith("Denied by the service control policy, pasted")


def test_what_could_not_be_evaluated_is_said() -> None:
    made = read_simulation({"action": "ecs:RunTask", "identityPolicies": ["{"]})
    lines = list(outcome_in_words(*found(made), made.request))
    said = "Denied, because a document can't be evaluated (identity policy, pasted)"
    assert lines[0] == f"{said}: ecs:RunTask on *"
    assert lines[1].endswith(
        "identity policy, pasted: can't be evaluated, so nothing here counts as allowed"
    )
    assert lines[2].startswith("  identity policy, pasted: error: invalid JSON")
    assert lines[-1].endswith("so this does not prove what is allowed")


OTHER_ACCOUNT = "222222222222"
# More keys than a headline names.
MANY_KEYS = {
    "Statement": {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {f"a:{key}": "x" for key in "bcde"}},
    }
}
FROM_BOTH = {
    "identityPolicies": [document("identityPolicies", "allow")],
    "resourceAccount": OTHER_ACCOUNT,
}
HEADLINES: list[tuple[str, dict[str, Any], str]] = [
    (
        "many keys",
        {"identityPolicies": [MANY_KEYS]},
        "Depends on 4 context keys, whether or not such a request is possible",
    ),
    (
        "another account without a resource policy",
        FROM_BOTH,
        "Denied, because no resource policy is given that allows it",
    ),
    (
        "another account with a silent resource policy",
        FROM_BOTH | {"resourcePolicy": document("resourcePolicy", "silent")},
        "Denied, because the resource policy does not allow it",
    ),
    (
        "a level without documents",
        {
            "identityPolicies": [document("identityPolicies", "allow")],
            "serviceControlPolicies": [[document("serviceControlPolicies", "allow")], []],
        },
        "Denied by the service control policies of level 2, of which there is none",
    ),
    (
        "a level of several documents",
        {
            "identityPolicies": [document("identityPolicies", "allow")],
            "serviceControlPolicies": [[document("serviceControlPolicies", "silent")] * 2],
        },
        "Denied by the service control policies (service control policy 1, pasted; service "
        "control policy 2, pasted)",
    ),
]


def asked(**given: Any) -> Simulation:
    """A simulation of one action, by a user unless given otherwise."""
    return read_simulation({"action": "ecs:RunTask", "principal": USER, **given})


@pytest.mark.parametrize(
    ("given", "first"), [pytest.param(*case[1:], id=case[0]) for case in HEADLINES]
)
def test_the_headline_says_what_is_missing(given: dict[str, Any], first: str) -> None:
    assert plain(headline(*found(asked(**given)))) == first


OWN_BUCKET = "arn:aws:s3:::${aws:PrincipalTag/bucket}"
ALL_BUT_OWN_BUCKET = {"NotResource": OWN_BUCKET}


def identity(*statements: dict[str, Any], **more: Any) -> Simulation:
    """A simulation of one identity policy, about every resource where a statement says none."""
    everywhere = {"Action": "ecs:*", "Resource": "*"}
    whole = [
        {"Action": "ecs:*"} | each if "NotResource" in each else everywhere | each
        for each in statements
    ]
    return asked(identityPolicies=[{"Version": "2012-10-17", "Statement": whole}], **more)


def on_vpc(effect: str, operator: str = "StringEquals") -> dict[str, Any]:
    return {"Effect": effect, "Condition": {operator: {KEY: "vpc-1"}}}


# What the card of an identity policy says.
IDENTITY_CARDS: list[tuple[str, Simulation, str]] = [
    (
        "a statement that always denies after one that may",
        identity({"Effect": "Allow"}, on_vpc("Deny"), {"Effect": "Deny"}),
        "identity policy, pasted, statement 3 denies it",
    ),
    (
        "a deny under a condition, and no Allow",
        identity(on_vpc("Deny")),
        "identity policy, pasted, statement 1 denies it when aws:SourceVpc is vpc-1; "
        "nothing here allows it",
    ),
    (
        "a statement about another resource",
        identity({"Effect": "Allow", "Resource": "arn:aws:ecs:*:*:task/x"}, resource="arn:aws:x"),
        "identity policy, pasted: no statement about ecs:RunTask matches this request",
    ),
    (
        "two that allow together whatever is given, though neither does",
        identity(
            {"Effect": "Allow", "Resource": OWN_BUCKET},
            {"Effect": "Allow"} | ALL_BUT_OWN_BUCKET,
            resource="arn:aws:s3:::b",
        ),
        "identity policy, pasted, statement 1 (and 1 more) allows it",
    ),
    (
        "two that deny together whatever is given, though neither does",
        identity(
            {"Effect": "Deny", "Resource": OWN_BUCKET},
            {"Effect": "Deny"} | ALL_BUT_OWN_BUCKET,
            resource="arn:aws:s3:::b",
        ),
        "identity policy, pasted, statement 1 (and 1 more) denies it",
    ),
    (
        "one document of two that can't be evaluated",
        asked(identityPolicies=[document("identityPolicies", "allow"), "{"]),
        "identity policy 2, pasted: can't be evaluated, so nothing here counts as allowed",
    ),
]


@pytest.mark.parametrize(
    ("made", "card"), [pytest.param(*case[1:], id=case[0]) for case in IDENTITY_CARDS]
)
def test_a_card_names_the_statements_that_it_rests_on(made: Simulation, card: str) -> None:
    (own,) = found(made)[1]
    assert plain(layer_in_words(own, made.request)) == card


def test_a_statement_for_another_caller_says_nothing() -> None:
    other = document("resourcePolicy", "allow")
    other["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::123456789012:user/ben"}
    (_, card) = found(asked(resourcePolicy=other))[1]
    assert (card.state, card.allows) == (LayerState.SILENT, False)
    assert card.statements("Allow") == ()


def test_a_layer_in_json_has_its_state_and_its_level_from_zero() -> None:
    made = simulation(None, identityPolicies="allow", serviceControlPolicies=["allow", "silent"])
    assert [each.to_dict() for each in found(made)[1]] == [
        {
            "type": "identity",
            "policies": ["identity policy, pasted"],
            "state": "allows",
            "blocks": False,
        },
        {
            "type": "serviceControl",
            "level": 0,
            "policies": ["service control policy, level 1, pasted"],
            "state": "allows",
            "blocks": False,
        },
        {
            "type": "serviceControl",
            "level": 1,
            "policies": ["service control policy, level 2, pasted"],
            "state": "silent",
            "blocks": True,
        },
    ]


def test_the_lines_of_an_answer_that_depends_say_when_it_is_allowed() -> None:
    made = simulation(None, identityPolicies="allow if")
    assert list(outcome_in_words(*found(made), made.request)) == [
        "Depends on aws:SourceVpc, whether or not such a request is possible: ecs:RunTask on *",
        "  without further context keys: implicit deny",
        "  blocked by identity policies: identity policy, pasted, statement 1 allows it only when "
        "aws:SourceVpc is vpc-1",
        "  Allowed when aws:SourceVpc is vpc-1",
    ]


@pytest.mark.parametrize(
    ("statements", "name", "said"),
    [
        ([on_vpc("Allow")], "depends", "Allowed when aws:SourceVpc is vpc-1"),
        # It is allowed whatever is given, but that is not known without any work.
        ([on_vpc("Allow"), on_vpc("Allow", "StringNotEquals")], "depends", "Allowed when "),
        ([on_vpc("Deny")], "implicitDeny", "Never allowed; only the kind of deny varies"),
    ],
)
def test_what_no_work_is_left_for_is_said_to_be_undecided(
    statements: list[dict[str, Any]], name: str, said: str
) -> None:
    made = identity(*statements)
    decision = evaluate(made.request, made.policies)
    depends_on = residual(made.request, made.policies)
    result = outcome(made.request, decision, depends_on, budget=Steps(0))
    assert (result.name, result.is_proven) == (name, False)
    first, *_, last = map(plain, prospects(result))
    assert first.startswith(said)
    assert last == "Whether any values meet this was not decided: it would take too long"


def test_nothing_is_called_settled_where_what_it_depends_on_was_not_found_out() -> None:
    made = simulation(None, identityPolicies="allow")
    result = outcome(made.request, evaluate(made.request, made.policies), None)
    assert (result.word, result.is_proven) == ("depends", False)
    assert plain(headline(result, ())) == (
        "As asked, allowed, whether or not such a request is possible; what it depends on was not "
        "decided"
    )
    assert [plain(each) for each in prospects(result)] == [
        "Finding out whether the keys that are left open change it takes too long"
    ]


@pytest.mark.parametrize(
    ("says", "blocking"),
    [
        ({"identityPolicies": "allow"}, []),
        ({"identityPolicies": "allow", "permissionBoundaries": "allow if"}, [Layer.BOUNDARY]),
        # Who denies explicitly is in the decision; who else might is not asked.
        ({"identityPolicies": "allow if", "sessionPolicies": "deny"}, [Layer.SESSION]),
    ],
)
def test_layers_for_which_no_work_is_left_are_undecided_and_block_as_asked(
    says: dict[str, Any], blocking: list[Layer]
) -> None:
    made = simulation(None, **says)
    decision = evaluate(made.request, made.policies)
    layers = layer_outlooks(made.request, made.policies, decision, Steps(0))
    assert {each.state for each in layers} == {LayerState.UNDECIDED}
    assert [each.layer for each in layers if each.blocks] == blocking
    assert not any(each.always_blocks for each in layers)
    assert plain(layer_in_words(layers[0], made.request)).endswith(
        "finding out what it decides by itself takes too long"
    )


def test_a_layer_that_does_not_bind_is_not_undecided() -> None:
    made = asked(
        principal="arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/R",
        identityPolicies=[document("identityPolicies", "allow")],
        serviceControlPolicies=[[document("serviceControlPolicies", "deny")]],
    )
    decision = evaluate(made.request, made.policies)
    _, control = layer_outlooks(made.request, made.policies, decision, Steps(0))
    assert (control.state, control.blocks) == (LayerState.NOT_BINDING, False)
