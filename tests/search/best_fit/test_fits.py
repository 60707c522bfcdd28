"""The best fit: as few policies as grant the actions, with the least excess, by brute force."""

from __future__ import annotations

import json
import random
from html import unescape
from io import StringIO
from itertools import combinations
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from policyhub.catalog.access.catalogue import CatalogPolicy
from policyhub.catalog.access.current import get_catalogue
from policyhub.catalog.access.in_memory import CompiledCatalogue
from policyhub.catalog.access.permissions import effective_permissions
from policyhub.catalog.access_levels import WEIGHTS
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import read_simulation
from policyhub.iam.reading.document import parse_policy
from policyhub.search.best_fit import fits as best_fit
from policyhub.search.best_fit.fits import MOST_POLICIES, BestFit
from policyhub.search.best_fit.least_privilege import least_privilege
from policyhub.search.best_fit.needed_actions import needed_actions
from policyhub.search.who_can.questions import InvalidQuestionError
from policyhub.simulate.managed import managed_document

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
STORY = ["ecs:RunTask", "iam:PassRole", "s3:GetObject"]


def document(**statement: Any) -> str:
    allow = {"Effect": "Allow", "Resource": "*"} | statement
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def catalogue_of(**documents: str) -> CompiledCatalogue:
    policies = []
    for name, text in documents.items():
        policy = parse_policy(text).policy
        assert policy is not None
        policies.append(CatalogPolicy(name, "v1", policy))
    return CompiledCatalogue(policies, get_reference())


def excess_by_force(catalogue: CompiledCatalogue, names: tuple[str, ...], asked: set[str]) -> int:
    granted = {
        grant.action
        for name in names
        for grant in effective_permissions(catalogue.policies[name].document).grants
    }
    return sum(WEIGHTS[each.level] for each in granted if each.id not in asked)


def covered_by_force(catalogue: CompiledCatalogue, names: tuple[str, ...], action: str) -> bool:
    grants = (
        effective_permissions(catalogue.policies[name].document).grant(action) for name in names
    )
    return any(grant is not None and grant.freedom != "blocked" for grant in grants)


@pytest.mark.parametrize("seed", range(12))
def test_no_choice_of_policies_grants_less_beside(seed: int) -> None:
    choose = random.Random(seed)
    pool = [action.id for action in get_reference().services["ecs"].actions]
    asked = choose.sample(pool, 4)
    documents = {
        f"P{number}": document(
            Action=[*choose.sample(asked, choose.randint(1, 2)), *choose.sample(pool, 3)]
        )
        for number in range(9)
    }
    catalogue = catalogue_of(**documents)
    found = BestFit(catalogue, get_reference(), asked, any_policy=True).in_bounds()
    coverable = [each for each in asked if covered_by_force(catalogue, (*documents,), each)]
    assert set(found.uncovered) == set(asked) - set(coverable)
    least = None
    expected = {}
    for number in range(1, MOST_POLICIES + 1):
        ways = [
            excess_by_force(catalogue, names, set(asked))
            for names in combinations(sorted(documents), number)
            if all(covered_by_force(catalogue, names, each) for each in coverable)
        ]
        if ways and (least is None or min(ways) < least):
            expected[number] = least = min(ways)
    assert {len(fit.policies): fit.excess for fit in found.fits} == expected
    assert found.is_proven


def test_every_fit_grants_what_was_asked_by_the_engine() -> None:
    found = BestFit(get_catalogue(), get_reference(), STORY).freely()
    assert not found.uncovered
    assert len(found.fits) > 1
    for fit in found.fits:
        for action in STORY:
            simulation = {
                "action": action,
                "resource": "arn:aws:ecs:eu-west-1:123456789012:task-definition/a:1",
                "identityPolicies": [
                    {"managed": name, "version": version.version_id}
                    for name, version in ((each.name, each) for each in fit.policies)
                ],
            }
            read = read_simulation(simulation, managed_document)
            assert evaluate(read.request, read.policies).name == "allowed", (fit.names, action)


def test_what_can_not_be_attached_is_left_out_unless_asked_for() -> None:
    actions = ["ecs:RunTask"]
    attachable = BestFit(get_catalogue(), get_reference(), actions).in_bounds()
    every = BestFit(get_catalogue(), get_reference(), actions, any_policy=True).in_bounds()
    assert every.fits[-1].excess <= attachable.fits[-1].excess
    assert "AWSMediaConnectServicePolicy" not in {
        name for fit in (*attachable.fits, *attachable.singles) for name in fit.names
    }


def test_conditions_and_resources_are_counted_apart() -> None:
    catalogue = catalogue_of(
        Free=document(Action="ecs:*"),
        Bound=document(Action="ecs:RunTask", Condition={"StringEquals": {"ecs:cluster": "x"}}),
        Denied=json.dumps(
            {
                "Statement": [
                    {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"},
                    {"Effect": "Deny", "Action": "ecs:RunTask", "Resource": "*"},
                ]
            }
        ),
    )
    fit = BestFit(catalogue, get_reference(), ["ecs:RunTask"], any_policy=True)
    assert [each.names for each in fit.freely().fits] == [("Free",)]
    assert [each.names for each in fit.in_bounds().fits] == [("Bound",)]
    assert fit.in_bounds().fits[0].bounded == (("ecs:RunTask", "Bound", "conditional"),)


def test_a_search_that_is_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(best_fit, "MOST_STEPS", 10)
    found = BestFit(get_catalogue(), get_reference(), STORY).in_bounds()
    assert not found.is_proven
    assert found.to_dict()["proven"] is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ecs:RunTask", ("ecs:RunTask",)),
        ("ECS:runtask, iam:passrole", ("ecs:RunTask", "iam:PassRole")),
        ('["ecs:RunTask",\n "iam:PassRole"]', ("ecs:RunTask", "iam:PassRole")),
        ("ecs:RunTask;ecs:RunTask", ("ecs:RunTask",)),
        ("nosuch:Thing", ("nosuch:Thing",)),
        ("sqs:*Permission", ("sqs:AddPermission", "sqs:RemovePermission")),
        (document(Action=["sqs:*Permission", "nosuch:Thing"]), (
            "nosuch:Thing", "sqs:AddPermission", "sqs:RemovePermission",
        )),
        (json.dumps({"Statement": [
            {"Effect": "Allow", "Action": "sqs:*Permission", "Resource": "*"},
            {"Effect": "Deny", "Action": "sqs:Add*", "Resource": "*"},
        ]}), ("sqs:RemovePermission",)),
    ],
)  # fmt: skip
def test_actions_are_read_from_lists_and_documents(text: str, expected: tuple[str, ...]) -> None:
    assert needed_actions(text, get_catalogue(), get_reference()).actions == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "enter actions"),
        ("RunTask", "`RunTask` is not an action"),
        ("ecs:RunTask, <b>", "`<b>` is not an action"),
        ("nosuch:*", "no action matches `nosuch:*`"),
        ("*", "ask for at most 1,000"),
        ("{", "the document can't be read"),
        (document(Effect="Deny", Action="*"), "enter actions"),
        ("x" * 300_000, "at most 262,144"),
        ("\0", "is not an action"),
    ],
)
def test_what_is_no_list_of_actions_is_refused(client: Client, text: str, message: str) -> None:
    with pytest.raises(InvalidQuestionError) as raised:
        needed_actions(text, get_catalogue(), get_reference())
    assert message in str(raised.value)
    page = client.post("/best-fit/", {"actions": text}, follow=True)
    assert page.status_code == 200
    assert client.post("/best-fit.json", {"actions": text}).status_code == 400


def test_the_alternative_allows_what_was_asked_and_nothing_else() -> None:
    made = least_privilege(needed_actions("sqs:*, ecs:RunTask, nosuch:Thing", get_catalogue(),
                                          get_reference()), get_reference())  # fmt: skip
    policy = parse_policy(made.text).policy
    assert policy is not None
    granted = {grant.action.id for grant in effective_permissions(policy).grants}
    sqs = {action.id for action in get_reference().services["sqs"].actions}
    assert granted == sqs | {"ecs:RunTask"}
    assert "nosuch:Thing" in made.text
    assert made.size == len(json.dumps(made.document).replace(" ", ""))
    assert [fits for _, _, fits in made.fits] == [True] * 4


def test_what_never_matches_in_a_pasted_document_is_said(client: Client) -> None:
    never = {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "arn:aws:ecs:*:<account>:x"}
    text = json.dumps({"Version": "2012-10-17", "Statement": never})
    said = client.get("/best-fit.json", {"actions": text}).json()["remarks"]
    assert len(said) == 1
    assert "so this Allow never grants" in said[0]
    page = client.get("/best-fit/", {"actions": text}).content.decode()
    assert "so this Allow never grants" in page
    assert "remarks" not in client.get("/best-fit.json?actions=ecs:RunTask").json()


def test_the_page_shows_both_ways_and_the_document(client: Client) -> None:
    text = unescape(client.get("/best-fit/?actions=ecs:RunTask,iam:PassRole").content.decode())
    assert "Granted on every resource, without a condition" in text
    assert "AmazonEC2ContainerServiceEventsRole" in text.replace("<wbr>", "")
    assert "best covered by AmazonEC2ContainerServiceEventsRole, some" in text
    assert '"Action": "ecs:RunTask"' in text
    twin = client.get("/best-fit.json?actions=ecs:RunTask,iam:PassRole").json()
    assert twin["actions"] == ["ecs:RunTask", "iam:PassRole"]
    assert twin["inBounds"]["fits"][0]["excess"] == 2
    assert twin["leastPrivilege"]["quotas"][0]["fits"] is True


def test_hostile_text_stays_text(client: Client) -> None:
    hostile = {"actions": '"><script>alert(1)</script>'}
    text = client.post("/best-fit/", hostile, follow=True).content.decode()
    assert "<script>alert" not in text
    bad = client.get("/best-fit.json?actions=ecs:RunTask&colour=red")
    assert bad.json()["problems"][0]["code"] == "unknown-parameter"
    assert client.get("/best-fit.json").json()["problems"][0]["code"] == "missing"
    assert client.get("/best-fit/").status_code == 200


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("who_can", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_the_best_fit_for_several_actions(client: Client) -> None:
    text = told("ecs:RunTask", "iam:PassRole")
    assert (
        "AmazonEC2ContainerServiceEventsRole: grants 1 other action (1 Tagging; weight 2)" in text
    )
    assert "iam:PassRole: conditional by AmazonEC2ContainerServiceEventsRole" in text
    twin = client.get("/best-fit.json?actions=ecs:RunTask,iam:PassRole").json()
    assert json.loads(told("ecs:RunTask", "iam:PassRole", "--json")) == twin
    assert "no policy grants" not in text
    with pytest.raises(CommandError, match="--resource, --context and --at apply to one action"):
        told("ecs:RunTask", "iam:PassRole", "--resource", "*")
    with pytest.raises(CommandError, match="is not an action"):
        told("ecs:RunTask", "PassRole")
