"""A policy's pages: what it is for, what it grants, and what they say of bad addresses."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policyhub.browse.policy.shown import DIGEST_SHOWN
from policyhub.catalog.deriving.grant_sentence import grant_sentence
from policyhub.catalog.models import Policy, PolicyVersion
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

HTMX = {"HX-Request": "true"}
FULL_ACCESS = "/policies/AmazonECS_FullAccess/"
TABS = ("", "permissions/", "document/", "changes/", "checks/")
LARGEST = [
    "AdministratorAccess",
    "ReadOnlyAccess",
    "PowerUserAccess",
    "AWSSupportServiceRolePolicy",
    "SageMakerStudioProjectProvisioningRolePolicy",
]


def page(client: Client, url: str, status: int = 200, **headers: str) -> str:
    """The text of a page without its tags, on one line."""
    answer = client.get(url, headers=headers)
    assert answer.status_code == status, url
    return plain(answer)


def html(client: Client, url: str) -> str:
    return markup_of(client.get(url))


def plain(answer: Any) -> str:
    text = re.sub(r"<wbr>|</?(?:code|span|strong|em|a)\b[^>]*>", "", markup_of(answer))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("&#x27;", "'")


def test_the_head_says_what_the_policy_is_for_and_which_version_the_text_describes(
    client: Client,
) -> None:
    text = page(client, FULL_ACCESS)
    assert "Grants administrative access to the resources of Amazon ECS" in text
    assert "This text describes v20 of 4 January 2023, not the version shown." in text
    assert "arn:aws:iam::aws:policy/AmazonECS_FullAccess" in text
    assert "Version v22, the default" in text
    assert "2 known" in text
    assert f'<a href="{FULL_ACCESS}?version=v20">v20</a>' in markup_of(client.get(FULL_ACCESS))


def test_the_head_says_what_the_last_change_did_and_leads_to_it(client: Client) -> None:
    answer = html(client, FULL_ACCESS)
    head = answer[answer.index('id="policy-head"') :].partition("</header>")[0]
    link = re.search(rf'href="({FULL_ACCESS}changes/)#(change-\d+)"\s*>2 September 2026', head)
    assert link is not None
    assert "Widened" in head
    assert f'id="{link[2]}"' in html(client, link[1])
    assert "Last change" not in html(client, f"{FULL_ACCESS}permissions/")


def test_at_the_described_version_the_text_does_not_warn(client: Client) -> None:
    text = page(client, f"{FULL_ACCESS}?version=v20")
    assert "Version v20, not the default" in text
    assert "This text describes v20 of 4 January 2023." in text
    assert "not the version shown" not in text


def test_the_head_says_who_assumes_it_and_why_it_can_not_be_attached(client: Client) -> None:
    text = page(client, "/policies/AmazonECSServiceRolePolicy/")
    assert "Assumed by ecs.amazonaws.com" in text
    assert "its path /aws-service-role/ makes it the policy of a service-linked role" in text


def test_where_the_documentation_says_otherwise_both_are_told(client: Client) -> None:
    policy = Policy.objects.filter(attachable=True, documented_attachable=False).first()
    assert policy is not None
    text = page(client, policy.get_absolute_url())
    assert f"Yes, according to its path {policy.path}" in text
    assert "The documentation says that it can't be attached." in text


def test_a_deprecated_policy_names_its_successor(client: Client) -> None:
    policy = Policy.objects.get(name="AmazonECSServiceRolePolicy")
    policy.deprecated_on = date(2026, 1, 2)
    policy.successor = Policy.objects.get(name="AmazonECS_FullAccess")
    policy.save()
    assert "on 2 January 2026; use AmazonECS_FullAccess" in page(client, policy.get_absolute_url())


def test_a_policy_without_prose_begins_with_what_it_grants_and_claims_no_version(
    client: Client,
) -> None:
    text = page(client, "/policies/AdministratorAccess/")
    version = PolicyVersion.objects.get(policy__name="AdministratorAccess", is_default=True)
    sentence = grant_sentence(version)
    assert sentence.startswith("Grants 22,321 actions of 457 services, ")
    assert sentence in text
    assert "This text" not in text
    assert client.get("/policies/AdministratorAccess.json").json()["generatedSummary"] == sentence


def test_a_curators_summary_leads_and_the_generated_one_stays_in_the_json(client: Client) -> None:
    answer = client.get("/policies/AmazonECS_FullAccess.json").json()
    assert answer["summary"].startswith(
        Policy.objects.get(name="AmazonECS_FullAccess").summary[:40]
    )
    assert answer["generatedSummary"].startswith("Grants ")
    assert answer["generatedSummary"] not in page(client, FULL_ACCESS)


def test_a_name_in_another_case_leads_to_the_policy(client: Client) -> None:
    answer = client.get("/policies/amazonecs_fullaccess/permissions/?q=task")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{FULL_ACCESS}permissions/?q=task"


def test_an_unknown_policy_is_not_found_and_near_names_are_offered(client: Client) -> None:
    text = page(client, "/policies/AmazonECSFullAccess/", status=404)
    assert "No policy is called AmazonECSFullAccess" in text
    assert "AmazonECS_FullAccess" in text
    error = client.get("/policies/AmazonECSFullAccess.json")
    assert error.status_code == 404
    assert "AmazonECS_FullAccess" in error.json()["near"]


@pytest.mark.parametrize("tab", TABS)
def test_an_unknown_version_is_not_found_and_the_known_ones_are_listed(
    client: Client, tab: str
) -> None:
    text = page(client, f"{FULL_ACCESS}{tab}?version=v21", status=404)
    assert "AmazonECS_FullAccess has no known version v21" in text
    assert "v20, 4 January 2023, from AWS documentation" in text


def test_markup_in_an_address_stays_text(client: Client) -> None:
    for url in ("/policies/<b>x<%2Fb>/", f"{FULL_ACCESS}?version=<b>x</b>"):
        answer = client.get(url)
        assert answer.status_code == 404
        assert "<b>x" not in markup_of(answer)


def test_versions_that_share_their_id_or_have_none_go_by_their_digest(client: Client) -> None:
    policy = Policy.objects.get(name="AmazonECSServiceRolePolicy")
    document = '{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}'
    for version_id, digest in (("v11", "a" * 64), ("", "b" * 64)):
        PolicyVersion.objects.create(
            policy=policy, version_id=version_id, document=document, digest=digest, source="file"
        )
    for key in ("a" * DIGEST_SHOWN, "b" * DIGEST_SHOWN):
        text = page(client, f"/policies/{policy.name}/document/?version={key}")
        assert "1 statement, 7 lines" in text
    assert f"unnumbered version {'b' * DIGEST_SHOWN}" in text
    assert "Version unnumbered" not in text
    assert f"Unnumbered version {'b' * DIGEST_SHOWN}" in text


def test_a_deny_is_protection_and_only_a_free_grant_of_power_is_solid_red(client: Client) -> None:
    sheet = (settings.BASE_DIR / "static" / "css" / "components.css").read_text("utf-8")
    rules = [
        (selectors, declarations)
        for selectors, declarations in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet)
        if "var(--bad" in declarations
    ]
    assert not [selectors for selectors, _ in rules if re.search("effect-|blocked", selectors)]
    solid = [selectors for selectors, given in rules if "background: var(--bad)" in given]
    assert [each.strip() for each in solid] == [
        ".of-power.freedom-free",
        ".risk-number.free",
        ".chip.risk-free",
    ]
    passing, listing = (html(client, f"/actions/iam:{name}/") for name in ("PassRole", "ListRoles"))
    assert "freedom-free of-power" in passing
    assert "freedom-free" in listing
    assert "of-power" not in listing
    denies = html(client, "/policies/AWSDenyAll/")
    assert '<span class="chip effect-deny">Denies some actions</span>' in denies


def test_the_summary_limits_by_level_and_tells_conditions_in_words(client: Client) -> None:
    text = page(client, f"{FULL_ACCESS}?version=v20")
    assert "It allows 438 actions in 19 services" in text
    assert "Amazon Elastic Container Service ecs" in text
    row = text.split("AWS Identity and Access Management", 1)[1].split("AWS Lambda", 1)[0]
    assert "every resource when iam:PassedToService is ecs-tasks.amazonaws.com" in row
    assert "Multiple" not in text


def test_a_service_opens_into_its_actions_and_their_statements_without_javascript(
    client: Client,
) -> None:
    url = f"{FULL_ACCESS}?version=v20&service=ssm"
    answer = markup_of(client.get(url))
    assert '<details id="service-ssm" open>' in answer
    assert '<details id="service-ec2">' in answer
    text = page(client, url)
    assert "allows it by ssm:GetParameter on arn:aws:ssm:*:*:parameter/aws/service/ecs*" in text


def test_htmx_gets_the_actions_of_one_service_alone(client: Client) -> None:
    answer = client.get(f"{FULL_ACCESS}?service=ecs", headers=HTMX)
    text = markup_of(answer)
    assert text.lstrip().startswith('<div class="ledger actions" id="summary-actions-ecs">')
    assert "HX-Request" in answer.headers["Vary"]
    assert "<html" not in text


def test_a_history_restore_gets_the_whole_page(client: Client) -> None:
    headers = {**HTMX, "HX-History-Restore-Request": "true"}
    assert "<html" in markup_of(client.get(f"{FULL_ACCESS}?service=ecs", headers=headers))


def test_a_service_that_is_not_granted_opens_nothing(client: Client) -> None:
    assert " open>" not in markup_of(client.get(f"{FULL_ACCESS}?service=nosuch"))
    assert client.get(f"{FULL_ACCESS}?service=nosuch", headers=HTMX).status_code == 200


def test_many_actions_of_a_service_are_cut_and_say_where_all_of_them_are(client: Client) -> None:
    text = page(client, "/policies/AdministratorAccess/?service=ec2")
    assert re.search(r"The first 100 of \d{3} actions: all of them are in Permissions", text)


def test_every_service_is_in_the_page(client: Client) -> None:
    whole = markup_of(client.get("/policies/AdministratorAccess/"))
    services = re.search(r"actions of (\d+) services", whole)
    assert services is not None
    assert whole.count('<details id="service-') == int(services[1])
    assert client.get("/policies/AdministratorAccess/?services=all").status_code == 200


def test_a_service_to_be_opened_is_open(client: Client) -> None:
    answer = markup_of(client.get("/policies/AdministratorAccess/?service=xray"))
    assert '<details id="service-xray" open>' in answer


@pytest.mark.parametrize("order", ["service", "-actions", "-gravity"])
def test_services_sort_by_name_by_number_and_by_gravity(client: Client, order: str) -> None:
    answer = markup_of(client.get(f"{FULL_ACCESS}?version=v20&sort={order}"))
    names = re.findall(r'<details id="service-([^"]+)"', answer)
    services = client.get("/policies/AmazonECS_FullAccess.json?version=v20").json()["services"]
    counts = {each["prefix"]: each["actionCount"] for each in services}
    assert set(names) == set(counts)
    if order == "service":
        assert names == sorted(counts)
    elif order == "-actions":
        assert [counts[name] for name in names] == sorted(counts.values(), reverse=True)
    else:
        # As on the map: services with a risk by its number, then by the gravest level.
        numbers = re.findall(r'<circle class="badge', answer)
        assert names[0] == "iam"
        assert numbers
        assert names.index("ecs") < names.index("lambda") < names.index("ssm")


def test_an_unknown_order_is_named_and_the_page_shown(client: Client) -> None:
    text = page(client, f"{FULL_ACCESS}?sort=colour&page=x")
    assert "`colour`" not in text
    assert "colour is not a column to sort by" in text
    assert "It allows" in text


def test_the_services_it_does_not_touch_are_a_link_away(client: Client) -> None:
    url = "/policies/AmazonECSTaskExecutionRolePolicy/"
    assert "Amazon Route 53" not in page(client, url)
    text = page(client, f"{url}?untouched=1")
    assert "Amazon Route 53" in text
    assert "AmazonECSTaskExecutionRolePolicy" in text


def test_not_action_is_explained_by_what_is_left(client: Client) -> None:
    text = page(client, "/policies/PowerUserAccess/")
    assert "Statement 1 lists what it does not allow (NotAction)" in text
    assert re.search(r"It allows 2\d,\d{3} of the reference's 2\d,\d{3} actions", text)
    assert re.search(r"Left out: account \(all \d+\), iam \(all \d+\), organizations", text)
    # Its second statement gives back some of iam, organizations and account.
    assert "not denied, and other statements of this policy allow 9 of these actions." in text


def test_denies_stand_in_a_group_of_their_own(client: Client) -> None:
    text = page(client, "/policies/AWSDenyAll/")
    assert "It allows no action listed in the reference" in text
    assert "Denied by 1 statement" in text
    assert "Denies every action on every resource." in text


def test_a_deny_says_what_it_takes_from_the_policy_itself(client: Client) -> None:
    removing = page(client, "/policies/AWSLakeFormationDataAdmin/")
    assert "Without this Deny the policy would allow 1 of them" in removing
    assert "lakeformation:PutDataLakeSettings" in removing
    limiting = page(client, "/policies/AWSPrivateCAUser/")
    assert "The policy allows 1 of them only where this Deny does not apply" in limiting
    assert "denied for IssueCertificate on arn:aws:acm-pca" in limiting


def test_not_resource_is_told_as_every_resource_except(client: Client) -> None:
    text = page(client, "/policies/AmazonSecurityLakePermissionsBoundary/")
    assert (
        "denied for 6 actions on every resource except arn:aws:s3:::aws-security-data-lake*" in text
    )


def test_patterns_that_match_no_action_are_listed_with_the_reason(client: Client) -> None:
    text = page(client, "/policies/AWSSupportServiceRolePolicy/")
    unmatched = client.get("/policies/AWSSupportServiceRolePolicy.json").json()["unmatchedPatterns"]
    assert unmatched
    assert f"{len(unmatched)} patterns that match no action of the reference" in text
    for row in unmatched:
        assert row["pattern"] in text
    assert "The service is not in the reference" in text


def test_the_changes_tab_lists_versions_and_documented_changes(client: Client) -> None:
    text = page(client, f"{FULL_ACCESS}changes/")
    assert "2 versions known here" in text
    assert "v22 default" in text
    assert "elasticloadbalancing:AddTags" in text
    changes = client.get("/policies/AmazonECS_FullAccess/changes.json").json()
    assert [each["date"] for each in changes["results"]] == [
        "2026-09-02",
        "2024-08-13",
        "2023-01-04",
    ]
    assert changes["count"] == len(changes["results"])


def test_a_policy_without_a_change_log_says_so(client: Client) -> None:
    text = page(client, "/policies/AdministratorAccess/changes/")
    assert "No recorded changes" in text


def test_the_checks_tab_holds_the_prose_against_the_version_it_describes(client: Client) -> None:
    text = page(client, f"{FULL_ACCESS}checks/")
    assert "disagreements between the documentation and v20, which it describes" in text
    assert "fsx is not described, but the document grants fsx:DescribeFileSystems" in text
    answer = markup_of(client.get(f"{FULL_ACCESS}checks/"))
    assert "/document/?version=v20&amp;statement=" in answer


def test_a_policy_without_documentation_has_nothing_to_check(client: Client) -> None:
    assert "Nothing to check" in page(client, "/policies/AdministratorAccess/checks/")


@pytest.mark.parametrize("name", LARGEST)
@pytest.mark.parametrize("tab", TABS)
def test_the_largest_policies_have_every_tab(client: Client, name: str, tab: str) -> None:
    assert name in page(client, f"/policies/{name}/{tab}")


@pytest.mark.parametrize(
    "each", [10, pytest.param(1, marks=pytest.mark.endurance)], ids=["sampled", "all"]
)
def test_every_policy_of_the_corpus_has_its_summary(client: Client, each: int) -> None:
    names = list(Policy.objects.order_by("name").values_list("name", flat=True))
    assert len(names) >= 1582
    sampled = names[::each]
    assert [n for n in sampled if client.get(f"/policies/{n}/").status_code != 200] == []


@pytest.mark.parametrize("tab", TABS)
def test_the_number_of_queries_does_not_depend_on_the_policy(
    client: Client, tab: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ["AmazonECS_FullAccess", "AmazonECSTaskExecutionRolePolicy", *LARGEST]:
        client.get(f"/policies/{name}/{tab}")
        # One is for the page's tag, three of the summary are for its description.
        with django_assert_max_num_queries(13):
            client.get(f"/policies/{name}/{tab}")


def test_links_of_a_page_keep_the_version_shown(client: Client) -> None:
    answer = markup_of(client.get(f"{FULL_ACCESS}?version=v20"))
    tabs = answer.split('aria-label="Pages of this policy"', 1)[1].split("</nav>", 1)[0]
    links = re.findall(r'href="([^"]+)"', tabs)
    # The last one is the template's.
    assert len(links) == len(TABS) + 1
    assert all(link.endswith("?version=v20") for link in links)
