"""The graph of how a policy leads to more power: only what is proved, with its bounds and links."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from policyhub.browse.escalation.graph import WIDTH, escalation_graph
from policyhub.browse.escalation.paths import EscalationPath, escalations
from policyhub.judge.risks.attached import JudgedDocument, read_judged
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.verdict import one_for_each_title
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

RUN = ["ecs:RegisterTaskDefinition", "ecs:RunTask", "ecs:CreateCluster", "ecs:CreateService"]
ROLE = "arn:aws:iam::123456789012:role/tasks-*"


def paths_of(*statements: dict[str, object]) -> list[EscalationPath]:
    judged = read_judged(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert isinstance(judged, JudgedDocument)
    risks = one_for_each_title([each for each in risks_of(judged) if each.is_claimed])
    return escalations(enumerate(risks, 1))


def allow(*actions: str, resource: str = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": [*actions], "Resource": resource, **more}


def test_a_role_that_nothing_limits_is_any_role_and_goes_to_the_service_of_the_proof() -> None:
    (path,) = paths_of(allow("iam:PassRole", *RUN))
    assert path.passed is not None
    assert (path.passed.which, path.passed.when) == ("any role", "")
    assert path.passed.service == "ecs-tasks.amazonaws.com"
    assert set(path.actions) <= set(RUN)
    assert path.is_free


def test_the_roles_that_can_be_passed_are_named_with_their_bound() -> None:
    condition = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    (path,) = paths_of(allow("iam:PassRole", resource=ROLE, Condition=condition), allow(*RUN))
    assert path.passed is not None
    assert path.passed.which == "role tasks-*"
    assert path.passed.patterns == (ROLE,)
    assert path.passed.when == f"only when the resource matches {ROLE}"
    assert path.passed.is_bound_to_service
    assert not path.is_free


def test_roles_that_are_all_but_some_are_not_named_as_if_they_were_these() -> None:
    but: dict[str, object] = {"Effect": "Deny", "Action": "iam:PassRole", "Resource": ROLE}
    (path,) = paths_of(allow("iam:PassRole", *RUN), but)
    assert path.passed is not None
    assert (path.passed.which, path.passed.patterns) == ("some roles", ())
    assert "tasks-*" in path.passed.when


def test_roles_that_go_to_another_service_alone_are_not_those_of_the_path() -> None:
    def to(service: str) -> dict[str, object]:
        return {"StringEquals": {"iam:PassedToService": service}}

    (path,) = paths_of(
        allow("iam:PassRole", Condition=to("ecs-tasks.amazonaws.com")),
        allow("iam:PassRole", resource=ROLE, Condition=to("nobody.amazonaws.com")),
        allow(*RUN),
    )
    assert path.passed is not None
    assert (path.passed.which, path.passed.when) == ("any role", "")
    assert path.passed.is_bound_to_service


def test_what_only_reads_data_or_is_ruled_out_is_no_escalation() -> None:
    assert paths_of(allow("s3:GetObject", "secretsmanager:GetSecretValue")) == []
    condition = {"StringEquals": {"iam:PassedToService": "nobody.amazonaws.com"}}
    assert paths_of(allow("iam:PassRole", Condition=condition), allow(*RUN)) == []


def test_paths_that_pass_the_same_roles_share_one_box() -> None:
    paths = paths_of(
        allow("iam:PassRole", *RUN, "lambda:CreateFunction", "lambda:InvokeFunction"),
        allow("iam:AttachRolePolicy"),
    )
    graph = escalation_graph(paths)
    kinds = [box.kind for box in graph.boxes]
    assert kinds.count("caller") == 1
    assert kinds.count("role") == 1
    assert kinds.count("service") == 2
    assert kinds.count("runs") == len(paths) == len(graph.ends) == 3


def test_nothing_leaves_the_picture_and_every_bound_is_said_whole() -> None:
    condition = {"StringLike": {"iam:AssociatedResourceArn": "arn:aws:ecs:*:*:task/a/*"}}
    paths = paths_of(
        allow("iam:PassRole", resource=ROLE, Condition=condition),
        allow(*RUN, Condition={"StringEquals": {"aws:RequestTag/team": ["a" * 200]}}),
    )
    graph = escalation_graph(paths)
    for box in graph.boxes:
        assert 0 <= box.x <= box.x + box.width <= WIDTH
        assert 0 <= box.y <= box.y + box.height <= graph.height
    told = [edge.full for edge in graph.edges if edge.when]
    assert paths[0].passed is not None
    assert "iam:AssociatedResourceArn" in paths[0].passed.when
    assert told == [paths[0].passed.when, "; ".join(paths[0].when)]
    assert all(line.when is None or line.when.y <= graph.height for line in graph.edges)


def test_the_page_of_a_policy_with_a_path_has_the_graph_and_the_same_as_a_list(
    client: Client,
) -> None:
    page = markup_of(client.get("/policies/AmazonECS_FullAccess/"))
    section = re.search(r'<section class="stack escalation".*?</section>', page, re.DOTALL)
    assert section is not None
    assert "<title id=" in section[0]
    assert "<desc id=" in section[0]
    targets = set(re.findall(r'href="#([^"]+)"', section[0]))
    assert targets
    assert targets <= set(re.findall(r'id="([^"]+)"', page))
    assert "passes any role" in re.sub(r"<[^>]+>", "", section[0].replace("\n", " "))


@pytest.mark.parametrize("name", ["ViewOnlyAccess", "AWSCompromisedKeyQuarantineV3"])
def test_a_policy_without_a_path_has_no_graph(client: Client, name: str) -> None:
    assert "How it leads to more power" not in markup_of(client.get(f"/policies/{name}/"))
