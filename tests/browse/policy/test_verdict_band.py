"""The verdict band of a policy's Summary: every claim has a proof that replays."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from django.test import Client

from policyhub.catalog.models import PolicyVersion
from policyhub.judge.risks.known import verdict_of_version
from policyhub.judge.risks.verdict import RiskVerdict
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
ECS = "/policies/AmazonECS_FullAccess/"


def band_of(client: Client, address: str) -> str:
    """The band's markup."""
    page = markup_of(client.get(address))
    found = re.search(r'<section class="verdict-band.*?</section>', page, re.DOTALL)
    assert found is not None
    return found[0]


def in_words(markup: str) -> str:
    text = re.sub(r"<[^>]+>", " ", markup.replace("<wbr>", ""))
    return " ".join(html.unescape(text).split())


def test_the_band_says_what_the_policy_amounts_to_and_who_may_have_it(client: Client) -> None:
    words = in_words(band_of(client, ECS))
    assert words.startswith(
        "As powerful as the strongest role that ECS tasks can assume. Give it only to people who "
        "may have that role. Can take over or expose"
    )
    assert "Nothing is denied." in words


def test_passing_a_role_to_ecs_tasks_is_bounded_and_a_shell_in_a_task_is_free(
    client: Client,
) -> None:
    words = in_words(band_of(client, ECS))
    assert "1 Runs code as any role that trusts ECS tasks bounded iam:PassRole" in words
    assert "Opens a shell in any running task free ecs:ExecuteCommand" in words


def test_a_role_for_cloudformation_is_ruled_out_by_the_condition_of_statement_4(
    client: Client,
) -> None:
    words = in_words(band_of(client, ECS))
    assert (
        "ruled out Creates resources as any role that trusts CloudFormation: "
        "iam:PassRole only when iam:PassedToService is ecs-tasks.amazonaws.com , statement 4"
        in words
    )


@pytest.mark.parametrize(
    "address", [ECS, "/policies/AWSLambda_FullAccess/", "/policies/AmazonECSServiceRolePolicy/"]
)
def test_every_request_of_a_proof_is_allowed_in_the_simulator(client: Client, address: str) -> None:
    links = re.findall(r'href="(/simulate/[^"]+)"', band_of(client, f"{address}?risks=all"))
    assert links
    for link in links:
        answer = client.get(html.unescape(link).replace("/simulate/", "/simulate.json")).json()
        assert answer["decision"] == "allowed", link
        assert answer["possible"] is not False, link


def test_all_risks_are_shown_when_asked_for_and_the_gravest_seven_before(client: Client) -> None:
    short, whole = band_of(client, ECS), band_of(client, f"{ECS}?risks=all")
    count = int(re.findall(r"(\d+) risks", in_words(short))[0])
    assert short.count('<details class="risk">') == 7
    assert whole.count('<details class="risk">') == count > 7
    assert f"Show all {count} risks" in short
    assert "Show all" not in whole


def test_a_policy_that_only_denies_has_no_risk_and_no_red(client: Client) -> None:
    band = band_of(client, "/policies/AWSCompromisedKeyQuarantineV3/")
    assert in_words(band) == (
        "Grants no action that is known. Grants nothing "
        "Most serious denied: Permissions management The map, service by service"
    )
    assert "risk-free" not in band


def test_what_is_ruled_out_without_a_known_reason_is_counted_and_not_named(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_reasons(version: PolicyVersion) -> RiskVerdict:
        found = verdict_of_version(version)
        return replace(
            found, ruled_out=tuple(replace(each, ruled_out_by=()) for each in found.ruled_out)
        )

    monkeypatch.setattr("policyhub.browse.policy.band.verdict_of_version", without_reasons)
    words = in_words(band_of(client, ECS))
    assert "Runs code as any role that trusts ECS tasks" in words
    assert "ruled out" not in words
    assert words.endswith("other paths that no request can take")


def test_another_version_has_a_verdict_of_its_own(client: Client) -> None:
    links = re.findall(r'href="(/simulate/[^"]+)"', band_of(client, f"{ECS}?version=v20"))
    assert links
    assert all("AmazonECS_FullAccess%40v20" in link for link in links)


def test_the_map_carries_the_numbers_of_the_verdict(client: Client) -> None:
    page = markup_of(client.get(ECS))
    wide = re.search(r'<svg class="map wide".*?</svg>', page, re.DOTALL)
    assert wide is not None
    numbers = set(re.findall(r'badge-number [a-z-]+"[^>]*>(\d+)<', wide[0]))
    assert numbers == {str(number) for number in range(1, 8)}
    first = re.search(r"<title>([a-z0-9-]+)\.", wide[0])
    assert first is not None
    assert first[1] == "iam"


def test_the_first_sentence_stands_open_and_the_whole_text_folds(client: Client) -> None:
    page = markup_of(client.get(ECS))
    lede = re.search(r'<p class="lede">(.*?)</p>', page, re.DOTALL)
    assert lede is not None
    assert lede[1].startswith("Grants administrative access to the resources of Amazon ECS")
    assert "s text (written for v20)</summary>" in page
