"""What comes out of a printer: read from the PDF that Chromium makes of each kind of page."""

from __future__ import annotations

import io
import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pypdf import PdfReader

from tests.browser.test_line_breaks import BROKEN_WORDS, is_sensible
from tests.servers import Server

pytestmark = pytest.mark.browser
POLICY = "/policies/AmazonECS_FullAccess/"


def printed(page: Page, path: str) -> list[str]:
    """The text of each sheet, white space made one, of a page as it is printed."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.ok
    return sheets(page)


def sheets(page: Page) -> list[str]:
    reader = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
    return [re.sub(r"\s+", " ", sheet.extract_text()) for sheet in reader.pages]


def squeezed(text: str) -> str:
    """A text without white space: lines on paper break within names and addresses."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/", ["What AWS managed policies really grant"]),
        ("/policies/", ["AIDevOpsAgentAccessPolicy", "1 to 25 of 1,582 policies"]),
        ("/policies/?q=ForVolumes", ["AmazonECSInfrastructureRolePolicyForVolumes"]),
        ("/services/", ["AWS Account Management", "of 467 services"]),
        ("/services/ecs/", ["RegisterTaskDefinition", "AmazonECS_FullAccess", "policies"]),
        ("/actions/iam:PassRole/", ["AdministratorAccess", "freely"]),
        ("/condition-keys/", ["aws:TagKeys", "ArrayOfString"]),
        ("/condition-keys/iam:PassedToService/", ["StringEquals", "aiops.amazonaws.com"]),
        ("/changes/", ["September 2026", "of 33 changes"]),
        ("/search/?q=ecs+run", ["ecs:RunTask"]),
        (
            "/who-can/?action=iam:PassRole&context=iam:PassedToService%3Decs-tasks.amazonaws.com",
            ["iam:PassRole", "AmazonEC2ContainerServiceEventsRole", "Yes", "Only when"],
        ),
        ("/best-fit/?actions=ecs:RunTask", ["AmazonEC2ContainerServiceEventsRole", "ecs:*:*:task"]),
        (
            "/compare/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess",
            ["allows everything that", "cloudformation:TagResource", "cosmetic"],
        ),
        (
            f"{POLICY}permissions/",
            ["application-autoscaling:", "Delete a scaling policy", "of 440 actions"],
        ),
        (f"{POLICY}document/", ["elasticloadbalancing:CreateAction", "Statement 10"]),
        (f"{POLICY}changes/", ["Permissions added to AmazonECS_FullAccess", "January 2024"]),
        (f"{POLICY}checks/", ["elasticfilesystem", "not described"]),
    ],
)
def test_every_kind_of_page_prints_its_content_and_where_it_is_from(
    page: Page, server: Server, path: str, says: list[str]
) -> None:
    text = squeezed(" ".join(printed(page, path)))
    for each in says:
        assert squeezed(each) in text
    assert re.search(r"Printedon\d{1,2}[A-Z][a-z]+20\d\d", text)
    assert f"{server.url}{path}" in text
    assert "dataasof30September2026" in text


@pytest.mark.parametrize("tab", ["", "permissions/", "document/", "changes/", "checks/"])
def test_a_policy_on_paper_says_its_version_and_the_source_of_it(page: Page, tab: str) -> None:
    first = printed(page, f"{POLICY}{tab}?version=v20")[0]
    assert "AmazonECS_FullAccess" in first
    assert "Version v20, 4 January 2023, from AWS documentation of 22 January 2024" in first
    assert "from IAM API of 30 September 2026" not in first.partition("2 versions known")[0]


def test_the_summary_prints_every_bound_of_every_service(page: Page, server: Server) -> None:
    policy = page.request.get("/policies/AmazonECS_FullAccess.json").json()
    text = squeezed(" ".join(printed(page, POLICY)))
    assert "whentherowopens" not in text
    roles = re.findall(r"role/(\w+)", str(policy["document"]))
    assert len(set(roles)) >= 3
    for role in roles:
        assert f":role/{role}" in text
    for service in policy["services"]:
        assert squeezed(service["name"]) in text


def test_all_services_of_the_largest_policy_are_on_paper(page: Page) -> None:
    services = page.request.get("/policies/ReadOnlyAccess.json").json()["services"]
    text = squeezed(" ".join(printed(page, "/policies/ReadOnlyAccess/")))
    assert len(services) > 300
    assert not [each for each in services if squeezed(each["name"]) not in text]


def test_a_long_table_repeats_its_head_and_numbers_its_sheets(page: Page) -> None:
    first, second, *_ = both = printed(page, f"{POLICY}permissions/")
    assert "What it does, and why the policy has it" in first
    assert "What it does, and why the policy has it" in second
    assert first.startswith(f"1 / {len(both)}")


SIMULATION = (
    "/simulate/?policy=AmazonECS_FullAccess%40v20&action=iam%3APassRole"
    "&resource=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fapp"
    "&context=iam%3APassedToService%3Decs-tasks.amazonaws.com"
)


def test_a_simulation_prints_what_was_asked_and_what_decided(page: Page) -> None:
    text = " ".join(printed(page, SIMULATION))
    for asked in ("AmazonECS_FullAccess@v20", "iam:PassRole", "role/app", "iam:PassedToService"):
        assert asked in text
    assert "statement 4" in text
    assert '"iam:PassedToService": "ecs-tasks.amazonaws.com"' in text
    # What nobody filled in, and what only leads on, is left out.
    for unasked in ("Permissions boundary", "Switched off", "Scenario as a file", "Try it"):
        assert unasked not in text
    assert "appmesh" not in text


def test_a_pasted_document_is_printed_whole(page: Page) -> None:
    actions = ", ".join(f'"ecs:Describe{number:03}"' for number in range(300))
    page.goto("/compare/")
    fields = page.locator("textarea")
    fields.nth(0).fill(f'{{"Statement": [{{"Effect": "Allow", "Action": [{actions}]}}]}}')
    fields.nth(1).fill("AmazonECS_FullAccess")
    text = squeezed(" ".join(sheets(page)))
    assert all(f'"ecs:Describe{number:03}"' in text for number in range(300))


@pytest.fixture
def plain(chromium: Browser, server: Server) -> BrowserContext:
    return chromium.new_context(base_url=server.url, java_script_enabled=False, color_scheme="dark")


def test_paper_needs_no_javascript(plain: BrowserContext, server: Server) -> None:
    page = plain.new_page()
    text = squeezed(" ".join(printed(page, "/policies/?q=ForVolumes")))
    assert "AmazonECSInfrastructureRolePolicyForVolumes" in text
    assert f"{server.url}/policies/?q=ForVolumes" in text
    summary = squeezed(" ".join(printed(page, POLICY)))
    assert ":role/ecsInstanceRole" in summary
    plain.close()


def test_a_list_that_was_filtered_in_place_prints_the_address_it_has_now(
    page: Page, server: Server
) -> None:
    page.goto("/policies/")
    page.locator("#policies-text").fill("ForVolumes")
    page.wait_for_url("**q=ForVolumes**")
    text = squeezed(" ".join(sheets(page)))
    assert squeezed(page.url) in text
    assert f"from{server.url}/policies/AWS" not in text


def test_a_template_prints_the_document_and_not_each_way_to_write_it(page: Page) -> None:
    policy = page.request.get("/policies/AmazonECS_FullAccess.json").json()
    patterns = [each for made in policy["document"]["Statement"] for each in made["Action"]]
    page.goto(f"{POLICY}template/")
    # What is beyond a frame that scrolls on the screen would be printed over what follows it.
    page.emulate_media(media="print")
    frames = page.locator(".code:visible").all()
    assert frames
    for frame in frames:
        assert frame.evaluate("it => it.scrollHeight - it.clientHeight") <= 1
    text = squeezed(" ".join(sheets(page)))
    assert all(each in text for each in patterns if len(each) > 1)
    for folded in ("Terraform", "AWSTemplateFormatVersion", "sts:AssumeRole", "Choose File"):
        assert folded not in text


SIX = ["AdministratorAccess", "PowerUserAccess", "AmazonECS_FullAccess", "AmazonEC2FullAccess"]
SIX += ["IAMFullAccess", "ReadOnlyAccess"]


def test_of_many_policies_each_pair_prints_its_sentence_alone(page: Page) -> None:
    page.goto(f"/compare/?{'&'.join(f'policy={each}' for each in SIX)}", timeout=120_000)
    pairs = page.locator(".verdicts > li").filter(has_text="This pair alone")
    expect(pairs).to_have_count(15, timeout=120_000)
    paper = sheets(page)
    # Of the matrix every service is a line of text, not a row that fingers can hit.
    assert len(paper) <= 14
    text = " ".join(paper)
    assert "AdministratorAccess@v1 allows everything that" in text
    assert re.search(r"\d+ more services are not printed", text)
    folded = ("no longer", "Values that the statement leaves open", "This pair alone")
    for each in (*folded, "What only"):
        assert each not in text


@pytest.mark.parametrize(
    ("path", "onward"),
    [
        (POLICY, "Who else has this risk"),
        (POLICY, "Show all 13 risks"),
        ("/who-can/?action=iam:PassRole", "Keep only this"),
        ("/compare/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess", "Try it"),
        (
            "/compare/?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess",
            "as a template",
        ),
        ("/best-fit/?actions=ecs:RunTask,iam:PassRole", "Keep only these"),
        ("/changes/?service=ecs", "Clear all"),
        ("/help/searching/", "Next: "),
        ("/help/searching/", "On this page"),
    ],
)
def test_what_only_leads_on_is_not_printed(page: Page, path: str, onward: str) -> None:
    page.goto(path)
    assert onward in page.locator("main").inner_text() or page.get_by_text(onward).count()
    assert onward not in " ".join(sheets(page))


@pytest.mark.parametrize("path", [f"{POLICY}permissions/", f"{POLICY}changes/", "/policies/"])
def test_no_column_is_so_narrow_on_paper_that_words_are_broken(page: Page, path: str) -> None:
    page.goto(path)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 1017})  # A4 without its margins
    broken = page.evaluate(BROKEN_WORDS)
    assert [each for each in broken if not is_sensible(*each)] == []


@pytest.mark.parametrize("path", ["/help/searching/", "/changes/", "/policies/"])
def test_no_sheet_has_the_foot_of_the_page_alone(page: Page, path: str) -> None:
    first, *_, last = printed(page, path)
    assert "Actions from the service authorization reference" in first
    assert len(last.split()) > 12
