"""A cell of the picture that is opened: its actions, by address and as htmx asks for them."""

from __future__ import annotations

import json
import re
from typing import Any

import brotli
import pytest
from django.test import Client

from tests.html_text import markup_of
from tests.workbench.choosing.test_page import ECS, page
from tests.workbench.templates import allow, policy

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
ADMINISTRATOR = "/policies/AdministratorAccess/template/"
BUDGET = 5_120


def fragment(client: Client, address: str, target: str = "opened-cell", **fields: Any) -> str:
    headers = {"HX-Request": "true", "HX-Target": target}
    answer = client.post(address, fields, headers=headers)
    assert answer.status_code == 200
    assert len(brotli.compress(answer.content)) <= BUDGET
    return markup_of(answer)


def actions_of(shown: str) -> list[str]:
    return re.findall(r'data-action="(\w+)"', shown)


def test_an_address_opens_a_cell_to_its_actions_the_dangerous_ones_first(client: Client) -> None:
    assert 'id="opened-cell"' in page(client)
    assert not actions_of(page(client))
    shown = page(client, open="ecs:Write")
    names = actions_of(shown)
    assert len(names) == 50
    dangerous = shown.count(", part of a risk)")
    assert {"RunTask", "CreateService", "ExecuteCommand"} <= set(names[:dangerous])
    assert names[dangerous:] == sorted(names[dangerous:])
    assert "0 of 54 ticked, the copy has 54" in shown
    assert 'data-kept="*"' in shown
    # Every one of them has its box in the list, which is unfolded for those without a script.
    boxes = set(re.findall(r'name="action" value="ecs:(\w+)"', shown))
    assert set(names) <= boxes
    assert re.search(r'id="single-actions" open', shown)
    assert 'data-opens="ecs:Tagging"' in shown


def test_each_action_says_its_level_how_it_is_granted_and_whether_it_is_part_of_a_risk(
    client: Client,
) -> None:
    shown = fragment(client, ECS, open="iam:write")
    (passing,) = re.findall(
        r'<span class="part".*?part of a risk\)</span></span>', shown, re.DOTALL
    )
    assert "data-ticks=\"[name=action][value='iam:PassRole']\"" in passing
    assert "(Write, bounded, part of a risk)" in passing
    assert 'fill="url(#hatch-write)"' in passing
    assert "(Write, bounded)</span>" in shown.partition("CreateServiceLinkedRole")[2]


def test_what_is_denied_comes_last_and_can_not_be_ticked(client: Client) -> None:
    deny = {**allow(["ecs:RunTask", "ecs:CreateCluster"]), "Effect": "Deny"}
    document = json.dumps(policy(allow("ecs:*"), deny))
    shown = fragment(client, "/template/", document=document, open="ecs:Write", shown="100")
    first, _, last = shown.partition("(Write, denied)")
    assert len(actions_of(first)) == 52
    assert "data-ticks" not in last
    assert last.count("(Write, denied)") == 1
    assert 'class="denied level-write"' in last
    assert "0 of 54 ticked, the copy has 52" in shown


def test_the_copy_tells_what_it_has_of_the_opened_cell(client: Client) -> None:
    given = {"open": "ecs:Tagging", "action": "ecs:TagResource"}
    shown = fragment(client, ECS, **given)
    assert 'data-kept="TagResource"' in shown
    assert "1 of 2 ticked, the copy has 1" in shown
    answer = client.post(ECS, given, headers={"HX-Request": "true", "HX-Target": "template-copy"})
    state = markup_of(answer).partition('id="opened-state"')[2]
    assert 'data-of="ecs:Tagging"' in state
    assert 'data-kept="TagResource"' in state
    assert 'hx-swap-oob="true"' in state
    assert answer["HX-Push-Url"] == f"{ECS}?open=ecs%3ATagging&action=ecs%3ATagResource"
    nothing = fragment(client, ECS, open="ecs:Tagging", service="s3")
    assert "0 of 2 ticked, the copy has 0" in nothing
    assert "opened-state" not in markup_of(
        client.post(ECS, {}, headers={"HX-Request": "true", "HX-Target": "template-copy"})
    )


def test_a_cell_is_opened_and_closed_at_an_address_with_the_same_choices(client: Client) -> None:
    shown = page(client, open="ecs:Write", action="ecs:RunTask", version="v20")
    base = f"{ECS}?action=ecs%3ARunTask&amp;version=v20&amp;open="
    assert f'href="{base}ecs%3AWrite#opened-cell"' in shown
    assert f'data-opens="" href="{base}"' in shown
    closed = client.get(ECS, {"open": "", "action": "ecs:RunTask"})
    assert closed["Location"] == f"{ECS}?action=ecs%3ARunTask"
    assert "hidden" in fragment(client, ECS, open="").partition(">")[0]


def test_a_large_cell_is_shown_by_fifties_each_within_the_budget(client: Client) -> None:
    first = fragment(client, ADMINISTRATOR, open="ec2:Write")
    names = actions_of(first)
    shown = 50
    while more := re.search(r'name="shown"\s+value="(\d+)"\s*>(\d+) more', first):
        shown = int(more[1])
        first = fragment(client, ADMINISTRATOR, "more-actions", open="ec2:Write", shown=shown)
        assert len(actions_of(first)) == int(more[2])
        assert len(re.findall(r'name="action" value="', first)) == int(more[2])
        names += actions_of(first)
    assert len(names) == len(set(names)) > 400
    assert f"of {len(names)} ticked" in first
    whole = page(client, ADMINISTRATOR, open="ec2:Write", shown=shown)
    assert actions_of(whole) == names
    # A button for more stands next to the field that says how many there are: it counts.
    answer = client.post(ADMINISTRATOR, {"open": "ec2:Write", "shown": ["100", "150"]})
    assert answer["Location"] == f"{ADMINISTRATOR}?open=ec2%3AWrite&shown=150#answer"


def test_where_actions_have_no_boxes_those_of_the_opened_cell_have(client: Client) -> None:
    given = {"action": "ec2:RunInstances s3:GetObject"}
    shown = fragment(client, ADMINISTRATOR, open="ec2:Write", **given)
    assert 'value="ec2:RunInstances" data-cell="ec2:Write" checked' in shown
    assert ">s3:GetObject</textarea>" in shown
    assert "1 of 517 ticked" in shown
    closed = fragment(client, ADMINISTRATOR, **given)
    assert ">ec2:RunInstances s3:GetObject</textarea>" in closed
    assert 'name="action" value="' not in closed
    ticked = markup_of(client.post(ADMINISTRATOR, given, headers={"HX-Request": "true"}))
    assert 'data-ticked-cells="ec2:Write;s3:Read"' in ticked


def test_of_a_cell_that_is_kept_what_is_left_out_is_not_ticked(client: Client) -> None:
    given = {"cell": "ec2:Write", "without": "ec2:RunInstances"}
    shown = fragment(client, ADMINISTRATOR, open="ec2:Write", **given)
    assert 'value="ec2:RunInstances" data-cell="ec2:Write">' in shown
    assert 'value="ec2:CreateFleet" data-cell="ec2:Write" checked' in shown
    assert "516 of 517 ticked, the copy has 516" in shown


def test_a_cell_of_which_the_policy_has_nothing_says_so(client: Client) -> None:
    shown = page(client, open="s3:Write")
    assert "The policy grants and denies nothing of <code>s3</code> at this level." in shown
    assert not actions_of(shown)
