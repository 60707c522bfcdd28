"""The Permissions tab: every effective action, narrowed, sorted, downloaded."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

URL = "/policies/AmazonECS_FullAccess/permissions"
HTMX = {"HX-Request": "true"}
ROW = re.compile(r'<th scope="row"><a href="/actions/([^/"]+)/">')


def actions(client: Client, query: str = "") -> list[str]:
    return ROW.findall(markup_of(client.get(f"{URL}/?version=v20{query}")))


def results(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"{URL}.json?version=v20{query}").json()
    assert answer["count"] == len(answer["results"])
    found: list[dict[str, Any]] = answer["results"]
    return found


def test_fifty_a_page_with_the_count_said(client: Client) -> None:
    answer = markup_of(client.get(f"{URL}/?version=v20"))
    assert "<strong>438</strong> effective actions" in answer
    assert len(ROW.findall(answer)) == 50
    assert "1 to 50 of 438 actions" in answer
    every = [row["action"] for row in results(client)]
    assert actions(client, "&page=9") == every[400:]
    assert every == sorted(every, key=lambda name: tuple(name.lower().split(":")))


def test_a_row_says_what_the_action_does_why_it_is_there_and_in_which_bounds(
    client: Client,
) -> None:
    row = results(client, "&q=iam:PassRole")[0]
    assert row["level"] == "Write"
    assert row["description"].startswith("Grants permission to pass a role")
    assert [each["versionId"] for each in row["why"]] == ["v20"]
    assert "iam:PassedToService is ecs-tasks.amazonaws.com" in {
        each["conditions"] for each in row["statements"]
    }
    answer = markup_of(client.get(f"{URL}/?version=v20&q=iam:PassRole"))
    assert "Pass a role to a service" in answer
    assert row["why"][0]["text"].split("`")[0][:30] in answer


def test_a_description_shown_in_the_row_above_is_not_told_again(client: Client) -> None:
    answer = markup_of(client.get(f"{URL}/?version=v20&service=appmesh"))
    rows = len(ROW.findall(answer))
    assert rows > 1
    assert answer.count("appmesh: as above") == rows - 1


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("&level=Tagging", lambda row: row["level"] == "Tagging"),
        ("&level=permissions management", lambda row: row["level"] == "Permissions management"),
        ("&service=ecs&service=iam", lambda row: row["action"].split(":")[0] in ("ecs", "iam")),
        ("&granted=conditional", lambda row: row["granted"] == "conditional"),
        ("&statement=2", lambda row: 2 in [each["statement"] for each in row["statements"]]),
        ("&q=TASK", lambda row: "task" in (row["action"] + row["description"]).lower()),
    ],
)
def test_a_filter_leaves_exactly_the_rows_that_it_names(
    client: Client, query: str, holds: Any
) -> None:
    every = results(client)
    left = results(client, query)
    assert left == [row for row in every if holds(row)]
    assert 0 < len(left) < len(every)
    assert actions(client, query) == [row["action"] for row in left][:50]


def test_rows_sort_by_access_level_from_list_to_tagging(client: Client) -> None:
    levels = ["List", "Read", "Write", "Permissions management", "Tagging"]
    shown = [levels.index(row["level"]) for row in results(client, "&sort=level")]
    assert shown == sorted(shown)
    assert len(set(shown)) == 5


def test_the_counts_beside_a_filter_say_what_ticking_it_gives(client: Client) -> None:
    answer = markup_of(client.get(f"{URL}/?version=v20&service=ecs"))
    writes = results(client, "&service=ecs&level=Write")
    option = answer.split('value="Write"', 1)[1].split("</label>", 1)[0]
    assert f'<span class="count">{len(writes)}</span>' in option


def test_links_and_the_form_keep_the_version(client: Client) -> None:
    answer = markup_of(client.get(f"{URL}/?version=v20&level=Write"))
    assert 'name="version" value="v20" form="permissions-form"' in answer
    table = answer.split('<form class="with-rail"', 1)[1].split("</form>", 1)[0]
    links = re.findall(r'href="(\?[^"]*)"', table)
    assert links
    assert all(link.startswith("?version=v20") for link in links)


def test_htmx_gets_what_changes_and_the_canonical_address(client: Client) -> None:
    answer = client.get(f"{URL}/?version=v20&level=Write&q=&page=", headers=HTMX)
    assert "<html" not in markup_of(answer)
    assert answer.headers["HX-Push-Url"] == f"{URL}/?version=v20&level=Write"


def test_nonsense_is_named_and_the_rest_shown(client: Client) -> None:
    answer = markup_of(client.get(f"{URL}/?service=ecss&page=99&colour=red"))
    for word in ("ecss", "colour", "page 99"):
        assert word in answer
    assert len(ROW.findall(answer)) > 0


def test_json_refuses_nonsense_with_every_problem(client: Client) -> None:
    answer = client.get(f"{URL}.json?service=ecss&colour=red")
    assert answer.status_code == 400
    assert {each["parameter"] for each in answer.json()["problems"]} == {"service", "colour"}


def test_nothing_left_says_how_to_get_back(client: Client) -> None:
    answer = markup_of(client.get(f"{URL}/?version=v20&q=nosuchaction"))
    assert "No matching actions" in answer
    assert 'href="?version=v20"' in answer


def test_the_csv_file_has_every_row_and_no_formula(client: Client) -> None:
    answer = client.get(f"{URL}.csv?version=v20")
    assert "AmazonECS_FullAccess-v20-permissions.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["action"] for row in rows] == [row["action"] for row in results(client)]
    pass_role = next(row for row in rows if row["action"] == "iam:PassRole")
    assert "iam:PassedToService is ecs-tasks.amazonaws.com" in pass_role["conditions"]


def test_a_partial_deny_stands_in_its_row(client: Client) -> None:
    answer = markup_of(client.get("/policies/AWSPrivateCAUser/permissions/"))
    assert answer.count('<span class="chip effect-deny">Denied</span>') == 1


def test_a_policy_that_only_denies_says_where_to_look(client: Client) -> None:
    answer = markup_of(client.get("/policies/AWSDenyAll/permissions/"))
    assert "It allows no action listed in the reference" in answer
