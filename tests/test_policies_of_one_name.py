"""Policies of one name at every door: distinguished by ARN, shown with their account."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.models import Policy
from policyhub.catalog.sources.items import SourcePolicy
from tests.catalog.given_sources import policy, version

pytestmark = pytest.mark.django_db

ONE = "arn:aws:iam::111122223333:policy/deploy"
OTHER = "arn:aws:iam::444455556666:policy/team/changes/deploy"
LONE = "arn:aws:iam::444455556666:policy/lonely"
TABS = ["/", "/permissions/", "/document/", "/changes/", "/checks/", ".json", "/feed.atom"]
OF_AWS = "ReadOnlyAccess"
COPY = f"arn:aws:iam::111122223333:policy/{OF_AWS}"


def of(arn: str, action: str) -> SourcePolicy:
    """The policy of that ARN, which allows one action."""
    path, _, name = arn.partition(":policy")[2].rpartition("/")
    return policy(version("v1", action), name=name, arn=arn, path=f"{path}/")


@pytest.fixture(autouse=True)
def several() -> None:
    """Two accounts with a policy of one name each, and a few more."""
    given = {ONE: "zeta:One", OTHER: "zeta:Other", LONE: "zeta:Lone", COPY: "zeta:Copy"}
    import_policies([of(arn, action) for arn, action in given.items()])


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("arn", [ONE, OTHER, LONE, COPY])
def test_a_customers_policy_stands_at_its_arn(client: Client, arn: str, tab: str) -> None:
    answer = client.get(f"/policies/{arn}{tab}")
    assert answer.status_code == 200
    account = arn.split(":")[4]
    if tab == ".json":
        told = answer.json()
        assert (told["name"], told["arn"], told["account"]) == (
            arn.rpartition("/")[2], arn, account
        )  # fmt: skip
    else:
        assert f"{arn.rpartition('/')[2]} ({account})" in answer.content.decode()


@pytest.mark.parametrize("tab", TABS)
def test_a_bare_name_leads_on_to_the_only_policy_that_bears_it(client: Client, tab: str) -> None:
    answer = client.get(f"/policies/lonely{tab}?version=v1")
    assert (answer.status_code, answer["Location"]) == (302, f"/policies/{LONE}{tab}?version=v1")


@pytest.mark.parametrize("name", ["deploy", "DEPLOY"])
def test_a_name_that_several_policies_bear_is_answered_with_the_choices(
    client: Client, name: str
) -> None:
    page = client.get(f"/policies/{name}/document/")
    assert page.status_code == 300
    for arn in (ONE, OTHER):
        assert f'href="/policies/{arn}/document/"' in page.content.decode()
    twin = client.get(f"/policies/{name}.json")
    assert twin.status_code == 300
    assert [(each["arn"], each["account"], each["url"]) for each in twin.json()["choices"]] == [
        (ONE, "111122223333", f"/policies/{ONE}.json"),
        (OTHER, "444455556666", f"/policies/{OTHER}.json"),
    ]


@pytest.mark.parametrize("tab", TABS)
def test_awss_own_policy_keeps_its_address_and_names_its_namesakes(
    client: Client, tab: str
) -> None:
    answer = client.get(f"/policies/{OF_AWS}{tab}")
    assert answer.status_code == 200
    if tab == ".json":
        assert answer.json()["account"] == "aws"
    elif tab.endswith("/"):
        assert f'href="/policies/{COPY}/"' in answer.content.decode()
    own = Policy.objects.get(key=OF_AWS).arn
    assert client.get(f"/policies/{own}{tab}")["Location"] == f"/policies/{OF_AWS}{tab}"


@pytest.mark.parametrize("ending", ["changes", "permissions", "document", "checks"])
def test_an_arn_that_ends_like_a_page_is_still_an_arn(client: Client, ending: str) -> None:
    arn = f"arn:aws:iam::111122223333:policy/team/{ending}"
    import_policies([of(arn, "zeta:Any")])
    for tab in TABS:
        told = client.get(f"/policies/{arn}{tab}")
        assert told.status_code == 200
        assert f"{ending} (111122223333)" in told.content.decode() or tab == ".json"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::999999999999:policy/deploy",
        "arn:aws:iam::111122223333:policy/",
        "arn:aws:iam::111122223333:role/deploy",
        "arn:",
    ],
)
def test_an_arn_that_no_policy_has_is_not_found(client: Client, arn: str) -> None:
    assert client.get(f"/policies/{arn}/").status_code == 404
    assert client.get(f"/policies/{arn}.json").status_code == 404


def test_an_arn_without_its_path_leads_on_and_is_said(client: Client) -> None:
    short = "arn:aws:iam::444455556666:policy/deploy"
    answer = client.get(f"/policies/{short}/", follow=True)
    assert answer.redirect_chain[0][0] == f"/policies/{OTHER}/?arn={quote(short, safe='')}"
    assert "You asked for" in answer.content.decode()


def test_lists_and_searches_show_policies_of_one_name_with_their_accounts(client: Client) -> None:
    rows = client.get("/policies.json?q=deploy&kind=customer-managed").json()["results"]
    assert [(each["name"], each["account"]) for each in rows] == [
        ("deploy", "111122223333"), ("deploy", "444455556666")
    ]  # fmt: skip
    assert [each["url"] for each in rows] == [f"/policies/{each}.json" for each in (ONE, OTHER)]
    page = client.get("/policies/?q=deploy&kind=customer-managed").content.decode()
    assert "(111122223333)" in page
    found = client.get("/search.json?q=deploy&in=policies").json()["results"]
    assert {each["url"] for each in found} >= {f"/policies/{ONE}/", f"/policies/{OTHER}/"}
    assert "deploy (444455556666)" in {each["name"] for each in found}
    assert client.get("/search/?q=deploy").status_code == 200
    assert client.get("/search/?q=lonely")["Location"] == f"/policies/{LONE}/"
    assert client.get(f"/search/?q={ONE}")["Location"] == f"/policies/{ONE}/"
    assert client.get(f"/search/?q={OF_AWS}")["Location"] == f"/policies/{OF_AWS}/"


def test_the_search_finds_the_statements_of_each(client: Client) -> None:
    found = client.get("/search.json?q=action:zeta:Other").json()["results"]
    assert {(each["group"], each["name"]) for each in found} >= {
        ("policies", "deploy (444455556666)"),
        ("statements", "deploy (444455556666), statement 1"),
    }
    assert not any("111122223333" in each["name"] for each in found)


def test_who_can_names_each_by_its_arn(client: Client) -> None:
    answers = client.get("/who-can.json?action=zeta:One").json()["results"]
    assert ONE in {each["policy"] for each in answers if each["answer"] == "yes"}
    assert OTHER not in {each["policy"] for each in answers if each["answer"] != "no"}
    page = client.get("/who-can/?action=zeta:One").content.decode()
    assert f'href="/policies/{ONE}/"' in page


def test_policies_of_one_name_are_compared_by_their_arns(client: Client) -> None:
    twin = client.get("/compare.json", {"policy": [ONE, f"{OTHER}@v1"]}).json()
    assert [each["policy"] for each in twin["policies"]] == [ONE, OTHER]
    assert twin["verdict"] == "disjoint"
    answer = client.get("/compare.json", {"policy": ["deploy", OF_AWS]})
    assert answer.status_code == 400
    assert ONE in answer.content.decode()


def simulated(client: Client, **asked: Any) -> dict[str, Any]:
    """The answer to a simulation with one managed policy."""
    body = {"action": "zeta:One", "resource": "*", **asked}
    answer = client.post("/simulate.json", json.dumps(body), content_type="application/json")
    told: dict[str, Any] = answer.json()
    return told


def test_policies_of_one_name_are_simulated_by_their_arns(client: Client) -> None:
    for arn, decision in ((ONE, "allowed"), (OTHER, "implicitDeny")):
        answer = simulated(client, identityPolicies=[{"managed": arn}])
        assert answer["decision"] == decision
    refused = json.dumps(simulated(client, identityPolicies=[{"managed": "deploy"}]))
    assert ONE in refused
    assert OTHER in refused


@pytest.mark.parametrize(
    "command",
    [
        ("compare", "deploy", OF_AWS),
        ("compare", OF_AWS, "deploy@v1", "--json"),
        ("simulate", "--policy", "deploy", "--action", "zeta:One"),
        ("simulate", "--policy", "deploy@v1", "--action", "zeta:One"),
    ],
)
def test_a_command_ends_with_2_and_the_choices(command: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as raised:
        call_command(*command, stdout=io.StringIO())
    assert raised.value.returncode == 2
    assert f"2 policies are named `deploy`: give the ARN of one: `{ONE}`, `{OTHER}`" in str(
        raised.value
    )


def test_the_admin_tells_them_apart(admin_client: Client) -> None:
    page = admin_client.get("/admin/catalog/policy/?q=deploy").content.decode()
    assert "111122223333" in page
    assert "444455556666" in page
    by_account = admin_client.get("/admin/catalog/policy/?q=444455556666").content.decode()
    assert by_account.count("lonely") >= 1
