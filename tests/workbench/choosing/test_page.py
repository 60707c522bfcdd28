"""The page *Use as a template*: works as a plain form, says what is wrong, keeps nothing."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from policyhub.workbench.outputs.all_outputs import OUTPUTS
from tests.html_text import markup_of
from tests.workbench.building.test_recorded import DENIED, RUN
from tests.workbench.templates import ACCOUNT, CLUSTER, ROLE, allow, policy

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
ECS = "/policies/AmazonECS_FullAccess/template/"
CHOSEN = {
    "action": "ecs:RunTask iam:PassRole",
    "arn.ecs:cluster": CLUSTER,
    "arn.iam:role": ROLE,
    "account": ACCOUNT,
    "region": "eu-west-1",
    "condition": f"ecs:RunTask ArnEquals ecs:cluster={CLUSTER}",
}
MOST_MILLISECONDS = 2_000


def page(client: Client, address: str = ECS, **fields: Any) -> str:
    answer = client.get(address, fields)
    assert answer.status_code == 200
    return markup_of(answer)


def test_a_policy_is_a_template_from_its_tabs_on(client: Client) -> None:
    assert ECS in markup_of(client.get("/policies/AmazonECS_FullAccess/"))
    shown = page(client)
    assert "proved for any request in any context" in shown
    assert 'name="statement" value="1"' in shown
    assert 'name="level" value="Read"' in shown
    assert 'name="service" value="ecs"' in shown
    assert 'name="action" value="ecs:RunTask"' in shown


def test_what_is_chosen_is_in_the_address_and_in_the_form(client: Client) -> None:
    shown = page(client, **CHOSEN)
    assert "The copy grants nothing beyond AmazonECS_FullAccess@v" in shown
    assert f'value="{ACCOUNT}"' in shown
    assert '"ecs:RunTask"' in shown.replace("&quot;", '"')
    assert 'value="ecs:RunTask" data-cell="ecs:Write" checked' in shown
    assert f"ecs:RunTask ArnEquals ecs:cluster={CLUSTER}" in shown
    assert "actions left out" in shown
    assert "aws_iam_policy" in shown


def test_a_part_of_the_picture_can_be_chosen_by_the_address(client: Client) -> None:
    answer = client.get("/policies/AmazonECS_FullAccess/template.json", {"cell": "ecs:tagging"})
    assert answer.json()["kept"] == ["ecs:TagResource", "ecs:UntagResource"]
    assert answer.json()["choices"] == {"cells": ["ecs:Tagging"]}
    shown = page(client, cell="ecs:Tagging")
    assert 'data-kept-cells="ecs:Tagging=2"' in shown
    assert 'value="ecs:TagResource" data-cell="ecs:Tagging" checked' in shown
    assert 'value="ecs:RunTask" data-cell="ecs:Write">' in shown


def test_every_part_of_the_picture_stands_for_boxes_of_the_list(client: Client) -> None:
    for name in ("AmazonECS_FullAccess", "AdministratorAccess"):
        shown = page(client, f"/policies/{name}/template/")
        cells = set(re.findall(r'data-cell="([^"]+)"', shown))
        parts = set(re.findall(r'data-part="([^"]+)"', shown))
        assert parts
        assert parts <= cells, name
    assert 'data-cell="' not in page(client, "/policies/AWSDenyAll/template/")


def test_every_allow_statement_is_a_part_of_the_picture_and_a_deny_is_shown_as_kept(
    client: Client,
) -> None:
    address = "/policies/AmazonInspector2AmiScanServiceRolePolicy/template/"
    shown = page(client, address)
    boxes = re.findall(r'name="statement" value="(\d+)"', shown)
    parts = re.findall(r'data-statement="(\d+)"', shown)
    assert boxes == parts == ["1", "2", "3", "4", "5", "6", "9", "10", "11", "12"]
    denies = re.findall(r'<span\s+class="part effect-deny"[^>]*>', shown)
    assert len(denies) == 2
    assert all("data-ticks" not in each and "Deny: Read: 2 denied" in denies[0] for each in denies)
    assert shown.count("Deny, kept") == 2
    # The copy says which of them it has something of; a Deny is always among them.
    assert 'data-kept-statements="1 2 3 4 5 6 7 8 9 10 11 12"' in shown
    assert 'data-kept-statements="3 7 8"' in page(client, address, statement="3")
    assert 'data-kept-statements="2 7 8"' in page(
        client, address, level="Write", service="inspector2"
    )


def test_a_single_statement_is_no_part_of_the_picture(client: Client) -> None:
    shown = page(client, "/policies/AmazonECSTaskExecutionRolePolicy/template/")
    assert 'name="statement" value="1"' in shown
    assert "data-statement" not in shown
    assert "a statement:" not in shown


def test_a_name_is_given_once_for_every_format_that_has_it(client: Client) -> None:
    given = {"action": "ecs:RunTask ecs:StopTask", "account": ACCOUNT, "region": "eu-west-1"}
    assert 'name="name.ClusterName"' in page(client, **given)
    named = {**given, "name.ClusterName": "web"}
    assert 'name="name.ClusterName" value="web"' in page(client, **named)
    (statement, *_) = [
        each
        for each in client.get("/policies/AmazonECS_FullAccess/template.json", named).json()[
            "document"
        ]["Statement"]
        if each["Action"] == "ecs:StopTask"
    ]
    assert statement["Resource"] == f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task/web/*"
    refused = {**given, "name.ClusterName": "a b"}
    assert "must be a name without spaces" in page(client, **refused)


def test_a_copy_is_minimised_where_asked_and_proved_all_the_same(client: Client) -> None:
    twice = json.dumps(policy(allow(["s3:Get*", "s3:GetObject"]), allow("s3:PutObject")))
    given = {"document": twice, "minimise": "yes"}
    found = client.get("/template.json", given).json()
    assert found["document"] == policy(allow(["s3:Get*", "s3:PutObject"]))
    assert [each["kind"] for each in found["minimised"]["steps"]] == ["removed", "joined"]
    assert found["containment"]["answer"] == "proved"
    assert found["choices"] == {"minimise": True}
    shown = page(client, "/template/", **given)
    assert "characters fewer for being minimised" in shown
    assert 'name="minimise" value="yes" checked' in shown
    assert client.get("/template.json", {"document": twice}).json()["minimised"] is None


def test_a_copy_over_the_quota_is_shown_as_several_that_fit(client: Client) -> None:
    buckets = [f"arn:aws:s3:::bucket-with-a-long-name-{number}/*" for number in range(200)]
    given = {"document": json.dumps(policy(allow("s3:GetObject", buckets)))}
    found = client.post("/template.json", given).json()
    assert len(found["parts"]) == 2
    named = [each for part in found["parts"] for each in part["Statement"][0]["Resource"]]
    assert named == buckets
    shown = markup_of(client.post("/template/", given))
    assert "As 2 managed policies" in shown
    uncut = json.dumps(policy(allow("s3:GetObject", "arn:aws:s3:::" + "b" * 7_000)))
    assert client.post("/template.json", {"document": uncut}).json()["parts"] == []
    assert client.get("/policies/AmazonSQSReadOnlyAccess/template.json").json()["parts"] == []


def test_a_form_without_javascript_leads_to_its_address(client: Client) -> None:
    answer = client.post(ECS, CHOSEN)
    assert answer.status_code == 303
    assert answer["Location"] == f"{ECS}?{urlencode(CHOSEN)}#answer"
    followed = client.get(answer["Location"])
    assert followed.status_code == 200


def test_htmx_gets_the_copy_and_its_address(client: Client) -> None:
    answer = client.post(ECS, CHOSEN, headers={"HX-Request": "true"})
    assert answer["HX-Push-Url"] == f"{ECS}?{urlencode(CHOSEN)}"
    shown = markup_of(answer)
    assert 'id="template-copy"' in shown
    assert 'id="template-chooser"' not in shown


def test_long_choices_are_answered_where_they_are(client: Client) -> None:
    requests = "\n".join([json.dumps({"action": "ecs:ListClusters", "id": n}) for n in range(300)])
    answer = client.post(ECS, {"requests": requests})
    assert answer.status_code == 200
    assert "300 of 300 required requests decided as expected" in markup_of(answer)
    pushed = client.post(ECS, {"requests": requests}, headers={"HX-Request": "true"})
    assert pushed["HX-Push-Url"] == "false"


def test_a_version_stays_chosen(client: Client) -> None:
    shown = page(client, version="v20")
    assert "AmazonECS_FullAccess@v20: proved" in shown
    assert f'action="{ECS}?version=v20"' in shown
    answer = client.post(f"{ECS}?version=v20", {"action": "ecs:RunTask"})
    assert "version=v20" in answer["Location"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"account": "12"}, "an account has 12 digits"),
        ({"statement": "x"}, "is not the number of a statement"),
        ({"level": "Look"}, "is not a level"),
        ({"cell": "ecs:Look"}, "is not a level"),
        ({"cell": "ecs"}, "write it as <code>ecs:Write</code>"),
        ({"action": "RunTask"}, "write it as <code>ecs:RunTask</code>"),
        ({"condition": "nonsense"}, "with <code>*</code> for all actions"),
        ({"arn.ecs:cluster": "web"}, "is not an ARN"),
        ({"arn.ecs:nosuch": CLUSTER}, "is not a resource type"),
        ({"requests": "hello"}, "neither an event in JSON nor an AccessDenied message"),
        ({"minimise": "maybe"}, "write <code>maybe</code> as <code>yes</code>"),
        ({"open": "ecs"}, "open: <code>ecs</code> is not a cell"),
        ({"open": ":Write"}, "is not a cell: write it as <code>ecs:Write</code>"),
        ({"open": "ecs:Look"}, "open: <code>ecs:Look</code> is not a cell"),
        ({"open": "ecs:Write", "shown": "many"}, "shown: <code>many</code> is not a number"),
        ({"nosuch": "1"}, "is not a field of this page"),
        ({"service": "s3"}, "nothing is left of the policy"),
    ],
)
def test_what_can_not_be_used_is_said_and_the_rest_counts(
    client: Client, fields: dict[str, str], said: str
) -> None:
    given = {"region": "eu-west-1", **fields}
    assert said in page(client, **given)
    answer = client.get("/policies/AmazonECS_FullAccess/template.json", given)
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["message"]


def test_recorded_calls_are_decided_and_not_kept(client: Client) -> None:
    log = gzip.compress(json.dumps({"Records": [RUN, {**RUN, "eventName": "DoTask"}]}).encode())
    upload = SimpleUploadedFile("events.json.gz", log, "application/gzip")
    shown = markup_of(client.post(ECS, {**CHOSEN, "calls": upload}))
    assert "1 of 1 required requests decided as expected" in shown
    assert "1 recorded call of which it is not known what AWS asks" in shown
    assert "DoTask" not in page(client)
    denied = page(client, requests=DENIED, service="s3 ecs", level="Read")
    assert "0 of 1 required requests" in denied
    assert "the original allows it" in denied


@pytest.mark.parametrize("name", OUTPUTS)
def test_each_output_is_a_file(client: Client, name: str) -> None:
    answer = client.post(ECS, {**CHOSEN, "output": name})
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    assert "amazonecs_fullaccess_narrowed" in answer["Content-Disposition"]
    assert "ecs:RunTask" in answer.content.decode()


def test_an_output_that_there_is_not_is_refused(client: Client) -> None:
    assert client.get(ECS, {"output": "pulumi"}).status_code == 400
    assert client.get(ECS, {"output": "json", "service": "s3"}).status_code == 400


def test_the_twin_says_the_same_as_json(client: Client) -> None:
    found = client.get("/policies/AmazonECS_FullAccess/template.json", CHOSEN).json()
    assert found["kept"] == ["ecs:RunTask", "iam:PassRole"]
    assert found["containment"]["answer"] == "proved"
    assert found["choices"]["resources"] == {"ecs:cluster": [CLUSTER], "iam:role": [ROLE]}
    posted = client.post("/policies/AmazonECS_FullAccess/template.json", CHOSEN).json()
    assert posted["document"] == found["document"]


def test_what_conditions_are_missing_is_offered(client: Client) -> None:
    document = json.dumps(policy(allow(["iam:PassRole", "ecs:RunTask", "ecs:TagResource"])))
    shown = page(client, "/template/", document=document)
    assert 'value="iam:PassRole StringEquals iam:PassedToService=ecs-tasks.amazonaws.com"' in shown
    assert "without it a role can be passed to any service" in shown
    assert 'placeholder="ecs:TagResource ForAllValues:StringEquals aws:TagKeys=..."' in shown


def test_a_document_of_ones_own_is_a_template(client: Client) -> None:
    assert "Paste a policy document" in page(client, "/template/")
    document = json.dumps(policy(allow(["ecs:*", "s3:*"])))
    shown = page(client, "/template/", document=document, service="s3")
    assert "The copy grants nothing beyond the document: proved" in shown
    assert "can't be used" in page(client, "/template/", document="{")
    answer = client.get("/template.json", {"document": document, "service": "s3"})
    assert answer.json()["document"] == policy(allow("s3:*"))
    assert client.get("/template.json", {"document": "{"}).status_code == 400
    elsewhere = client.get("/template/", {"policy": "AmazonECS_FullAccess"})
    assert elsewhere["Location"] == ECS


@pytest.mark.parametrize("name", ["AdministratorAccess", "ReadOnlyAccess", "PowerUserAccess"])
def test_the_longest_policies_fold_their_lists(client: Client, name: str) -> None:
    shown = page(client, f"/policies/{name}/template/")
    assert 'name="service" value="ecs"' in shown
    assert 'name="action" value="' not in shown
    assert len(shown) < 400_000


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/policies/NoSuchPolicy/template/", 404),
        ("/policies/NoSuchPolicy/template.json", 404),
        (f"{ECS}?version=v999", 404),
        ("/policies/arn:aws:iam::aws:policy/AmazonECS_FullAccess/template/", 302),
        ("/policies/amazonecs_fullaccess/template/", 302),
    ],
)
def test_other_names_lead_on_or_are_not_found(client: Client, address: str, status: int) -> None:
    assert client.get(address).status_code == status


def test_comparisons_and_best_fits_lead_to_templates(client: Client) -> None:
    compared = markup_of(
        client.get("/compare/", {"policy": ["AmazonECS_FullAccess", "AmazonSQSReadOnlyAccess"]})
    )
    assert f'href="{ECS}?version=v' in compared
    fitting = markup_of(client.get("/best-fit/", {"actions": "ecs:RunTask ecs:StopTask"}))
    assert "/template/?action=ecs%3ARunTask%20ecs%3AStopTask" in fitting


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ({"action": "ecs:RunTask"}, f'href="{ECS}?action=ecs%3ARunTask"'),
        ({"action": "ecs:RunT*"}, f'href="{ECS}?action=ecs%3ARunTask"'),
        ({"action": "ecs:*Task", "answer": "yes"}, f'href="{ECS}?action=ecs%3A%2ATask"'),
        ({"action": "ecs:RunTask", "at": "2024-02-01"},
         f'href="{ECS}?version=v20&amp;action=ecs%3ARunTask"'),
    ],
)  # fmt: skip
def test_each_answer_of_who_can_leads_to_a_template_with_its_actions(
    client: Client, asked: dict[str, str], leads_to: str
) -> None:
    pages = [client.get("/who-can/", {**asked, "page": number}).content.decode()
             for number in (1, 2)]  # fmt: skip
    assert leads_to in "".join(pages)


def test_recorded_calls_alone_offer_to_keep_what_they_ask_for(client: Client) -> None:
    log = SimpleUploadedFile("events.json", json.dumps({"Records": [RUN]}).encode())
    shown = markup_of(client.post(ECS, {"calls": log}))
    assert "Keep the 1 action of these requests" in shown
    assert 'name="action" value="ecs:RunTask"' in shown
    assert "of these requests" not in markup_of(client.post(ECS, {"calls": log, **CHOSEN}))
