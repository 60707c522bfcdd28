"""Rules of one's own in the admin: looked at first, then in force at every door, with a history."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from policyhub.judge.models import PolicyRisk, PolicyVerdict, RiskRule
from policyhub.judge.risks.own_rules import problem_of
from policyhub.judge.risks.rules_of_today import rules_of_today
from tests.curating.conftest import logged_in
from tests.html_forms import form_of

pytestmark = pytest.mark.django_db

ADD = "/admin/judge/riskrule/add/"
RULE = """
paths:
  - id: own-hosting
    title: Rewrites **{any} hosted zone**
    kind: network-exposure
    requests:
      - route53:ChangeResourceRecordSets
"""
WRONG = {
    "paths: [": "line",
    "3": "must be a list of paths",
    RULE.replace("network-exposure", "danger"): "`kind` must be one of",
    RULE.replace("ChangeResourceRecordSets", "ChangeResourceRecordSets zone"): "no resource type",
    RULE.replace("own-hosting", "iam-001"): "another path has this id",
    RULE.replace("title:", "titel:"): "`titel` is not a known key",
}


def holders(path: str = "own-hosting") -> set[str]:
    rows = PolicyRisk.objects.filter(path=path, answer__in=["free", "bounded"])
    return set(rows.values_list("version__policy__key", flat=True))


def saved(curator: Client, text: str, name: str = "Our zones") -> str:
    """Why a rule is refused, as the form says it; "" where it was saved."""
    answer = curator.post(ADD, {"name": name, "text": text})
    return "" if answer.status_code == 302 else answer.text


@pytest.fixture
def curator() -> Client:
    return logged_in("ines")


@pytest.mark.parametrize("text", WRONG, ids=list(WRONG.values()))
def test_what_can_not_be_read_is_refused_with_what_is_wrong(curator: Client, text: str) -> None:
    assert WRONG[text] in problem_of(text)
    assert WRONG[text] in saved(curator, text).replace("&#x27;", "'")
    assert not RiskRule.objects.exists()


def test_two_rules_can_not_have_one_id_and_a_rule_may_keep_its_own(curator: Client) -> None:
    assert saved(curator, RULE) == ""
    assert "another path has this id" in saved(curator, RULE, "The same again")
    rule = RiskRule.objects.get()
    assert problem_of(RULE, rule.pk) == ""


def test_a_saved_rule_is_in_force_at_every_door_and_a_deleted_one_at_none(curator: Client) -> None:
    assert curator.get("/risks/own-hosting/").status_code == 404
    assert saved(curator, RULE) == ""
    found = holders()
    assert {"AmazonRoute53FullAccess", "AdministratorAccess"} <= found
    assert "AWSDenyAll" not in found
    page = curator.get("/risks/own-hosting.json").json()
    assert {each["policy"] for each in page["results"]} >= found
    listed = curator.get("/risks.json", {"q": "hosted zone"}).json()
    assert "own-hosting" in [each["id"] for each in listed["results"]]
    policy = curator.get("/policies/AmazonRoute53FullAccess.json").json()
    (risk,) = [each for each in policy["risks"] if each["id"] == "own-hosting"]
    assert risk["answer"] == "free"
    answer = curator.post("/simulate.json", risk["proof"][0], content_type="application/json")
    assert answer.json()["decision"] == "allowed"
    with pytest.raises(SystemExit):
        call_command("risks", "AmazonRoute53FullAccess", format="json", stdout=(said := StringIO()))
    (result,) = json.loads(said.getvalue())["results"]
    assert "own-hosting" in [each["id"] for each in result["risks"]]
    RiskRule.objects.get().delete()
    assert holders() == set()
    assert curator.get("/risks/own-hosting/").status_code == 404


def test_a_rule_counts_in_the_verdict() -> None:
    def verdict() -> tuple[str, int]:
        found = PolicyVerdict.objects.get(version__policy__key="AmazonRoute53FullAccess")
        return found.group, found.free_count

    before = verdict()
    rule = RiskRule.objects.create(name="Our zones", text=RULE)
    assert verdict()[1] == before[1] + 1
    rule.delete()
    assert verdict() == before


def test_edits_of_a_rule_are_in_the_history_and_can_be_put_back(curator: Client) -> None:
    assert saved(curator, RULE) == ""
    rule = RiskRule.objects.get()
    form = f"/admin/judge/riskrule/{rule.pk}/change/"
    fields = form_of(curator.get(form).text, "riskrule_form")
    changed = RULE.replace("hosted zone", "zone of ours")
    assert curator.post(form, {**fields, "text": changed}).status_code == 302
    assert "zone of ours" in curator.get("/risks/own-hosting/").text
    edit, added = curator.get("/edits.json").json()["results"][:2]
    assert (edit["did"], edit["what"], edit["subject"]) == (
        "changed", "rule of one's own", "Our zones",
    )  # fmt: skip
    assert added["did"] == "added"
    put_back = form_of(curator.get("/edits/").text, f"put-back-{edit['edit']}")
    answer = curator.post("/edits/put-back/", put_back)
    assert answer.status_code == 302
    assert RiskRule.objects.get().text.strip() == RULE.strip()
    assert "zone of ours" not in curator.get("/risks/own-hosting/").text


def test_a_rule_that_can_not_be_read_any_more_says_so_and_stops_nothing(curator: Client) -> None:
    RiskRule.objects.create(name="Our zones", text=RULE)
    RiskRule.objects.create(name="Of an older release", text="paths: 3")
    assert [each.id for each in rules_of_today().own] == ["own-hosting"]
    listed = curator.get("/admin/judge/riskrule/").text
    assert "own-hosting" in listed
    assert "None: must be a list of paths" in listed
    assert holders()


def test_who_may_not_edit_prose_may_not_edit_rules(client: Client) -> None:
    assert client.get(ADD).status_code == 302
    assert client.post(ADD, {"name": "x", "text": RULE}).status_code == 302
    assert not RiskRule.objects.exists()
