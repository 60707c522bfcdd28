"""The comparison's page, its JSON twin and its command: verdicts with proof, on real versions."""

from __future__ import annotations

import json
import re
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import brotli
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.html import strip_tags

from policyhub.catalog.reference.in_memory import get_reference
from policyhub.compare import comparing, kept
from policyhub.compare.comparing import ComparedSides
from policyhub.compare.matrix import action_changes
from policyhub.compare.opening import ROWS_AT_ONCE
from policyhub.compare.sides import UnusableSideError, read_side
from policyhub.iam.budget import Steps
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db

ALLOW = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"},
]}  # fmt: skip
WIDER = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
     "Resource": "arn:aws:s3:::bucket/*"},
]}  # fmt: skip
TEXT, WIDER_TEXT = json.dumps(ALLOW), json.dumps(WIDER)


def twin(client: Client, *sides: str) -> dict[str, Any]:
    answer = client.get("/compare.json", {"policy": sides})
    assert answer.status_code == 200, answer.content
    read: dict[str, Any] = json.loads(b"".join(answer))
    return read


def shown(client: Client, *sides: str, **more: str) -> str:
    answer = client.get("/compare/", {"policy": sides, **more})
    assert answer.status_code == 200
    return " ".join(unescape(strip_tags(markup_of(answer))).split())


# The versions that the documentation described in January 2024, against those of the corpus.
ECS = [
    (
        "AmazonECS_FullAccess", "v20", "left_subset",
        {"cloudformation:TagResource", "cloudformation:UntagResource", "iam:PassRole"},
    ),
    (
        "AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity", "v1",
        "left_subset", {"secretsmanager:DescribeSecret"},
    ),
    (
        "AmazonECSInfrastructureRolePolicyForVolumes", "v1", "left_subset",
        {"ec2:DescribeInstances", "ec2:CreateVolume"},
    ),
    ("AmazonEC2ContainerServiceEventsRole", "", "equivalent", set()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "version", "verdict", "actions"), ECS)
def test_the_ecs_versions_are_told_right(
    client: Client, name: str, version: str, verdict: str, actions: set[str]
) -> None:
    answer = twin(client, f"{name}@{version}" if version else name, name)
    assert answer["verdict"] == verdict
    assert {each["action"] for each in answer["onlyRight"]} == actions
    assert answer["onlyLeft"] == []
    assert answer["undecided"] == []


def test_the_role_passed_to_ecs_is_the_proof_and_reordering_is_cosmetic(client: Client) -> None:
    answer = twin(client, "AmazonECS_FullAccess@v20", "AmazonECS_FullAccess@v22")
    (passing,) = [each for each in answer["onlyRight"] if each["action"] == "iam:PassRole"]
    assert passing == {
        "action": "iam:PassRole",
        "resource": "arn:aws:iam::123456789012:role/ecsInfrastructureRole",
        "context": {"iam:PassedToService": "ecs.amazonaws.com"},
    }
    linked = [each for each in answer["statements"] if each["clauses"] == ["Sid", "Condition"]]
    assert [each["change"] for each in linked] == ["cosmetic"]
    assert {each["change"] for each in answer["statements"]} == {"cosmetic", "added"}


def test_a_gone_condition_is_seen_where_the_actions_are_the_same(client: Client) -> None:
    name = "AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
    answer = twin(client, f"{name}@v1", f"{name}@v4")
    assert all(None not in each["grants"] for each in answer["actions"])
    assert [each["change"] for each in answer["statements"]] == [
        "same", "same", "narrowed", "added", "same", "cosmetic",
    ]  # fmt: skip


def test_every_witness_of_the_twin_holds_in_the_simulator(client: Client) -> None:
    left, right = "AmazonECS_FullAccess@v20", "AmazonEC2ContainerServiceRole"
    answer = twin(client, left, right)
    assert answer["verdict"] == "overlapping"
    for side, mine, other in (("onlyLeft", left, right), ("onlyRight", right, left)):
        assert answer[side]
        for witness in answer[side]:
            decisions = [_decided(client, witness, each) for each in (mine, other)]
            assert decisions[0] == "allowed"
            assert decisions[1] != "allowed"


def _decided(client: Client, witness: dict[str, Any], side: str) -> str:
    name, _, version = side.partition("@")
    managed = {"managed": name} | ({"version": version} if version else {})
    body = json.dumps(witness | {"identityPolicies": [managed]})
    answer = client.post("/simulate.json", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    decision: str = answer.json()["decision"]
    return decision


def test_the_page_says_the_verdict_with_links_that_decide_it_again(client: Client) -> None:
    sides = ("AmazonECS_FullAccess@v20", "AmazonECS_FullAccess")
    text = shown(client, *sides)
    assert (
        "AmazonECS_FullAccess@v22 allows everything that AmazonECS_FullAccess@v20 allows, and more."
        in text
    )
    page = markup_of(client.get("/compare/", {"policy": sides}))
    links = [
        unescape(part.split('"')[0])
        for part in page.split('<a href="')
        if part.startswith("/simulate/?policy=")
    ]
    assert len(links) == 6
    for number, link in enumerate(links):
        verdict = markup_of(client.get(link))
        assert ("decision-allowed" in verdict) is (number % 2 == 0), link


def test_documents_of_ones_own_are_compared(client: Client) -> None:
    answer = twin(client, TEXT, WIDER_TEXT)
    assert answer["verdict"] == "left_subset"
    assert [each["name"] for each in answer["policies"]] == ["document 1", "document 2"]
    same, gained = answer["actions"]
    assert same == {
        "action": "s3:GetObject", "level": "Read", "grants": ["scoped", "scoped"], "change": "same",
    }  # fmt: skip
    assert (gained["action"], gained["level"]) == ("s3:PutObject", "Write")
    assert (gained["grants"], gained["change"]) == ([None, "scoped"], "gained")
    (bound,) = gained["bounds"][1]
    assert bound["words"] == "on arn:aws:s3:::bucket/*"
    assert "document 2 allows everything that document 1 allows" in shown(client, TEXT, WIDER_TEXT)
    posted = client.post("/compare/", {"policy": [TEXT, WIDER_TEXT]}, follow=True)
    assert "document 2 allows everything" in markup_of(posted)


def test_what_never_matches_in_a_document_of_ones_own_is_said(client: Client) -> None:
    never = TEXT.replace("arn:aws:s3:::bucket", "arn:aws:s3:::${AWS::AccountId}")
    said = "`${AWS::AccountId}` never has a value, since it is a parameter of a CloudFormation"
    sound, odd = twin(client, TEXT, never)["policies"]
    assert "remark" not in sound
    assert said in odd["remark"]
    assert said.replace("`", "") in shown(client, TEXT, never)


def test_no_document_of_ones_own_is_kept(client: Client) -> None:
    before = len(kept.comparisons)
    twin(client, TEXT, WIDER_TEXT)
    twin(client, TEXT, "AmazonECS_FullAccess")
    assert len(kept.comparisons) == before


def test_a_document_against_itself_is_the_same(client: Client) -> None:
    text = shown(client, TEXT, json.dumps(ALLOW, indent=8))
    assert "document 1 and document 2 allow the same." in text
    assert "The documents are the same, line by line." in text


def test_up_to_six_are_compared_each_with_each(client: Client) -> None:
    names = ["AmazonEC2ReadOnlyAccess", "AmazonECS_FullAccess", "AmazonECS_FullAccess@v20"]
    answer = twin(client, *names)
    assert len(answer["verdicts"]) == 3
    assert all(len(each["grants"]) == 3 for each in answer["actions"])
    text = shown(client, *names)
    assert "Pair by pair" in text
    seven = client.get("/compare.json", {"policy": [*names, *names, TEXT]})
    assert seven.json()["problems"][0]["code"] == "too-many-values"


def test_of_three_each_pair_has_its_evidence_and_statements(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("AmazonECS_FullAccess@v20", "AmazonECS_FullAccess", "AmazonECSTaskExecutionRolePolicy")
    pairs = twin(client, *names)["verdicts"]
    assert [(each["verdict"], len(each["onlyRight"]) > 0) for each in pairs] == [
        ("left_subset", True), ("disjoint", True), ("disjoint", True),
    ]  # fmt: skip
    assert pairs[0]["statements"] == twin(client, *names[:2])["statements"]
    told = shown(client, *names)
    assert told.count("What only AmazonECS_FullAccess") >= 2
    assert "Statement by statement, against AmazonECS_FullAccess@v20" in told
    page = markup_of(client.get("/compare/", {"policy": names}))
    told_items = [len(side["items"]) for each in pairs for side in each["evidence"]]
    assert page.count(">Try it</summary>") == sum(min(count, 10) for count in told_items)
    assert max(told_items) == 10
    monkeypatch.setattr("policyhub.compare.views.PAIR_EVIDENCE_SHOWN", 4)
    page = markup_of(client.get("/compare/", {"policy": names}))
    assert page.count(">Try it</summary>") == sum(min(count, 4) for count in told_items)
    assert ">All 10 statements</a>" in page


def test_long_evidence_is_shown_when_all_is_asked_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policyhub.compare.views.EVIDENCE_SHOWN", 5)
    sides = {"policy": ["AmazonECS_FullAccess", "AmazonECSTaskExecutionRolePolicy"]}
    few = markup_of(client.get("/compare/", sides))
    every = markup_of(client.get("/compare/", {**sides, "evidence": "all"}))
    items = {each["side"]: each["items"] for each in twin(client, *sides["policy"])["evidence"]}
    many, others = items["AmazonECS_FullAccess@v22"], items["AmazonECSTaskExecutionRolePolicy@v1"]
    assert few.count(">Try it</summary>") == 5 + min(len(others), 5)
    assert f"Show {len(many) - 5} more</a>" in few
    assert every.count(">Try it</summary>") == len(many) + len(others)


def test_a_key_that_its_own_policy_opens_tells_who_asks(client: Client) -> None:
    allow = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    left = json.dumps({"Version": "2012-10-17", "Statement": [allow | {"Condition": {
        "StringEquals": {"aws:PrincipalOrgID": "o-1"}}}]})  # fmt: skip
    right = json.dumps({"Version": "2012-10-17", "Statement": [
        allow | {"Resource": "arn:aws:kms:us-east-1:123456789012:key/a"}]})  # fmt: skip
    page = shown(client, left, right)
    assert "own policy grants access" in page


def test_a_long_matrix_opens_service_by_service(client: Client) -> None:
    sides = {"policy": ["AmazonEC2FullAccess", "AmazonECS_FullAccess"]}
    closed = markup_of(client.get("/compare/", sides))
    assert "/actions/ecs:DeleteCluster/" not in closed
    opened = markup_of(client.get("/compare/", {**sides, "open": "ecs"}))
    assert "/actions/ecs:DeleteCluster/" in opened
    assert "/actions/ec2:RunInstances/" not in opened


def part_of_matrix(client: Client, service: str, **asked: Any) -> str:
    headers = {"HX-Request": "true", "HX-Target": f"service-{service}"}
    answer = client.get("/compare/", asked, headers=headers)
    assert "HX-Target" in answer["Vary"]
    return markup_of(answer)


@pytest.mark.parametrize("more", [{}, {"all": "on"}])
def test_a_service_opened_alone_has_the_rows_of_the_whole_page(
    client: Client, more: dict[str, str]
) -> None:
    asked = {"policy": ["AmazonEC2FullAccess", "AmazonECS_FullAccess"], "open": "ecs", **more}
    whole = markup_of(client.get("/compare/", asked))
    part = part_of_matrix(client, "ecs", **asked)
    assert part.strip() == whole[whole.index('<tbody id="service-ecs"') :].split("</tbody>")[0] + (
        "</tbody>"
    )
    closed = part_of_matrix(client, "ecs", **{**asked, "open": ""})
    assert 'id="service-ecs"' in closed
    assert "/actions/ecs:DeleteCluster/" not in closed


def names_of_actions(markup: str) -> list[str]:
    return re.findall(r'href="/actions/(ec2:\w+)/"', markup)


def test_a_long_service_shows_its_rows_part_by_part_and_none_twice(client: Client) -> None:
    policies = ["AmazonEC2FullAccess", "AmazonECS_FullAccess", "AmazonVPCFullAccess"]
    expected = [
        each["action"]
        for each in twin(client, *policies)["actions"]
        if each["action"].startswith("ec2:") and {*each["changes"]} != {"same"}
    ]
    shown = 0
    found: list[str] = []
    while True:
        asked = {"policy": policies, "open": f"ec2:{shown + ROWS_AT_ONCE},ecs"}
        part = part_of_matrix(client, f"ec2.{shown}" if shown else "ec2", **asked)
        assert len(brotli.compress(part.encode())) <= 5_120
        assert ("autofocus" in part) is (shown > 0)
        found += names_of_actions(part)
        shown += ROWS_AT_ONCE
        if f'id="service-ec2.{shown}"' not in part:
            break
        assert quote(f"open=ec2:{shown + ROWS_AT_ONCE},ecs", safe="=") in part
    assert found == expected
    assert len(found) > 2 * ROWS_AT_ONCE


def test_more_rows_are_shown_without_a_script_too(client: Client) -> None:
    asked = {"policy": ["AmazonEC2FullAccess", "ViewOnlyAccess"], "open": f"ec2:{2 * ROWS_AT_ONCE}"}
    page = markup_of(client.get("/compare/", asked))
    assert len(names_of_actions(page)) == 2 * ROWS_AT_ONCE
    # Where the link that asked for them leads.
    assert page.count(f'id="service-ec2.{ROWS_AT_ONCE}"') == 1
    assert "autofocus" not in page


def test_a_service_is_opened_without_a_verdict_on_the_whole(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "compare", None)
    asked = {"policy": ["ReadOnlyAccess", "SecurityAudit", "ViewOnlyAccess"], "open": "ecs"}
    assert "/actions/ecs:" in part_of_matrix(client, "ecs", **asked)


@pytest.mark.parametrize(
    ("service", "sides"), [("nosuch", ["ViewOnlyAccess", "SecurityAudit"]), ("ecs", ["{"])]
)
def test_a_service_that_is_not_in_the_matrix_has_no_rows(
    client: Client, service: str, sides: list[str]
) -> None:
    assert not part_of_matrix(client, service, policy=sides).strip()


BAD = [
    (["AmazonECS_FullAcces", TEXT], "near: AmazonECS_FullAccess"),
    (["AmazonECS_FullAccess@v1", TEXT], "has no version `v1`; known: v22, v20"),
    (["{", TEXT], "document 1 can't be compared: line 1"),
    ([TEXT, '{"Statement": {"Effect": "Permit"}}'], "document 2 can't be compared"),
    ([TEXT, "<script>alert(1)</script>"], "no managed policy is named"),
    (["a\0b", TEXT], "can't be printed"),
    ([f"{{{' ' * 300_000}}}", TEXT], "give at most 262,144"),
    ([TEXT], "at least twice"),
    ([], "at least twice"),
]


@pytest.mark.parametrize(("sides", "message"), BAD)
def test_what_can_not_be_compared_is_said(client: Client, sides: list[str], message: str) -> None:
    answer = client.post("/compare.json", {"policy": sides})
    assert answer.status_code == 400
    assert message in answer.json()["problems"][0]["message"]
    page = client.post("/compare/", {"policy": sides}, follow=True)
    assert page.status_code == 200
    assert "<script>alert" not in markup_of(page)
    assert (
        client.get("/compare.json?colour=red").json()["problems"][0]["code"] == "unknown-parameter"
    )


def test_what_is_undecided_says_why(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setattr("policyhub.iam.comparing.comparison._MOST_CELLS", 0)
    odd = json.dumps({**ALLOW, "Id": "never compared before"})
    assert "is undecided" in shown(client, odd, WIDER_TEXT)
    assert twin(client, odd, WIDER_TEXT)["undecided"] == ["more than 0 groups of actions"]


def test_a_key_that_only_its_own_policy_opens_is_simulated_with_it() -> None:
    kms = {"Statement": [{"Effect": "Allow", "Action": "kms:Decrypt",
                          "Resource": "arn:aws:kms:us-east-1:123456789012:key/a"}]}  # fmt: skip
    compared = ComparedSides([read_side(json.dumps(kms), 1), read_side(TEXT, 2)])
    assert compared.only_pair is not None
    (only,) = [each for each in compared.only_pair.evidence if each.side.label == "document 1"]
    (example,) = only.items[0].examples
    assert "resourcePolicy" in example.request
    assert all("resource-policy=" in query for _, query in example.links)


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("compare", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_the_same(client: Client, tmp_path: Path) -> None:
    text = told("AmazonECS_FullAccess@v20", "AmazonECS_FullAccess")
    assert text.startswith("AmazonECS_FullAccess@v22 allows everything that")
    assert "iam:PassRole on arn:aws:iam::123456789012:role/ecsInfrastructureRole" in text
    assert "    for example: iam:PassRole on arn:aws:iam::" in text
    assert "  added: none -> 5 InfrastructurePassRolePolicy" in text
    as_json = json.loads(told("AmazonECS_FullAccess@v20", "AmazonECS_FullAccess", "--json"))
    assert as_json == twin(client, "AmazonECS_FullAccess@v20", "AmazonECS_FullAccess")
    path = tmp_path / "own.json"
    path.write_text("\ufeff" + TEXT, encoding="utf-8")
    assert f"{path} and {path} allow the same." in told(str(path), str(path))
    path.write_bytes(b"\xff")
    for given in (str(path), "NoSuchPolicy"):
        with pytest.raises(CommandError, match=r"can't be read|no managed policy"):
            told(given, "AmazonECS_FullAccess")


IN_VAIN = {**ALLOW, "Statement": [
    *ALLOW["Statement"],
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b"},
]}  # fmt: skip


def test_what_aws_is_never_asked_is_told_apart(client: Client, tmp_path: Path) -> None:
    sides = (json.dumps(IN_VAIN), TEXT)
    answer = twin(client, *sides)
    assert (answer["verdict"], answer["possibleVerdict"]) == ("right_subset", "equivalent")
    (witness,) = answer["onlyLeft"]
    assert witness == {
        "action": "s3:GetObject", "resource": "arn:aws:s3:::b", "context": {}, "reference": False,
    }  # fmt: skip
    text = shown(client, *sides)
    assert (
        "document 1 and document 2 allow the same, counting only requests that are possible."
        in text
    )
    assert "By the wording alone: document 1 allows everything that document 2 allows" in text
    assert "By the reference no such request exists: it has no such action, or the" in text
    assert "No action of the reference is granted differently" in text
    page = markup_of(client.get("/compare/", {"policy": sides}))
    links = [
        unescape(part.split('"')[0])
        for part in page.split('<a href="')
        if part.startswith("/simulate/?policy=")
    ]
    decided = ["decision-allowed" in markup_of(client.get(each)) for each in links]
    assert decided == [True, False]
    files = [tmp_path / name for name in ("one.json", "other.json")]
    for path, side in zip(files, sides, strict=True):
        path.write_text(side)
    said = told(*map(str, files))
    assert (
        f"{files[0]} and {files[1]} allow the same, counting only requests that are possible."
        in said
    )
    assert "    By the reference no such request exists: it has no such action, or" in said


IN_DOUBT = {**ALLOW, "Statement": [
    *ALLOW["Statement"],
    {"Effect": "Allow", "Action": "acm:RequestCertificate",
     "Resource": "arn:aws:acm:us-east-1:123456789012:certificate/c"},
]}  # fmt: skip


def test_what_the_reference_alone_rules_out_is_undecided(client: Client, tmp_path: Path) -> None:
    sides = (json.dumps(IN_DOUBT), TEXT)
    answer = twin(client, *sides)
    assert (answer["verdict"], answer["possibleVerdict"]) == ("right_subset", "undecided")
    assert [each["reference"] for each in answer["onlyLeft"]] == [False]
    assert answer["evidence"][0]["items"][0]["isAsked"] is None
    (reason,) = answer["undecided"]
    assert "the reference has no type of resource for it, but AWS's own Amazon" in reason
    text = shown(client, *sides)
    assert "Whether document 1 or document 2 allows more is undecided." in text
    assert "By the wording alone: document 1 allows everything that document 2 allows" in text
    assert "Whether such a request exists is not known: the reference gives the action no" in text
    assert "no such request exists" not in text
    files = [tmp_path / name for name in ("one.json", "other.json")]
    for path, side in zip(files, sides, strict=True):
        path.write_text(side)
    said = told(*map(str, files))
    assert "    Whether such a request exists is not known: the reference gives the action" in said
    assert "no such request exists" not in said


LATE = {"DateGreaterThan": {"aws:CurrentTime": "2000-01-01T00:00:00Z"}}
NAMED = {"Null": {"aws:username": "false"}}


def conditional(condition: dict[str, Any]) -> str:
    statement = {**ALLOW["Statement"][0], "Condition": condition}  # type: ignore[dict-item]
    return json.dumps({**ALLOW, "Statement": [statement]})


def test_contexts_that_aws_never_sends_count_only_where_they_are_asked_about(
    client: Client, tmp_path: Path
) -> None:
    late = conditional(LATE)
    answer = twin(client, TEXT, late)
    assert (answer["verdict"], answer["contexts"]) == ("equivalent", "aws")
    text = shown(client, TEXT, late)
    assert "document 1 and document 2 allow the same." in text
    assert "Only contexts that AWS can send count" in text
    page = markup_of(client.get("/compare/", {"policy": [TEXT, late]}))
    (link,) = [part.split('"')[0] for part in page.split('href="') if "contexts=any" in part[:2000]]
    assert "Any context counts" in markup_of(client.get(f"/compare/{unescape(link)}"))
    asked = {"policy": [TEXT, late], "contexts": "any"}
    found = json.loads(b"".join(client.get("/compare.json", asked)))
    assert (found["verdict"], found["contexts"]) == ("right_subset", "any")
    assert client.get("/compare.json", {**asked, "contexts": "some"}).status_code == 400
    path = tmp_path / "late.json"
    path.write_text(late)
    own = tmp_path / "own.json"
    own.write_text(TEXT)
    assert "allow the same." in told(str(own), str(path))
    said = told(str(own), str(path), "--contexts", "any")
    assert "Any context counts" in said
    assert "shown without aws:CurrentTime, which is there in every request" in said


def test_a_key_that_may_be_missing_is_told_when_it_is_there(client: Client) -> None:
    named = conditional(NAMED)
    (evidence,) = twin(client, TEXT, named)["evidence"]
    (item,) = evidence["items"]
    (absent,) = item["absentKeys"]
    assert absent["key"] == "aws:username"
    assert absent["isThere"].startswith("when an IAM user calls")
    assert "Shown by requests without aws:username, which is there when an IAM user" in shown(
        client, TEXT, named
    )


def test_a_side_without_a_version_is_todays() -> None:
    assert read_side("AmazonECS_FullAccess").label == "AmazonECS_FullAccess@v22"
    with pytest.raises(UnusableSideError):
        read_side("")


def test_a_list_is_never_written_like_a_single_value(client: Client) -> None:
    one, two = {"aws:TagKeys": "a.b"}, {"aws:TagKeys": "c.d"}
    both = {"ForAnyValue:StringEquals": one, "ForAnyValue:StringLike": two}
    for condition, words, link in (
        (both, "aws:TagKeys is the list of a.b and c.d", "context=aws%3ATagKeys%5B%5D%3Da.b&"),
        ({"StringEquals": one}, "aws:TagKeys is a.b", "context=aws%3ATagKeys%3Da.b"),
    ):
        own = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*", "Condition": condition},
        ]})  # fmt: skip
        assert words in shown(client, own, TEXT)
        assert link in unescape(markup_of(client.get("/compare/", {"policy": [own, TEXT]})))


FULL = ("AmazonECS_FullAccess@v20", "AmazonECS_FullAccess@v22")


def test_an_action_whose_bounds_differ_is_in_the_matrix_with_the_bounds_of_both_sides(
    client: Client,
) -> None:
    rows = {each["action"]: each for each in twin(client, *FULL)["actions"]}
    passing = rows["iam:PassRole"]
    assert passing["change"] == "wider"
    assert len(set(passing["grants"])) == 1
    words = [{each["words"] for each in side} for side in passing["bounds"]]
    assert words[0] < words[1]
    assert "on role/ecsInfrastructureRole" in "".join(words[1] - words[0]).replace(
        "arn:aws:iam::*:", ""
    )
    differing = {name for name, row in rows.items() if row["change"] != "same"}
    assert differing == {
        "iam:PassRole", "cloudformation:TagResource", "cloudformation:UntagResource",
    }  # fmt: skip
    page = shown(client, *FULL)
    matrix = page.split("Actions that are granted differently")[1].split("Statement by statement")[
        0
    ]
    passing_row = matrix.split("iam:PassRole")[1]
    assert passing_row.count("ecsInfrastructureRole") == 1
    # The bounds of before are spelled on both sides, those of a gained action on its own.
    for role in ("ecsInstanceRole*", "ecsAutoscaleRole*"):
        assert passing_row.count(role) == 2
    assert passing_row.count("iam:PassedToService") == 7
    assert matrix.count("cloudformation:CreateAction is CreateStack or UpdateStack") == 2
    assert "wider" in matrix
    assert "ecs:RunTask" not in matrix


def test_of_free_actions_no_bounds_are_spelled_and_of_many_shared_ones_the_first(
    client: Client,
) -> None:
    allow = {"Effect": "Allow", "Action": "s3:GetObject"}
    shared = [allow | {"Resource": f"arn:aws:s3:::b{number}/*"} for number in range(8)]
    free = allow | {"Action": "s3:PutObject", "Resource": "*"}
    more = allow | {"Resource": "arn:aws:s3:::more/*"}
    left, right = (
        json.dumps({"Version": "2012-10-17", "Statement": each})
        for each in (shared, [*shared, more, free])
    )
    compared = ComparedSides([read_side(left, 1), read_side(right, 2)])
    rows = {row.action: row for row in compared.rows or ()}
    told = [(len(e.own), len(e.shared), e.more_shared) for e in rows["s3:GetObject"].cells]
    assert told == [(0, 6, 2), (1, 6, 2)]
    assert [(each.own, each.shared) for each in rows["s3:PutObject"].cells] == [([], []), ([], [])]
    assert "and 2 more that every side has" in shown(client, left, right)


def test_sizes_count_actions_by_level_not_pieces_of_evidence(client: Client) -> None:
    answer = twin(client, *FULL)
    counted = {
        (each["level"], change): each[change]
        for each in answer["sizes"]
        for change in ("gained", "wider", "narrower", "different", "lost")
        if each[change]
    }
    by_hand: dict[tuple[str, str], int] = {}
    for row in answer["actions"]:
        if row["change"] != "same":
            key = row["level"], row["change"]
            by_hand[key] = by_hand.get(key, 0) + 1
    assert counted == by_hand
    text = shown(client, *FULL)
    assert "has wider bounds for 1 Write action" in text
    assert "loses none" in text


def pattern_texts(name: str) -> set[str]:
    """The action patterns of a policy that has neither Deny nor NotAction."""
    statements = read_side(name).policy.statements
    assert all(each.effect == "Allow" and not each.not_action for each in statements)
    return {pattern for each in statements for pattern in each.actions}


def test_counts_of_gained_actions_are_those_of_the_expanded_patterns(client: Client) -> None:
    reference = get_reference()
    # Nobody needs a permission for this one, so no side gains it.
    always = {"sts:GetCallerIdentity"}
    view, read = (
        {
            action.id
            for pattern in pattern_texts(name)
            for action in reference.expand(pattern)
            if action.id not in always
        }
        for name in ("ViewOnlyAccess", "ReadOnlyAccess")
    )
    answer = twin(client, "ViewOnlyAccess", "ReadOnlyAccess")
    gained = sum(each["gained"] for each in answer["sizes"])
    lost = sum(each["lost"] for each in answer["sizes"])
    assert (gained, lost) == (len(read - view), len(view - read))
    assert all(reference.action(name) is not None for name in view | read)


def test_evidence_reads_as_the_statement_and_a_made_up_value_is_behind_try_it(
    client: Client,
) -> None:
    left = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject",
         "Resource": "arn:aws:s3:::bucket/*"}]})  # fmt: skip
    right = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "Objects", "Effect": "Allow", "Action": "s3:*Object", "Resource": "*",
         "Condition": {"StringLike": {"aws:PrincipalTag/team": "web-*"}}}]})  # fmt: skip
    page = markup_of(client.get("/compare/", {"policy": [left, right]}))
    evidence = page.split("Only document 2 allows")[1].split("</section>")[0]
    before_try = " ".join(strip_tags(evidence.split("<details")[0]).split())
    assert before_try.endswith(
        "s3:*Object on every resource when aws:PrincipalTag/team matches web-*, statement 1 Objects"
    )
    assert "web-x" not in before_try
    assert "are made up" in evidence
    (right_side,) = [
        each for each in twin(client, left, right)["evidence"] if each["side"] == "document 2"
    ]
    assert "s3:*Object on every resource" in right_side["items"][0]["sentence"]


def test_a_condition_that_statements_share_stands_once_above_them(client: Client) -> None:
    tagged = {"StringEquals": {"aws:ResourceTag/team": "web"}}
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": tagged}
        for action in ("ecs:StopTask", "ecs:UpdateService")
    ]
    apart = [{**each, "Sid": f"S{place}"} for place, each in enumerate(statements)]
    right = json.dumps({"Version": "2012-10-17", "Statement": apart})
    page = markup_of(client.get("/compare/", {"policy": [TEXT, right]}))
    evidence = page.split("Only document 2 allows")[1].split("</section>")[0]
    words = " ".join(unescape(strip_tags(evidence)).split())
    assert words.count('When aws:ResourceTag/team is "web":') == 1
    for action, number in (("ecs:StopTask", 1), ("ecs:UpdateService", 2)):
        assert f"{action} on every resource, statement {number} S{number - 1}" in words


def test_a_deny_that_makes_the_difference_is_named(client: Client) -> None:
    deny = {"Sid": "NoLogs", "Effect": "Deny", "Action": "s3:*",
            "Resource": "arn:aws:s3:::logs/*"}  # fmt: skip
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    free = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    limited = json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]})
    text = shown(client, limited, free)
    assert "(document 1: denied by statement 2 NoLogs)" in text
    row = next(each for each in twin(client, limited, free)["actions"])
    assert row["change"] == "wider"


def test_two_documents_on_the_command_line_are_told_apart_however_long_they_are() -> None:
    resources = [f"arn:aws:s3:::bucket-{number}/*" for number in range(400)]
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}
    long = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    out = StringIO()
    call_command("compare", TEXT, long, stdout=out)
    assert "document 1" in out.getvalue().splitlines()[0]
    assert "document 2" in out.getvalue().splitlines()[0]


def test_what_no_budget_is_left_for_is_undecided_in_the_matrix() -> None:
    sides = [read_side(each) for each in FULL]
    for side in sides:
        side.granted()
    changes = action_changes(sides[0], sides[1], Steps(0))
    assert set(changes.values()) == {"undecided"}


def test_without_a_budget_the_sizes_are_said_to_be_unknown() -> None:
    # How managed policies grant actions is kept.
    documents = ["\n".join(read_side(each).lines) for each in FULL]
    compared = ComparedSides([read_side(each) for each in documents], Steps(0))
    assert compared.only_pair is not None
    assert compared.rows is None
    assert compared.only_pair.sizes == []
    assert "takes longer" in compared.only_pair.sizes_in_words


def test_the_verdict_is_decided_before_the_matrix_where_there_is_not_time_for_both() -> None:
    names = "ReadOnlyAccess", "AmazonECS_FullAccess@v20"
    # What is pasted is compared each time.
    documents = ["\n".join(read_side(name).lines) for name in names]
    enough = Steps(10**9)
    sides = [read_side(each) for each in documents]
    assert ComparedSides(sides, enough).pairs[0].found.is_whole
    compared = ComparedSides(sides, Steps(10**9 - enough.left))
    assert compared.rows is None
    assert compared.pairs[0].verdict == "overlapping"


def test_of_many_statements_about_an_action_the_first_are_spelled_and_the_others_counted(
    client: Client,
) -> None:
    def own(count: int) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:*Object", "Resource": f"arn:aws:s3:::bucket-{n}/*"}
            for n in range(count)]})  # fmt: skip

    row = twin(client, own(30), own(21))["actions"][0]
    assert "bounds" not in row
    assert row["boundCounts"] == [30, 21]
    text = shown(client, own(30), own(21))
    assert "and 10 more statements" in text
    assert "and 1 more statement" in text


def test_beyond_so_many_sets_of_statements_bounds_are_counted_and_never_said_to_be_none(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policyhub.compare.matrix.MOST_SPELLED", 0)
    passing = next(each for each in twin(client, *FULL)["actions"] if each["change"] == "wider")
    assert "bounds" not in passing
    assert all(count > 0 for count in passing["boundCounts"])
    assert f"{passing['boundCounts'][1]} statements" in shown(client, *FULL)


def test_of_a_version_against_itself_a_template_is_offered_once(client: Client) -> None:
    same = {"policy": ["AmazonECS_FullAccess", "AmazonECS_FullAccess"]}
    assert client.get("/compare/", same).content.decode().count("as a template</a>") == 1
    other = {"policy": ["AmazonECS_FullAccess@v20", "AmazonECS_FullAccess"]}
    assert client.get("/compare/", other).content.decode().count("as a template</a>") == 2
