"""The graph of how a policy leads to more power: only what is proved, with its bounds and links."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from django.test import Client

from policyhub.browse.escalation.graph import (
    BOX,
    CALLER,
    GIVES,
    RUNS,
    SERVICE,
    WIDTH,
    escalation_graph,
)
from policyhub.browse.escalation.graph import (
    ROLE as ROLE_COLUMN,
)
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
    assert len(graph.roles) == 1
    assert [lane.service is not None for lane in graph.lanes] == [True, True, False]
    assert [lane.path for lane in graph.lanes] == paths


def test_boxes_do_not_overlap_and_every_bound_is_said() -> None:
    condition = {"StringLike": {"iam:AssociatedResourceArn": "arn:aws:ecs:*:*:task/a/*"}}
    paths = paths_of(
        allow("iam:PassRole", resource=ROLE, Condition=condition),
        allow(*RUN, Condition={"StringEquals": {"aws:RequestTag/team": ["a" * 200]}}),
    )
    graph = escalation_graph(paths)
    middles = [lane.y for lane in graph.lanes]
    assert all(BOX / 2 <= y <= graph.height - BOX / 2 for y in [*middles, graph.caller])
    assert all(after - before > BOX for before, after in pairwise(middles))
    ends = [column.end for column in (CALLER, ROLE_COLUMN, SERVICE, RUNS)]
    starts = [column.x for column in (ROLE_COLUMN, SERVICE, RUNS, GIVES)]
    assert all(end < start for end, start in zip(ends, starts, strict=True))
    assert GIVES.end <= WIDTH
    assert "iam:AssociatedResourceArn" in graph.roles[0].passed.when
    assert graph.roles[0].when.startswith("only when")
    assert graph.lanes[0].when.endswith("…")


def test_a_role_that_is_limited_by_its_name_alone_has_that_in_its_box() -> None:
    graph = escalation_graph(paths_of(allow("iam:PassRole", resource=ROLE), allow(*RUN)))
    assert graph.roles[0].text.lines == ("iam:PassRole", "role tasks-*")
    assert graph.roles[0].when == ""
    assert graph.roles[0].passed.when == f"only when the resource matches {ROLE}"


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
