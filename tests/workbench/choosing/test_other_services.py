"""The column that services share, opened to them: by address and as htmx asks for it."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from tests.workbench.choosing.test_opened_cell import ADMINISTRATOR, actions_of, fragment
from tests.workbench.choosing.test_page import page
from tests.workbench.templates import allow, policy

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
READ_ONLY = "/policies/ReadOnlyAccess/template/"
# Enough for some of them to share a column.
SERVICES = (
    "acm", "apigateway", "athena", "autoscaling", "backup", "batch", "cloudformation", "cloudfront",
    "cloudtrail", "cloudwatch", "codebuild", "cognito-idp", "config", "dynamodb", "ec2", "ecr",
    "ecs", "eks", "elasticache", "events", "glue", "kms", "lambda", "rds", "s3", "sns", "sqs",
    "xray",
)  # fmt: skip


def rows_of(shown: str) -> list[str]:
    """The services that can be ticked of what is opened, in their order."""
    return re.findall(r'data-(?:part|service)="([\w-]+)', opened(shown) or shown)


def opened(shown: str) -> str:
    """What is opened, as the page has it."""
    return shown.partition('id="opened-cell"')[2].partition("</section>")[0]


def counts_of(shown: str) -> list[int]:
    return [int(each.replace(",", "")) for each in
            re.findall(r'aria-label="([\d,]+): open the actions of', opened(shown))]  # fmt: skip


def test_the_column_opens_to_its_services_at_a_level_the_gravest_first(client: Client) -> None:
    shown = page(client, READ_ONLY, open="other:Read")
    column = re.search(r'aria-label="([\d,]+): open the (\d+) other services, Read"', shown)
    assert column
    names = rows_of(shown)
    assert len(names) == len(set(names)) == 50
    # What is part of a risk is ahead, the rest by how many actions there are.
    dangerous = opened(shown).count(", part of a risk)")
    assert {"ssm", "s3", "secretsmanager"} & set(names[:dangerous])
    counts = counts_of(shown)
    assert len(counts) == 50
    assert counts[dangerous:] == sorted(counts[dangerous:], reverse=True)
    # None of them has a column by itself.
    drawn = set(re.findall(r"\[name=service\]\[value='([\w-]+)'\]", shown.partition("</svg>")[0]))
    assert not drawn & set(names)
    assert "0 of 297 ticked, the copy has some of 297" in " ".join(shown.split())
    assert f'Read <span class="count">{column[1]}</span>' in shown


def test_the_whole_column_opens_to_services_of_which_each_opens_to_its_gravest_level(
    client: Client,
) -> None:
    shown = page(client, ADMINISTRATOR, open="OTHER", service="sts")
    assert 'name="open" value="other"' in shown
    assert "data-ticks=\"[name=service][value='sts']\"" in opened(shown)
    assert 'data-service="sts"' in opened(shown)
    assert 'data-opens="sts:Write"' in opened(shown)
    assert 'aria-current="true">All levels' in " ".join(opened(shown).split())
    assert "1 of 449 ticked, the copy has some of 1" in " ".join(shown.split())


def test_a_service_of_the_column_opens_to_its_actions_and_leads_back_to_where_it_is(
    client: Client,
) -> None:
    first = page(client, ADMINISTRATOR, open="other:Write", shown=150)
    names = rows_of(first)
    assert f'data-opens="{names[120]}:Write"' in first
    shown = page(client, ADMINISTRATOR, open=f"{names[120]}:Write")
    assert actions_of(shown)
    back = r'data-opens="other:Write"\s+href="[^"]*open=other%3AWrite&amp;shown=150#opened-cell"'
    assert re.search(back + r'\s+data-shown="150"\s+data-back', shown)
    assert "Back to other services" in shown
    early = page(client, ADMINISTRATOR, open=f"{names[3]}:Write")
    assert re.search(r'href="[^"]*open=other%3AWrite#opened-cell"\s+data-back', early)
    assert "Back to other services" not in page(client, ADMINISTRATOR, open="iam:Write")


def test_the_services_come_by_fifties_each_within_the_budget_with_a_box_for_each(
    client: Client,
) -> None:
    for level, count in (("Write", 422), ("Read", 0)):
        asked = f"other:{level}"
        found = fragment(client, ADMINISTRATOR, open=asked)
        names, boxes = rows_of(found), cells_in(found)
        shown = 50
        while more := re.search(r'name="shown"\s+value="(\d+)"\s*>\s*(\d+) more', found):
            shown = int(more[1])
            found = fragment(client, ADMINISTRATOR, "more-actions", open=asked, shown=shown)
            boxes += cells_in(found)
            names += rows_of(found)
        assert names == [each.partition(":")[0] for each in boxes]
        assert len(names) == len(set(names)) >= count
        whole = page(client, ADMINISTRATOR, open=asked, shown=shown)
        assert rows_of(whole) == names


def cells_in(shown: str) -> list[str]:
    return re.findall(r'name="cell"\s+value="([^"]+)"\s+data-cell', shown)


def test_what_is_ticked_of_the_column_stays_ticked_when_its_boxes_go(client: Client) -> None:
    given = {"cell": "xray:Write"}
    closed = page(client, ADMINISTRATOR, **given)
    box = r'name="cell" value="xray:Write" data-cell="xray:Write" checked'
    assert len(re.findall(box, closed)) == 1
    assert "Others that are ticked" in closed
    shown = page(client, ADMINISTRATOR, open="other:Write", shown=450, **given)
    assert len(re.findall(box, shown)) == 1
    assert "Others that are ticked" not in shown
    assert "1 of 422 ticked, the copy has some of 1" in " ".join(shown.split())
    # At another level it is one of the others.
    elsewhere = fragment(client, ADMINISTRATOR, open="other:Read", **given)
    assert len(re.findall(box, elsewhere)) == 1
    assert "Others that are ticked" in elsewhere


def test_actions_of_a_service_that_is_ticked_are_not_typed_once_their_boxes_go(
    client: Client,
) -> None:
    given = {"cell": "ecs:Write", "action": "ecs:RunTask ecs:StopTask s3:GetObject"}
    for asked in ("other:Write", ""):
        shown = fragment(client, ADMINISTRATOR, open=asked, **given)
        assert ">s3:GetObject</textarea>" in shown


def test_of_a_service_of_which_some_actions_are_ticked_it_is_said(client: Client) -> None:
    given = {"cell": ["xray:Write", "sns:Write"], "without": "sns:Publish"}
    shown = page(client, ADMINISTRATOR, open="other:Write", **given)
    assert "1 of 422 ticked, 1 in part, the copy has some of 2" in " ".join(shown.split())


def test_of_few_actions_the_services_tick_the_boxes_of_these(client: Client) -> None:
    actions = [*(f"{each}:*Tag*" for each in SERVICES), "sns:Set*", "sqs:*", "xray:*"]
    document = json.dumps(policy(allow(actions)))
    shown = page(client, "/template/", document=document, open="other:Tagging")
    names = rows_of(shown)
    assert names
    for name in names:
        assert f'data-cell="{name}:Tagging"' in shown.partition('id="template-chooser"')[2]
    assert not cells_in(shown)
    ticked = page(
        client, "/template/", document=document, open="other:Tagging", cell=f"{names[0]}:Tagging"
    )
    assert f"1 of {len(names)} ticked" in " ".join(ticked.split())


def test_what_is_denied_of_the_column_comes_last_and_can_not_be_ticked(client: Client) -> None:
    shown = page(client, "/policies/AWSDenyAll/template/", open="other:Write")
    assert not rows_of(shown)
    assert 'class="service"' in opened(shown)
    assert "data-ticks" not in opened(shown)
    assert "Keep" not in opened(shown).replace("<i>Keep</i>", "")
    assert 'class="denied level-write"' in opened(shown)
    deny = {**allow("xray:*"), "Effect": "Deny"}
    document = json.dumps(policy(allow("*"), deny))
    mixed = page(client, "/template/", document=document, open="other", shown="450")
    assert re.findall(r'data-opens="([\w-]+):[^"]*"', opened(mixed))[-1] == "xray"
    assert "xray" not in rows_of(mixed)


def test_each_service_has_a_button_for_those_without_javascript(client: Client) -> None:
    shown = page(client, ADMINISTRATOR, open="other:Tagging", cell="xray:Tagging", shown="450")
    buttons = re.findall(r'name="cell"\s+value="([\w-]+:Tagging)"\s+aria-label="Keep', shown)
    assert "sns:Tagging" in buttons
    assert "xray:Tagging" not in buttons
    assert opened(shown).count('<span class="muted">ticked</span>') == 1
    answer = client.post(ADMINISTRATOR, {"open": "other:Tagging", "cell": ["", "sns:Tagging"]})
    assert answer["Location"] == f"{ADMINISTRATOR}?open=other%3ATagging&cell=sns%3ATagging#answer"
    whole = page(client, ADMINISTRATOR, open="other")
    assert re.search(r'name="service"\s+value="sts"\s+aria-label="Keep sts"', whole)


@pytest.mark.parametrize("asked", ["other:Look", "other:", "others"])
def test_a_level_that_there_is_not_is_said_in_the_words_of_a_cell(
    client: Client, asked: str
) -> None:
    shown = page(client, open=asked)
    assert f"open: <code>{asked}</code> is not a cell: write it as <code>ecs:Write</code>" in shown
    assert "hidden" in shown.partition('id="opened-cell"')[2].partition(">")[0]
    answer = client.get("/policies/AmazonECS_FullAccess/template.json", {"open": asked})
    assert answer.status_code == 400


def test_where_no_services_share_a_column_it_says_so(client: Client) -> None:
    small = page(client, "/policies/AmazonSQSReadOnlyAccess/template/", open="other:Write")
    assert "No service shares a column with others: each has its own in the picture." in small
    nothing = page(client, READ_ONLY, open="other:Tagging")
    assert "The policy grants and denies nothing of other services at this level." in nothing


def long_document() -> str:
    """So long that no address can have it, of services enough for a shared column."""
    buckets = [f"arn:aws:s3:::bucket-with-a-long-name-{number}/*" for number in range(200)]
    return json.dumps(policy(allow("*"), allow("s3:GetObject", buckets)))


def test_a_document_too_long_for_an_address_is_opened_by_buttons_of_the_form(
    client: Client,
) -> None:
    document = long_document()
    answer = client.post("/template/", {"document": document})
    shown = answer.content.decode()
    assert 'href="?open' not in shown
    assert 'href="#opened-cell"' not in shown
    for cell in ("iam:Write", "other", "other:Write"):
        assert re.search(rf'<button\s+type="submit"\s+name="open"\s+value="{cell}"', shown)
    # The field of what is open stands before the buttons, which count.
    sent = {"document": document, "open": ["iam:Write", "other:Write"]}
    there = client.post("/template/", sent)
    assert there.status_code == 200
    text = there.content.decode()
    assert 'name="open" value="other:Write"' in text
    for cell in ("sts:Write", "other:Read", ""):
        assert re.search(rf'<button\s+type="submit"\s+name="open"\s+value="{cell}"', text)
    field = text.index('type="hidden" name="open"')
    assert all(each.start() > field for each in re.finditer(r'<button[^>]*name="open"', text))
    closed = client.post("/template/", {"document": document, "open": ["iam:Write", ""]})
    assert 'type="hidden" name="open"' not in closed.content.decode()
